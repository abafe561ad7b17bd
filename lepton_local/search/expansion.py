"""What an abbreviation stands for, where a passage says so: "global interpreter lock (GIL)", "GIL:
global interpreter lock", "GIL stands for …".

Its letters are found in the long form from the right, the first at the start of a word: Schwartz
and Hearst, "A simple algorithm for identifying abbreviation definitions in biomedical text"
(https://psb.stanford.edu/psb-online/proceedings/psb03/schwartz.pdf). A long form whose words begin
with the letters, one each, goes before one that only holds them.
"""

# ruff: noqa: RUF001 - signs that look alike are meant

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from lepton_local.models.calibration import Signs
from lepton_local.search.answer import Proposal
from lepton_local.types import Hit, Mark

Marked = tuple[Sequence[Hit], Sequence[Sequence[Mark]]]  # hits, and the marks of their documents
Place = tuple[int, int]  # start and end in a text
MOST_LETTERS = 10
SAID, MENTIONED = 3.0, -0.5  # logits of a long form that is said to be one, or may be one

_ASKS = re.compile(
    r"\b(?:stands? for|(?:short|abbreviation|acronym|initialism) (?:for|of)|(?:full|long) form"
    r"|(?:abbreviation|acronym|initialism|abkürzung|sigle|acronyme|siglas?|acrónimo)\b.*\b(?:mean"
    r"|represent|refer to|bedeutet|heißt|signifie|significa)|wofür steht|que signifie"
    r"|qué significan?)",
    re.IGNORECASE,
)
_PLAIN = re.compile(  # in lower case, where that is the only way to ask
    r"\b(?:does|do|did)(?: the)? (?P<short>[^\W\d_]{2,6}) stands? for\b", re.IGNORECASE
)
_SHORT = re.compile(r"(?<![\w-])(?:(?:[^\W\d_]\.){2,}|\w[\w&/-]*[^\W_](?:\.\w+)?)(?![\w-])")
_LETTER = re.compile(r"\bthe [^\W\d_] stands? for")  # one of an abbreviation's
_SMALL = frozenset(
    "a an and as at by de der des die du et for für he in la of on or over per she the they to und "
    "von we with y you".split()
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_ENDS = re.compile(r"[\n,]")
_BORDER = re.compile(r"(?<!\b\w)[.;:!?](?=\s)|\n\s*\n|[()\[\]|\"“”]")
_OPENS = re.compile(  # an abbreviation in brackets
    r"[(\[]\s*(?:(?:or|aka|also|abbreviated|abbr\.|short|hereafter|the|abgekürzt|kurz|ou)\s+)*"
    r"['\"“‘]*$"
)
_SAYS = re.compile(  # between an abbreviation and what it stands for
    r"['\"”’]?\s*(?:[:=–—|]|-(?=\s)|,? or\b"
    r"|,?\s*(?:which |that )?(?:(?:is|was|are) )?(?:originally )?(?:(?:an? |the )?(?:abbreviation"
    r"|acronym|initialism|short(?: form)?|abbreviated) (?:of|for|from)|stands? for|stood for"
    r"|standing for|means|meaning|steht für|signifie|significa))"
    r"\s*(?:the\s+|die\s+|der\s+|le\s+|la\s+)?['\"“‘*_`]*"
)
_BRACKET = re.compile(r"['\"”’]?\s*[(\[]['\"“‘]*(?P<words>[^()\[\]]+)")
_SAID = re.compile(  # between a long form and the abbreviation of it
    r"(?:,?\s+(?:or|abbreviated(?: as| to)?|abbreviation|called|known as|shortened to|short"
    r"|abgekürzt|kurz|ou|oder)|,)\s*(?:the\s+)?['\"“‘]*$"
)


def abbreviation(question: str) -> str | None:
    """The abbreviation whose long form a question asks for; None where it asks for none."""
    asks = _ASKS.search(question)
    if not asks:
        return None
    if _LETTER.search(question):
        return None
    words = [
        each[0] for each in _SHORT.finditer(question) if len(_letters(each[0])) <= MOST_LETTERS
    ]
    capital = [each for each in words if any(sign.isupper() for sign in each[1:])]
    if capital:
        return capital[-1]
    plain = _PLAIN.search(question)
    short = str(plain["short"]) if plain else ""
    return short if short and short.lower() not in _SMALL else None


def expanded(question: str, hits: Marked, *, openings: Callable[[], Marked]) -> list[Proposal]:
    """The long forms of the abbreviation that a question asks about: those that are said to be in
    the hits, or else where their documents open, or else what begins with its letters.
    """
    short = abbreviation(question)
    if short is None:
        return []
    return (
        list(_proposed(short, *hits, read=expansions, strength=SAID))
        or list(_proposed(short, *openings(), read=expansions, strength=SAID))
        or list(_proposed(short, *hits, read=mentions, strength=MENTIONED))
    )


def _proposed(
    short: str,
    hits: Sequence[Hit],
    marks: Sequence[Sequence[Mark]],
    *,
    read: Callable[[str, str], list[Place]],
    strength: float,
) -> Iterator[Proposal]:
    for hit, places in zip(hits, marks, strict=True):
        text, at = hit.passage.text, hit.passage.start
        for start, end in read(short, text):
            signs = Signs(0.0, hit.score)
            yield Proposal(hit, places, at + start, at + end, text[start:end], signs, strength)


def expansions(short: str, text: str) -> list[Place]:
    """Where a text says what an abbreviation stands for."""
    found: dict[Place, None] = {}
    for place in _written(short).finditer(text):
        for each in _around(text, place.start(), place.end(), _letters(short)):
            found[each] = None
    return list(found)


def mentions(short: str, text: str) -> list[Place]:
    """Where a text that holds an abbreviation of three letters or more has words that begin with
    them.
    """
    letters = _letters(short)
    there = len(letters) > 2 and _written(short).search(text)
    words = [each.span() for each in _WORD.finditer(text)] if there else []
    found = []
    for first, (start, _) in enumerate(words):
        if text[start].casefold() != letters[0]:
            continue
        for last in range(first + len(letters) - 1, min(len(words), first + _most(letters))):
            if _begins(text, words[first : last + 1], letters):
                if not _BORDER.search(text, start, words[last][1]):
                    found.append((start, words[last][1]))
                break
    return found


def _around(text: str, start: int, end: int, letters: str) -> Iterator[Place]:
    """Long forms before and behind one place of an abbreviation."""
    near = max(0, start - 40)
    said = _OPENS.search(text, near, start) or _SAID.search(text, near, start)
    if said:
        yield from _backward(text, said.start(), letters)
    if told := _BRACKET.match(text, end):
        yield from _forward(text, told.start("words"), letters, within=told.end("words"))
    elif told := _SAYS.match(text, end):
        yield from _forward(text, told.end(), letters)


def _backward(text: str, end: int, letters: str) -> Iterator[Place]:
    """The long form that ends just before `end`, the fewest words of it."""
    first = max((each.end() for each in _BORDER.finditer(text, max(0, end - 200), end)), default=0)
    words = [each.span() for each in _WORD.finditer(text, max(first, end - 200), end)]
    words = words[-_most(letters) :]
    for number in reversed(range(len(words))):
        if _begins(text, words[number:], letters):
            yield words[number][0], words[-1][1]
            return
    if words and (start := _spelt(text, words, letters)) is not None:
        yield start, words[-1][1]


def _forward(text: str, start: int, letters: str, *, within: int = 0) -> Iterator[Place]:
    """The long form that begins at `start`: all that stands `within` its brackets, or on its line
    up to a comma, if that can be, else the fewest words.
    """
    border = _BORDER.search(text, start, start + 200)
    last = min(within or start + 200, border.start() if border else start + 200)
    end = _ENDS.search(text, start, last)
    line = end.start() if end else last
    words = [each.span() for each in _WORD.finditer(text, start, last)]
    whole = sum(each[1] <= line for each in words)
    words = words[: _most(letters)]
    if whole <= len(words) and _holds(text, words[:whole], letters):
        yield words[0][0], words[whole - 1][1]
        return
    for fits in (_begins, _holds):
        for count in range(1, len(words) + 1):
            if fits(text, words[:count], letters):
                yield words[0][0], words[count - 1][1]
                return


def _begins(text: str, words: list[Place], letters: str) -> bool:
    """Whether the words begin with the letters, one each, small words but the first left out."""
    left = letters
    for number, (start, end) in enumerate(words):
        word = text[start:end].casefold()
        if left and word[0] == left[0]:
            left = left[1:]
        elif not number or word not in _SMALL:
            return False
    last = text[slice(*words[-1])].casefold()
    return not left and last[0] == letters[-1]


def _holds(text: str, words: list[Place], letters: str) -> bool:
    """Whether the letters are found in the words, the first and the last word taking part."""
    return len(words) > 1 and _spelt(text, words, letters) == words[0][0]


def _spelt(text: str, words: list[Place], letters: str) -> int | None:
    """Where the letters begin that are found in the words from the right, the first of them at the
    start of a word, the last of them in the last word.
    """
    at = words[-1][1]
    begins = {start for start, _ in words}
    for number, letter in enumerate(reversed(letters), 1):
        at -= 1
        while at >= words[0][0] and (
            text[at].casefold() != letter or (number == len(letters) and at not in begins)
        ):
            at -= 1
        if at < words[0][0] or (number == 1 and at < words[-1][0]):
            return None
    return at


@lru_cache(maxsize=8)
def _written(short: str) -> re.Pattern[str]:
    """An abbreviation as texts write it: of several, with and without full stops."""
    dotted = r"\.".join(_letters(short)) if short.isalpha() else re.escape(short)
    flags = re.IGNORECASE if short.islower() else 0
    form = rf"(?<![\w.-])(?:{re.escape(short)}|{dotted})(?:s(?=\W))?\.?(?![\w-])"
    return re.compile(form, flags)


def _letters(short: str) -> str:
    return "".join(each for each in short.casefold() if each.isalnum())


def _most(letters: str) -> int:
    """The most words of a long form, small ones among them."""
    return min(len(letters) + 5, 2 * len(letters))
