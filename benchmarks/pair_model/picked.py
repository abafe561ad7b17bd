"""What may be asked about in a passage: numbers, names, phrases and clauses, by their look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

Span = tuple[int, int]

LONGEST = 90  # characters
_STOP = frozenset(
    "the a an of to in and or is are was were be been by with for on at as from that which who"
    " whom whose it its this these those their his her he she they has have had not but also than"
    " then there such when while where into about between during after before through over under"
    " can could would will may might do does did being i you we my your our me us them so if"
    " because".split()
)
_OPENERS = _STOP | frozenset(
    "however although some many most other all one both since until no".split()
)
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_UNITS = (
    "percent|%|million|billion|trillion|thousand|hundred|km2?|kilometers|metres|meters|miles|feet"
    "|ft|years?|months|days|hours|minutes|people|BC|AD|degrees|tons|dollars|pounds|languages"
    "|species|students|members|times|mm|kg|acres|century|centuries"
)
_NUMBER = re.compile(
    rf"(?:(?:{_MONTHS})(?: \d{{1,2}})?,? \d{{4}}|(?:{_MONTHS}) \d{{1,2}}"
    rf"|\d{{1,2}} (?:{_MONTHS})(?: \d{{4}})?"
    rf"|(?:[$£€]\s?)?\d[\d,.]*\d?(?:st|nd|rd|th|s|%)?(?:[ -](?:{_UNITS}))?)(?<![,.])"
)
_COUNT = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty"
    r"|hundreds?|thousands?|first|second|third|half)\b(?: \w+)?"
)
_NAME = re.compile(
    r"(?:[A-Z][\w'\u2019.-]*\w|[A-Z])"
    r"(?:(?: (?:of|the|and|de|von|van|for|du|la|in|&))* (?:[A-Z][\w'\u2019.-]*\w|[A-Z]))*"
)
_WORD = re.compile(r"[^\W_][\w'\u2019-]*")
_MORE = re.compile(
    r" (?:of|and|or|for|in|to)(?: the| a| an)? [^\W_][\w'\u2019-]*(?: [^\W_][\w'\u2019-]*)?"
)
_CLAUSE = re.compile(
    r"\b(?:because(?: of)?|to|by|in order to|due to|so that|that|as) ([^.,;:()]{12,90}?)"
    r"(?=[.,;:)])"
)


def picked(text: str, count: int, rng: Random) -> list[Span]:
    """At most `count` spans that share no letter: a quarter numbers, a third names, a third
    phrases, the rest clauses.
    """
    kinds = [list(kind(text, rng)) for kind in (_numbers, _names, _phrases, _clauses)]
    chosen: list[Span] = []
    for _ in range(4 * count):
        (spans,) = rng.choices(kinds, [0.24, 0.32, 0.34, 0.10])
        if len(chosen) == count or not spans:
            continue
        start, end = rng.choice(spans)
        if 0 < end - start < LONGEST and all(start >= z or end <= a for a, z in chosen):
            chosen.append((start, end))
    return chosen


def _numbers(text: str, rng: Random) -> Iterator[Span]:
    del rng
    for pattern in (_NUMBER, _COUNT):
        yield from (m.span() for m in pattern.finditer(text) if len(m[0]) > 1 or m[0].isdigit())


def _names(text: str, rng: Random) -> Iterator[Span]:
    """Words with capitals. Of single words that begin a sentence, which any may, two in five."""
    for match in _NAME.finditer(text):
        start, end = match.span()
        opens = start == 0 or text[:start].rstrip()[-1:] in '.!?"'
        first, _, rest = match[0].partition(" ")
        if opens and not rest and (first.lower() in _OPENERS or rng.random() < 0.6):
            continue
        if opens and first.lower() in _STOP:
            start += len(first) + 1
        yield start, end


def _phrases(text: str, rng: Random) -> Iterator[Span]:
    """Runs of up to five words between the small ones, some of them with a phrase behind."""
    run: list[re.Match[str]] = []
    for word in [*_WORD.finditer(text), None]:
        joined = run and word is not None and text[run[-1].end() : word.start()] in (" ", "-")
        if word is not None and word[0].lower() not in _STOP and (joined or not run):
            run.append(word)
            continue
        if 0 < len(run) <= 5 and not run[0][0][0].isdigit():
            first = 0 if len(run) <= 3 else rng.randrange(len(run) - 1)
            start, end = run[first].start(), run[-1].end()
            if end - start > 3 and not text[start:end].endswith(("ed", "ly")):
                yield start, end
            if rng.random() < 0.25 and (more := _MORE.match(text, end)):
                yield start, more.end()
        run = [] if word is None or word[0].lower() in _STOP else [word]


def _clauses(text: str, rng: Random) -> Iterator[Span]:
    for match in _CLAUSE.finditer(text):
        yield match.span(1 if rng.random() < 0.6 else 0)
