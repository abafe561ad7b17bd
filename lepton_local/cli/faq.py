"""`lepton-search faq` and `lepton-search faq-check`: stored answers, and those that are stored
twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from lepton_local.cli import options as given
from lepton_local.cli.engine import open_searcher
from lepton_local.cli.group import NOTHING, Group
from lepton_local.cli.place import Placed
from lepton_local.cli.screen import clean, columns, echo, echo_json, fold, json_line, prose
from lepton_local.config import SearchConfig

if TYPE_CHECKING:
    from lepton_local.search.faq import Entry, Reply
    from lepton_local.search.stored import Stored

NO_MATCH = "No good match: ask a person."


@click.command(cls=Placed)
@given.index_argument
@click.argument("question")
@given.also_option
@click.option("-k", default=3, help="Stored questions to show.")
@given.filter_option
@given.device_option
@given.json_option
def faq(
    index: str,
    question: str,
    also: tuple[str, ...],
    k: int,
    filters: tuple[str, ...],
    as_json: bool,
    **engine: Any,
) -> None:
    """Give the stored answer to a question that is asked often.

    Stored are rows with the columns question and answer (CSV, JSONL), and headings that ask, with
    all that stands below them. The whole answer is shown, and the next best questions; where none
    is near enough, a person should be asked.

    Exit status: 0 answered; 1 no good match; 2 an error.
    """
    from lepton_local.search.faq import plainly, reply
    from lepton_local.search.faq_record import reply_record
    from lepton_local.search.searcher import Searcher
    from lepton_local.store.index import Index
    from lepton_local.store.union import union

    every = union([Index.open(each) for each in (index, *also)])
    searcher = Searcher(every, config=plainly(SearchConfig(**engine), every))
    told = reply(searcher, question, k=k, filters=filters)
    if as_json:
        echo_json(reply_record(told))
    else:
        echo(reply_lines(told))
    if told.answer is None:
        raise click.exceptions.Exit(NOTHING)


@click.command("faq-check", cls=Placed)
@given.index_argument
@click.option("--least", default=0.7, help="How alike two questions are that are named, 0 to 1.")
@given.device_option
@given.json_option
def faq_check(index: str, least: float, as_json: bool, **engine: Any) -> None:
    """Report stored questions that ask nearly the same.

    Exit status: 0 there are none; 1 there are some; 2 an error.
    """
    from lepton_local.search.stored import near_duplicates

    if not 0 < least <= 1:
        raise click.UsageError(f"--least {least:g}, expected a number from 0 to 1")
    searcher = open_searcher(index, (), engine)
    found = near_duplicates(searcher.index, searcher.encoder, least=least)
    if as_json:
        for likeness, one, other in found:
            pair, same = [asdict(one), asdict(other)], one.answer == other.answer
            record = {"schema": 1, "likeness": round(likeness, 4), "same": same, "pair": pair}
            click.echo(json_line(record), nl=False)
    else:
        echo(_pairs(found))
    if found:
        raise click.exceptions.Exit(NOTHING)


def reply_lines(told: Reply) -> Iterator[str]:
    """The stored answer, or that there is none, and what else is near."""
    width, answer = columns(), told.answer
    if answer is not None:
        for line in fold(prose(answer.question), width):
            yield click.style(line, bold=True, fg="green")
        yield click.style(place(answer), fg="cyan")
        yield ""
        yield from answer_lines(answer)
    else:
        yield click.style(NO_MATCH, bold=True)
    others = [each for each in told.entries if each is not answer]
    if others:
        yield ""
        yield "or do you ask:" if answer is not None else "The nearest questions are:"
        for each in others:
            yield from (f"  {line}" for line in fold(prose(each.question), width - 2))
            yield click.style(f"    {place(each)}", fg="cyan")
    if not told.entries:
        yield "No question with an answer stands in these documents, or none is like this one."


def answer_lines(entry: Entry) -> Iterator[str]:
    """The whole of a stored answer."""
    for line in entry.answer.splitlines():
        yield from (f"  {part}" for part in fold(prose(line), columns() - 2)) if line else [""]


def place(entry: Entry) -> str:
    """Where a stored question stands, and how sure it is that it was meant."""
    hit = entry.hit
    stale = ", changed since" if hit.stale else ""
    return f"{clean(hit.passage.document)}:{entry.line}, {entry.confidence:.0%}{stale}"


def _pairs(found: list[tuple[float, Stored, Stored]]) -> Iterator[str]:
    for likeness, *pair in found:
        same = "the same answer" if pair[0].answer == pair[1].answer else "other answers"
        yield f"{likeness:.0%} alike, {same}:"
        for each in pair:
            first, *more = fold(prose(each.question), columns() - 2)
            yield f"  {first}"
            yield from (f"  {line}" for line in more)
            yield click.style(f"    {clean(each.document)}:{each.line}", fg="cyan")
    if not found:
        yield "No two stored questions ask nearly the same."


def register(main: Group) -> None:
    """Add the commands of this file."""
    main.add_command(faq)
    main.add_command(faq_check)
