"""`lepton-index feedback`: what was said of an index, to be seen or taken elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lepton_local.cli import options as given
from lepton_local.cli.group import NOTHING, Group
from lepton_local.cli.place import Placed
from lepton_local.cli.screen import clean, echo, echo_json, prose
from lepton_local.errors import InputError

if TYPE_CHECKING:
    from lepton_local.store.feedback import Event


@click.command(cls=Placed)
@given.index_argument
@click.option(
    "--export",
    "kind",
    type=click.Choice(["beir", "squad", "pairs"]),
    help="Write it as a test set for search, or for answers, or as pairs to train on.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="A new folder for the export.",
)
@given.json_option
def feedback(index: str, kind: str | None, out: Path | None, as_json: bool) -> None:
    """Show what was said of results, the oldest first, or export it.

    Exit status: 0 done; 1 nothing was said; 2 an error.
    """
    from lepton_local.store.feedback import Feedback, event_record

    if (kind is None) != (out is None):
        raise click.UsageError("expected both --export and --out, or none of them")
    events = Feedback(index).events()
    if kind is not None and out is not None:
        _export(index, events, kind, out)
    elif as_json:
        echo_json({"schema": 1, "events": [event_record(event) for event in events]})
    else:
        echo(_lines(events))
    if not events:
        echo([f"nothing was said of {clean(index)}"], err=True)
        raise click.exceptions.Exit(NOTHING)


def _lines(events: Sequence[Event]) -> Iterator[str]:
    for event in events:
        yield f"{event.time}  {event.action:<11}  {prose(event.question)}"
        what = event.what
        if what is not None:
            words = f" “{prose(what.text)}”" if what.text else ""
            yield f"    {clean(what.document)}{words}"
        for told in filter(None, (event.said, event.comment, " ".join(event.filters))):
            yield f"    {prose(told)}"


def _export(index: str, events: Sequence[Event], kind: str, out: Path) -> None:
    from lepton_local.learning.export import WRITERS
    from lepton_local.store import files
    from lepton_local.store.index import Index

    if out.exists():
        raise InputError(f"{out} is there already, expected a new folder")
    written, gone = WRITERS[kind](Index.open(index), events)
    if not written:
        raise InputError(
            f"{index}: no mark can be written as {kind}, expected good ones of passages that are "
            "still there",
            advice=f"lepton-index feedback {index}",
        )
    files.make_folder(out)
    for name, text in written.items():
        files.write_text(out / name, text)
    lost = f"; {gone} marks of passages that are gone are left out" if gone else ""
    echo([f"{clean(str(out))}: {', '.join(written)}{lost}"])


def register(main: Group) -> None:
    """Add `feedback`."""
    main.add_command(feedback)
