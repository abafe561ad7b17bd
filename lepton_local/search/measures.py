"""What is measured, in a question and in the words of an answer: a rent is money, and no area.

Only what certainly differs is told apart. A bare number measures anything.
"""

from __future__ import annotations

import re

_WORDS = {  # by which words say what they measure
    "money": r"[€$£¥]|\b(?:eur|usd|gbp|chf|euros?|dollars?|francs?|franken|cents?)\b",
    "time": (
        r"\b(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?|centur(?:y|ies)"
        r"|sekunden?|minuten?|stunden?|tage?n?|wochen?|monate?n?|jahre?n?|jours?|semaines?|mois|ans)\b"
    ),
    "space": (
        r"\d ?(?:mm|cm|km|m²|ft|ha)\b|\b(?:(?:centi|kilo|milli)?met(?:re|er)s?|miles?|feet"
        r"|inch(?:es)?|acres?|hectares?|square)\b"
    ),
    "weight": r"\d ?(?:kg|mg)\b|\b(?:kilo(?:gram)?s?|grams?|tonnes?|tons?|ounces?)\b",
    "bytes": r"\b(?:(?:kilo|mega|giga|tera)?bytes?|[kmgt]i?b)\b",
    "share": r"%|\b(?:percent|per cent|prozent)\b",
    "warmth": r"°|\bdegrees? (?:celsius|fahrenheit)\b",
    "call": r"\+\d[\d ()/-]{6,}\d",  # a telephone
}
_ASKS = {  # by which a question says what it wants measured
    "money": (
        r"\b(?:prices?|costs?|fees?|rent|salar(?:y|ies)|wages?|budget|revenue|turnover|profit|fine"
        r"|penalty|money|spen[dt]|paid|charges?|earns?|kostet|kosten|preis|miete|gehalt|prix|loyer)\b"
    ),
    "time": r"\b(?:when|what time|which (?:day|date|year|month)|wann|quand|how long ago)\b",
}
_COUNT = r"\b(?:how many|wie viele|combien de)\b"
_DAY = r"\b(?:1[5-9]|20)\d\d\b|\d[.:/-]\d|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"

_FOUND = {name: re.compile(each, re.IGNORECASE) for name, each in _WORDS.items()}
_ASKED = {name: re.compile(each, re.IGNORECASE) for name, each in _ASKS.items()}
_COUNTED, _DATED = re.compile(_COUNT, re.IGNORECASE), re.compile(_DAY, re.IGNORECASE)


def mismatched(question: str, words: str) -> bool:
    """Whether words measure what the question does not ask for."""
    said = {name for name, each in _FOUND.items() if each.search(words)}
    if _COUNTED.search(question):  # "how many euros", "how many years"
        named = {name for name, each in _FOUND.items() if each.search(question)}
        return bool(said - named - {"time", "share"}) and not said & named
    asked = next((name for name, each in _ASKED.items() if each.search(question)), None)
    if asked is None or asked in said:
        return False
    if asked == "time" and _DATED.search(words) and said != {"call"}:
        return False
    if asked == "money":
        said -= {"share", "time"}
    return bool(said)
