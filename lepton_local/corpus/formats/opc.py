"""The parts of an Office Open XML file, and what they refer to (ECMA-376 part 2).

Strict files (ISO/IEC 29500) have other names for the same elements; they are told by today's usual
ones, so that one reader serves both.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from lepton_local.corpus.formats.tree import parse_xml
from lepton_local.corpus.formats.unzip import read_member
from lepton_local.errors import SourceError

_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")
_USUAL_MAIN = ("word/document.xml", "xl/workbook.xml", "xl/workbook.bin")
_USUAL = rb"http://schemas.openxmlformats.org/\1/2006/\2"


@dataclass(frozen=True, slots=True)
class Relation:
    """What a part refers to. `kind` is the last word of its type ("footnotes", "hyperlink");
    `target` the name of a part, or an address where it is `external`.
    """

    id: str
    kind: str
    target: str
    external: bool


class Package:
    """The parts of an open ZIP file by their names, read when they are asked for."""

    def __init__(self, archive: zipfile.ZipFile, read: Mapping[str, bytes] | None = None) -> None:
        """read: parts that were read already."""
        self._archive = archive
        self._read = read or {}
        self.relations = cache(self._relations)

    @cached_property
    def main(self) -> str:
        """The name of the part that the file is about. Raises SourceError if there is none."""
        for relation in self.relations(""):
            if relation.kind == "officeDocument":
                return relation.target
        for name in _USUAL_MAIN:
            if name in self._archive.NameToInfo:
                return name
        raise SourceError("malformed: it names no document, expected a file of Office")

    def data(self, name: str) -> bytes:
        """The bytes of a part. Raises SourceError."""
        return self._read[name] if name in self._read else read_member(self._archive, name)

    def data_if_whole(self, name: str) -> bytes:
        """The bytes of a part; none of one that is damaged, or not there."""
        try:
            return self.data(name)
        except SourceError:
            return b""

    def tree(self, name: str) -> Any:
        """The root element of a part. Raises SourceError."""
        return parse_xml(_STRICT.sub(_USUAL, self.data(name)), name)

    def _relations(self, name: str) -> list[Relation]:
        """All that a part refers to; the file itself, where the name is ""."""
        folder, base = posixpath.split(name)
        told = posixpath.join(folder, "_rels", f"{base}.rels")
        if told not in self._archive.NameToInfo:
            return []
        return [
            Relation(
                each.get("Id", ""),
                each.get("Type", "").rpartition("/")[2],
                target if external else _resolved(folder, target),
                external,
            )
            for each in self.tree(told)
            if (target := each.get("Target"))
            for external in [each.get("TargetMode") == "External"]
        ]

    def related(self, name: str, kind: str) -> Iterator[tuple[Relation, Any]]:
        """The parts of a kind that a part refers to, those that are damaged left out."""
        for relation in self.relations(name):
            if relation.kind == kind and not relation.external:
                try:
                    yield relation, self.tree(relation.target)
                except SourceError:
                    continue


def _resolved(folder: str, target: str) -> str:
    return posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
