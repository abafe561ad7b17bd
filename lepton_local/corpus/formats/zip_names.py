"""In which encoding an archive names its files, where it does not say it: that of some system."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Callable, Iterable

_UTF8 = 0x800  # in the flags of a member: its name is UTF-8
_UNICODE_PATH = 0x7075  # a field in which Info-ZIP and others say the name once more, in UTF-8
_RUN = re.compile(r"([A-Za-z]?)([^\x00-\x7f]+)(?=([A-Za-z]?))")
_SURE = 0.8  # share of characters that are usual in an encoding
_ENOUGH = 6  # syllables: of so many common Chinese characters some would be no syllables of Korean


def names_of(entries: Iterable[zipfile.ZipInfo]) -> dict[str, str]:
    """The members of an archive, by the names that `zipfile` gives them, and their true names."""
    entries = list(entries)
    unsaid = [_raw(e) for e in entries if not e.flag_bits & _UTF8 and not _told(e)]
    codec = codec_of_names([name for name in unsaid if not name.isascii()])
    return {
        e.filename: e.filename
        if e.flag_bits & _UTF8
        else _told(e) or _raw(e).decode(codec, "replace")
        for e in entries
    }


def codec_of_names(names: Iterable[bytes]) -> str:
    """The likeliest encoding of names, all in one: UTF-8 if they are valid; else one of East Asia
    or DOS of which they use the usual characters.
    """
    whole = b"\n".join(names)
    try:
        whole.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        pass
    shares = {codec: _share(whole, codec, usual) for codec, usual in _USUAL.items()}
    best = max(shares, key=shares.__getitem__)
    return best if shares[best] >= _SURE else "cp437"


def _share(names: bytes, codec: str, usual: Callable[[str], bool]) -> float:
    """The share of characters that are usual; 0 where words would be of two scripts."""
    try:
        text = names.decode(codec)
    except UnicodeDecodeError:
        return 0.0
    runs = _RUN.findall(text)
    signs = "".join(run for _, run, _ in runs)
    # "Gr\u983ce" is "Größe": a lone character between letters, or letters of Russian.
    mixed = [len(run) == 1 or codec == "cp866" for a, run, b in runs if a or b]
    if sum(mixed) * 2 > len(runs) or not signs:
        return 0.0
    if codec == "cp949" and len(signs) < _ENOUGH:
        return 0.0
    return sum(map(usual, signs)) / len(signs)


def _leads(codec: str, *spans: tuple[int, int]) -> Callable[[str], bool]:
    """Whether the first of two bytes of a character lies in one of the spans."""

    def usual(sign: str) -> bool:
        data = sign.encode(codec, "ignore")
        return len(data) == 2 and any(low <= data[0] <= high for low, high in spans)

    return usual


# In each the syllables, or the characters that are common and therefore come first.
_USUAL: dict[str, Callable[[str], bool]] = {
    "cp949": _leads("euc_kr", (0xA1, 0xA1), (0xB0, 0xC8)),
    "gb18030": _leads("gb2312", (0xA1, 0xA3), (0xB0, 0xD7)),
    "cp932": _leads("shift_jis", (0x82, 0x83), (0x88, 0x97)),
    "big5hkscs": _leads("big5", (0xA1, 0xA1), (0xA4, 0xC6)),
    "cp866": lambda sign: "\u0400" <= sign <= "\u045f",
}


def _raw(entry: zipfile.ZipInfo) -> bytes:
    """The bytes of a name: `zipfile` reads them as cp437."""
    return entry.filename.encode("cp437", "replace")


def _told(entry: zipfile.ZipInfo) -> str:
    at = 0
    while at + 4 <= len(entry.extra):
        kind, size = struct.unpack_from("<HH", entry.extra, at)
        if kind == _UNICODE_PATH and size > 5:
            return entry.extra[at + 9 : at + 4 + size].decode("utf-8", "replace")
        at += 4 + size
    return ""
