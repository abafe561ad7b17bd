"""`rate` and `forget`: what a person says of results, kept and removed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from lepton_local.cli import options as given
from lepton_local.cli.engine import open_searcher
from lepton_local.cli.group import NOTHING, Group
from lepton_local.cli.place import Placed
from lepton_local.cli.screen import clean, echo, echo_json, prose
from lepton_local.errors import InputError

if TYPE_CHECKING:
    from lepton_local.store.feedback import Event

_ID = re.compile(r"[0-9a-f]{16}")  # nothing is kept of a question until it is rated


@click.command(cls=Placed)
@given.index_argument
@click.argument("question", metavar="QUESTION|QUERY_ID")
@click.option("--good/--bad", "good", default=None, help="Whether it is right.")
@click.option("--hit", type=click.IntRange(min=1), metavar="N", help="Of hit N, not the answer.")
@click.option("--answer", "said", default="", metavar="TEXT", help="What the right answer is.")
@click.option("--comment", default="", metavar="TEXT", help="A note to yourself.")
@given.filter_option
@given.json_option
def rate(
    index: str,
    question: str,
    good: bool | None,
    hit: int | None,
    said: str,
    comment: str,
    filters: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say that an answer, or a hit, is good or bad.

    QUESTION is asked again, as it was; QUERY_ID, as `query --json` shows it, names one that was
    rated before. What you say is kept beside the index, in INDEX.feedback.jsonl, which only you
    can read, and nowhere else; `lepton-index forget` removes it.
    """
    from lepton_local.store import feedback

    if good is None:
        raise click.UsageError("neither --good nor --bad was given, expected one of them")
    kept = feedback.Feedback(index)
    rated = next((event for event in kept.events() if event.query_id == question), None)
    asked = question if rated is None else rated.question
    if rated is not None:
        filters = filters or rated.filters
    elif _ID.fullmatch(question):
        raise InputError(
            f"{question} is no question that was rated, expected one, or the question itself",
            advice=f'lepton-search rate {index} "QUESTION" --{"good" if good else "bad"}',
        )
    searcher = open_searcher(index, (), {"answer": hit is None})
    result = searcher.answer(asked, k=max(10, hit or 0), filters=filters)
    kinds = feedback.JUDGEMENTS["answer" if hit is None else "hit"]
    event = feedback.judged(result, kinds[good], hit=hit or 0, said=said, comment=comment)
    kept.add(event)
    if as_json:
        echo_json(feedback.event_record(event))
    else:
        echo([f"kept in {clean(str(kept.path))}: {_told(event)}"])


@click.command(cls=Placed)
@given.index_argument
@click.option("--question", metavar="TEXT", help="What was said of this question, or QUERY_ID.")
@click.option("--document", metavar="NAME", help="Of passages of this document.")
@click.option("--since", metavar="DATE", help="From this day on: 2026-01-31, or 30d.")
@click.option("--all", "every", is_flag=True, help="All of it.")
@given.json_option
def forget(
    index: str,
    question: str | None,
    document: str | None,
    since: str | None,
    every: bool,
    as_json: bool,
) -> None:
    """Remove what was said of results, and what was learnt from that.

    Of several conditions all must hold. The index itself stays as it is. To learn from what is
    left: lepton-train adapt INDEX.

    Exit status: 0 something was removed; 1 there was nothing of the kind; 2 an error.
    """
    from lepton_local.search.moments import since_day
    from lepton_local.store import learnt
    from lepton_local.store.feedback import Feedback

    day = since_day("--since", since).isoformat() if since is not None else ""
    if not every and question is document is since is None:
        raise click.UsageError("expected --question, --document, --since, or --all")

    def gone(event: Event) -> bool:
        return (
            (question is None or question in (event.question, event.query_id))
            and (document is None or (event.what is not None and event.what.document == document))
            and event.time[:10] >= day
        )

    kept = Feedback(index)
    removed = kept.forget(gone)
    unlearnt = bool(removed or every) and learnt.remove(index)
    if as_json:
        told = {"file": str(kept.path), "removed": removed, "unlearnt": unlearnt}
        echo_json({"schema": 1, **told})
    else:
        also = ", and what was learnt from it" if unlearnt else ""
        echo([f"removed {removed} of what was said in {clean(str(kept.path))}{also}"])
    if not removed and not unlearnt:
        raise click.exceptions.Exit(NOTHING)


def _told(event: Event) -> str:
    what = "no answer" if event.what is None else f"“{prose(event.what.text)}”"
    if event.what is not None and not event.what.text:
        what = f"hit {event.what.rank}, {clean(event.what.document)}"
    good = event.action.endswith("_good")
    return f"{what} is {'good' if good else 'bad'} for “{prose(event.question)}”"


def register(main: Group) -> None:
    """Add `rate`."""
    main.add_command(rate)


def register_forget(main: Group) -> None:
    """Add `forget`."""
    main.add_command(forget)
