"""The encodings of RTF: of a document, and of each of its fonts."""

from __future__ import annotations

import codecs

# `\fcharset` -> the code page of a font; others are written in the document's.
CHARSETS = {
    77: "mac_roman",
    78: "cp932",
    128: "cp932",
    129: "cp949",
    130: "johab",
    134: "gb18030",
    136: "big5hkscs",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
    254: "cp437",
    255: "cp850",
}
_PAGES = {936: "gb18030", 950: "big5hkscs", 1361: "johab", 10000: "mac_roman", 65001: "utf-8"}


def codec_of(word: str, number: int | None) -> str:
    """The code page of a document by one of the words `ansicpg`, `mac`, `pc` and `pca`."""
    if word != "ansicpg":
        return {"mac": "mac_roman", "pc": "cp437"}.get(word, "cp850")
    name = _PAGES.get(number or 0, f"cp{number}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"
