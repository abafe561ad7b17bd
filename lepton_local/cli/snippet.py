"""The lines of a passage that show why it was found: where the question's telling words stand."""

from __future__ import annotations

from collections.abc import Iterator

import click

from lepton_local.cli.screen import cut, fold, light, prose, verbatim
from lepton_local.corpus.sentences import sentences
from lepton_local.types import Hit

LINES = 3  # of a passage that are shown

Spans = list[tuple[int, int]]


def prose_lines(hit: Hit, width: int) -> Iterator[str]:
    """A passage from the sentence on that the hit is cited by; words that matched are lit up."""
    text, spans = snippet(hit)
    yield from light(fold(prose(text, spans), width, lines=LINES), bold=True)


def snippet(hit: Hit) -> tuple[str, Spans]:
    """A passage from the sentence on in which the hit is cited. The spans say where the words stand
    that matched.
    """
    text = hit.passage.text
    # Headings stand above the snippet already.
    starts = [start for start, _ in sentences(text) if text[start] != "#"] or [0]
    at = place(hit)
    begin = max((start for start in starts if start <= at), default=starts[0])
    lead = "… " if begin > starts[0] else ""
    shift = len(lead) - begin - hit.passage.start
    spans = [(start + shift, end + shift) for start, end in hit.matches if start + shift >= 0]
    return lead + text[begin:], spans


def place(hit: Hit) -> int:
    """Where in its passage a hit is cited: the code points before its line and column."""
    passage = hit.passage
    start = 0
    for _ in range(hit.line - passage.line):
        start = passage.text.find("\n", start) + 1
    return start + hit.column - (passage.column if hit.line == passage.line else 1)


def numbered_lines(
    hit: Hit, lines: tuple[tuple[int, str], ...], width: int, *, whole: bool
) -> Iterator[str]:
    """Lines as they are written, with their numbers; one that is too long is folded if it is to be
    `whole`, else cut.
    """
    passage = hit.passage
    lit: dict[int, Spans] = {number: [] for number, _ in lines}
    for start, end in hit.matches:
        before = passage.text[: start - passage.start]
        breaks = before.count("\n")
        at = start - passage.start - before.rfind("\n") - 1 if breaks else len(before)
        at += 0 if breaks else passage.column - 1
        if passage.line + breaks in lit:
            lit[passage.line + breaks].append((at, at + end - start))
    room = max((len(str(number)) for number, _ in lines), default=0)
    for number, line in lines:
        shown = cut(verbatim(line, lit[number]), width - room - 2, whole=whole)
        for place, each in enumerate(light(shown, bold=True)):
            said = " " * room if place else f"{number:>{room}}"
            yield f"{click.style(said, dim=True)}  {each}"
