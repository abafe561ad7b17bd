"""What a search found, as a person reads it: the answer first, then the passages."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence

import click

from lepton_local.cli.screen import cells, clean, columns, fold, light, prose
from lepton_local.corpus.sentences import sentences
from lepton_local.corpus.words import terms
from lepton_local.types import Answer, Hit, Result

LINES = 3  # of a passage that are shown
FURTHER = 2  # further answers that are shown
SURE = ((0.9, "almost certain"), (0.7, "likely"), (0.4, "possible"), (0.0, "a guess"))
WORD = re.compile(r"\w+")

Spans = list[tuple[int, int]]


def result_lines(result: Result, *, index: str, answering: bool, why: bool) -> Iterator[str]:
    """The answer, or that there is none, and the hits."""
    if result.answer is not None:
        yield from answer_lines(result.answer, result.answers[:FURTHER], index=index)
    elif answering:
        yield click.style("No answer in these documents.", bold=True)
    if not result.hits:
        yield "No passage found."
    wanted = frozenset(terms(" ".join((result.question, *result.corrections.values()))))
    for rank, hit in enumerate(result.hits, 1):
        if rank > 1 or answering:
            yield ""
        yield from hit_lines(hit, rank, wanted, index=index, why=why)


def answer_lines(answer: Answer, others: Sequence[Answer], *, index: str) -> Iterator[str]:
    """The words, how sure they are and where they stand, and the sentence around them."""
    width = columns()
    for line in fold(prose(answer.text), width):
        yield click.style(line, bold=True, fg="green")
    for line in fold(cited(answer), width):
        yield click.style(line, fg="cyan")
    yield from standing(answer.hit, index)
    yield ""
    for line in light(fold(prose(answer.quote, quoted(answer)), width - 4), bold=True):
        yield f"    {line}"
    if others:
        yield ""
    for other in others:
        for line in fold(f"or {prose(other.text)} ({cited(other)})", width):
            yield click.style(line, dim=True)


def cited(answer: Answer) -> str:
    """How sure the answer is, and path, mark, line:column."""
    word = next(word for least, word in SURE if answer.confidence >= least)
    mark = f", {prose(answer.mark).lstrip('# ')}" if answer.mark else ""
    place = f"{clean(answer.hit.passage.document)}{mark}, {answer.line}:{answer.column}"
    return f"{word}, {answer.confidence:.0%}: {place}"


def quoted(answer: Answer) -> Spans:
    """Where the answer's words stand in its quote."""
    passage = answer.hit.passage
    start = answer.start - passage.start
    begin = passage.text.rfind(answer.quote, 0, start + len(answer.quote))
    at = start - begin if begin >= 0 else answer.quote.find(answer.text)
    return [(at, at + len(answer.text))] if at >= 0 else []


def hit_lines(
    hit: Hit, rank: int, wanted: frozenset[str], *, index: str, why: bool
) -> Iterator[str]:
    """A hit: its place and score, its best lines, and on demand what each stage thought of it."""
    width = columns()
    passage = hit.passage
    place = f"{clean(passage.document)}:{passage.line}"
    about, score = headline(hit), f"{hit.score:.3f}"
    room = width - 4 - cells(place) - 2 - 2 - len(score)
    about = fold(about, room, lines=1)[0] if room > 8 else ""
    gap = " " * (room + 2 - cells(about))
    yield (
        f"{rank:>2}  {click.style(place, fg='cyan')}  {click.style(about, dim=True)}"
        f"{gap}{click.style(score, dim=True)}"
    )
    for line in standing(hit, index):
        yield f"    {line}"
    text, spans = snippet(passage.text, wanted, LINES * width)
    for line in light(fold(prose(text, spans), width - 4, lines=LINES), bold=True):
        yield f"    {line}"
    if why:
        votes = (f"{vote.stage} #{vote.rank} ({vote.score:.3f})" for vote in hit.why)
        for line in fold(" · ".join(votes), width - 4):
            yield click.style(f"    {line}", dim=True)


def headline(hit: Hit) -> str:
    """Title and sections above a passage, and the page or other mark it stands under."""
    mark = hit.passage.mark
    above = hit.passage.heading or hit.title
    return prose(above if not mark or mark.startswith("#") else f"{above}, {mark}")


def standing(hit: Hit, index: str) -> Iterator[str]:
    """What is known of the file since it was indexed; nothing when nothing was asked."""
    if hit.stale:
        again = f"changed since it was indexed: run lepton-index update {clean(index)}"
        yield click.style(again, fg="yellow")
    if hit.verified is not None:
        yield (
            click.style("verified", fg="green")
            if hit.verified
            else click.style("NOT verified", fg="red", bold=True)
        )


def notes(result: Result) -> Iterator[str]:
    """What was searched in place of words that the index does not know."""
    for word, instead in result.corrections.items():
        yield f'"{prose(word)}" is not in the index; searched "{prose(instead)}"'


def paths(hits: Iterable[Hit]) -> Iterator[str]:
    """The files of the hits, best first, each once, as they can be opened from here."""
    here = os.getcwd()
    for file in dict.fromkeys(os.path.join(hit.root, hit.path) for hit in hits):
        near = os.path.relpath(file, here)
        yield file if near.startswith("..") else near


def snippet(text: str, wanted: frozenset[str], length: int) -> tuple[str, Spans]:
    """A passage from the sentence on that has, with what follows, most of the wanted words.

    length: code points that will be read of it, about. The spans say where wanted words stand.
    """
    found = matches(text, wanted)
    starts = [0, *(start for start, _ in sentences(text)[1:])]

    def worth(start: int) -> int:
        return len({word for at, _, word in found if start <= at < start + length})

    begin = max(starts, key=worth)  # the first of equals
    lead = "… " if begin else ""
    shift = len(lead) - begin
    spans = [(start + shift, end + shift) for start, end, _ in found if start >= begin]
    return lead + text[begin:], spans


def matches(text: str, wanted: frozenset[str]) -> list[tuple[int, int, str]]:
    """Start, end and term of the words of `text` that are wanted, in order and apart."""
    found: list[tuple[int, int, str]] = []
    for word in WORD.finditer(text):
        terms_here = wanted.intersection(terms(word[0]))
        if not terms_here:
            continue
        longest = max(terms_here, key=lambda term: (len(term), term))
        if len(longest) > 2 or len(word[0]) <= 2:
            found.append((*word.span(), longest))
        else:  # a script without spaces, whose terms are pairs of signs
            pairs = "|".join(map(re.escape, sorted(terms_here)))
            for pair in re.finditer(pairs, word[0]):
                start, end = pair.span()
                found.append((word.start() + start, word.start() + end, pair[0]))
    return found
