"""`lepton-search for-you`: what to read next."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from lepton_local.cli import options as given
from lepton_local.cli.engine import open_searcher
from lepton_local.cli.group import NOTHING, Group
from lepton_local.cli.place import Placed
from lepton_local.cli.screen import clean, columns, echo, echo_json, fold, prose

if TYPE_CHECKING:
    from lepton_local.search.foryou import Suggestion

_DID = {"copied": "copied", "opened": "opened", "asked": "asked"}  # else it was marked


@click.command("for-you", cls=Placed)
@given.index_argument
@given.k_option
@click.option(
    "--since", default="", metavar="DAY", help="Only documents of this day or later; 7d: a week."
)
@click.option("--not", "without", multiple=True, metavar="PATH", help="None of these. Repeatable.")
@click.option(
    "--explore",
    type=click.FloatRange(0, 1),
    default=0.1,
    metavar="SHARE",
    help="How many of them are of other topics.",
)
@given.filter_option
@given.device_option
@given.json_option
def for_you(
    index: str,
    k: int,
    since: str,
    without: tuple[str, ...],
    explore: float,
    filters: tuple[str, ...],
    as_json: bool,
    **engine: Any,
) -> None:
    """Suggest documents by what you marked, opened and asked, each with its reason.

    Counted is what `rate` and the buttons have kept beside the index, and what is opened and asked
    where that is recorded; of late more than of old. Documents that you know are left out. Nothing
    else is kept, and `lepton-index forget` removes all of it.

    Exit status: 0 there is something; 1 nothing is known of what you read; 2 an error.
    """
    from lepton_local.search import foryou
    from lepton_local.search.checks import check_limits
    from lepton_local.search.filters import parse_filter
    from lepton_local.store.feedback import Feedback

    check_limits(k, filters)
    searcher, events = open_searcher(index, (), engine), Feedback(index).events()
    dated = (f"after:{since}",) if since else ()
    found = foryou.for_you(
        searcher.index,
        searcher.encoder,
        events,
        now=datetime.datetime.now(datetime.UTC),
        k=k,
        explore=explore,
        within=[parse_filter(each) for each in (*filters, *dated)],
        without=[parse_filter(f"path:{each}") for each in without],
    )
    if as_json:
        echo_json({"schema": 1, "events": len(events), "suggestions": list(map(_record, found))})
    else:
        echo(_lines(found, index, known=bool(events)))
    if not found:
        raise click.exceptions.Exit(NOTHING)


def _record(each: Suggestion) -> dict[str, Any]:
    from lepton_local.search.record import hit_record, like_record

    hit = hit_record(each.hit, 0)
    kept = ("index", "root", "path", "document", "title", "date", "line", "text", "stale")
    like = like_record(each.hit.like) if each.hit.like is not None else None
    why = {"action": each.action, "question": each.question, "time": each.time, "passage": like}
    return {
        **{name: hit[name] for name in kept},
        "likeness": round(each.hit.score, 4),
        "why": why if each.action else None,
        "topic": each.topic or None,
    }


def _lines(found: Sequence[Suggestion], index: str, *, known: bool) -> Iterator[str]:
    from lepton_local.cli import show

    width = columns()
    for number, each in enumerate(found, 1):
        hit = each.hit
        place = f"{clean(hit.passage.document)}:{hit.passage.line}"
        yield f"{number:>2}  {click.style(place, fg='cyan')}  {prose(hit.title)}, {hit.date[:10]}"
        for line in show.text_lines(hit, width - 4):
            yield f"    {line}"
        for line in fold(_why(each), width - 4):
            yield click.style(f"    {line}", dim=True)
    if not found and not known:
        yield f"Nothing is known of what you read in {clean(index)}. Mark what is good, as in:"
        yield f'lepton-search rate {shlex.quote(clean(index))} "QUESTION" --good'
    elif not found:
        yield "Nothing is left to suggest."


def _why(each: Suggestion) -> str:
    if not each.action:
        return f"another topic, of {each.topic:,} documents"
    did = _DID.get(each.action, "marked as good")
    question, day = f"“{prose(each.question)}”", each.time[:10]
    if each.hit.like is None:
        return f"because you asked {question} on {day}"
    like = each.hit.like
    return f"because you {did} {clean(like.document)}:{like.line} for {question} on {day}"


def register(main: Group) -> None:
    """Add the command of this file."""
    main.add_command(for_you)
