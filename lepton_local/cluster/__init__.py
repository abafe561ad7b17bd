"""Many machines: what they build, and what they search."""
