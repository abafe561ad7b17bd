"""Documents of Word 97 for the tests, byte by byte: see [MS-DOC]."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from itertools import accumulate

from tests.messages import compound

_TEXT = 1024  # where the characters begin
_PAGE = 512
IN_TABLE = bytes.fromhex("162401")  # changes: to a paragraph of a table,
ROW_END = IN_TABLE + bytes.fromhex("172401")  # to the end of a row of it,
DELETED, HIDDEN = bytes.fromhex("000801"), bytes.fromhex("3c0801")  # to characters
FIELD, TOLD, ENDED, NOTE, COMMENT = "\x13", "\x14", "\x15", "\x02", "\x05"

Part = tuple[str, int, bytes]  # the characters of a paragraph with its end, its style, its changes


def item(number: int, depth: int = 0) -> bytes:
    """The changes to a paragraph of the list of this number."""
    return (
        bytes.fromhex("0b46") + struct.pack("<H", number) + bytes.fromhex("0a26") + bytes([depth])
    )


def old_word(
    parts: Sequence[Part],
    *,
    unseen: Mapping[str, bytes] | None = None,
    footnotes: Sequence[str] = (),
    comments: Sequence[tuple[str, str]] = (),
    header: str = "",
    box: str = "",
    styles: Sequence[bytes] = (),
    lists: Mapping[int, bytes] | None = None,
    flags: int = 0,
    narrow: bool = False,
) -> bytes:
    """A document. unseen: words of the body, and the changes that hide them; comments: author and
    words; styles: of `style`; lists: further tables, by their numbers; narrow: a byte a character.
    """
    body = "".join(text for text, _, _ in parts)
    stories = ["", "", "", "", "", "", header + "\r" * bool(header)]
    texts = [
        body,
        "".join(f"\x02{note}\r" for note in footnotes),
        "".join(stories),
        "",
        "".join(f"\x05{words}\r" for _, words in comments),
        "",
        box + "\r" * bool(box),
        "",
    ]
    whole = "".join(texts)
    width = 1 if narrow else 2
    data = whole.encode("cp1252" if narrow else "utf-16-le")
    places = [_TEXT + width * at for at in accumulate(map(len, (p[0] for p in parts)), initial=0)]
    first = (_TEXT + len(data) + _PAGE - 1) // _PAGE
    spans = sorted(
        (
            _TEXT + width * body.index(words),
            _TEXT + width * (body.index(words) + len(words)),
            change,
        )
        for words, change in (unseen or {}).items()
    )
    edges = [_TEXT]
    held: list[bytes] = []
    for start, end, change in spans:
        edges += [start, end]
        held += [b"", bytes([len(change)]) + change]
    edges, held = [*edges, places[-1]], [*held, b""]
    papx = [struct.pack("<BBH", 0, (3 + len(c)) // 2, s) + c for _, s, c in parts]
    pages = _page(places, papx, 13) + _page(edges, held, 1)
    pieces = struct.pack("<II", 0, len(whole)) + struct.pack(
        "<HIH", 0, (_TEXT * 2) | 1 << 30 if narrow else _TEXT, 0
    )
    marks = [at for at, sign in enumerate(body) if sign == NOTE]
    remarks = [at for at, sign in enumerate(body) if sign == COMMENT]
    authors = list(dict.fromkeys(author for author, _ in comments))
    tables = {
        33: b"\x02" + struct.pack("<I", len(pieces)) + pieces,
        13: struct.pack("<III", places[0], places[-1], first),
        12: struct.pack("<III", places[0], places[-1], first + 1),
        1: struct.pack("<HHH", 4, len(styles), 10) + b"".join(styles) if styles else b"",
        2: _numbers([*marks, len(body)]) + bytes(2) * len(marks) if marks else b"",
        3: _ends([len(note) + 2 for note in footnotes]),
        4: _numbers([*remarks, len(body)])
        + b"".join(bytes(20) + struct.pack("<H8x", authors.index(who)) for who, _ in comments)
        if comments
        else b"",
        5: _ends([len(words) + 2 for _, words in comments]),
        11: _ends([len(story) for story in stories]) if header else b"",
        36: b"".join(struct.pack("<H", len(who)) + who.encode("utf-16-le") for who in authors),
        **(lists or {}),
    }
    fib = bytearray(_TEXT)
    struct.pack_into("<HH6xH", fib, 0, 0xA5EC, 0xC1, 0x0200 | flags)
    struct.pack_into("<8I", fib, 0x4C, *map(len, texts))
    table = b""
    for number, value in tables.items():
        struct.pack_into(
            "<II", fib, 0x9A + 8 * number, len(table), len(value) if number != 73 else 2
        )
        table += value
    main = (bytes(fib) + data).ljust(first * _PAGE, b"\0") + pages
    return compound({"WordDocument": main, "1Table": table})


def style(kind: int, *, base: int = 0xFFF, changes: bytes = b"") -> bytes:
    """A style: one that is built in (1 to 9: headings, 62: a title) or 0xFFE, of a person."""
    papx = struct.pack("<HH", 2 + len(changes), 0) + changes
    told = struct.pack("<HHHHH", kind, 1 | base << 4, 1, 0, 0) + struct.pack("<HH", 0, 0) + papx
    return struct.pack("<H", len(told)) + told + b"\0" * (len(told) % 2)


def _page(places: Sequence[int], held: Sequence[bytes], size: int) -> bytes:
    """A block of what holds from each place to the next."""
    page = bytearray(_PAGE)
    struct.pack_into(f"<{len(places)}I", page, 0, *places)
    at = _PAGE - 2
    for number, value in enumerate(held):
        if value:
            at -= len(value) + len(value) % 2
            page[at : at + len(value)] = value
            page[4 * len(places) + size * number] = at // 2
    page[-1] = len(held)
    return bytes(page)


def _numbers(values: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def _ends(sizes: Sequence[int]) -> bytes:
    """Where stories begin, and two ends; none without one."""
    return _numbers([*accumulate(sizes, initial=0), sum(sizes) + 1]) if sizes else b""
