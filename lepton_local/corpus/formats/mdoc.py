"""mdoc(7), the macros of BSD's manual pages: each says what a word is, so a line of macros is read
word by word. https://man7.org/linux/man-pages/man7/groff_mdoc.7.html
"""

# ruff: noqa: RUF001 - signs that look alike are meant
from __future__ import annotations

from itertools import count

from lepton_local.corpus.formats.manual import Manual

_PAIRS = {"A": "<>", "B": "[]", "Br": "{}", "D": "“”", "S": "‘’", "P": "()", "Q": '""', "O": "[]"}
# Macros around the rest of a line ("Op"), and those that open and close on lines of their own.
_AROUND = {"Op": "[]", "Ql": "‘’", **{f"{name}q": pair for name, pair in _PAIRS.items()}}
_OPEN = {f"{name}o": pair[0] for name, pair in _PAIRS.items()}
_CLOSE = {f"{name}c": pair[1] for name, pair in _PAIRS.items()}
_PLAIN = frozenset(
    "Ad An Ar Cd Cm Dv Ec Ef Em Eo Er Ev Fa Fd Ft Ic Lb Li Ms Mt No Pa St Sx Sy Tn Va Vt Xc "
    "Xo".split()
)
_SYSTEMS = {"At": "AT&T UNIX", "Bx": "BSD", "Bsx": "BSD/OS", "Dx": "DragonFly", "Fx": "FreeBSD",
            "Nx": "NetBSD", "Ox": "OpenBSD", "Ux": "UNIX"}  # fmt: skip
_SPECIAL = frozenset("Fl Nm Ns Pf Ap Xr Fn Fo Fc In Lk Rv Ex Ta Bt Ud".split())
_INLINE = frozenset((*_AROUND, *_OPEN, *_CLOSE, *_PLAIN, *_SYSTEMS, *_SPECIAL))
_AFTER = frozenset(".,:;)]?!")  # stands against the word before it
_BEFORE = frozenset("([")
_BULLETS = {"-bullet": "•", "-dash": "-", "-hyphen": "-", "-item": ""}


