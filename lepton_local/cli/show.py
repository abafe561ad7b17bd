"""What a search found, as a person reads it: the answer first, then the passages."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import click

from lepton_local.cli.links import link
from lepton_local.cli.reader import READER
from lepton_local.cli.screen import cells, clean, columns, fold, light, prose, verbatim
from lepton_local.cli.snippet import LINES, Spans, numbered_lines, prose_lines
from lepton_local.search.answer import how_sure
from lepton_local.search.context import own_lines
from lepton_local.search.marked import MARKED
from lepton_local.search.place import is_code
from lepton_local.search.seen import picture_of, told_of, words_of
from lepton_local.search.wants import PHRASE
from lepton_local.shown import unfolded
from lepton_local.types import Answer, Hit, Place, Result

PLACES = 3  # other places of a passage that are named
FURTHER, LEAST = 2, 0.1  # further answers that are shown, and how sure they must be


def result_lines(
    result: Result, *, index: str, skipped: int = 0, answering: bool = False, why: bool = False
) -> Iterator[str]:
    """The answer, or that there is none, and the hits."""
    if result.answer is not None:
        yield from answer_lines(result.answer, result.conflicts, index=index)
        others = result.answers[len(result.conflicts) :][:FURTHER]
        further = list(other_lines([o for o in others if o.confidence >= LEAST], "or"))
        yield from [""] * bool(further)
        yield from further
    elif answering:
        sure = "sure " if result.guesses else ""
        yield click.style(f"No {sure}answer in these documents.", bold=True)
        yield from other_lines(result.guesses, "perhaps")
    if not result.hits:
        yield "No passage found."
    for rank, hit in enumerate(told_apart(result.hits), skipped + 1):
        if rank > skipped + 1 or answering:
            yield ""
        yield from hit_lines(hit, rank, index=index, why=why)


def told_apart(hits: Sequence[Hit]) -> Iterator[Hit]:
    """The same hits; where documents of several roots bear one name, with that of the root."""
    roots: dict[str, set[str]] = {}
    for hit in hits:
        roots.setdefault(hit.passage.document, set()).add(hit.root)
    for hit in hits:
        name = f"{os.path.basename(hit.root)}/{hit.passage.document}"
        several = len(roots[hit.passage.document]) > 1
        yield replace(hit, passage=replace(hit.passage, document=name)) if several else hit


def answer_lines(answer: Answer, conflicts: Sequence[Answer], *, index: str) -> Iterator[str]:
    """The words, how sure they are and where they stand, and the sentence around them; and what
    contradicts them.
    """
    width = columns()
    whole = answer.kind != PHRASE
    rows = [f"- {prose(each.text)}" for each in answer.items] or unfolded(answer.text).splitlines()
    for row in rows if whole else [prose(answer.text)]:
        for line in fold(verbatim(row), width) if whole else fold(row, width):
            yield click.style(line, bold=not whole, fg="green")
    file = os.path.join(answer.hit.root, answer.hit.path)
    for line in fold(cited(answer), width):
        yield link(click.style(line, fg="cyan"), file, answer.line)
    yield from doubts(answer.hit, index)
    if conflicts:
        same = len({day(each) for each in (answer, *conflicts)}) == 1
        yield click.style(
            f"contradicted{'' if same else f' ({day(answer)} is newest)'}:", fg="yellow"
        )
        for each in conflicts:
            told = f"but {prose(each.text)} ({cited(each)}{'' if same else f', {day(each)}'})"
            yield from (click.style(line, fg="yellow") for line in fold(told, width))
    if whole:
        return
    yield ""
    for line in light(fold(prose(answer.quote, quoted(answer)), width - 4), bold=True):
        yield f"    {line}"


def day(answer: Answer) -> str:
    """The date of an answer's document."""
    return answer.hit.date[:10]


def other_lines(others: Sequence[Answer], word: str) -> Iterator[str]:
    """Answers that are less sure, a line each."""
    for other in others:
        doubt = ", NOT verified" if other.hit.verified is False else ""
        for line in fold(f"{word} {prose(other.text)} ({cited(other)}{doubt})", columns()):
            yield click.style(line, dim=True)


def cited(answer: Answer) -> str:
    """How sure the answer is, and path, mark, line:column."""
    mark = f", {prose(answer.mark).lstrip('# ')}" if answer.mark else ""
    place = f"{clean(answer.hit.passage.document)}{mark}, {answer.line}:{answer.column}"
    proof = ", verified" if answer.hit.verified else ""
    return f"{sureness(answer.confidence)}: {place}{proof}"


def sureness(confidence: float) -> str:
    """A confidence in a word and in percent."""
    return f"{how_sure(confidence)}, {confidence:.0%}"


def quoted(answer: Answer) -> Spans:
    """Where the answer's words stand in its quote."""
    passage = answer.hit.passage
    start = answer.start - passage.start
    begin = passage.text.rfind(answer.quote, 0, start + len(answer.quote))
    at = start - begin if begin >= 0 else answer.quote.find(answer.text)
    return [(at, at + len(answer.text))] if at >= 0 else []


