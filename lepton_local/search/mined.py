"""Questions that documents answer themselves, mined by rules: those that stand above their answers,
and definitions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lepton_local.corpus.headings import asked
from lepton_local.corpus.sentences import sentences

Kind = Literal["asked", "definition", "place"]

_RULES = ("===", "---", "~~~", "^^^")  # drawn below a heading
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


def mined(text: str, heading: str) -> Iterator[Mined]:
    """The questions that a passage answers: that of its heading, by the whole of what stands below
    it, and the definitions in it.
    """
    question = asked(heading)
    answer = below(text, heading, question) if question else ""
    if answer:
        begin = text.rindex(answer)
        yield Mined(question, "asked", begin, begin + len(answer))
    for start, end in sentences(text):
        if defined := _DEFINES.match(text, start, end):
            yield from _definition(defined, end)


def below(text: str, heading: str, question: str) -> str:
    """What stands in a text below its question, if nothing but headings stands above that; else all
    of it.
    """
    start = text.find(question)
    parts = {" ".join(part.split()) for part in heading.split(" > ")}
    above = (line.strip("#= \t") for line in text[: max(start, 0)].splitlines())
    if start < 0 or any(line and " ".join(line.split()) not in parts for line in above):
        return text.strip()
    _, _, rest = text[start + len(question) :].partition("\n")
    return rest.strip().lstrip("=-~^ \t\n") if rest.lstrip()[:3] in _RULES else rest.strip()


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
    thing = " ".join(named.split())
    yield Mined(f"What {found['verb']} {thing}?", "definition", found.start("what"), stop)
