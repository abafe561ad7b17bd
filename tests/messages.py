"""Messages for the tests of mail: written by the standard library, and byte by byte for Outlook."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from uuid import UUID

_FREE, _END, _NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF
_SECTOR, _MINI = 512, 64
_FAT = 0xFFFFFFFD
# Types of properties; of the text, that with a byte a character is the second.
TEXT, TEXT8, BINARY, NUMBER, TIME = 0x001F, 0x001E, 0x0102, 0x0003, 0x0040

Tree = dict[str, Any]  # name -> bytes, or the tree of a folder
Properties = Mapping[tuple[int, int], Any]  # number and type -> value


def message(
    subject: str,
    body: str,
    *,
    sender: str = "Ann Lee <ann@example.org>",
    day: str = "Mon, 3 Feb 2025 10:00:00 +0100",
) -> EmailMessage:
    """A message of plain text to Bob."""
    made = EmailMessage()
    made["From"], made["To"] = sender, "Bob <bob@example.org>"
    made["Date"], made["Subject"] = day, subject
    made.set_content(body)
    return made


def mailbox(*messages: bytes) -> bytes:
    """An mbox file of these messages, escaped as mboxrd."""
    return b"".join(
        b"From ann@example.org Mon Feb  3 10:00:00 2025\n"
        + b"\n".join(
            b">" + line if line.lstrip(b">").startswith(b"From ") else line
            for line in each.split(b"\n")
        )
        + b"\n\n"
        for each in messages
    )


def outlook(
    subject: str, *, text: str = "", page: str = "", rtf: bytes = b"", attached: Tree | None = None
) -> bytes:
    """A message as Outlook saves it, from Ann Lee to Bob. attached: name -> bytes, None for what
    another program draws, the tree of an item. See [MS-OXMSG] and [MS-CFB].
    """
    when = int(
        (datetime(2025, 2, 3, 9, tzinfo=UTC) - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()
    )
    bob = {(0x3001, TEXT): "Bob", (0x39FE, TEXT): "bob@example.org"}
    about = {
        (0x0037, TEXT): subject,
        (0x0C1A, TEXT): "Ann Lee",
        (0x0C1F, TEXT): "ann@example.org",
        (0x0039, TIME): when * 10_000_000,
        **({(0x1000, TEXT): text} if text else {}),
        **({(0x1013, BINARY): page.encode()} if page else {}),
        **({(0x1009, BINARY): rtf} if rtf else {}),
        (0x3FDE, NUMBER): 65001,
    }
    return compound(item_of(about, recipients=[bob], attached=attached or {}))


def item_of(
    about: Properties,
    *,
    recipients: Sequence[Properties] = (),
    attached: Tree | None = None,
    named: Mapping[tuple[int, int], Any] | None = None,
    within: bool = False,
) -> Tree:
    """The tree of an item of Outlook. named: (set, number in it) -> time or text; the sets: 2 of
    appointments, 3 of tasks, 4 of addresses. within: it is an attachment of another one.
    """
    given = dict(enumerate((named or {}).items()))
    own = {(0x8000 + n, TIME if isinstance(v, int) else TEXT): v for n, (_, v) in given.items()}
    files = attached or {}
    tree = _storage({**about, **own}, bytes(24 if within else 32))
    if given:
        sets = b"".join(
            UUID(f"0006200{set_}-0000-0000-c000-000000000046").bytes_le
            for (set_, _), _ in given.values()
        )
        entries = b"".join(
            struct.pack("<IHH", number, (n + 3) << 1, n) for n, ((_, number), _) in given.items()
        )
        tree["__nameid_version1.0"] = {
            "__substg1.0_00020102": sets,
            "__substg1.0_00030102": entries,
        }
    for number, recipient in enumerate(recipients):
        tree[f"__recip_version1.0_#{number:08X}"] = _storage(recipient, bytes(8))
    for number, (name, data) in enumerate(files.items()):
        fields: dict[tuple[int, int], Any] = {(0x3707, TEXT): name}
        if isinstance(data, bytes):
            fields[0x3701, BINARY] = data
        part = _storage(fields, bytes(8))
        if not isinstance(data, bytes):
            part["__substg1.0_3701000D"] = data or {"contents": b"drawn"}
        tree[f"__attach_version1.0_#{number:08X}"] = part
    return tree


def _storage(properties: Properties, head: bytes) -> Tree:
    streams: Tree = {}
    for (number, kind), value in properties.items():
        if isinstance(value, int):
            head += struct.pack("<HHIQ", kind, number, 6, value)
            continue
        data = value.encode("utf-16-le") if isinstance(value, str) else value
        head += struct.pack("<HHIII", kind, number, 6, len(data), 0)
        streams[f"__substg1.0_{number:04X}{kind:04X}"] = data
    return {"__properties_version1.0": head, **streams}


def compound(tree: Tree) -> bytes:
    """A compound file, all of whose streams are shorter than 4,096 bytes."""
    minis = bytearray()
    chain: list[int] = []
    entries: list[bytes] = []

    def entry(name: str, kind: int, child: int, start: int, size: int, right: int) -> bytes:
        label = name.encode("utf-16-le")
        return struct.pack(
            "<64sHBBIII16xI16xIQ",
            label,
            len(label) + 2,
            kind,
            1,
            _NONE,
            right,
            child,
            0,
            start,
            size,
        )

    def add(name: str, value: Any, right: int) -> int:
        number = len(entries)
        entries.append(b"")
        if isinstance(value, bytes):
            first, count = len(chain), -(-len(value) // _MINI)
            chain.extend([*range(first + 1, first + count), _END][:count])
            minis.extend(value.ljust(count * _MINI, b"\0"))
            entries[number] = entry(name, 2, _NONE, first if count else _END, len(value), right)
        else:
            entries[number] = entry(name, 1, children(value), 0, 0, right)
        return number

    def children(inner: Tree) -> int:
        after = _NONE
        for name, value in inner.items():
            after = add(name, value, after)
        return after

    entries.append(b"")
    top = children(tree)
    blocks = [b"", _padded(struct.pack(f"<{len(chain)}I", *chain), b"\xff"), _padded(minis, b"\0")]
    places = [1 + -(-len(entries) // 4)]
    places.append(places[0] + len(blocks[1]) // _SECTOR)
    entries[0] = entry("Root Entry", 5, top, places[1], len(minis), _NONE)
    blocks[0] = _padded(b"".join(entries), b"\0")
    table = [_FAT]
    for block in blocks:
        first, count = len(table), len(block) // _SECTOR
        table.extend([*range(first + 1, first + count), _END])
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        *(0x3E, 3, 0xFFFE, 9, 6),
        *(0, 1, 1, 0, 4096, places[0], len(blocks[1]) // _SECTOR, _END, 0),
    ) + struct.pack("<109I", 0, *[_FREE] * 108)
    fat = _padded(struct.pack(f"<{len(table)}I", *table), b"\xff")
    return header + fat + b"".join(blocks)


def _padded(data: bytes | bytearray, sign: bytes) -> bytes:
    return bytes(data).ljust(-(-len(data) // _SECTOR) * _SECTOR, sign)


def der(tag: int, *inner: bytes, endless: bool = False) -> bytes:
    """An element of BER (X.690)."""
    content = b"".join(inner)
    if endless:
        return bytes([tag, 0x80]) + content + b"\0\0"
    size = len(content).to_bytes(3, "big")
    return bytes([tag, 0x83]) + size + content
