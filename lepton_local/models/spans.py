"""From logits to answers: pure functions over one passage's windows.

A window gives a start and an end logit for each of its pieces of the passage. A span may begin
where a word or token begins and end where one ends, lies in one record, is at most `LONGEST` pieces
long, and scores the sum of its two logits, as in BERT (arXiv:1810.04805, section 4.2). Spans of
several windows are merged by where they stand in the text, the best score winning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lepton_local.models.records import fences, within_token
from lepton_local.models.roles import Floats, Span
from lepton_local.scripts import UNSPACED

LONGEST = 30  # pieces of one span
LIMIT = 10  # spans of one passage
_CHUNK = 200  # candidates that are sorted first; nearly always enough for LIMIT different spans

_EDGE = " \t\r\n\f\v\u00a0\u3000.,;:!?'\"`|-–—…“”‘’«»、。，；：！？「」『』"  # noqa: RUF001
_SIGNED = re.compile(r"(?:\.|--?)\w")  # "-5", "--json", ".gitignore"
_INITIAL = re.compile(r"(?:^|\W)[^\W\d_]\.$")  # "D.C.", "Samuel L."
_PAIRS = {"(": ")", "[": "]", "{": "}", "（": "）", "【": "】", "《": "》"}  # noqa: RUF001


class Logits(NamedTuple):
    """One window's pieces of the passage: offsets (k, 2) in its text, start and end logits (k,)."""

    offsets: NDArray[np.int32]
    start: Floats
    end: Floats


class Tags(NamedTuple):
    """One window's pieces of the passage: offsets (k, 2) in its text, and logits (k,)."""

    offsets: NDArray[np.int32]
    logits: Floats


def tagged(text: str, windows: Iterable[Tags]) -> tuple[tuple[int, int], ...]:
    """Where the runs of pieces stand that are likelier in an answer than not, in order. Of several
    windows the surest speaks for a piece, and its first piece for a word.
    """
    sure: dict[tuple[int, int], float] = {}
    for window in windows:
        for (start, end), logit in zip(window.offsets.tolist(), window.logits, strict=True):
            known = sure.get((start, end), 0.0)
            sure[start, end] = max(known, float(logit), key=abs)
    runs: list[tuple[int, int]] = []
    open_ = False
    for start, end in sorted(sure):
        yes = open_ if within_word(text, start) else sure[start, end] > 0
        if yes:
            runs[-1:] = [(runs[-1][0], end)] if open_ else [*runs[-1:], (start, end)]
        open_ = yes
    found = (trimmed(text, *run) for run in runs)
    return tuple((start, end) for start, end in found if start < end)


def decode(text: str, windows: Iterable[Logits], *, limit: int = LIMIT) -> tuple[Span, ...]:
    """Give a passage's best spans, best first; of equal scores the earlier, then the shorter."""
    best: dict[tuple[int, int], float] = {}
    for window in windows:
        for span in _unique(text, window, limit):
            place = span.start, span.end
            best[place] = max(span.score, best.get(place, span.score))
    spans = [Span(start, end, score) for (start, end), score in best.items()]
    return tuple(sorted(spans, key=_rank)[:limit])


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Narrow [start, end) to lose white space, punctuation and half brackets at its edges; it may
    become empty.

    The full stop of an initial stays, and a sign or a dot before a word: "Washington, D.C.", "-5".
    """
    while start < end:
        first, last = text[start], text[end - 1]
        inside = text[start:end]
        if (first in _EDGE and not _SIGNED.match(inside)) or (
            first in _PAIRS and _PAIRS[first] not in inside
        ):
            start += 1
        elif (last in _EDGE and not (last == "." and _INITIAL.search(inside))) or (
            last in _PAIRS.values() and not any(a in inside for a, z in _PAIRS.items() if z == last)
        ):
            end -= 1
        elif _PAIRS.get(first) == last and inside.find(last) == len(inside) - 1:
            start, end = start + 1, end - 1
        else:
            break
    return start, end


def within_word(text: str, place: int) -> bool:
    """Whether a cut at `place` would fall between two letters or digits of one word.

    Scripts that put no space between words have no such places.
    """
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    return before.isalnum() and after.isalnum() and _spaced(before) and _spaced(after)


def _spaced(char: str) -> bool:
    return not re.match(f"[{UNSPACED}]", char)


def _unique(text: str, window: Logits, limit: int) -> Iterator[Span]:
    """The best `limit` different spans of one window, and those that are level with the last."""
    seen: set[tuple[int, int]] = set()
    least = float("-inf")
    for i, j, score in _candidates(text, window):
        if len(seen) >= limit and score < least:
            return
        start, end = trimmed(text, int(window.offsets[i, 0]), int(window.offsets[j, 1]))
        if start < end and (start, end) not in seen:
            seen.add((start, end))
            least = score
            yield Span(start, end, score)


def _candidates(text: str, window: Logits) -> Iterator[tuple[int, int, float]]:
    """Pairs of pieces (i, j, score) that may bound a span, best first, then by place."""
    count = len(window.offsets)
    if not count:
        return
    begins, ends = _word_edges(text, window.offsets)
    record = np.searchsorted(fences(text), window.offsets[:, 0], side="right")
    start = np.where(begins, window.start, -np.inf)
    # Row i holds the ends j = i, i + 1, ... of the spans that begin at piece i.
    reach = min(LONGEST, count)
    end = np.full(count + reach, -np.inf, dtype=np.float32)
    end[:count] = np.where(ends, window.end, -np.inf)
    apart = np.append(record, np.full(reach, -1))
    view = np.lib.stride_tricks.sliding_window_view
    scores = start[:, None] + view(end, reach)[:count]
    scores[view(apart, reach)[:count] != record[:, None]] = -np.inf
    flat = scores.ravel()
    # Sort the best few first, ties with the last of them included, and the rest only if asked for.
    floor = np.partition(flat, -_CHUNK)[-_CHUNK] if flat.size > _CHUNK else -np.inf
    for part in (flat >= floor, flat < floor):
        chosen = np.flatnonzero(part & (flat > -np.inf))
        for place in chosen[np.argsort(-flat[chosen], kind="stable")].tolist():
            i, length = divmod(place, reach)
            yield i, i + length, float(flat[place])


def _word_edges(
    text: str, offsets: NDArray[np.int32]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which pieces begin, and which end, at an edge of a word and of a token."""
    cut = within_token(text)
    begins = np.array([not within_word(text, place) for place in offsets[:, 0].tolist()])
    ends = np.array([not within_word(text, place) for place in offsets[:, 1].tolist()])
    return begins & ~cut[offsets[:, 0]], ends & ~cut[offsets[:, 1]]


def _rank(span: Span) -> tuple[float, int, int]:
    return -span.score, span.start, span.end
