"""The characters of a file of Word 6 to 2003 ([MS-DOC] 2.4, 2.5): its header, its pieces, and where
in it notes stand.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate, pairwise

from lepton_local.corpus.decode import encoding_of
from lepton_local.corpus.formats.doc_changes import unseen
from lepton_local.errors import SourceError

PARTS = ("body", "footnote", "header", "macro", "comment", "endnote", "box", "header box")
# Places in the list of tables: styles, edges, characters, paragraphs, pieces, names of authors,
# lists and what departs from them.
STYLES, EDGES, RUNS, PARAGRAPHS, PIECES, AUTHORS = 1, 11, 12, 13, 33, 36
LISTS, OVERRIDES = 73, 74
_WORD97, _WORD95 = 0xA5EC, 0xA5DC
_ENCRYPTED, _TABLE1 = 0x0100, 0x0200  # in the flags of the header
_SYSTEM, _MACINTOSH = 0x12, 1
_BYTES = 1 << 30  # in the place of a piece: a byte a character
_KEPT = frozenset("\r\x07\x0c\x13\x14\x15")  # ends of paragraphs, and fields
_FIELD = re.compile("[\x13\x14\x15]")
_LINK = re.compile(r'\s*HYPERLINK\s+"((?:https?|ftp|mailto):[^"\0]{1,2000})"')
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class WordFile:
    """`text` holds all characters, those that nobody sees as NULs; `parts` says where each of PARTS
    stands in it.
    """

    def __init__(self, main: bytes, tables: tuple[bytes, bytes]) -> None:
        """main, tables: the streams WordDocument, and 0Table and 1Table. Raises SourceError for
        what is no document, encrypted, or older than Word 6; struct.error for a damaged one.
        """
        kind, flags = struct.unpack_from("<H8xH", main)
        if kind not in (_WORD97, _WORD95):
            raise SourceError("no document of Word 6 or later; save it in today's format")
        if flags & _ENCRYPTED:
            raise SourceError("encrypted: save it again without a password")
        self.is_old = kind == _WORD95
        self.main = main
        self._tables = main if self.is_old else tables[bool(flags & _TABLE1)]
        counts = struct.unpack_from("<8I", main, 0x34 if self.is_old else 0x4C)
        ends = accumulate(counts, initial=0)
        self.parts = {name: range(*pair) for name, pair in zip(PARTS, pairwise(ends), strict=True)}
        self._begins: list[int] = []  # of the pieces, in characters
        self._places: list[tuple[int, int]] = []  # in `main`, and bytes a character
        self.links: dict[int, str] = {}  # where in the text a link ends -> its address
        self.text = self._without_instructions(self._seen(self._characters()))

    def table(self, number: int) -> bytes:
        """A table by its number in the header; of files of Word 6 and 95, the pieces alone."""
        if self.is_old and number != PIECES:
            return b""
        at, size = struct.unpack_from("<II", self.main, 0x160 if self.is_old else 0x9A + 8 * number)
        return self._tables[at : at + size]

    def after(self, number: int) -> bytes:
        """A table, and all that follows it; empty where there is none."""
        table = self.table(number)
        begin = self.main[0x9A + 8 * number :][:4]
        return self._tables[int.from_bytes(begin, "little") :] if table else b""

    def place(self, at: int) -> int:
        """The byte of the file at which a character stands."""
        piece = max(bisect_right(self._begins, at) - 1, 0)
        place, width = self._places[piece]
        return place + (at - self._begins[piece]) * width

    def marked(self, references: int, texts: int, size: int) -> Iterator[tuple[int, bytes, range]]:
        """The notes of a kind, by its two tables: where in the body each is, what is said of it in
        `size` bytes, and where in its part the text stands.
        """
        data, ends = self.table(references), self.table(texts)
        count = max(len(data) - 4, 0) // (4 + size)
        places = struct.unpack_from(f"<{count}I", data)
        spans = pairwise(struct.unpack(f"<{len(ends) // 4}I", ends[: len(ends) // 4 * 4]))
        about = (data[4 * (count + 1) + size * number :][:size] for number in range(count))
        for place, told, (begin, end) in zip(places, about, spans, strict=False):
            yield place, told, range(begin, end)

    def _characters(self) -> str:
        pieces = list(self._pieces())
        if sum(count * width for count, _, width in pieces) > len(self.main):
            raise SourceError("malformed: its pieces are larger than the file")
        found, at = [], 0
        for count, place, width in pieces:
            self._begins.append(at)
            self._places.append((place, width))
            data = self.main[place : place + count * width]
            if width == 2:
                text = data.decode("utf-16-le", "replace")
                if len(text) < count:  # of a character in two halves, each counts
                    text = "".join(
                        map(chr, struct.unpack(f"<{len(data) // 2}H", data[: len(data) // 2 * 2]))
                    )
            else:
                text = data.decode(self._codec(data), "replace")
            found.append(text.ljust(count, "\0")[:count])
            at += count
        return "".join(found)

    def _codec(self, data: bytes) -> str:
        """The encoding of a piece whose characters have a byte each. Word 6 and 95 say it font by
        font: the likeliest.
        """
        if self.main[_SYSTEM] == _MACINTOSH:
            return "mac_roman"
        try:
            return encoding_of(_CONTROLS.sub(b" ", data)) if self.is_old else "cp1252"
        except SourceError:
            return "cp1252"

    def _pieces(self) -> Iterator[tuple[int, int, int]]:
        """Of each piece how many characters it has, where they begin, and the bytes of each."""
        data, at = self.table(PIECES), 0
        while at + 3 <= len(data) and data[at] == 1:
            at += 3 + struct.unpack_from("<H", data, at + 1)[0]
        if at + 5 > len(data):
            start, end = struct.unpack_from("<II", self.main, 0x18)
            yield max(end - start, 0), start, 1
            return
        count = max(struct.unpack_from("<I", data, at + 1)[0] - 4, 0) // 12
        ends = struct.unpack_from(f"<{count + 1}I", data, at + 5)
        for number, (begin, end) in enumerate(pairwise(ends)):
            (place,) = struct.unpack_from("<I", data, at + 4 * count + 8 * number + 11)
            if end < begin:
                raise SourceError("malformed: a piece of it ends before it begins")
            if self.is_old:
                yield end - begin, place, 1
            elif place & _BYTES:
                yield end - begin, (place & ~_BYTES) // 2, 1
            else:
                yield end - begin, place, 2

    def _seen(self, text: str) -> str:
        """The text with NULs for what was deleted or is hidden."""
        spans = [] if self.is_old else unseen(self.main, self.table(RUNS))
        ends = [end for _, end in spans]
        signs = list(text) if spans else []
        for begin, after, (place, width) in zip(
            self._begins, [*self._begins[1:], len(text)], self._places, strict=True
        ):
            for start, end in spans[bisect_left(ends, place) :]:
                if start >= place + (after - begin) * width:
                    break
                low = max(begin, begin + (start - place) // width)
                for at in range(low, min(after, begin + (end - place) // width)):
                    signs[at] = signs[at] if signs[at] in _KEPT else "\0"
        return "".join(signs) or text

    def _without_instructions(self, text: str) -> str:
        """The text with NULs for what its fields are told to show."""
        shown, at = [], 0
        told: list[str | None] = []  # of each open field, what it is told, None while it is told
        for sign in _FIELD.finditer(text):
            part = text[at : sign.start()]
            shown += ["\0" * len(part) if None in told else part, "\0"]
            at = sign.end()
            if sign[0] == "\x13":
                told.append(None)
            elif told and sign[0] == "\x14":
                told[-1] = part
            elif told and (link := _LINK.match(told.pop() or "")):
                self.links[at] = link[1]
        return "".join([*shown, text[at:]])
