"""Hits are cited where the words stand for which they were found: page, cell, function, line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lepton_local.corpus.headings import below, outline
from lepton_local.corpus.suffixes import FAMILIES
from lepton_local.corpus.symbols import parts
from lepton_local.search.hits import Where, where
from lepton_local.search.matched import Match, Wanted, focus, matches
from lepton_local.search.symbols import SYMBOL
from lepton_local.types import Answer, Hit, Mark

_CODE = frozenset(FAMILIES["code"])
_INDENT = 40  # code points, at most


def is_code(hit: Hit) -> bool:
    """Whether the document of a hit is source code, which is read line by line."""
    return hit.format in _CODE


def placed(
    hits: Sequence[Hit],
    marks: Mapping[tuple[str, Where], Sequence[Mark]],
    wanted: Wanted,
    answers: Sequence[Answer] = (),
) -> list[Hit]:
    """The same hits, each with its matches, and at the place of the answer in it, else where the
    words of the question stand best together in it, else where it begins.

    marks: of the document of each hit, by its index and place, sorted.
    """
    answered = {_key(answer.hit): answer.start for answer in reversed(answers)}
    found = []
    for hit in hits:
        passage = hit.passage
        words = matches(passage.text, wanted)
        at = answered.get(_key(hit), -1) - passage.start
        seen = any(terms[0] not in wanted.worth for *_, terms in words)  # as it was written
        if at < 0 and not seen and any(vote.stage == SYMBOL for vote in hit.why):
            at = _named(hit, words, marks[_key(hit)])
        if at < 0 and words:
            at = focus(passage.text, words, wanted, code=is_code(hit))
        spans = tuple((passage.start + start, passage.start + end) for start, end, _ in words)
        moved = _at(hit, at, marks[_key(hit)]) if at >= 0 else hit
        found.append(replace(moved, matches=spans))
    return found


def _key(hit: Hit) -> tuple[str, Where]:
    return hit.index, where(hit)


def _named(hit: Hit, words: Sequence[Match], marks: Sequence[Mark]) -> int:
    """Where in a passage the name stands of something that begins in it; -1 if none matched."""
    passage, best = hit.passage, (0, 0)
    there = {passage.text[start:end].casefold() for start, end, _ in words}
    for mark in marks:
        begin = mark.start - passage.start
        # A passage begins behind the indentation of its first line.
        if not mark.label or not -_INDENT <= begin < len(passage.text):
            continue
        names = [part.casefold() for part in parts(mark.label.split()[-1])]
        asked = sum(name in there for name in names)
        for start, end, _ in words if asked > best[0] else ():
            if start >= begin and passage.text[start:end].casefold() == names[-1]:
                best = asked, start
                break
    return best[1] if best[0] else -1


def _at(hit: Hit, at: int, marks: Sequence[Mark]) -> Hit:
    """The hit, cited by the place `at` of its passage's text."""
    passage = hit.passage
    newline = passage.text.rfind("\n", 0, at)
    lines = passage.text.count("\n", 0, at)
    place = passage.start + at
    number = bisect_right(marks, place, key=lambda mark: mark.start)
    return replace(
        hit,
        mark=marks[number - 1].label if number else passage.mark,
        heading=_heading(hit, marks[:number]),
        line=passage.line + lines,
        column=at - newline if lines else passage.column + at,
        also=tuple(replace(each, line=each.line + lines) for each in hit.also),
    )


def _heading(hit: Hit, marks: Sequence[Mark]) -> str:
    """The path of headings behind these marks, below the title where it stands in the document."""
    *_, path = "", *(path for *_, path in outline(marks))
    above = hit.passage.heading
    titled = above == hit.title or above.startswith(f"{hit.title} > ")
    return below(hit.title, path) if titled and hit.title else path
