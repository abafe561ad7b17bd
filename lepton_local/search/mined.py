"""Questions that documents answer themselves, mined by rules: those that stand above their answers,
and definitions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lepton_local.corpus.sentences import sentences

Kind = Literal["asked", "definition"]

LONGEST = 200  # characters of a question
_ASKS = re.compile(r"[?？؟]\s*[\"'”’)\]*_]*\Z")  # noqa: RUF001
# "A gearbox is a set of …": up to five words, then what they are.
_DEFINES = re.compile(
    r"(?P<article>(?:An?|The)\s+)?(?P<term>[A-Za-z][\w'’-]*(?:\s+[\w'’-]+){0,4}?)\s+"  # noqa: RUF001
    r"(?P<verb>is|are)\s+(?P<what>(?:an?|the|any|one\s+of)\s+\w.{12,})",
    re.DOTALL,
)
# What begins a sentence and names nothing that somebody could ask about.
_EMPTY = frozenset(
    "a all also an and another any as at both but by each either every everything few first for "
    "from he her here his how i if in into it its last less many more most much neither next no "
    "none not nothing now of on one only or other our same second she so some such that the their "
    "them then there these they third this those to we what when where which who whose why with "
    "you your below above result answer following question point idea reason difference aim goal "
    "purpose name default".split()
)


@dataclass(frozen=True, slots=True)
class Mined:
    """A question, and where in the text that was mined its answer stands."""

    question: str
    kind: Kind
    start: int
    end: int


def asks(words: str) -> bool:
    """Whether words end as a question does."""
    return len(words) <= LONGEST and _ASKS.search(words.strip()) is not None


def asked_above(heading: str) -> str:
    """The question that the last part of a heading path is, or nothing."""
    last = heading.rpartition(" > ")[2].strip()
    return last if asks(last) else ""


def mined(text: str, heading: str) -> Iterator[Mined]:
    """The questions that a passage answers: that of its heading, by the whole of what stands below
    it, and the definitions in it.
    """
    question = asked_above(heading)
    if question:
        start = max(text.find(question), -len(question)) + len(question)
        body = text[start:]
        bare = body.strip()
        if bare:
            begin = start + body.index(bare)
            yield Mined(question, "asked", begin, begin + len(bare))
    for start, end in sentences(text):
        if defined := _DEFINES.match(text, start, end):
            yield from _definition(defined, end)


def _definition(found: re.Match[str], end: int) -> Iterator[Mined]:
    words = found["term"].lower().split()
    if words[0] in _EMPTY or words[-1] in _EMPTY or len(words[0]) < 2:
        return
    article = (found["article"] or "").strip().lower()
    named = f"{article} {found['term']}" if article else found["term"]
    if words[0].isalpha() and found["term"][0].isupper() and found["term"][1:].islower():
        # Its capital letter may be that of the sentence alone.
        named = named if article else found["term"][0].lower() + found["term"][1:]
    stop = end - 1 if found.string[end - 1] == "." else end
    asked = " ".join(named.split())
    yield Mined(f"What {found['verb']} {asked}?", "definition", found.start("what"), stop)
