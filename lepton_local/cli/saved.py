"""`lepton-search verify`: an answer that was saved, held against the documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lepton_local.cli import options as given
from lepton_local.cli.group import NOTHING, Group
from lepton_local.cli.place import Opening, Place
from lepton_local.cli.screen import clean, columns, echo, echo_json, fold, prose

if TYPE_CHECKING:
    from lepton_local.saved.proof import Proof, Saved

_COLOURS = {"holds": "green", "changed": "red", "gone": "yellow"}
_SHOWN = {
    False: "ALTERED: the file shows something else than was saved",
    None: "NOT compared: another version wrote the file, so what it shows is not known",
}


@click.command(cls=Opening)
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("index", metavar="[INDEX]", type=Place(), default="@")
@given.json_option
def verify(file: Path, index: str, as_json: bool) -> None:
    """Prove an answer that was saved with `query --html`.

    FILE is that page, INDEX one of the documents that it cites: they are read again as they are
    now. What is cited holds, has changed, or is gone.

    Exit status: 0 all of it holds, and FILE shows nothing else; 1 something does not; 2 an error.
    """
    from lepton_local.saved.proof import HOLDS, prove_saved, read_saved
    from lepton_local.store.index import Index

    saved = read_saved(file)
    with Index.open(index) as opened:
        proofs = prove_saved(saved.record, opened)
    holds = saved.shown is True and all(each.state == HOLDS for each in proofs)
    if as_json:
        told = [asdict(each) for each in proofs]
        echo_json({"schema": 1, "holds": holds, "shown": saved.shown, "citations": told})
    else:
        echo(_lines(saved, proofs))
    if not holds:
        raise click.exceptions.Exit(NOTHING)


def register(main: Group) -> None:
    """Add the command of this file."""
    main.add_command(verify)


def _lines(saved: Saved, proofs: list[Proof]) -> Iterator[str]:
    width = columns()
    when = str(saved.record["saved"])[:10]
    for line in fold(f"Asked on {clean(when)}: {prose(str(saved.record['question']))}", width):
        yield click.style(line, bold=True)
    for each in proofs:
        state = click.style(f"{each.state:<7}", fg=_COLOURS[each.state], bold=True)
        why = f", {prose(each.why)}" if each.why else ""
        first, *more = fold(f"{each.what}, {clean(each.place)}{why}", width - 9)
        yield f"{state}  {first}"
        yield from (f"         {line}" for line in more)
        for line in fold(prose(each.words), width - 9, lines=2):
            yield click.style(f"         {line}", dim=True)
    if saved.shown is not True:
        yield click.style(_SHOWN[saved.shown], fg="red", bold=True)
