"""What a value is worth, however it is written: "14 days", "a fortnight" and "fourteen days" are
one, and so are "4 March 2024" and "2024-03-04", or "1,500 EUR" and "€1500".
"""

from __future__ import annotations

import re
from typing import NamedTuple

from lepton_local.corpus.dates import iso_date

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORTH = {
    **{word: float(number) for number, word in enumerate(_ONES)},
    **{word: 20.0 + 10 * number for number, word in enumerate(_TENS)},
    "a": 1.0,
    "an": 1.0,
    "half": 0.5,
    "dozen": 12.0,
    "ein": 1.0,
    "eine": 1.0,
    "zwei": 2.0,
    "drei": 3.0,
    "vier": 4.0,
    "fünf": 5.0,
    "sechs": 6.0,
    "zwölf": 12.0,
    "un": 1.0,
    "une": 1.0,
    "deux": 2.0,
    "trois": 3.0,
    "quatre": 4.0,
    "cinq": 5.0,
}
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "k": 1e3, "m": 1e6}

# Units by what they measure, each with what one of it is worth.
_UNITS: dict[str, dict[str, float]] = {
    "seconds": {
        **dict.fromkeys(("ms", "millisecond", "milliseconds"), 0.001),
        **dict.fromkeys(("s", "sec", "second", "seconds", "sekunde", "sekunden"), 1.0),
        **dict.fromkeys(("min", "minute", "minutes", "minuten"), 60.0),
        **dict.fromkeys(("h", "hour", "hours", "stunde", "stunden", "heure", "heures"), 3600.0),
        **dict.fromkeys(("day", "days", "tag", "tage", "tagen", "jour", "jours"), 86400.0),
        **dict.fromkeys(("week", "weeks", "woche", "wochen", "semaine", "semaines"), 604800.0),
        **dict.fromkeys(("fortnight", "fortnights"), 1209600.0),
    },
    "months": {
        **dict.fromkeys(("month", "months", "monat", "monate", "monaten", "mois"), 1.0),
        **dict.fromkeys(("quarter", "quarters"), 3.0),
        **dict.fromkeys(("year", "years", "jahr", "jahre", "jahren", "ans", "année"), 12.0),
    },
    "euros": dict.fromkeys(("€", "eur", "euro", "euros"), 1.0),
    "dollars": dict.fromkeys(("$", "usd", "dollar", "dollars", "us$"), 1.0),
    "pounds": dict.fromkeys(("£", "gbp"), 1.0),
    "francs": dict.fromkeys(("chf", "francs", "franken"), 1.0),
    "percent": dict.fromkeys(("%", "percent", "per cent", "prozent"), 1.0),
    "degrees": dict.fromkeys(("°", "°c", "degrees", "degree", "grad"), 1.0),
    "metres": {
        **dict.fromkeys(("mm", "millimetres", "millimeters"), 0.001),
        **dict.fromkeys(("cm", "centimetres", "centimeters"), 0.01),
        **dict.fromkeys(("metre", "metres", "meter", "meters"), 1.0),
        **dict.fromkeys(("km", "kilometre", "kilometres", "kilometer", "kilometers"), 1000.0),
    },
    "grams": {
        **dict.fromkeys(("g", "gram", "grams", "gramme", "grammes"), 1.0),
        **dict.fromkeys(("kg", "kilo", "kilos", "kilogram", "kilograms"), 1000.0),
        **dict.fromkeys(("tonne", "tonnes"), 1e6),
    },
    "bytes": {
        unit: 1000.0**power
        for power, units in enumerate(
            (("byte", "bytes"), ("kb",), ("mb", "megabytes"), ("gb", "gigabytes"), ("tb",))
        )
        for unit in units
    },
}
_UNIT_OF = {unit: (kind, worth) for kind, units in _UNITS.items() for unit, worth in units.items()}
_KIND_OF = {"seconds": "duration", "months": "duration"}  # they say different lengths of one thing

