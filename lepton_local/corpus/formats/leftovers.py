"""What of a document is not read: for whoever asks why something in it is not found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

_KINDS = {
    **dict.fromkeys(
        "png jpg jpeg jfif gif bmp tif tiff emf wmf svg webp pict pct wdp".split(), "picture"
    ),
    **dict.fromkeys(
        "mp3 wav wma m4a ogg mp4 m4v mov avi wmv mpg mpeg flv".split(), "sound or film"
    ),
}
# In the packages of Office and of OpenDocument.
_OBJECT = re.compile(r".*/embeddings/[^/]+|Object \d+/content\.xml", re.IGNORECASE)
_CHART = re.compile(r".*/charts/chart[^/]*\.xml")
_MACROS = re.compile(r".*vbaproject\.bin|Basic/.*\.xml", re.IGNORECASE)
_OF_NOTE = re.compile(r"thumbnail|docprops/|embeddings/|object |/chart|vbaproject|basic/", re.I)
_PREVIEW = re.compile(r"(?:docProps/|Thumbnails/|.*/?thumbnail\b).*", re.IGNORECASE)


def not_read(names: Iterable[str]) -> dict[str, str]:
    """What is told of it in the document's metadata, by the names of the files in its package:
    {"not_read": "3 pictures, 1 embedded object"}; empty where there is none.
    """
    kinds = Counter(filter(None, map(_kind, names)))
    if not kinds:
        return {}
    # A chart brings its figures along as a workbook; they are read.
    kinds["embedded object"] -= kinds.pop("chart", 0)
    return counted(kinds.elements())


def counted(kinds: Iterable[str]) -> dict[str, str]:
    """The same of things whose kinds are known."""
    found = Counter(kinds)
    told = ", ".join(f"{many:,} {_several(kind, many)}" for kind, many in found.most_common())
    return {"not_read": told} if told else {}


def without_pictures(metadata: Mapping[str, str]) -> dict[str, str]:
    """The metadata of a document whose pictures are read."""
    left = metadata.get("not_read", "").split(", ")
    others = [each for each in left if not each.endswith(("picture", "pictures"))]
    kept = {name: value for name, value in metadata.items() if name != "not_read"}
    return {**kept, "not_read": ", ".join(others)} if any(others) else kept


def _kind(name: str) -> str:
    if _OF_NOTE.search(name):
        if _PREVIEW.match(name):
            return ""
        if _CHART.fullmatch(name):
            return "chart"
        if _OBJECT.fullmatch(name):
            return "embedded object"
        if _MACROS.fullmatch(name):
            return "macro"
    return _KINDS.get(name.rpartition(".")[2].lower(), "")


def _several(kind: str, many: int) -> str:
    return kind if many == 1 else " or ".join(f"{each}s" for each in kind.split(" or "))
