r"""roff, as far as manual pages use it: requests obeyed, macros expanded, escapes resolved.

What it gives are the lines that are left: macros of the page's own language (man or mdoc), and
text. Of groff's some hundred requests those are obeyed that decide which words a reader sees:
`.de`, `.ds`, `.nr`, `.if`, `.ie`, `.el`, `.ig`. https://man7.org/linux/man-pages/man7/groff.7.html
"""

# ruff: noqa: RUF001 - signs that look alike are meant
from __future__ import annotations

import operator
import re
import unicodedata
from collections import deque
from collections.abc import Callable, Iterator, Sequence

_ACCENTS = {"'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", ":": "\u0308",
            ",": "\u0327", "o": "\u030a", "v": "\u030c", "a": "\u0301"}  # fmt: skip
_SIGNS = dict(
    pair.split("=", 1)
    for pair in (
        "aq=' dq=\" cq=’ oq=‘ lq=“ rq=” Lq=“ Rq=” bq=‚ Bq=„ Fo=« Fc=» fo=‹ fc=› em=— en=– hy=‐ "
        "mi=− bu=• ci=○ co=© rg=® tm=™ de=° dg=† dd=‡ sc=§ ps=¶ mu=× di=÷ pl=+ eq== +-=± <==≤ "
        ">==≥ !==≠ ==≡ ~~=≈ ap=∼ if=∞ ->=→ <-=← ua=↑ da=↓ lA=⇐ rA=⇒ ha=^ ti=~ rs=\\ sl=/ ba=| "
        "br=│ ul=_ at=@ sh=# Do=$ Eu=€ Po=£ ct=¢ Ye=¥ ss=ß AE=Æ ae=æ OE=Œ oe=œ /O=Ø /o=ø /L=Ł "
        "/l=ł -D=Ð Sd=ð TP=Þ Tp=þ oA=Å oa=å r!=¡ r?=¿ 12=½ 14=¼ 34=¾ S1=¹ S2=² S3=³ *a=α *b=β "
        "*g=γ *d=δ *e=ε *l=λ *m=μ *p=π *s=σ *w=ω *D=Δ *S=Σ *W=Ω mc=µ la=⟨ ra=⟩ lB=[ rB=] lC={ "
        "rC=} OK=✓ fm=′ ga=` aa=´ sq=□ lh=☜ rh=☞ CL=♣ no=¬ mo=∈ sr=√ is=∫ sum=∑ es=∅ te=∃ fa=∀"
    ).split()
)  # https://man7.org/linux/man-pages/man7/groff_char.7.html
_NAME = r"(?:\((?P<{0}2>..)|\[(?P<{0}>[^\]\n]*)\]|(?P<{0}1>.))"
_ESCAPE = re.compile(
    r"\\(?:\*" + _NAME.format("string") + r"|n(?P<step>[+-]?)" + _NAME.format("number")
    + r"|\((?P<sign2>..)|\[(?P<sign>[^\]\n]*)\]|C'(?P<char>[^']*)'|N'(?P<code>\d+)'"
    r"|[fFgkmMVY](?:\(..|\[[^\]\n]*\]|.)|s(?:[+-]?(?:\(\d\d|\[[^\]\n]*\]|'[^']*'|[1-3]\d|\d))"
    r"|[AbDhlLoRSvwxXZH](?P<quote>.).*?(?P=quote)|(?P<one>.)|\Z)",
    re.DOTALL,
)  # fmt: skip
# What `\&` prints. It keeps a sign from being taken for punctuation, and no text has it in the end.
NOTHING = "\u200b"
JOINED = "\u2060"  # what `\c` leaves at the end of a line: the next one follows without a space
_ONE = {"-": "-", "e": "\\", "\\": "\\", "E": "\\", ".": ".", "_": "_", "'": "´", "`": "`",
        " ": " ", "~": " ", "0": " ", "t": "\t", '"': '"', "&": NOTHING, "c": JOINED}  # fmt: skip
