"""Numbers as a spreadsheet shows them: formats such as "#,##0.00 €" (ECMA-376 part 1, 18.8.31)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import MAX_PREC, ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import NamedTuple

# Formats that have a number and no text in the file: 18.8.30.
BUILT_IN = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: '"$"#,##0;("$"#,##0)',
    6: '"$"#,##0;("$"#,##0)',
    7: '"$"#,##0.00;("$"#,##0.00)',
    8: '"$"#,##0.00;("$"#,##0.00)',
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    37: "#,##0;(#,##0)",
    38: "#,##0;(#,##0)",
    39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;(#,##0.00)",
    41: "#,##0;(#,##0)",
    42: '"$"#,##0;("$"#,##0)',
    43: "#,##0.00;(#,##0.00)",
    44: '"$"#,##0.00;("$"#,##0.00)',
    48: "##0.0E+0",
}
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|[_*].|\[\$(?P<currency>[^\]-]*)(?:-[^\]]*)?\]'
    r"|\[(?P<condition>[<>=]+-?\d+(?:\.\d*)?)\]|\[[^\]]*\]|(?P<general>General)|(?P<power>[Ee][+-])"
    r"|(?P<digit>[0#?])|(?P<point>\.)|(?P<comma>,)|(?P<percent>%)|(?P<date>[yYmMdDhHsS@/])|(?P<sign>.)",
    re.DOTALL,
)
_SECTION = re.compile(r'(?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[])+|(?<=;)(?=;|$)')
_SAID = frozenset(("text", "percent", "comma"))  # what may stand around the digits
_EXACT = Context(prec=MAX_PREC)  # a format may ask for any number of digits
_MOST = Decimal(10) ** 21
_TESTS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
}


class _Token(NamedTuple):
    kind: str  # text, digit, point, comma, percent, power, general, date
    text: str


class _Section(NamedTuple):
    tokens: tuple[_Token, ...]
    condition: str  # ">=100"; "" without one
    kinds: tuple[str, ...]  # of the tokens
    before: int  # digits that may stand before the point; those of a power do not count
    after: int  # and after it
    unit: Decimal  # of the last digit
    scale: int  # the power of ten that the number is multiplied by: percent, and commas at the end
    grouped: bool  # thousands are set apart
    frame: _Frame | None  # where nothing stands between the digits


class _Frame(NamedTuple):
    lead: str
    least: int  # digits before the point that are always shown
    loose: int  # zeros at the end that are not
    tail: str


def general(value: float) -> str:
    """A number without a format: as many digits as a spreadsheet holds, and no power of ten."""
    text = f"{value:.15g}"
    if "e" not in text or not abs(Decimal(text)) < _MOST:
        return text
    if float(value).is_integer():
        return str(int(value))
    return f"{Decimal(text):f}" if abs(value) > 1e-12 else text


def formatted(value: float, code: str) -> str:
    """A number in a format; as it is where the format is that of a date or of text, or none."""
    section, negative = _chosen(value, _sections(code))
    kinds = section.kinds
    if section.frame is not None and math.isfinite(value):
        text = _framed(abs(Decimal(repr(float(value)))), section, section.frame)
        return f"{'-' if negative else ''}{text}".strip()
    if "date" in kinds or not math.isfinite(value):
        return general(value)
    if "general" in kinds or "digit" not in kinds:
        words = "".join(token.text for token in section.tokens if token.kind == "text").strip()
        plain = general(value)
        return f"{plain} {words}".strip() if "general" in kinds else words or plain
    scaled = abs(Decimal(repr(float(value))))
    sign = "-" if negative else ""
    if "power" in kinds:
        return f"{sign}{abs(value):.{section.after}E}"
    return f"{sign}{_shown(scaled, section)}".strip()


@lru_cache(maxsize=1024)
def _sections(code: str) -> tuple[_Section, ...]:
    return tuple(_parsed(section) for section in _SECTION.findall(code)[:4]) or (
        _parsed("General"),
    )


def _parsed(section: str) -> _Section:
    tokens, condition = [], ""
    for found in _TOKEN.finditer(section):
        kind = found.lastgroup or ""
        text = found[kind] if kind else ""
        if kind == "condition":
            condition = text
        elif kind in ("quoted", "escaped", "currency", "sign"):
            tokens.append(_Token("text", text))
        elif kind:
            tokens.append(_Token(kind, text))
    kinds = tuple(token.kind for token in tokens)
    told = kinds[: kinds.index("power")] if "power" in kinds else kinds
    point = told.index("point") if "point" in told else len(told)
    before, after = told[:point].count("digit"), told[point:].count("digit")
    scale, grouped, frame = 0, False, None
    if "digit" in kinds:
        first, last = kinds.index("digit"), len(kinds) - 1 - kinds[::-1].index("digit")
        thousands = kinds[last + 1 :].count("comma")
        thousands += _last_commas(kinds[:point]) if point < last else 0
        scale = 2 * kinds.count("percent") - 3 * thousands
        grouped = "comma" in kinds[first : min(last, point)]
        frame = _frame(tokens, min(first, point), max(last, min(point, last + 1)), grouped=grouped)
    unit = Decimal(1).scaleb(-after)
    return _Section(tuple(tokens), condition, kinds, before, after, unit, scale, grouped, frame)


def _frame(tokens: Sequence[_Token], first: int, last: int, *, grouped: bool) -> _Frame | None:
    kinds = [token.kind for token in tokens]
    if not {"digit", "comma", "point"}.issuperset(kinds[first : last + 1]) or not _SAID.issuperset(
        kinds[:first] + kinds[last + 1 :]
    ):
        return None
    whole, _, rest = "".join(token.text for token in tokens[first : last + 1]).partition(".")
    whole = whole.replace(",", "").lstrip("#?")
    if "." in rest or (grouped and len(whole) > 1):
        return None  # zeros in front, set apart too
    said = [token.text for token in tokens if token.kind in ("text", "percent")]
    before = sum(kind in ("text", "percent") for kind in kinds[:first])
    loose = len(rest) - len(rest.rstrip("#?"))
    return _Frame("".join(said[:before]), len(whole), loose, "".join(said[before:]))


def _chosen(value: float, sections: tuple[_Section, ...]) -> tuple[_Section, bool]:
    """The section for a value, and whether it is to show the sign itself."""
    if len(sections) == 1:
        return sections[0], value < 0
    for section in sections:
        if section.condition:
            test = re.match(r"([<>=]+)(.*)", section.condition)
            compare = _TESTS.get(test[1]) if test is not None else None
            if test is not None and compare is not None and compare(value, float(test[2])):
                return section, value < 0
    plain = [section for section in sections if not section.condition] or list(sections)
    if value < 0 and len(plain) > 1:
        return plain[1], False
    if value == 0 and len(plain) > 2:
        return plain[2], False
    return plain[0], value < 0


def _framed(value: Decimal, section: _Section, frame: _Frame) -> str:
    value = value.scaleb(section.scale).quantize(section.unit, ROUND_HALF_UP, _EXACT)
    whole, point, rest = (f"{value:,f}" if section.grouped else f"{value:f}").partition(".")
    whole = ("" if whole == "0" else whole).zfill(frame.least)
    if frame.loose:
        rest = rest[: section.after - frame.loose] + rest[section.after - frame.loose :].rstrip("0")
    return f"{frame.lead}{whole}{point if rest else ''}{rest}{frame.tail}"


def _shown(value: Decimal, section: _Section) -> str:
    tokens = section.tokens
    kinds, before = section.kinds, section.before
    point = kinds.index("point") if "point" in kinds else len(tokens)
    grouped = section.grouped
    value = value.scaleb(section.scale).quantize(section.unit, ROUND_HALF_UP, _EXACT)
    whole, _, rest = f"{value:f}".partition(".")
    whole = "" if whole == "0" else whole
    digits = whole.rjust(before)
    out: list[str] = []
    seen = 0
    rest = _without_zeros(rest, [token.text for token in tokens[point:] if token.kind == "digit"])
    for at, (kind, text) in enumerate(tokens):
        if kind == "text":
            out.append(text)
        elif kind == "percent":
            out.append("%")
        elif kind == "point" and rest:
            out.append("." + rest)
        elif kind == "digit" and at < point:
            # The first place takes all digits that have none of their own.
            stop = len(digits) - before + seen + 1
            for place in range(0 if not seen else stop - 1, stop):
                sign = digits[place] if digits[place] != " " else "0" if text == "0" else ""
                left = len(digits) - place - 1
                out.append(sign + ("," if sign and grouped and left and left % 3 == 0 else ""))
            seen += 1
    return "".join(out)


def _last_commas(kinds: Sequence[str]) -> int:
    """How many commas stand right before the point: each divides by a thousand."""
    return len(kinds) - len("".join("," if kind == "comma" else "." for kind in kinds).rstrip(","))


def _without_zeros(rest: str, places: list[str]) -> str:
    """Decimals without the last zeros for which the format keeps no place."""
    while rest and places and rest[-1] == "0" and places[-1] != "0":
        rest, places = rest[:-1], places[:-1]
    return rest
