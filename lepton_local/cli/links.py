"""Places that open with a click, in terminals that know how (OSC 8).

Others may show the sequence as letters, so only those that are known get one: as ls, fd and others
do, and by the variables that supports-hyperlinks looks at. `FORCE_HYPERLINK=1` says that it works,
`FORCE_HYPERLINK=0` that it is not wanted; and whoever wants no colour wants no sequences.
"""

from __future__ import annotations

import os
import sys
from urllib.parse import quote

import click

from lepton_local.cli.reader import READER

# Variable -> what it begins with in a terminal that makes links; "" for any value.
_KNOWN = {
    "TERM_PROGRAM": ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "zed", "rio"),
    "TERM": ("xterm-kitty", "alacritty", "foot", "wezterm", "xterm-ghostty", "contour"),
    "WT_SESSION": ("",),
    "KONSOLE_VERSION": ("",),
    "DOMTERM": ("",),
}
_VTE = 5000  # GNOME's terminals make links from version 0.50 on
# Those that open a file at a line; for any other the line would belong to the file's name.
_LINED = ("xterm-kitty",)


def link(text: str, file: str, line: int) -> str:
    """`text` (styled) as a link to a file, and to its line where the terminal can open it there."""
    reader = READER.get()
    if not (reader.links if reader else wanted()):
        return text
    at = f"#{line}" if (reader.lined if reader else lined()) else ""
    return f"\x1b]8;;file://{quote(os.path.abspath(file))}{at}\x1b\\{text}\x1b]8;;\x1b\\"


def lined() -> bool:
    """Whether the terminal opens files at a line."""
    return os.environ.get("TERM", "") in _LINED


def wanted() -> bool:
    """Whether links are made here."""
    context = click.get_current_context(silent=True)
    if not sys.stdout.isatty() or (context is not None and context.color is False):
        return False
    if told := os.environ.get("FORCE_HYPERLINK", ""):
        return told != "0"
    if os.environ.get("TMUX") or os.environ.get("STY"):
        return False  # what shows through is not for us to know
    version = os.environ.get("VTE_VERSION", "")
    return (version.isdigit() and int(version) >= _VTE) or any(
        name in os.environ and os.environ[name].startswith(starts)
        for name, starts in _KNOWN.items()
    )
