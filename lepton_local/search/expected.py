"""What a question expects of its answer: a shape of words, and the records that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lepton_local.search.measures import mismatched

_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?"
    "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|januar|februar|märz|mai|juni|juli|oktober|dezember"
)
_NUMBERS = (
    r"one(?! (?:or more|another))|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    "thirteen|fourteen|fifteen|"
    "sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|"
    "hundred|thousand|million|billion|once|twice|half|none|no|ein|eine|zwei|drei|vier|fünf|deux|trois"
)
_NUMBER = rf"\d|\b(?:{_NUMBERS})\b"
_TIME = (
    r"\b\d{3,4}\b|\d[.:/-]\d|\d ?(?:st|nd|rd|th|am|pm|a\.m|p\.m|h|uhr|bc|ad)\b|\d ?[年月日]|\d\. "
    rf"|\b(?:{_MONTHS})\b|day|week|month|year|centur|clock|noon|night|morning|evening|spring"
    "|summer|autumn|winter|always|never|before|after|during|when|until|since|immediately|daily"
    r"|\w(?:tag|woche|monat|jahr)|\b(?:jours?|semaines?|mois|ans?|lundi|mardi|mercredi|jeudi"
    r"|vendredi|samedi|dimanche)\b"
)
_PHONE = r"\d{3}|(?:\d[ ()/.-]*){6}"
_QUANTITY = (  # what has a number
    "number|amount|total|sum|price|cost|fee|salary|wage|rent|budget|revenue|turnover|profit|deposit"
    "|discount|percentage|share|proportion|ratio|rate|speed|temperature|pressure|voltage"
    "|power|weight|mass|height|width|length|depth|distance|area|size|volume|capacity|duration|age"
    "|population|accuracy|score|emissions?|limit|maximum|minimum|average|median|port"
    "|threshold|dimension"
)

# A question that matches the first expects words that match the second. Both without case, but a
# name begins with a capital letter.
_KINDS = [
    (re.compile(asks, re.IGNORECASE), re.compile(gives, re.IGNORECASE))
    for asks, gives in (
        (r"\b(?:phone|telephone|hotline|extension|fax|telefon(?:nummer)?)\b", _PHONE),
        (r"\be-?mail(?:s| address)?\b|\bmail address\b", r"\S@\S"),
        (r"\bhow (?:much|many)\b|\bwie ?viele?\b|\bcombien\b|^(?:price|cost|number) of\b", _NUMBER),
        (
            r"\bhow (?:long|old|large|big|high|far|deep|tall|heavy|wide|fast|often)\b"
            r"|\bwhat percentage\b|\bhow hot\b",
            rf"{_NUMBER}|every|each|daily|weekly|monthly|yearly|forever|unlimited|never|as long",
        ),
        (r"\b(?:what|which)(?: \w+)? version\b", r"(?<![\w-])v?\d"),
        (
            rf"\b(?:what|which)(?:'s| is| was| are| were)? (?:the |an? )?(?:[\w-]+ ){{0,3}}?"
            rf"(?:{_QUANTITY})(?=\W*$| (?:of|for|in|at|to|on|per|by|did|does|do|is|was|are|were|has"
            r"|have|had|when|after|before|between|should|must|can|added|introduced|deprecated)\b)",
            _NUMBER,
        ),
        (
            r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|time)\b|\bdeadline"
            r"|\bwann\b|\bquand\b",
            _TIME,
        ),
    )
]
_WHO = re.compile(r"\b(?:who|whom|whose|wer|wem|wen|qui)\b", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:the|an?)\s", re.IGNORECASE)
_NAME = re.compile(r"[A-ZÀ-Þ]|\b(?:everybody|everyone|nobody|staff|all|he|she|they|we|members)\b")

_IDENTIFIER = re.compile(
    r"[\w.+-]+@[\w.-]+|(?<![\w-])--?[A-Za-z][\w-]*\w|\b[A-Za-z]+(?:-\w*\d\w*)+"
    r"|\b\w*\d[\w.:/-]*\w|\b\w+(?:[._]\w+)+|\b[A-Za-z]+\d+\b"
)
_CAPITAL = re.compile(r"(?<![\w'\u2019-])[A-ZÀ-Þ\d][\w'\u2019.-]*")
_YEAR = re.compile(r"(?<![\w.-])(?:1[5-9]|20)\d\d(?![\d.,]*\d)")


def fits(question: str, words: str) -> bool | None:
    """Whether words are of the shape that a question asks for; None where it asks for none."""
    if mismatched(question, words):
        return False
    for asks, gives in _KINDS:
        if asks.search(question):
            return bool(gives.search(words))
    return bool(_NAME.search(_ARTICLE.sub("", words))) if _WHO.search(question) else None


def identifiers(text: str) -> dict[str, str]:
    """The identifiers, years and long numbers of a text, in lower case, each with its shape: those
    of one shape could stand for each other.
    """
    found = {word.lower(): _shape(word) for word in _IDENTIFIER.findall(text)}
    found |= dict.fromkeys(_YEAR.findall(text), "year")
    return found


def names(question: str) -> Iterator[str]:
    """The names in a question: words with a capital letter or a digit, but for its first."""
    for found in _CAPITAL.finditer(question):
        if question[: found.start()].strip(" \"'"):
            yield found[0]


def named(asked: dict[str, str], scopes: Sequence[str]) -> tuple[float, float]:
    """Which share of a question's identifiers stands around an answer, of which share others do.

    scopes: the texts around it, the nearest first. For each identifier the nearest one that holds
    it, or another of its shape, decides.
    """
    if not asked:
        return 0.0, 0.0
    there = [identifiers(scope) for scope in scopes]
    right = wrong = 0
    for word, shape in asked.items():
        for held in there:
            if word in held:
                right += 1
                break
            if shape in held.values():
                wrong += 1
                break
    return right / len(asked), wrong / len(asked)


def _shape(word: str) -> str:
    """Letters of one case and digits each as one sign: "INV-2045" and "INV-46" have one shape."""
    if word.isdigit():
        return f"{len(word)} digits"
    prefix = re.match(r"[A-Z]+(?=[-\d])", word)
    if prefix:
        return prefix[0] + re.sub(r"\d+", "9", word[prefix.end() :])
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "a", word))
