"""What is embedded in an OpenDocument file: charts, sheets, texts and formulas, each a document of
its own in a folder of the archive.
"""

from __future__ import annotations

import re
import zipfile
from typing import Any

from lepton_local.corpus.formats.tree import parse_xml
from lepton_local.corpus.formats.unzip import read_member
from lepton_local.errors import SourceError

_URN = "{urn:oasis:names:tc:opendocument:xmlns:"
_BODY = f"{_URN}office:1.0}}body"
_FRAMED = f"{_URN}drawing:1.0}}object"
_LINK = "{http://www.w3.org/1999/xlink}href"
_MATH = "{http://www.w3.org/1998/Math/MathML}"
_SAID = tuple(f"{_MATH}{name}" for name in ("mi", "mn", "mo", "mtext"))
_OBJECT = re.compile(r".+/content\.xml")
_MOST = 500  # objects of a document


class Objects:
    """The embedded documents of an archive; `read`: the names of those that were asked for."""

    def __init__(self, archive: zipfile.ZipFile | None) -> None:
        """archive: None for a flat file, in which each stands where it is shown."""
        self._archive = archive
        self.read: set[str] = set()

    @property
    def held(self) -> bool:
        """Whether there may be any."""
        return self._archive is not None and any(map(_OBJECT.fullmatch, self._archive.namelist()))

    def body(self, framed: Any) -> Any | None:
        """What an embedded object holds: the element of its kind ("chart", "spreadsheet", "text"),
        or a formula; None of one that is damaged, and at its second time.
        """
        inner = framed[0] if len(framed) else self._part(framed.get(_LINK, ""))
        if inner is None or inner.tag == f"{_MATH}math":
            return inner
        return inner.find(f"{_BODY}/*")

    def _part(self, link: str) -> Any | None:
        name = f"{link.removeprefix('./').rstrip('/')}/content.xml"
        if self._archive is None or name in self.read or len(self.read) >= _MOST:
            return None
        if name not in self._archive.NameToInfo:
            return None
        self.read.add(name)
        try:
            return parse_xml(read_member(self._archive, name), name)
        except SourceError:
            return None  # the text is worth having without


def is_framed(element: Any) -> bool:
    """Whether an element shows an embedded object."""
    return bool(element.tag == _FRAMED)


def formula_words(math: Any) -> str:
    """A formula on one line."""
    return "".join(each.text or "" for each in math.iter(*_SAID))
