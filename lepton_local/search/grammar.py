"""The marks in a question: which of its words are more than words.

A mark counts only where a word begins. What is no mark is text, and is never refused: "git log -p",
"and/or", "C:\\x", "12:30", "/usr/bin/", "/* a comment */", "5" pipes".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lepton_local.corpus.words import APOSTROPHE, LETTER, SIGN
from lepton_local.search.filters import DAYS, FILTERS, condition_of
from lepton_local.searched import Part

OR = "OR"
_BEGIN = r"(?:(?<![^\s(])|(?<=\s-)|(?<=^-))"
_END = r"(?=[,.;:!?)]*(?:\s|$))"
_CLOSING = ",.;:!?"
_NAMES = "|".join(name for name in FILTERS if name not in DAYS)
# "type: pdf" is text, and so are "path::join" and "before:lunch".
_FILTER = rf"(?:(?:{_NAMES}):(?![:,;!?)]|\.+(?:\s|$))|(?:{'|'.join(DAYS)}):(?=/?\d|today|yester))"
# Some sign tells a pattern from a path, and its first one from a comment.
_REGEX = r"/(?![\s*+?])(?=[^/]*[*+?()\[\]{}|^$\\])(?:[^/\\\n]|\\.)+(?<!\s)/i?"
_ITEM = re.compile(
    r"(?P<left>(?<!\S)-)?(?:"
    rf'(?<!{LETTER})"(?=[^"\w]*\w)(?P<phrase>[^"]*)"'
    rf"|{_BEGIN}(?P<regex>{_REGEX}){_END}"
    rf'|{_BEGIN}(?P<filter>{_FILTER}(?:"(?=[^"\w]*\w)[^"]*"|(?=[^\s"]*\w)[^\s"]+))'
    rf"|{_BEGIN}(?P<prefix>[^\W\d_]{SIGN}+)\*{_END}"
    r'|(?P<bare>\(+|[^\s"]+))'
)
_WORD = re.compile(rf"{SIGN}+(?:(?:{APOSTROPHE}|\.){SIGN}+)*(?:\+\+|\#)?")
# A word left out begins with a letter, and may have parts: "O'Brien", "os.path", "C++", "e-mail".
# One or two letters are an option of a command: "-p", "-O2".
_LEFT_OUT = re.compile(
    rf"(?![A-Za-z]{{1,2}}\d*$)(?=[^\W\d_]){SIGN}+(?:(?:{APOSTROPHE}|[.\-\u2010]){SIGN}+)*(?:\+\+|\#)?"
)


@dataclass(frozen=True, slots=True)
class Item:
    """A stretch of a question: a mark with what it asks for, or a bare word.

    before: what stands between it and the one before; written: the item itself; read: what models
    are to read in its place; parts: what it asks for, any of which will do; none of a bare word.
    """

    before: str
    written: str
    read: str
    parts: tuple[Part, ...] = ()
    left_out: bool = False


def items(asked: str) -> Iterator[Item]:
    """All of a question, in order; the last one may be empty."""
    end = 0
    for found in _ITEM.finditer(asked):
        kind, before = str(found.lastgroup), asked[end : found.start()]
        written, value, left_out = found[0], found[kind], found["left"] is not None
        end = found.end()
        if kind == "bare":
            word = value.rstrip(_CLOSING)
            if left_out and _LEFT_OUT.fullmatch(word):
                yield Item(before, written, "", words(word), left_out)
            else:
                yield Item(before, written, written)
        else:
            read = "" if left_out or kind in ("regex", "filter") else value
            yield Item(before, written, read, _parts(kind, value), left_out)
    yield Item(asked[end:], "", "")


def words(written: str) -> tuple[Part, ...]:
    """What a word asks for by itself: to stand in a passage, in any of its forms; of several parts
    ("part-time"), as it is written; none of what is no word.
    """
    word = re.sub(r"^\W+", "", written)
    found = _WORD.match(word)
    if found is None:
        return ()
    rest = word[found.end() :]
    return (Part("phrase", word) if re.search(r"\w", rest) else Part("word", found[0]),)


def _parts(kind: str, value: str) -> tuple[Part, ...]:
    if kind != "filter":
        return (Part(kind, value),)
    if not value.endswith('"'):
        value = value.rstrip(_CLOSING)
        value = value if "(" in value else value.rstrip(_CLOSING + ")")
    return condition_of(value).parts