class Mdoc:
    """Writes the lines of a page in mdoc."""

    def __init__(self, page: Manual) -> None:
        self.begun = False
        self._page = page
        self._name = ""  # what the page is about: an empty `.Nm`
        self._lists: list[tuple[str, count[int]]] = []
        self._spaced = True  # `.Sm off` ends it

    def take(self, name: str, arguments: list[str]) -> None:
        """Write one line of the page."""
        page = self._page
        if name == "":
            page.words(arguments[0])
        elif name == "Dd":
            page.day = " ".join(arguments).removeprefix("$Mdocdate:").strip(" $")
        elif name == "Dt":
            page.name_after(*arguments[:2])
        elif name in ("Sh", "Ss"):
            page.heading(2 if name == "Sh" else 3, self._line(arguments))
        elif name in ("Pp", "Lp"):
            page.paragraph(flush=not self._lists)
        elif name == "Nd":
            page.words(f"– {self._line(arguments)}")
        elif name in ("Bl", "El"):
            self._list(name == "Bl", arguments)
        elif name == "It":
            self._item(arguments)
        elif name in ("Bd", "Ed"):
            page.paragraph(flush=False)
            page.literal("-literal" in arguments or "-unfilled" in arguments)
        elif name in ("D1", "Dl"):
            page.line()
            page.words(self._line(arguments))
            page.line()
        elif name == "Sm":
            self._spaced = arguments[:1] != ["off"]
        elif name.startswith("%"):
            page.words(f"{' '.join(arguments)},")
        elif name in ("TS", "TE"):
            page.table(name == "TS")
        elif name == "br":
            page.line()
        elif name in _INLINE:
            page.words(self._line([name, *arguments]))

    def _list(self, begins: bool, arguments: list[str]) -> None:
        if begins:
            kind = next((a for a in arguments if a in (*_BULLETS, "-enum", "-column")), "-tag")
            self._page.shift(1 if self._lists else 0)
            self._lists.append((kind, count(1)))
        elif self._lists:
            self._lists.pop()
            self._page.shift(-1 if self._lists else 0)
            self._page.over()

    def _item(self, arguments: list[str]) -> None:
        kind, numbers = self._lists[-1] if self._lists else ("-tag", count(1))
        if kind == "-tag":
            self._page.tag(self._line(arguments))
        elif kind == "-column":
            self._page.line()
            self._page.words(self._line(arguments).replace("\t", " | "))
        else:
            sign = f"{next(numbers)}." if kind == "-enum" else _BULLETS[kind]
            self._page.bullet(sign) if sign else self._page.line()
            self._page.words(self._line(arguments))

    def _line(self, words: list[str]) -> str:
        """A line of words and macros as it is printed."""
        out = _Out(self._spaced)
        closing: list[str] = []  # of `Op` and its like: they end with the line
        macro = ""
        rest = list(words)
        while rest:
            word = rest.pop(0)
            if word in _AFTER and not any(part not in _AFTER for part in rest):
                out.put("".join(reversed(closing)), joined=True)
                closing.clear()
                out.put(word, joined=True)
            elif word in _AFTER:
                out.put(word, joined=True)
            elif word in _INLINE:
                macro = word
                self._macro(word, rest, out, closing)
            elif word in _BEFORE:
                out.put(word)
                out.join()
            else:
                out.put(f"-{word}" if macro == "Fl" else word)
        out.put("".join(reversed(closing)), joined=True)
        return out.text()

    def _macro(self, name: str, rest: list[str], out: _Out, closing: list[str]) -> None:
        """What a macro itself prints, and what it takes from the rest of its line."""
        bare = not rest or rest[0] in _INLINE or rest[0] in _AFTER
        if name in _AROUND:
            out.put(_AROUND[name][0])
            out.join()
            closing.append(_AROUND[name][1])
        elif name in _OPEN:
            out.put(_OPEN[name])
            out.join()
        elif name in _CLOSE:
            out.put(_CLOSE[name], joined=True)
        elif name in ("Ns", "Ap"):
            out.put("'" * (name == "Ap"), joined=True)
            out.join()
        elif name == "Ta":
            out.put("\t")
        elif name == "Fc":
            out.put(")", joined=True)
        elif name in _SYSTEMS:
            out.put(_SYSTEMS[name])
        elif name == "Nm":
            self._name = self._name or ("" if bare else rest[0])
            out.put(self._name * bare)
        elif bare:
            out.put({"Fl": "-", "Ar": "file ..."}.get(name, ""))
        elif name in ("Xr", "Fn", "Fo", "Pf", "In", "Lk"):
            self._taking(name, rest, out)

    def _taking(self, name: str, rest: list[str], out: _Out) -> None:
        """Macros whose first arguments have places of their own."""
        word = rest.pop(0)
        if name == "Xr":
            section = rest.pop(0) if rest and rest[0] not in _AFTER else ""
            out.put(f"{word}({section})" if section else word)
        elif name == "Fn":
            given = []
            while rest and rest[0] not in _AFTER and rest[0] not in _INLINE:
                given.append(rest.pop(0))
            out.put(f"{word}({', '.join(given)})")
        elif name == "Fo":
            out.put(f"{word}(")
        elif name == "In":
            out.put(f"#include <{word}>")
        else:
            out.put(word)
            if name == "Pf":
                out.join()


class _Out:
    """Words with the spaces between them."""

    def __init__(self, spaced: bool) -> None:
        self._parts: list[str] = []
        self._spaced = spaced
        self._joined = True

    def put(self, word: str, *, joined: bool = False) -> None:
        """Add a word; `joined`: against the one before it."""
        if word:
            self._parts.append(word if joined or self._joined or not self._spaced else f" {word}")
            self._joined = False

    def join(self) -> None:
        """Put the next word against the one before it."""
        self._joined = True

    def text(self) -> str:
        """All that was put."""
        return "".join(self._parts)
