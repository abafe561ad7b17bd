"""A passage in the editor that the user has chosen."""

from __future__ import annotations

import os
import shlex
import subprocess

from lepton_local.cli.screen import clean, prose
from lepton_local.corpus.suffixes import unpacked_name
from lepton_local.errors import InputError
from lepton_local.types import Hit


def chosen() -> str:
    """The editor's command line, "" where none is chosen."""
    return (os.environ.get("VISUAL") or os.environ.get("EDITOR") or "").strip()


def editable(hit: Hit) -> bool:
    """Whether the lines of a hit are those of its file, as an editor counts them."""
    whole = hit.passage.document == hit.path and not unpacked_name(hit.path)
    return hit.exact and whole and os.path.isfile(os.path.join(hit.root, hit.path))


def edit(hit: Hit) -> None:
    """Open the file of a hit at its line. Raises InputError where the editor cannot be run."""
    editor, file = chosen(), os.path.join(hit.root, hit.path)
    try:
        subprocess.run([*shlex.split(editor), f"+{hit.line}", file], check=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{clean(editor)} cannot be run ({prose(str(error))}), expected an editor",
            advice="set EDITOR",
        ) from None
