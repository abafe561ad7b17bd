"""Bytes of a text file -> its characters, the way `open(path).read()` gives them.

Line ends become "\\n" (universal newlines), so an offset into the text is an offset into what
Python reads. A UTF-8 byte order mark stays in the text as U+FEFF, as it does for `open(path,
encoding="utf-8")`; that of UTF-16 and UTF-32 does not, as it does not for `open(path,
encoding="utf-16")`.
"""

from __future__ import annotations

import codecs
import re

import charset_normalizer

from lepton_local.errors import SourceError

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKED = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The legacy encodings that files are really found in. A closed list keeps short texts from being
# read as Mac or EBCDIC code pages, which decode anything.
_LEGACY = [
    *(
        "cp1252",
        "gb18030",
        "big5hkscs",
        "cp932",
        "euc_jp",
        "iso2022_jp",
        "cp949",
        "cp1251",
        "koi8_r",
    ),
    *("cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874", "latin_1"),
]
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_SAMPLE = 1 << 16


def decode(data: bytes) -> str:
    """The text of a file, with "\\n" line ends. Raises SourceError for bytes that are no text."""
    text = _characters(data)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def encoding_of(data: bytes) -> str:
    """The Python name of the encoding that `decode` reads these bytes in. Raises SourceError if
    they are no text.
    """
    for mark, name in _MARKED:
        if data.startswith(mark):
            return name
    if b"\x00" in data:
        raise SourceError("binary, not text: it holds NUL bytes")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "utf-8" if _mostly_utf8(data) else _guess(data)
    return "utf-8"


def _characters(data: bytes) -> str:
    name = encoding_of(data)
    try:
        text = data.decode(name, "replace" if name == "utf-8" else "strict")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"not readable as {name} text: {error.reason} at byte {error.start}"
        ) from error
    # A tenth of control characters is no text, whatever the encoding (ESC, which colours logs, is
    # not counted).
    head = text[:_SAMPLE]
    if len(_CONTROLS.findall(head)) * 10 > len(head):
        raise SourceError("binary, not text: too many control characters")
    return text


def _mostly_utf8(data: bytes) -> bool:
    """Whether this is UTF-8 with a few damaged bytes (a log, a file cut short) and not another
    encoding.
    """
    text = data.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    whole = sum(
        map(text.count, set(text[:_SAMPLE]) - {chr(code) for code in range(128)} - {"\ufffd"})
    )
    return damaged * 20 <= whole


def _guess(data: bytes) -> str:
    best = charset_normalizer.from_bytes(data, cp_isolation=_LEGACY).best()
    if best is None:
        raise SourceError("binary, or text in an unknown encoding")
    return best.encoding
