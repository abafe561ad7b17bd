"""An answer that is a list: the items of a list, the cells of a column, or what a sentence counts
up, around the words that the reader found.

The reader finds one span. Where the question asks for several things, the structure around that
span tells the others, and where they end.
"""

# ruff: noqa: RUF001 - dashes of several lengths are meant
from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from lepton_local.corpus.sentences import sentences
from lepton_local.corpus.words import terms
from lepton_local.models.records import is_item, item_lines, label
from lepton_local.search.wants import LIST
from lepton_local.types import Item, Result

MOST_WORDS = 6  # of an item that a sentence counts up
MOST_ITEMS = 40
_BULLET = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)]|[a-z]\))\s+")
_TERM = re.compile(r"(?:\*\*|`|_)?([^\s*`_:–—][^:–—\n]{0,59}?)(?:\*\*|`|_)?(?:: | – | — | - )")
_APART = re.compile(r",?\s+(?:and|or|und|oder|et|ou|y|o)\s+|,\s+|;\s+")
_LAST = re.compile(r"\b(?:and|or|und|oder|et|ou|y|o)\b")
_BEFORE = re.compile(
    r".*(?:\b(?:are|is|was|were|include|includes|including|included|as|of|namely|like|between|by|in"
    r"|on|at|to|from|for|with|both|either)\b|:)\s+",
    re.DOTALL | re.IGNORECASE,
)
_OTHER = re.compile(  # what begins with these is no item
    r"(?:in|on|at|by|after|before|when|while|if|as|which|who|that|where|because|since|although|but"
    r"|it|he|she|they|this|there|we|you|i)\b",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s+(?:is|are|was|were|which|that|who|for|in|on|at|to|from|by|with|has|have|had|can|must)\b.*"
    r"|[.;:(].*",
    re.DOTALL,
)

Stretch = tuple[int, int]


def itemised(result: Result, threshold: float) -> Result:
    """The result with all items of a list that its first answer is one of, or counts up; the same
    where it is none. What several items share of the probability is that of the list.
    """
    told = [*([result.answer] if result.answer is not None else []), *result.answers]
    if not told:
        return result
    passage = told[0].hit.passage
    text, at = passage.text, passage.start
    found = items_around(text, told[0].start - at, told[0].end - at, result.standalone)
    if not found:
        return result
    start, end = found[0][0], found[-1][1]
    inside = [
        each
        for each in told
        if each is told[0]
        or (
            (each.hit.root, each.hit.passage.document) == (told[0].hit.root, passage.document)
            and at + start <= each.start < at + end
        )
    ]
    sure = sum(each.confidence for each in inside)
    before = text[:start]
    newline = before.rfind("\n")
    whole = replace(
        told[0],
        text=text[start:end],
        start=at + start,
        end=at + end,
        confidence=sure,
        line=passage.line + before.count("\n"),
        column=start - newline if newline >= 0 else passage.column + start,
        quote=text[start:end],
        kind=LIST,
        items=tuple(Item(text[a:b], at + a, at + b) for a, b in found),
    )
    rest = tuple(each for each in told if each not in inside)
    if sure < threshold:
        return replace(result, answers=(whole, *rest))
    return replace(result, answer=whole, answers=rest, conflicts=())


def items_around(text: str, start: int, end: int, question: str) -> list[Stretch]:
    """The items that stand beside `text[start:end]`, in their order; none where it stands alone."""
    for find in (partial(_column, question=question), _listed, _counted):
        found = find(text, start, end)
        if 2 <= len(found) <= MOST_ITEMS:
            return found
    return []


def _lines(text: str) -> list[Stretch]:
    """Start and end of each line that is not empty."""
    return [(each.start(), each.end()) for each in re.finditer(r"[^\n]*\S[^\n]*", text)]


def _run(alike: Sequence[bool], here: int) -> range:
    """The lines that are alike around the one `here`; none where that is not."""
    if not alike[here]:
        return range(0)
    first = last = here
    while first and alike[first - 1]:
        first -= 1
    while last + 1 < len(alike) and alike[last + 1]:
        last += 1
    return range(first, last + 1)


def _column(text: str, start: int, end: int, *, question: str) -> list[Stretch]:
    """The cells of the column that the question names, else of that where a span stands, without
    its head.
    """
    lines = _lines(text)
    here = next(n for n, (_, last) in enumerate(lines) if start < last)
    rows = [lines[n] for n in _run(["|" in text[a:b] for a, b in lines], here)]
    if not rows or "\n" in text[start:end] or "|" in text[start:end]:
        return []
    number = text.count("|", lines[here][0], start)
    ruled = [n for n, (a, b) in enumerate(rows) if not re.search(r"\w", text[a:b])]
    heads = [set(terms(each)) for each in text[slice(*rows[0])].split("|")] if ruled else []
    named = [n for n, head in enumerate(heads) if head and head <= set(terms(question))]
    body = rows[ruled[0] + 1 :] if ruled else rows
    column = named[0] if len(named) == 1 else number
    cells = [cell for row in body if (cell := _cell(text, row, column)) is not None]
    return cells if named or any(a <= start and end <= b for a, b in cells) else []


