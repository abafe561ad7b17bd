"""Bytes of a text file -> its characters, the way `open(path).read()` gives them.

Line ends become "\\n" (universal newlines), so an offset into the text is an offset into what
Python reads. A UTF-8 byte order mark stays in the text as U+FEFF, as it does for `open(path,
encoding="utf-8")`; that of UTF-16 and UTF-32 does not, as it does not for `open(path,
encoding="utf-16")`.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

import charset_normalizer

from lepton_local.corpus.language import identify
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
_LATIN = {
    "cp1252": "en de fr es it pt nl sv da no fi ca id",
    "iso8859_2": "pl cs hu ro",
    "cp1250": "pl cs hu ro",
    "cp1254": "tr",
}
_OTHER = (
    "gb18030 big5hkscs cp932 euc_jp cp949 cp1251 koi8_r cp866 iso8859_5 cp1253 cp1255 cp1256 "
    "cp1257 cp874".split()
)
# Encodings of 7 bits that change their meaning by an escape: it, and their names.
_ESCAPES = ((b"\x1b$)C", "iso2022_kr"), (b"\x1b$", "iso2022_jp_ext"), (b"\x1b(J", "iso2022_jp_ext"))
# What an XML file says in its first line.
_DECLARED = re.compile(rb"<\?xml[^<>]*?\sencoding=[\"']([\w.:-]+)[\"']")
# What pages and messages declare -> the encoding that holds all they may mean by it.
# https://encoding.spec.whatwg.org/#names-and-labels
_MEANT = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "big5": "big5hkscs",
}
# Three letters in a row beyond ASCII: no Latin language has them but by chance.
_FOREIGN = re.compile(rb"[\x80-\xff]{3}")
_ACCENTED = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")
_C1 = re.compile("[\x80-\x9f]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_ASCII = re.compile(rb"[\x00\t-\r\x1b -~]*+")
_LAYOUT = frozenset("\t\n\r\f\x1b\ufeff")
_NO_TEXT = frozenset(("Cc", "Cn", "Co", "Cs"))  # categories of Unicode: controls, and no characters
_PLAIN = bytes(range(128))
_SAMPLE = 1 << 16


def decode(data: bytes) -> str:
    """The text of a file, with "\\n" line ends. Raises SourceError for bytes that are no text."""
    text = _characters(data)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def decode_as(data: bytes, charset: str) -> str:
    """The text of a page or a message that says in which encoding it is, which may be untrue; line
    ends as they are. Raises SourceError for bytes that are no text.
    """
    name = charset.strip().lower()
    if name and not name.startswith("utf"):
        if not name.startswith("iso-2022"):  # bytes of this one are valid UTF-8 as well
            try:
                return data.decode("utf-8")
            except UnicodeDecodeError:
                pass
        try:
            return data.decode(_MEANT.get(name, name))
        except (LookupError, ValueError):  # no codec, or one that refuses everything, or no name
            pass
    return decode(data)


def encoding_of(data: bytes) -> str:
    """The Python name of the encoding that `decode` reads these bytes in. Raises SourceError if
    they are no text.
    """
    for mark, name in _MARKED:
        if data.startswith(mark):
            return name
    if b"\x00" in data:
        return _wide(data)
    for escape, name in _ESCAPES:
        if escape in data and data.isascii() and _decodes(data, name):
            return name
    if _decodes(data, "utf-8"):
        return "utf-8"
    told = _DECLARED.match(data)
    name = _MEANT.get(told[1].decode().lower(), told[1].decode()) if told is not None else ""
    if name and _decodes(data, name):
        return codecs.lookup(name).name
    return "utf-8" if _mostly_utf8(data) else _guess(data)


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


def _wide(data: bytes) -> str:
    """Which of UTF-16 and UTF-32 text without a mark is in: that in which every character is one
    of text, and the most are ASCII, as spaces and line ends are in any script.
    """
    ascii_signs = {}
    # Plain ASCII with a NUL here and there: were it UTF-16, every second byte would be one.
    stray = data.count(0) * 4 < len(data) and _ASCII.fullmatch(data) is not None
    for name in () if stray else ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        if _decodes(data, name):
            head = data[:_SAMPLE].decode(name, "ignore")
            if all(unicodedata.category(sign) not in _NO_TEXT for sign in set(head) - _LAYOUT):
                ascii_signs[name] = sum(map(str.isascii, head)) / len(head)
    best = max(ascii_signs, key=ascii_signs.__getitem__, default="")
    if not best or not ascii_signs[best]:
        raise SourceError("binary, not text: it holds NUL bytes")
    return best


def _decodes(data: bytes, name: str) -> bool:
    try:
        data.decode(name)
    except (LookupError, ValueError):
        return False
    return True


def _mostly_utf8(data: bytes) -> bool:
    """Whether this is UTF-8 with a few damaged bytes (a log, a file cut short) and not another
    encoding.
    """
    text = data.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    plain = len(data) - len(data.translate(None, _PLAIN))
    return damaged * 20 <= len(text) - damaged - plain


def _guess(data: bytes) -> str:
    if _FOREIGN.search(data):
        isolated = [*_LATIN, *_OTHER]
        best = charset_normalizer.from_bytes(data, cp_isolation=isolated).best()
        if best is None:
            raise SourceError("binary, or text in an unknown encoding")
        if best.encoding not in _LATIN:
            return best.encoding
    return _latin(b"\n".join(_ACCENTED.findall(data[: 1 << 20])[:100]))


def _latin(sample: bytes) -> str:
    """The encoding in which the sample is in a language that it was made for, else Windows' own."""
    for name, languages in _LATIN.items():
        text = sample.decode(name, "replace")
        if identify(text) in languages.split() and "\ufffd" not in text and not _C1.search(text):
            return name
    return "cp1252" if _decodes(sample, "cp1252") else "latin_1"
