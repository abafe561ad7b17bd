"""What `query` gives in place of an answer: evidence to paste, sentences that together answer, or
what a language model on this machine writes from the evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from lepton_local.cli.screen import clean, columns, echo, echo_json, fold, prose
from lepton_local.cli.show import cited
from lepton_local.types import NO_ANSWER

if TYPE_CHECKING:
    from lepton_local.search.evidence import Piece
    from lepton_local.search.searcher import Searcher
    from lepton_local.search.summary import Summary
    from lepton_local.search.written import Written


def give_evidence(searcher: Searcher, question: str, *, as_json: bool, **asked: Any) -> bool:
    """Print numbered passages that can be pasted; whether there are any."""
    from lepton_local.search.record import evidence_record

    evidence = searcher.evidence(question, **asked)
    if as_json:
        echo_json(evidence_record(evidence))
    elif evidence.pieces:
        echo(str(evidence).splitlines())
    else:
        echo(["No passage found."])
    return bool(evidence.pieces)


def compose(searcher: Searcher, question: str, *, as_json: bool, filters: Sequence[str]) -> bool:
    """Print sentences that together answer; whether there are any."""
    from lepton_local.search.record import summary_record

    summary = searcher.summary(question, filters=filters)
    if as_json:
        echo_json(summary_record(summary))
    else:
        echo(summary_lines(summary))
    return bool(summary.sentences)


def write(searcher: Searcher, question: str, url: str, *, as_json: bool, **asked: Any) -> bool:
    """Print what the model at an address writes and the evidence bears out; whether any is left."""
    from lepton_local.search.endpoint import ask, endpoint
    from lepton_local.search.record import written_record
    from lepton_local.search.written import written

    where = endpoint(url)
    evidence = searcher.evidence(question, **asked)
    text, model = ask(where, str(evidence)) if evidence.pieces else ("", "")
    told = written(evidence, text, searcher.reranker, model=model)
    if as_json:
        echo_json({**written_record(told), "writer": where.url})
    else:
        echo(written_lines(told, where.url))
    return bool(told.claims)


def summary_lines(summary: Summary) -> Iterator[str]:
    """The sentences as one text, and where each stands."""
    if not summary.sentences:
        yield click.style(NO_ANSWER, bold=True)
        return
    numbered = list(enumerate(summary.sentences, 1))
    told = " ".join(f"{prose(each.text)} [{number}]" for number, each in numbered)
    yield from fold(told, columns())
    yield ""
    for number, each in numbered:
        for line in fold(f"[{number}] {cited(each)}", columns()):
            yield click.style(line, fg="cyan")


def written_lines(written: Written, url: str) -> Iterator[str]:
    """What is left of a model's text, said to be one, and the passages that it cites."""
    width = columns()
    if not written.evidence.pieces:
        yield click.style(NO_ANSWER, bold=True)
        return
    head = f"Written by a model ({prose(written.model)} at {clean(url)}), not by your documents:"
    for line in fold(head, width):
        yield click.style(line, fg="yellow")
    told = (
        f"{prose(each.text)} {''.join(f'[{number}]' for number in each.numbers)}"
        for each in written.claims
    )
    yield from fold(" ".join(told) or "Nothing that the passages bear out.", width)
    if written.dropped:
        why = ", ".join(f"{many} {reason}" for reason, many in written.dropped.items())
        said = f"left out, of {len(written.claims) + sum(written.dropped.values())}: {why}"
        for line in fold(said, width):
            yield click.style(line, fg="yellow")
    yield ""
    yield from places(written.cited)


def places(pieces: Sequence[Piece]) -> Iterator[str]:
    """The number and the place of each."""
    for each in pieces:
        for line in fold(f"[{each.number}] {prose(each.place)}", columns()):
            yield click.style(line, fg="cyan")