_COMMENT = re.compile(r"(?<!\\)(?:\\\\)*(\\[\"#].*)")
_CONTROL = re.compile(r"[.'][ \t]*(?P<name>[^\s\\]+)?[ \t]*(?P<rest>.*)\Z", re.DOTALL)
_ARGUMENT = re.compile(r'"((?:[^"]|"")*)(?:"|\Z)|((?:\\ |\S)+)')
_PARAMETER = re.compile(r"\\+\$(?:(\d)|([*@])|\((..)|\[(\d+)\])")
_COMPARED = re.compile(r"\(?(-?\d+)[a-z]?(?:(==?|<=?|>=?)(-?\d+)[a-z]?)?\)?\Z")
_ORDERS: dict[str, Callable[[int, int], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_DIGITS = re.compile(r"[+-]?\d{1,6}")
_LONG = 1000  # characters of a line that count as a line more
_DEEPEST = 8  # strings that are made of strings
_MOST = 20  # lines that macros may expand to, and strings that are looked up, a line of the page

Event = tuple[str, list[str]]


def events(text: str) -> Iterator[Event]:
    """(macro, arguments) for each macro that is not roff's own; ("", [line]) for a line of text."""
    return _Roff(text).run()


class _Roff:
    """The state of a page: what it has defined, and the lines that are still to come."""

    def __init__(self, text: str) -> None:
        self._lines = deque(text.removeprefix("\ufeff").split("\n"))
        # A macro may call itself for ever, and strings of strings grow without end.
        self._left = self._strings_left = _MOST * len(self._lines) + 1000
        self._macros: dict[str, list[str]] = {}
        self._strings = {"lq": "“", "rq": "”", "R": "®", "Tm": "™", "Aq": "'"}
        self._numbers: dict[str, int] = {}
        self._steps: dict[str, int] = {}  # by which `\\n+` raises a number
        self._otherwise = False  # whether the next `.el` holds

    def run(self) -> Iterator[Event]:
        while self._lines and self._left > 0:
            line = self._line()
            self._left -= 1 + len(line) // _LONG
            if not line.startswith((".", "'")):
                bare = line.replace("\\}", "")
                if bare or not line:
                    yield "", [self.plain(bare)]
                continue
            control = _CONTROL.match(line)
            name, rest = (control["name"] or "", control["rest"]) if control else ("", "")
            if name in self._macros:
                self._expand(self._macros[name], _split(rest))
            elif name in ("if", "ie", "el", "while"):
                self._choose(name, rest)
            elif name in ("de", "de1", "am", "ig"):
                self._define(name, rest)
            elif name in ("ds", "ds1", "as"):
                self._string(name, rest)
            elif name == "nr":
                self._number(rest)
            elif name == "als":
                new, old = (*rest.split(), "", "")[:2]
                self._macros[new] = self._macros.get(old, [])
            elif name and not name.startswith("\\"):
                yield name, [self.plain(part) for part in _split(rest.replace("\\}", ""))]

    def plain(self, text: str, depth: int = 0) -> str:
        """Text with its escapes resolved."""
        if "\\" not in text or depth > _DEEPEST:
            return text.partition("\\")[0]

        def resolve(match: re.Match[str]) -> str:
            groups = match.groupdict()
            string = _first(groups, "string")
            if string is not None:
                self._strings_left -= 1
                value = self._strings.get(string, "") if self._strings_left > 0 else ""
                return self.plain(value, depth + 1)
            number = _first(groups, "number")
            if number is not None:
                if groups["step"]:
                    self._add(number, int(f"{groups['step']}{self._steps.get(number, 0)}"))
                return str(self._numbers.get(number, 0))
            sign = groups["sign2"] or groups["sign"] or groups["char"]
            if sign is not None:
                return _sign(sign)
            if groups["code"] is not None:
                return chr(min(int(groups["code"]), 0x10FFFF))
            return _ONE.get(groups["one"] or "", "")

        return _ESCAPE.sub(resolve, text)

    def _line(self) -> str:
        line = self._lines.popleft()
        while (len(line) - len(line.rstrip("\\"))) % 2 and self._lines:
            line = line[:-1] + self._lines.popleft()
        comment = _COMMENT.search(line)
        if comment is None:
            return line
        bare = line[: comment.start(1)].rstrip()
        return bare or "."  # a line of comment is no empty line

    def _expand(self, body: Sequence[str], given: Sequence[str]) -> None:
        def parameter(match: re.Match[str]) -> str:
            if match[2]:
                return " ".join(given)
            at = int(match[1] or match[4] or 0)
            return given[at - 1] if 0 < at <= len(given) else ""

        if len(self._lines) > self._left:
            return  # a macro that calls itself, over and over
        self._numbers[".$"] = len(given)
        lines = (_PARAMETER.sub(parameter, line).replace("\\\\", "\\") for line in body)
        self._lines.extendleft(reversed(list(lines)))

    def _define(self, name: str, rest: str) -> None:
        words = rest.split()
        end = "." + (words[-1] if len(words) > (name != "ig") else ".")
        body = []
        while self._lines:
            line = self._lines.popleft()
            if "".join(line.split()[:2]) == end or line.split()[:1] == [end]:
                break
            body.append(line)
        if words and name != "ig":
            self._macros[words[0]] = (self._macros.get(words[0], []) if name == "am" else []) + body

    def _string(self, name: str, rest: str) -> None:
        word, _, value = rest.partition(" ")
        before = self._strings.get(word, "") if name == "as" else ""
        if len(before) < len(rest) * _MOST:
            self._strings[word] = before + value.lstrip().removeprefix('"')

    def _number(self, rest: str) -> None:
        name, value, step = (*self.plain(rest).split(), "", "", "")[:3]
        if _DIGITS.fullmatch(value):
            before = self._numbers.get(name, 0) if value[0] in "+-" else 0
            self._numbers[name] = before + int(value)
            self._steps[name] = int(step) if _DIGITS.fullmatch(step) else 0

    def _add(self, name: str, step: int) -> None:
        self._numbers[name] = self._numbers.get(name, 0) + step

    def _choose(self, name: str, rest: str) -> None:
        """Keep or skip what a condition rules: the rest of its line, or a block in braces."""
        if name == "el":
            holds = self._otherwise
        else:
            holds, rest = self._condition(rest)
            self._otherwise = not holds
        rest = rest.lstrip()
        block = rest.startswith("\\{")
        if holds and name != "while":
            self._lines.appendleft(rest[2:].lstrip() if block else rest)
            if self._lines[0] == "":
                self._lines.popleft()
        elif block:
            depth = rest.count("\\{") - rest.count("\\}")
            while depth > 0 and self._lines:
                line = self._lines.popleft()
                depth += line.count("\\{") - line.count("\\}")

    def _condition(self, rest: str) -> tuple[bool, str]:
        negated = rest.startswith("!")
        rest = rest.removeprefix("!").lstrip()
        if rest[:1] in "nt" and not rest[1:2].isalnum():
            holds, rest = rest[:1] == "n", rest[1:]
        elif rest[:1] == "d":
            name, _, rest = rest[1:].lstrip().partition(" ")
            holds = name in self._macros or name in self._strings
        elif rest[:1] in "'\"" and rest.count(rest[0]) >= 3:
            one, two, rest = rest[1:].split(rest[0], 2)
            holds = self.plain(one) == self.plain(two)
        else:
            words, _, rest = rest.partition(" ")
            brace = words.find("\\{")
            if brace >= 0:
                words, rest = words[:brace], f"{words[brace:]} {rest}"
            holds = _holds(self.plain(words))
        return holds != negated, rest


def _holds(condition: str) -> bool:
    match = _COMPARED.match(condition)
    if match is None:
        return False
    sign, two = (match[2], int(match[3])) if match[2] else (">", 0)
    return _ORDERS[sign](int(match[1]), two)


def _split(rest: str) -> list[str]:
    """The arguments of a macro: words, or what stands in double quotes."""
    return [
        match[2] if match[1] is None else match[1].replace('""', '"')
        for match in _ARGUMENT.finditer(rest)
    ]


def _first(groups: dict[str, str | None], name: str) -> str | None:
    return next((value for n in (name, f"{name}1", f"{name}2") if (value := groups[n])), None)


def _sign(name: str) -> str:
    """A special character by its name; unknown ones are left out."""
    if name in _SIGNS:
        return _SIGNS[name]
    code = re.fullmatch(r"u([0-9A-F]{4,6})(?:_([0-9A-F]{4,6}))?", name)
    if code is not None:
        points = (int(point, 16) for point in code.groups() if point)
        return unicodedata.normalize("NFC", "".join(chr(min(p, 0x10FFFF)) for p in points))
    if len(name) == 2 and name[0] in _ACCENTS and name[1].isalpha():
        return unicodedata.normalize("NFC", name[1] + _ACCENTS[name[0]])
    return ""
