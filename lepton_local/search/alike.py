"""Texts that tell one thing in the same words, such as copies of an agency's story: sentences may
be left out or added, but none is changed. Who changes a number or a name says something else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lepton_local.corpus.dates import DATE_FIELDS
from lepton_local.corpus.sentences import sentences
from lepton_local.corpus.words import terms
from lepton_local.search.hits import where
from lepton_local.search.place import is_code
from lepton_local.types import Hit, Place

SHARED = 0.7  # of the letters of the shorter text stand in sentences that both have
LEAST = 100  # letters that copies share: a short sentence is nobody's
_DAY = re.compile(rf"(?:{'|'.join(DATE_FIELDS)}) (?=.*\d).{{1,30}}")
LONGEST = 50_000  # code points of a passage that is compared: no honest one is so long
KEPT = 0.5  # more than this share of its words a changed sentence keeps


@dataclass(frozen=True, slots=True)
class Told:
    """A text as its sentences, without case and signs."""

    sentences: tuple[str, ...]

    @property
    def letters(self) -> int:
        """How long it is."""
        return sum(map(len, self.sentences))


def told(text: str, above: str = "") -> Told:
    """The sentences of a text, without the headings `above` it ("Title > Section") and the line of
    a row that says its day: each paper has a headline and a day of its own.
    """
    headings = {_plain(each) for each in above.split(" > ")}
    found = dict.fromkeys(_plain(text[start:end]) for start, end in sentences(text))
    kept = (each for each in found if each and each not in headings)
    return Told(tuple(each for each in kept if not _DAY.fullmatch(each)))


def _plain(sentence: str) -> str:
    return " ".join(re.findall(r"\w+", sentence)).casefold()


def copies(one: Told, other: Told) -> bool:
    """Whether two texts tell the same in the same words, but for what one of them leaves out."""
    both = {*one.sentences} & {*other.sentences}
    mine = [each for each in one.sentences if each not in both]
    theirs = [each for each in other.sentences if each not in both]
    shared = sum(map(len, both))
    ends = {each for text in (one, other) for each in (text.sentences[:1] + text.sentences[-1:])}
    for each in list(mine):
        cut = next((same for same in theirs if ends & {each, same} and _cut(each, same)), None)
        if cut is not None:
            mine.remove(each)
            theirs.remove(cut)
            shared += min(len(each), len(cut))
    if shared < LEAST or shared < SHARED * min(one.letters, other.letters):
        return False
    return not any(_changed(a, b) for a in mine for b in theirs)


def _cut(one: str, other: str) -> bool:
    """Whether a sentence at the end of a text is another one that is cut short, or one at the
    beginning another one with where and by whom it was written.
    """
    short, long = sorted((one, other), key=len)
    return long.startswith(short) or long.endswith(short)


def _changed(one: str, other: str) -> bool:
    """Whether a sentence is another one with other words in it."""
    a, b = set(terms(one)), set(terms(other))
    return len(a & b) > KEPT * min(len(a), len(b))


def folded(hits: Sequence[Hit]) -> list[tuple[int, Hit]]:
    """The hits without those that are copies of a better one in another document, and the number of
    each; these are told of as `near` of that one.
    """
    kept: list[tuple[int, Hit]] = []
    known: list[Told] = []
    saying: dict[str, list[int]] = {}  # sentence -> which of those kept say it
    for number, hit in enumerate(hits):
        above = f"{hit.title} > {hit.passage.heading}"
        text = hit.passage.text
        mine = told("" if is_code(hit) or len(text) > LONGEST else text, above)
        near = sorted({at for each in mine.sentences for at in saying.get(each, ())})
        same = next(
            (at for at in near if _apart(hit, kept[at][1]) and copies(mine, known[at])), None
        )
        if same is not None:
            first, better = kept[same]
            kept[same] = first, replace(better, near=(*better.near, *_places(hit)))
            continue
        for each in mine.sentences:
            saying.setdefault(each, []).append(len(kept))
        kept.append((number, hit))
        known.append(mine)
    return kept


def _apart(hit: Hit, other: Hit) -> bool:
    """Whether they stand in two documents: passages of one may overlap."""
    return (hit.root, hit.passage.document) != (other.root, other.passage.document)


def _places(hit: Hit) -> list[Place]:
    path, document, root, start = where(hit)
    first = Place(hit.index, root, path, document, hit.mark, hit.line, start, hit.passage.end)
    return [first, *hit.also]
