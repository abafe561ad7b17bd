"""Numbers as people write and say them in English, German and French: "1,500", "fifteen hundred",
"tausendfünfhundert", "mille cinq cents", "two and a half", "anderthalb", "2½".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_COUNTED = """zero null zéro
one ein eine einem einen einer eins un une
two zwei deux
three drei trois
four vier quatre
five fünf cinq
six sechs
seven sieben sept
eight acht huit
nine neun neuf
ten zehn dix
eleven elf onze
twelve zwölf douze dozen dutzend douzaine
thirteen dreizehn treize
fourteen vierzehn quatorze
fifteen fünfzehn quinze
sixteen sechzehn seize
seventeen siebzehn dixsept
eighteen achtzehn dixhuit
nineteen neunzehn dixneuf"""
_TENS = """twenty zwanzig vingt
thirty dreißig dreissig trente
forty vierzig quarante
fifty fünfzig cinquante
sixty sechzig soixante
seventy siebzig septante
eighty achtzig quatrevingt quatrevingts
ninety neunzig nonante"""
ARTICLES = frozenset("a an un une ein eine einem einen einer".split())
_WORTH = {
    **{word: float(n) for n, line in enumerate(_COUNTED.split("\n")) for word in line.split()},
    **{word: 10.0 * n for n, line in enumerate(_TENS.split("\n"), 2) for word in line.split()},
    "a": 1.0,
    "an": 1.0,
    "anderthalb": 1.5,
}
_HALVES = frozenset("half halb halbe halbes halber halben demi demie".split())
_SCALES = {
    **dict.fromkeys("hundred hundert".split(), 1e2),
    **dict.fromkeys("thousand tausend mille k tsd".split(), 1e3),
    **dict.fromkeys("million millions millionen mio mn".split(), 1e6),
    **dict.fromkeys("billion billions milliarde milliarden milliard milliards bn mrd".split(), 1e9),
}
AND = frozenset("and und et".split())
DIGITS = re.compile(r"[-+]?\d[\d.,'’\u202f\u00a0]*\d|[-+]?\d")  # noqa: RUF001
_FRENCH = re.compile(r"\bquatre[- ]vingts?\b|\bdix[- ](?=sept\b|huit\b|neuf\b)", re.IGNORECASE)
_HUNDREDS = re.compile(r"\b(mille|deux|trois|quatre|cinq|six|sept|huit|neuf) cents?\b|^cent\b")
_FRACTIONS = {"½": ".5", "¼": ".25", "¾": ".75"}


def plainly(text: str) -> str:
    """Text in small letters, its numbers of several words that are one in one word, and without
    signs of fractions.
    """
    text = _FRENCH.sub(lambda found: re.sub("[- ]", "", found[0]), text)
    text = _HUNDREDS.sub(lambda found: f"{found[1] or ''} hundert", text)
    for sign, decimals in _FRACTIONS.items():
        text = re.sub(rf"(?<=\d) ?{sign}", decimals, text).replace(sign, f"0{decimals}")
    return text


def is_said(token: str) -> bool:
    """Whether a token may be a part of a number."""
    return token in _SCALES or token in _HALVES or single(token) is not None


def amount(tokens: Sequence[str]) -> float | None:
    """The one number that tokens say; None where they say several, or none. A number that is
    written out and then in figures, "fourteen (14)", is one.
    """
    total, current, joined, before = 0.0, None, False, ""
    told: float | None = None
    for token in tokens:
        number = single(token)
        if token in AND:
            joined = True
        elif token in _HALVES:
            if current is None or (before in ARTICLES and not joined):
                current = 0.5
            elif joined:
                current += 0.5
            else:
                return None
        elif token in _SCALES:
            scale = _SCALES[token]
            current = (1.0 if current is None else current) * scale
            if scale > 100:
                total, current = total + current, None
            joined = False
        elif number is None or (token in ARTICLES and current is not None):
            pass
        elif current is not None and before in ARTICLES and not joined:
            current = number  # "a period of 14"
        elif current is None or _follows(current, number):
            current, joined = (current or 0.0) + number, False
        elif number == current + total and told is None:
            told = number
        else:
            return None
        before = token
    return None if current is None and not total else total + (current or 0.0)


@lru_cache(maxsize=4096)
def single(token: str) -> float | None:
    """What one token is worth as a number."""
    if token in _WORTH:
        return _WORTH[token]
    if not DIGITS.fullmatch(token):
        return _german(token)
    plain = re.sub(r"['’\u202f\u00a0]", "", token)  # noqa: RUF001
    last = max(plain.rfind("."), plain.rfind(","))
    mark = plain[last] if last >= 0 else ""
    other = "," if mark == "." else "."
    if re.fullmatch(r"[-+]?\d{1,3}(?:,\d{3})+|[-+]?\d{1,3}(?:\.\d{3}){2,}", plain):
        plain = plain.replace(mark, "")
    elif mark:
        plain = plain.replace(other, "")
        if plain.count(mark) > 1:
            return None  # a version, an address
        plain = plain.replace(mark, ".")
    return float(plain)


def _german(word: str) -> float | None:
    """A number of German in one word: "einundzwanzig", "tausendfünfhundert", "zweieinhalb"."""
    if word.endswith("einhalb"):
        whole = single(word.removesuffix("einhalb"))
        return None if whole is None else whole + 0.5
    for sign, scale in (("tausend", 1e3), ("hundert", 1e2)):
        front, found, rest = word.partition(sign)
        if found:
            parts = [1.0 if not front else single(front), 0.0 if not rest else single(rest)]
            return parts[0] * scale + parts[1] if None not in parts else None  # type: ignore[operator]
    front, found, tens = word.partition("und")
    one, ten = _WORTH.get(front), _WORTH.get(tens)
    return one + ten if found and one is not None and ten is not None and ten >= 20 else None


def _follows(current: float, number: float) -> bool:
    """Whether a number goes on behind another: "twenty five", "one hundred and five"."""
    if current % 100 == 0 and current:
        return 0 < number < 100
    tens = current % 100
    return (tens in range(20, 100, 10) and number < 10) or (tens in (60, 80) and number < 20)