def hit_lines(hit: Hit, rank: int, *, index: str, why: bool) -> Iterator[str]:
    """A hit: where it stands and how relevant it is, its best lines, and on demand what each stage
    thought of it.
    """
    width = columns()
    sure = f"verified  {hit.relevance:.0%}" if hit.verified else f"{hit.relevance:.0%}"
    room = width - 4 - 2 - cells(sure)
    place, about = shortened_place(hit, room), headline(hit)
    left = room - cells(place) - 2
    about = shortened(about, left) if left > 8 else ""
    gap = " " * max(0, left - cells(about))
    shown = link(click.style(place, fg="cyan"), os.path.join(hit.root, hit.path), hit.line)
    yield (
        f"{rank:>2}  {shown}  {click.style(about, dim=True)}{gap}  {click.style(sure, dim=True)}"
    )
    for line in doubts(hit, index):
        yield f"    {line}"
    for vote in hit.why:
        if vote.stage == MARKED:
            told = "good" if vote.score > 0 else "bad"
            yield click.style(f"    you marked this as {told} for this question", fg="green")
    for line in text_lines(hit, width - 4):
        yield f"    {line}"
    if hit.like is not None:
        like = f"like line {hit.like.line} of what was asked: {prose(hit.like.text)}"
        for line in fold(like, width - 4, lines=2):
            yield click.style(f"    {line}", dim=True)
    for told, places in (("also in", hit.also), ("nearly the same in", hit.near)):
        for line in fold(elsewhere(told, places), width - 4) if places else ():
            yield click.style(f"    {line}", dim=True)
    if why:
        votes = (f"{vote.stage} #{vote.rank} ({vote.score:.3f})" for vote in hit.why)
        for line in fold(f"score {hit.score:.3f}: {' · '.join(votes)}", width - 4):
            yield click.style(f"    {line}", dim=True)


def text_lines(hit: Hit, width: int) -> Iterator[str]:
    """The lines that were asked for, with their numbers; else the best few, of code with numbers
    too.
    """
    if hit.lines:
        yield from numbered_lines(hit, hit.lines, width, whole=not is_code(hit))
    elif picture_of(hit) is not None and not words_of(hit):
        return  # its name says all
    elif is_code(hit):
        lines = own_lines(hit)
        last = min(hit.line - lines[0][0] + LINES, len(lines))
        yield from numbered_lines(hit, lines[max(0, last - LINES) : last], width, whole=False)
    else:
        yield from prose_lines(hit, width)


def shortened_place(hit: Hit, room: int) -> str:
    """Document and line, and the page, cell or function; only the name of this is cut for want of
    room. Of a picture its dots stand in place of the line.
    """
    if picture := told_of(hit):
        return f"{clean(hit.passage.document)}, {prose(picture)}"
    place = f"{clean(hit.passage.document)}:{hit.line}"
    mark = prose(hit.mark)
    if not mark or mark.startswith("#"):
        return place
    return f"{place}, {fold(mark, max(room - cells(place) - 2, 20), lines=1)[0]}"


def elsewhere(told: str, places: Sequence[Place]) -> str:
    """Where else a passage stands: the first few places, and how many more there are."""
    named = [f"{clean(place.document)}:{place.line}" for place in places[:PLACES]]
    more = [f"and {len(places) - PLACES:,} more"] * (len(places) > PLACES)
    return f"{told}: {', '.join(named + more)}"


def shortened(about: str, room: int) -> str:
    """`about` in `room` columns. Of a path of headings the last say most: the first give way."""
    parts = about.split(" > ")
    for first in range(len(parts)):
        tail = " > ".join(["…"] * bool(first) + parts[first:])
        if cells(tail) <= room:
            return tail
    return fold(about, room, lines=1)[0]


def headline(hit: Hit) -> str:
    """Title and sections above the place of a hit; what its mark says stands there already."""
    above = hit.heading or hit.title
    return prose(hit.title if above == hit.mark else above.removesuffix(f" > {hit.mark}"))


def doubts(hit: Hit, index: str) -> Iterator[str]:
    """What speaks against a citation: its file is not what was indexed, or does not say so."""
    file = os.path.join(hit.root, hit.path)
    there = os.path.exists(file)
    if hit.stale:
        what = "changed" if there else "gone"
        again = f"{what} since it was indexed: run lepton-index update {clean(index)}"
        yield click.style(again, fg="yellow")
    if hit.verified is False:
        if not there:
            why = "there is no file to prove it by"
        elif not os.access(file, os.R_OK):
            why = "the file cannot be read now"
        else:
            why = "the file does not say so"
        yield click.style(f"NOT verified: {why}", fg="red", bold=True)


def notes(result: Result) -> Iterator[str]:
    """What was searched in place of words that the index does not know."""
    for word, instead in result.corrections.items():
        yield f'"{prose(word)}" is not in the index; searched "{prose(instead)}"'
    yield from map(prose, result.notes)


def paths(hits: Iterable[Hit]) -> Iterator[str]:
    """The files of the hits that are there, best first and copies beside them, each once, as they
    can be opened from here.
    """
    reader = READER.get()
    here = reader.folder if reader else os.getcwd()
    for file in filter(os.path.exists, _files(hits)):
        near = os.path.relpath(file, here)
        yield file if near.startswith("..") else near


def gone(hits: Iterable[Hit], index: str) -> Iterator[str]:
    """How many files of the hits are not listed, as nothing stands in their place any more."""
    many = sum(not os.path.exists(file) for file in _files(hits))
    if many:
        yield f"{many:,} left out, gone since indexed: run lepton-index update {clean(index)}"


def _files(hits: Iterable[Hit]) -> dict[str, None]:
    found: list[Hit | Place] = []
    for hit in hits:
        found += [hit, *hit.also]
    return dict.fromkeys(os.path.join(each.root, each.path) for each in found)
