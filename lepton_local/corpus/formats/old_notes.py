"""What the sheets of an XLS workbook hold beside the values of their cells: notes on them, text
boxes, and the words of charts ([MS-XLS] 2.4.179, 2.4.181, 2.4.254, 2.4.329).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lepton_local.corpus.formats.biff8 import following, records, text
from lepton_local.corpus.formats.rows import CellAt
from lepton_local.corpus.formats.writer import clean

_NOTE, _OBJECT, _WORDS, _GOES_ON, _SERIES = 0x001C, 0x005D, 0x01B6, 0x003C, 0x100D
_WANTED = frozenset((_NOTE, _OBJECT, _WORDS, _SERIES))
_TELLING = (b"\xb6\x01\x12\x00", b"\x0d\x10")  # how records of words, and of charts, begin


@dataclass(frozen=True, slots=True)
class Beside:
    """`notes`: what is said at cells; `drawn`: the words of text boxes and charts."""

    notes: dict[CellAt, str] = field(default_factory=dict)
    drawn: list[str] = field(default_factory=list)


def beside_of_old(stream: bytes, sheets: Mapping[str, int]) -> dict[str, Beside]:
    """Of each sheet by its name; stream: the records of the workbook."""
    if not any(head in stream for head in _TELLING):
        return {}
    return {name: _beside(stream, begin) for name, begin in sheets.items()}


def _beside(stream: bytes, begin: int) -> Beside:
    found = Beside()
    words: dict[int, str] = {}  # of the objects by their numbers
    charts: dict[str, None] = {}
    last = -1
    for kind, at, body in records(stream, _WANTED, begin):
        if kind == _OBJECT:
            last = int.from_bytes(body[6:8], "little")
        elif kind == _WORDS and len(body) >= 12:
            words[last] = _words(stream, at, int.from_bytes(body[10:12], "little"))
        elif kind == _SERIES and len(body) > 3:
            charts[_line(text(body[2:], 1))] = None
        elif kind == _NOTE and len(body) > 8:
            row, column, _, number = (
                int.from_bytes(body[n : n + 2], "little") for n in (0, 2, 4, 6)
            )
            author = _line(text(body[8:], 2))
            said = words.pop(number, "").removeprefix(f"{author}:").strip()
            if said:
                by = f"note by {author}: " if author else "note: "
                found.notes[row, column] = f"({by}{said})"
    found.drawn.extend(filter(None, [*words.values(), *charts]))
    return found


def _words(stream: bytes, at: int, size: int) -> str:
    """The text of an object, in the records that go on with the one at a place: each says anew how
    wide its letters are.
    """
    parts: list[str] = []
    kind, at, body = following(stream, at)
    while kind == _GOES_ON and size > 0 and len(body) > 1:
        wide = body[0] & 1
        parts.append(
            body[1 : 1 + size * (1 + wide)].decode("utf-16-le" if wide else "latin-1", "replace")
        )
        size -= len(parts[-1])
        kind, at, body = following(stream, at)
    return _line("".join(parts))


def _line(words: str) -> str:
    return " ".join(clean(words).replace("\0", "").split())