def _cell(text: str, row: Stretch, number: int) -> Stretch | None:
    """Where a cell of a row has its value; None where it is empty or not there."""
    parts = text[slice(*row)].split("|")
    if number >= len(parts):
        return None
    begin = row[0] + sum(len(each) + 1 for each in parts[:number])
    named = label(parts[number].lstrip())
    return _inked(
        text,
        begin + len(parts[number]) - len(parts[number].lstrip()) + named,
        begin + len(parts[number]),
    )


def _listed(text: str, start: int, end: int) -> list[Stretch]:
    """The items of the list where a span stands, or which its line announces; of items that begin
    with a term and a colon, the terms, where the span is in one.
    """
    lines = _lines(text)
    here = next(n for n, (_, last) in enumerate(lines) if start < last)
    alike = item_lines(text[a:b] for a, b in lines)
    announced = not alike[here] and text[slice(*lines[here])].rstrip().endswith(":")
    if announced and here + 1 < len(lines):
        here += 1
    items: list[Stretch] = []
    for n in _run(alike, here):
        begin, last = lines[n]
        if is_item(text[begin:last]):
            bullet = _BULLET.match(text, begin, last)
            items.append((bullet.end() if bullet else begin, last))
        else:
            items[-1] = items[-1][0], last
    terms = [_TERM.match(text, a, b) for a, b in items]
    told = [each.span(1) for each in terms if each is not None]
    if len(told) == len(items) and any(a <= start < b for a, b in told):
        return told
    return [each for a, b in items if (each := _inked(text, a, b))]


def _counted(text: str, start: int, end: int) -> list[Stretch]:
    """What a sentence counts up ("A, B and C") where the span is one or several of them."""
    sentence = next(((a, b) for a, b in sentences(text) if a <= start < b), None)
    if sentence is None or end > sentence[1]:
        return []
    parts = list(_parts(text, *sentence))
    inside = [n for n, (a, b) in enumerate(parts) if a < end and start < b]
    first, last = inside[0], inside[-1]
    if first == last:
        while first and _alike(text, _lead(text, *parts[first - 1]), start):
            first -= 1
    while last + 1 < len(parts) and not _LAST.search(text[parts[first][1] : parts[last][0]]):
        if not _short(text, *_trail(text, *parts[last + 1])):
            break
        last += 1
    chosen = parts[first : last + 1]
    joints = [text[a[1] : b[0]] for a, b in pairwise(chosen)]
    if not joints or not _LAST.search(joints[-1]):
        return []
    if not chosen[0][0] <= start < chosen[0][1]:
        chosen[0] = _lead(text, *chosen[0])
    else:
        chosen[0] = start, chosen[0][1]
    if not chosen[-1][0] < end <= chosen[-1][1]:
        chosen[-1] = _trail(text, *chosen[-1])
    else:
        chosen[-1] = chosen[-1][0], end
    found = [each for a, b in chosen if (each := _inked(text, a, b))]
    return found if all(_short(text, *each) for each in found) else []


def _lead(text: str, start: int, end: int) -> Stretch:
    """Of the part before the first comma, what is counted up."""
    led = _BEFORE.match(text, start, end)
    return led.end() if led else start, end


def _trail(text: str, start: int, end: int) -> Stretch:
    """Of the part behind the last conjunction, what is counted up."""
    rest = _AFTER.search(text, start, end)
    return start, rest.start() if rest else end


def _alike(text: str, part: Stretch, start: int) -> bool:
    """Whether a part of a sentence may be counted up with the words at `start`."""
    same = text[part[0]].isupper() == text[start].isupper()
    return same and _short(text, *part)


def _short(text: str, start: int, end: int) -> bool:
    words = text[start:end].split()
    return 0 < len(words) <= MOST_WORDS and not _OTHER.match(text, start)


def _parts(text: str, start: int, end: int) -> Iterator[Stretch]:
    """A sentence cut at its commas and conjunctions."""
    at = start
    for cut in _APART.finditer(text, start, end):
        if cut.start() > at:
            yield at, cut.start()
        at = cut.end()
    yield at, end


def _inked(text: str, start: int, end: int) -> Stretch | None:
    """Without white space and a closing stop or comma; None where nothing is left."""
    bare = text[start:end].rstrip(" \t\n.,;")
    start += len(bare) - len(bare.lstrip())
    return (start, start + len(bare.lstrip())) if bare.strip() else None
