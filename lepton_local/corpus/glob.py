"""Patterns as in `.gitignore`, which mean what they mean to git, in time that no pattern can swell.

Each becomes a regular expression in which whatever a star has passed over is settled at once, by
an atomic group: the earliest place where the rest can stand leaves most room for what follows, so
no other need be tried.
https://git-scm.com/docs/gitignore, and git's own wildmatch.c for what that leaves open
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

LONGEST = 4096  # signs of a pattern, as of a path
_CLASSES = {  # of POSIX, in ASCII
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": r"\ \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\ \t\n\r\x0b\x0c",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}
_CLASS = re.compile(r"\[:([^\]]*):\]")
_SPECIAL = re.compile(r"[*?\[\\]")
_FOLDERS = "(?:[^/]*/)*?"  # for `**/`
_NAME = "[^/]*?"  # for `*`


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line."""

    says: bool  # what it says of what it matches; False if it begins with `!`
    folders: bool  # it ends in `/`
    named: bool  # it has no other `/`, and so is about names in any folder
    matches: Callable[[str], object]

    def holds(self, path: str) -> bool:
        """Whether it is about `path`, which ends in `/` if it is a folder."""
        if self.folders and not path.endswith("/"):
            return False
        path = path.removesuffix("/")
        return bool(self.matches(path.rpartition("/")[2] if self.named else path))


@dataclass(frozen=True, slots=True)
class Patterns:
    """Lines, of which the last one that is about a path decides."""

    lines: tuple[Pattern, ...]

    def say(self, path: str) -> bool | None:
        """What they say of `path` (with forward slashes; folders end in one); None: nothing."""
        return next((line.says for line in reversed(self.lines) if line.holds(path)), None)

    def cover(self, path: str) -> bool:
        """Whether they name `path`, or a folder that it lies in."""
        parts = path.split("/")
        above = ["/".join(parts[:end]) + "/" for end in range(1, len(parts))]
        places = [path, *above] if parts[-1] else above
        found = (line for line in reversed(self.lines) if any(map(line.holds, places)))
        return next((line.says for line in found), False)


def read_patterns(lines: Iterable[str]) -> Patterns:
    """Patterns from lines; comments, and what can match nothing, are left out."""
    return Patterns(tuple(made for line in lines if (made := _pattern(line)) is not None))


def is_pattern(line: str) -> bool:
    """Whether a line can match anything."""
    return _pattern(line) is not None


def _pattern(line: str) -> Pattern | None:
    line = _trimmed(line)
    says = not line.startswith("!")
    text = line.removeprefix("!")
    if line.startswith("#") or not text.strip("/") or len(text) > LONGEST:
        return None
    folders = text.endswith("/")
    text = text.removesuffix("/")
    named = "/" not in text
    text = text.removeprefix("/")
    if not _SPECIAL.search(text):
        return Pattern(says, folders, named, text.__eq__)
    try:
        return Pattern(says, folders, named, re.compile(_expression(text), re.DOTALL).fullmatch)
    except _NothingError:
        return None


def _trimmed(line: str) -> str:
    """Without the blanks at its end, but for one that a backslash keeps."""
    line = line.removesuffix("\r")
    bare = line.rstrip(" ")
    escapes = len(bare) - len(bare.rstrip("\\"))
    return line[: len(bare) + escapes % 2]


class _NothingError(Exception):
    """A pattern that matches nothing."""


def _expression(text: str) -> str:
    """The regular expression for a pattern without the `/` at its ends."""
    parts: list[list[str]] = [[""]]  # between `**/`, and there between stars
    for piece in _pieces(text):
        if piece == _FOLDERS:
            parts.append([""])
        elif piece == _NAME:
            parts[-1].append("")
        else:
            parts[-1][-1] += piece
    return _settled(_FOLDERS, [_settled(_NAME, part) for part in parts])


def _settled(star: str, parts: list[str]) -> str:
    """Parts with stars between them: each but the last stands where it first can."""
    first, *rest = (star * (place > 0) + part for place, part in enumerate(parts))
    return "".join([first, *(f"(?>{part})" for part in rest[:-1]), *rest[-1:]])


def _pieces(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        sign = text[at]
        if sign == "*":
            end = at + len(text[at:]) - len(text[at:].lstrip("*"))
            # Git compares what is plain in front of the first star by itself, so that `a**/b` is to
            # it `a` and `**/b`.
            whole = end > at + 1 and (text[at - 1 : at] == "/" or not _SPECIAL.search(text[:at]))
            if whole and end == len(text):
                yield ".*"
            elif whole and text.startswith("/", end):
                yield _FOLDERS
                end += 1
            else:
                yield _NAME
            at = end
        elif sign == "[":
            found, at = _set(text, at + 1)
            yield found
        elif sign == "?":
            yield "[^/]"
            at += 1
        else:
            at += sign == "\\"
            if at == len(text):
                raise _NothingError
            yield re.escape(text[at])
            at += 1


def _set(text: str, at: int) -> tuple[str, int]:
    """The set of signs that begins at `at`, behind its `[`, and where it ends."""
    negated = text[at : at + 1] in ("!", "^")
    at += negated
    inside, begun, before = "", False, ""
    while not begun or text[at : at + 1] != "]":
        begun = True
        named = _CLASS.match(text, at)
        if named:
            if named[1] not in _CLASSES:
                raise _NothingError
            inside, before, at = inside + _CLASSES[named[1]], "", named.end()
            continue
        ranged = before and text[at : at + 1] == "-" and text[at + 1 : at + 2] not in ("", "]")
        at += bool(ranged)
        at += text[at : at + 1] == "\\"
        sign = text[at : at + 1]
        if not sign:
            raise _NothingError
        at += 1
        if ranged and before <= sign:
            inside += f"{re.escape(before)}-{re.escape(sign)}"
        elif not ranged:
            inside += re.escape(sign)
        before = "" if ranged else sign
    if not inside and not negated:
        raise _NothingError
    if not inside:
        return "[^/]", at + 1
    return f"(?!/)[{'^' if negated else ''}{inside}]", at + 1