_DIGITS = re.compile(r"[-+]?\d[\d.,'\u202f\u00a0]*\d|[-+]?\d")
_TOKEN = re.compile(rf"{_DIGITS.pattern}|[$€£%]|°c?|[^\W\d_]+(?:\$)?", re.IGNORECASE)
_ABOUT = frozenset(
    "a an the of exactly about only just calendar notice advance in up to at least most".split()
)
_NAMED = re.compile(r"[^\W\d_]-?\d")  # INV-2045, A4
_EACH = frozenset("per each month monthly year yearly annum day daily week business".split())
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
    if not text or len(text) > LONGEST or _NAMED.search(text):
        return None
    if not text.lstrip("+-").isdigit() and (day := iso_date(_plain_day(text))):
        year, month, date = map(int, day.split("-"))
        return Value("date", "days", (year * 12 + month) * 31.0 + date)
    tokens = [token.lower() for token in _TOKEN.findall(text)]
    amount, units, rest = _parted(tokens)
    if amount is None or len(units) > 1 or len(rest) > 2:
        return None
    if not units:
        return Value(" ".join(rest) or "number", "", amount)
    if not set(rest) <= _EACH:
        return None
    unit, worth = _UNIT_OF[units[0]]
    kind = " ".join([_KIND_OF.get(unit, unit), *rest])
    return Value(kind, unit, amount * worth)


def differ(one: Value, other: Value) -> bool:
    """Whether two values of one kind are not the same."""
    return (one.unit, one.amount) != (other.unit, other.amount)


def _plain_day(text: str) -> str:
    """Without "on", "the", weekdays, and the "th" behind a day."""
    text = re.sub(r"^(?:on |the |am )+", "", text, flags=re.IGNORECASE)
    text = re.sub(r"^\w+day,? ", "", text)
    return re.sub(r"(?<=\d)(?:st|nd|rd|th)\b(?: of)?", "", text)


def _parted(tokens: list[str]) -> tuple[float | None, list[str], list[str]]:
    """The amount that tokens say, if it is one, their units, and the words that are left."""
    amount: float | None = None
    units: list[str] = []
    rest: list[str] = []
    for place, token in enumerate(tokens):
        number = _number(token)
        if number is not None and token in ("a", "an", "un") and (amount is not None or units):
            number = None
        if number is not None:
            if amount is None:
                amount = number
            elif _follows(amount, number, tokens[place - 1]):
                amount += number
            else:
                return None, [], []
        elif token in _SCALES and amount is not None:
            amount *= _SCALES[token]
        elif token in _UNIT_OF:
            (rest if units else units).append(token)
        elif token not in _ABOUT and token != "and":
            if amount is None:
                return None, [], []  # "page 3" counts nothing
            rest.append(token)
    if units == ["fortnight"] and amount is None:
        amount = 1.0
    return amount, units, rest


def _follows(amount: float, number: float, before: str) -> bool:
    """Whether a number is the rest of the one before it: "twenty five", "one hundred and five"."""
    tens = amount in range(20, 100, 10) and number < 10
    return tens or (number < amount and before in (*_SCALES, "and"))


def _number(token: str) -> float | None:
    if token in _WORTH:
        return _WORTH[token]
    if not _DIGITS.fullmatch(token):
        return None
    plain = re.sub(r"['\u202f\u00a0]", "", token)
    last = max(plain.rfind("."), plain.rfind(","))
    mark = plain[last] if last >= 0 else ""
    other = "," if mark == "." else "."
    grouped = re.fullmatch(r"[-+]?\d{1,3}(?:,\d{3})+|[-+]?\d{1,3}(?:\.\d{3}){2,}", plain)
    if grouped:
        plain = plain.replace(mark, "")
    elif mark:
        plain = plain.replace(other, "")
        if plain.count(mark) > 1:
            return None  # a version, an address
        plain = plain.replace(mark, ".")
    return float(plain)
