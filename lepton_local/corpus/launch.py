"""How processes are started that documents may take over: with this library, and with little of the
environment, which may hold keys and passwords.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

# Of the environment: what an interpreter and its libraries need.
NEEDED = re.compile(
    "(PATH|HOME|LANG|LANGUAGE|TZ|TMPDIR|TEMP|TMP|SYSTEMROOT|USERPROFILE)$"
    "|(LC|LD|DYLD|NIX|GUIX|CONDA|OMP|OPENBLAS|MKL)_|PYTHON",
    re.IGNORECASE,
)


def command(program: str) -> list[str]:
    """The command that runs a program: it finds the library where we found it, and nothing where
    the command was typed.
    """
    paths, ours = [str(place) for place in sys.path if place], str(Path(__file__).parents[2])
    paths = paths if ours in paths else [ours, *paths]
    return [sys.executable, "-c", f"import sys; sys.path[:] = {paths!r}; {program}"]


def environment() -> dict[str, str]:
    """What it is told of the environment."""
    return {name: value for name, value in os.environ.items() if NEEDED.match(name)}
