"""`lepton-search audit`: the log of who asked a server."""

from __future__ import annotations

from pathlib import Path

import click

from lepton_local.cli.group import Group
from lepton_local.cli.screen import echo


@click.group()
def audit() -> None:
    """Look after the log of `serve --audit`."""


@audit.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def verify(file: Path) -> None:
    """Prove that no line of a log was changed, taken out or put in.

    Each holds the digest of the one before. Note the digest that is printed: with it you can tell
    later whether lines were cut off the end.
    """
    from lepton_local.serve import audit as log

    count, last = log.verify(file)
    echo([f"{count:,} lines, none changed; the last is {last}"])


def register(main: Group) -> None:
    """Add the command of this file."""
    main.add_command(audit)
