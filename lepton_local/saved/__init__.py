"""An answer as one file that can be sent, shown without us, and proved with us."""
