"""What a value is worth, however it is written: "14 days", "a fortnight" and "vierzehn Tage" are
one, and so are "4 March 2024" and "le 4 mars 2024", or "1,500 EUR" and "1.500 €".
"""

from __future__ import annotations

import re
from typing import NamedTuple

from lepton_local.corpus.dates import iso_date
from lepton_local.search.amounts import AND, ARTICLES, DIGITS, amount, is_said, plainly
from lepton_local.search.moments import MONTHS
from lepton_local.search.units import KIND_OF, MONEY, UNIT_OF

_TOKEN = re.compile(rf"{DIGITS.pattern}|[$€£%]|°c?|m²|m2\b|[^\W\d_]+(?:\$)?", re.IGNORECASE)
_ABOUT = frozenset(
    "a an the of exactly about only just calendar notice advance in up to at least most written "
    "prior within period clear us and und et von de des du d le la les l au moins plus mindestens "
    "höchstens etwa ca circa environ innerhalb binnen calendaires frist préavis".split()
)
_PER = frozenset("per pro par each every je im".split())
_NAMED = re.compile(r"[^\W\d_]-?\d")  # INV-2045, A4
_CLOCK = re.compile(
    r"(?:um |at |à )?(\d{1,2})(?:(?P<sign>[:.h])(\d\d))? ?(?P<half>am|pm|a\.m|p\.m|uhr|o.clock)?\Z",
    re.I,
)
_LASTING = re.compile(r"(\d+) ?(?:h|:) ?(\d\d) ?(h|hours|std|stunden|min)?\Z", re.IGNORECASE)
_ELSE = frozenset("an to go mal x".split())
_EACH = {  # of what comes once in such a time
    **dict.fromkeys("month monthly monat monatlich mois mensuel".split(), "month"),
    **dict.fromkeys("year yearly annum annually jahr jährlich an année".split(), "year"),
    **dict.fromkeys("week weekly woche wöchentlich semaine".split(), "week"),
    **dict.fromkeys("day daily tag täglich jour".split(), "day"),
    "working": "working",
}
_LONG_DAY = 6  # hours: "1h30" lasts, "14h30" is a time of the day
_THOUSANDS = re.compile(r"(?<!\d)(\d{1,3})\.(\d{3})(?![\d,])")
_ONE_WORD = (
    (re.compile(r"\bper cent\b|\bpour[ -]?cent\b"), "percent"),
    (re.compile(r"\b(?:werk|arbeits)(?=tag)"), "working "),
    (re.compile(r"\bjours ouvr(?:és|ables)\b"), "working jours"),
    (re.compile(r"\bbusiness\b"), "working"),
    (re.compile(r"\b(?:twice|zweimal)\b"), "2 times"),
    (re.compile(r"\bsquare met(?:re|er)s?\b"), "squaremetres"),
    (re.compile(r"\bmètres carrés\b"), "mètrescarrés"),
    (re.compile(r"(?<=[a-zû]) (?:de|d['’])(?= ?(?:dollars|euros|francs|couronnes))"), ""),  # noqa: RUF001
)
_DAY = re.compile(r"(\d{1,2})(?:\.|er|st|nd|rd|th)? (?:of )?([^\W\d_]+),? (\d{4})\Z")
LONGEST = 60  # code points; a longer text is a sentence, not a value


class Value(NamedTuple):
    """`kind` is what is measured ("duration", "euros"), `unit` in what, and `amount` how much: two
    values of a kind may be held against each other. A date is its days since year 1.
    """

    kind: str
    unit: str
    amount: float


def value(text: str) -> Value | None:
    """The one value that a text says, and says nothing else; None where it is no value."""
    text = " ".join(text.strip(" .,;:()[]\"'").split())
    text = re.sub(r"(?<=\d) (?=\d{3}(?:\D|$))", "", text)  # 1 200
    if not text or len(text) > LONGEST:
        return None
    if (found := _time(text)) is not None:
        return found
    if _NAMED.search(text):
        return None
    if not text.lstrip("+-").isdigit() and (day := iso_date(_plain_day(text))):
        year, month, date = map(int, day.split("-"))
        return Value("date", "days", (year * 12 + month) * 31.0 + date)
    text = plainly(text.lower())
    for pattern, word in _ONE_WORD:
        text = pattern.sub(word, text)
    return _measured(text)


def differ(one: Value, other: Value) -> bool:
    """Whether two values of one kind are not the same."""
    return (one.unit, one.amount) != (other.unit, other.amount)


