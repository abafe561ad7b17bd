"""The properties of an item of Outlook, its recipients and attachments ([MS-OXMSG])."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property

import olefile  # type: ignore[import-untyped]

from lepton_local.corpus.formats.compound import codec_of_page
from lepton_local.corpus.formats.headers import decoded

_TEXT16, _TEXT8, _BINARY, _OBJECT = "001F", "001E", "0102", "000D"
_NUMBERS = {0x0002: "<h", 0x0003: "<i", 0x000B: "<?", 0x0005: "<d", 0x0007: "<d", 0x0014: "<q"}
_TIME = 0x0040
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_CODE_PAGE, _BODY_PAGE = 0x3FFD, 0x3FDE
_LOCALE = 0x3FF1
_NAMED = 0x8000  # numbers from here on are given by a list in the file
_SETS = {1: "00020328-0000-0000-c000-000000000046", 2: "00020329-0000-0000-c000-000000000046"}

# Languages of Windows -> their code pages, but for that of Western Europe, 1252.
_PAGES = {
    0x11: 932,
    0x12: 949,
    0x1E: 874,
    0x08: 1253,
    0x1F: 1254,
    0x0D: 1255,
    0x01: 1256,
    **dict.fromkeys((0x04, 0x804, 0x1004), 936),
    **dict.fromkeys((0x404, 0xC04, 0x1404), 950),
    **dict.fromkeys((0x05, 0x0E, 0x15, 0x18, 0x1A, 0x1B, 0x1C, 0x24), 1250),
    **dict.fromkeys((0x02, 0x19, 0x22, 0x23, 0x2F), 1251),
    **dict.fromkeys((0x25, 0x26, 0x27), 1257),
}


class Storage:
    """A folder of the file that has properties: an item, a recipient or an attachment."""

    def __init__(
        self, opened: olefile.OleFileIO, path: tuple[str, ...] = (), owner: Storage | None = None
    ) -> None:
        """owner: the item that a recipient, an attachment or an item within it belongs to."""
        self._opened = opened
        self._path = path
        self._owner = owner

    def text(self, number: int) -> str:
        """A property of text; "" where there is none."""
        if data := self._stream(f"{number:04X}{_TEXT16}"):
            return data.decode("utf-16-le", "replace").rstrip("\0")
        return decoded(self._stream(f"{number:04X}{_TEXT8}").rstrip(b"\0"), self.codec)

    def binary(self, number: int) -> bytes:
        """A property of bytes; empty where there is none."""
        return self._stream(f"{number:04X}{_BINARY}")

    def number(self, number: int) -> float | None:
        """A number, or whether something is so."""
        kind, value = self._fixed.get(number, (0, b""))
        return struct.unpack_from(_NUMBERS[kind], value)[0] if kind in _NUMBERS else None

    def time(self, number: int) -> datetime | None:
        """A time in UTC; None also for those that mean "never"."""
        kind, value = self._fixed.get(number, (0, b""))
        ticks = int.from_bytes(value, "little")
        try:
            return _EPOCH + timedelta(microseconds=ticks // 10) if kind == _TIME and ticks else None
        except OverflowError:
            return None

    def named(self, set_: str, id_: int) -> int:
        """The number that this file gives to a property of a set; 0 where it has none."""
        return self._top._names.get((set_, id_), 0)

    def parts(self, prefix: str) -> list[Storage]:
        """The storages under this one whose names begin so, in their order."""
        depth = len(self._path)
        names = {
            path[depth]
            for path in map(tuple, self._opened.listdir(streams=True, storages=True))
            if len(path) > depth and path[:depth] == self._path and path[depth].startswith(prefix)
        }
        return [Storage(self._opened, (*self._path, name), self) for name in sorted(names)]

    @property
    def inner(self) -> Storage | None:
        """The item of Outlook that an attachment is; None where it is a file."""
        path = (*self._path, f"__substg1.0_3701{_OBJECT}")
        if not self._opened.exists([*path, "__properties_version1.0"]):
            return None
        return Storage(self._opened, path, self)

    @property
    def has_object(self) -> bool:
        """Whether an attachment is neither a file nor an item, but what a program draws."""
        return bool(self._opened.exists([*self._path, f"__substg1.0_3701{_OBJECT}"]))

    @cached_property
    def codec(self) -> str:
        """The encoding of texts that have a byte a character; "" where nothing tells it."""
        if page := self.number(_CODE_PAGE):
            return codec_of_page(int(page))
        if locale := int(self.number(_LOCALE) or 0):
            return codec_of_page(_PAGES.get(locale, _PAGES.get(locale & 0x3FF, 1252)))
        return self.page_codec

    @property
    def page_codec(self) -> str:
        """The encoding of a body that is a page; "" where nothing tells it."""
        if page := self.number(_BODY_PAGE):
            return codec_of_page(int(page))
        return self._owner.codec if self._owner is not None else ""

    @cached_property
    def _top(self) -> Storage:
        return self._owner._top if self._owner is not None else self

    def _stream(self, name: str) -> bytes:
        path = [*self._path, f"__substg1.0_{name}"]
        return bytes(self._opened.openstream(path).read()) if self._opened.exists(path) else b""

    @cached_property
    def _fixed(self) -> dict[int, tuple[int, bytes]]:
        """Properties whose values have a fixed size: their types and values."""
        path = [*self._path, "__properties_version1.0"]
        data = self._opened.openstream(path).read() if self._opened.exists(path) else b""
        return {
            struct.unpack_from("<H", data, at + 2)[0]: (
                struct.unpack_from("<H", data, at)[0],
                data[at + 8 : at + 16],
            )
            for at in range(self._head, len(data) - 15, 16)
        }

    @property
    def _head(self) -> int:
        """The bytes before the first property: of the file, of an item within one, of others."""
        if not self._path:
            return 32
        return 24 if self._path[-1].startswith("__substg") else 8

    @cached_property
    def _names(self) -> dict[tuple[str, int], int]:
        """Sets and numbers of properties -> their numbers in this file."""
        names = Storage(self._opened, ("__nameid_version1.0",))
        sets, entries = names.binary(0x0002), names.binary(0x0003)
        return {key: _NAMED + number for key, number in _entries(sets, entries)}


def _entries(sets: bytes, entries: bytes) -> Iterator[tuple[tuple[str, int], int]]:
    for at in range(0, len(entries) - 7, 8):
        id_, told, number = struct.unpack_from("<IHH", entries, at)
        which = told >> 1
        begin = 16 * (which - 3)
        if told & 1 or (which >= 3 and begin + 16 > len(sets)):  # it has a name of letters
            continue
        set_ = _SETS.get(which) or str(uuid.UUID(bytes_le=sets[begin : begin + 16]))
        yield (set_, id_), number
