"""`lepton-search related`: questions near one, which the documents answer too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from lepton_local.cli import options as given
from lepton_local.cli.engine import open_searcher
from lepton_local.cli.group import NOTHING, Group
from lepton_local.cli.place import Placed
from lepton_local.cli.screen import columns, echo, echo_json, fold, prose

if TYPE_CHECKING:
    from lepton_local.types import Meant, Related


@click.command(cls=Placed)
@given.index_argument
@click.argument("question")
@given.also_option
@given.filter_option
@given.device_option
@given.json_option
def related(
    index: str,
    question: str,
    also: tuple[str, ...],
    filters: tuple[str, ...],
    as_json: bool,
    **engine: Any,
) -> None:
    """Show questions near a question that the documents answer too.

    They stand in the documents as questions, definitions or headings, and none is made up: each is
    shown with its answer, of one document one, at most four.

    Exit status: 0 some were found; 1 none; 2 an error.
    """
    from lepton_local.search.record import SCHEMA, related_record

    found = open_searcher(index, also, engine).answer(question, filters=filters, related=True)
    if as_json:
        records = [related_record(each) for each in found.related]
        echo_json({"schema": SCHEMA, "question": question, "related": records})
    else:
        echo(related_lines(found.related))
    if not found.related:
        raise click.exceptions.Exit(NOTHING)


def related_lines(related: tuple[Related, ...]) -> Iterator[str]:
    """Each question, its answer, and where that stands."""
    from lepton_local.cli import show

    for number, each in enumerate(related):
        if number:
            yield ""
        yield from (click.style(line, bold=True) for line in fold(prose(each.question), columns()))
        yield from (f"  {line}" for line in fold(prose(each.answer.text), columns() - 2))
        yield click.style(f"  {show.cited(each.answer)}", fg="cyan")
    if not related:
        yield "No question near this one stands in these documents, or none is answered there."


def near_lines(related: tuple[Related, ...]) -> Iterator[str]:
    """Each question by its number, and how its answer begins."""
    for number, each in enumerate(related, 1):
        begin, *more = fold(prose(each.question), columns() - 4)
        yield f" {number}  {begin}"
        yield from (f"    {line}" for line in more)
        answer = fold(prose(each.answer.text), columns() - 4, lines=1)
        yield from (click.style(f"    {line}", dim=True) for line in answer)


def clarify_lines(clarify: tuple[Meant, ...]) -> Iterator[str]:
    """That one of two things may be meant, and what answers each."""
    from lepton_local.cli import show

    if clarify:
        named = " or ".join(prose(" ".join(each.words)) for each in clarify)
        yield from fold(f"This may be about {named}; ask again by name. Either way:", columns())
    for each in clarify:
        answer = each.answer
        told = f"{prose(answer.text)} ({show.cited(answer)})" if answer else "no answer"
        yield from fold(f"{prose(' '.join(each.words))}: {told}", columns())


def register(main: Group) -> None:
    """Add the command of this file."""
    main.add_command(related)