def _measured(text: str) -> Value | None:
    """A number with its unit, or two of one kind: "1 h 30 min"."""
    tokens = _TOKEN.findall(text)
    money = any(UNIT_OF.get(token, ("", 0))[0] in MONEY for token in tokens)
    if money:  # no currency has three decimals, and an "m" is a million of it
        tokens = _TOKEN.findall(_THOUSANDS.sub(r"\1\2", text))
        tokens = ["million" if token == "m" else token for token in tokens]
    parts, rest = _parts(tokens)
    if len(rest) > 2 or not parts or (not parts[0][1] and ARTICLES.issuperset(parts[0][0])):
        return None
    worths = []
    for said, unit in parts:
        number = amount(said)
        if number is None and unit in ("fortnight", "quinzaine"):
            number = 1.0
        if number is None:
            return None
        worths.append((number, unit))
    if not worths[0][1]:
        return Value(" ".join(rest) or "number", "", worths[0][0]) if len(worths) == 1 else None
    if not set(rest) <= set(_EACH.values()) or not all(unit for _, unit in worths):
        return None
    kinds = {UNIT_OF[unit][0] for _, unit in worths}
    if len(kinds) > 1:
        return None
    (kind,) = kinds
    shown = " ".join([KIND_OF.get(kind, kind), *rest])
    return Value(shown, kind, sum(number * UNIT_OF[unit][1] for number, unit in worths))


def _parts(tokens: list[str]) -> tuple[list[tuple[list[str], str]], list[str]]:
    """The quantities that tokens say, the words of each number with its unit, and what is left."""
    parts: list[tuple[list[str], str]] = []
    said: list[str] = []
    rest: list[str] = []
    per = False
    early = ""  # a unit in front of its number: "€ 5"
    for token, after in zip(tokens, [*tokens[1:], ""], strict=False):
        # Some units are words of other meanings too: right behind a number alone they are units.
        is_unit = token in UNIT_OF and not (token in _ELSE and (not said or after in UNIT_OF))
        per = per or token in _PER
        if is_unit and (per or (bool(parts or rest) and ARTICLES.issuperset(said))):  # a month
            rest.append(_EACH.get(token, token))
            said = [] if parts else said
        elif is_unit and said and not early:
            parts.append((said, token))
            said = []
        elif is_unit and not (said or parts or early):
            early = token
        elif is_said(token) or (token in AND and (said or parts)):
            said.append(token)
        elif is_unit or token not in _ABOUT | _PER:
            if not (said or parts or early):
                return [], []  # "page 3" counts nothing
            rest.append(_EACH.get(token, token))
    return _joined(parts, said, early), rest


def _joined(
    parts: list[tuple[list[str], str]], said: list[str], early: str
) -> list[tuple[list[str], str]]:
    """The quantities, with a number at the end that has no unit behind it."""
    figures = [token for token in said if token not in AND]
    if not figures:
        return parts or ([([], early)] if early else [])
    if not parts:
        return [(said, early)]
    before, unit = parts[-1]
    if amount([token for token in figures if token not in ARTICLES]) == 0.5:
        return [*parts[:-1], ([*before, "and", "half"], unit)]  # an hour and a half
    return [*parts, (said, "")]


def _time(text: str) -> Value | None:
    """A time of the day, or hours and minutes."""
    lower = text.lower().rstrip(".")
    if lower in ("noon", "midi", "mittag", "12 noon"):
        return Value("time", "minutes", 720.0)
    lasting = _LASTING.match(lower)
    if lasting is not None and (lasting[3] or (":" not in lower and int(lasting[1]) < _LONG_DAY)):
        return Value("duration", "seconds", int(lasting[1]) * 3600.0 + int(lasting[2]) * 60.0)
    found = _CLOCK.match(lower)
    if found is None or not (found["half"] or found["sign"] in (":", "h")):
        return None
    hour, minute = int(found[1]), int(found[3] or 0)
    if hour > 24 or minute > 59:
        return None
    if (found["half"] or "").startswith("p") and hour < 12:
        hour += 12
    elif (found["half"] or "").startswith("a") and hour == 12:
        hour = 0
    return Value("time", "minutes", hour * 60.0 + minute)


def _plain_day(text: str) -> str:
    """A day as English writes it, without "on", "the", weekdays, and the "th" behind it."""
    text = re.sub(r"^(?:on |the |am |le |den |dem |der |vom |du )+", "", text, flags=re.IGNORECASE)
    text = re.sub(r"^\w+(?:day|tag|woch|di|che),? (?:the |den |dem |le )?", "", text)
    found = _DAY.match(text)
    if found is not None and (month := MONTHS.get(found[2].lower())):
        return f"{found[3]}-{month:02}-{int(found[1]):02}"
    return re.sub(r"(?<=\d)(?:st|nd|rd|th)\b(?: of)?", "", text)
