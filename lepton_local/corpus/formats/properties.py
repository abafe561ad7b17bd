"""What a document says about itself: title, author and date, unless a program filled them in."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from lepton_local.corpus.dates import iso_date
from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.tree import local, parse_xml
from lepton_local.corpus.formats.unzip import read_member
from lepton_local.errors import SourceError

# Titles that programs fill in by themselves.
_NO_TITLE = re.compile(
    r"\s*(?:untitled.*|unknown|document\d*|title|slide \d+|(?:powerpoint )?presentation\d*"
    r"|powerpoint-präsentation|présentation powerpoint|presentación de powerpoint"
    r"|word document|microsoft \w+ - .*|[\W\d_]*"
    r"|.*\.(?:docx?|tex|dvi|pdf|indd|qxd|pptx?|xlsx?|rtf|odt|eps|ps|txt|html?))\s*",
    re.IGNORECASE,
)
_NO_AUTHOR = re.compile(
    r"\s*(?:unknown|anonymous|author|user|admin|administrator|microsoft office user|owner"
    r"|python-docx|openpyxl|apache poi|https?:.*|[\W\d_]*)\s*",
    re.IGNORECASE,
)
# Times that stand in templates, and are left there: of python-docx, of Excel, and of python-pptx,
# where its own author's name may be left beside them.
_PPTX, _PPTX_AUTHOR = "2013-01-27T09:1", "Steve Canny"
_TEMPLATES = ("2013-12-23T23:15", "2006-09-16T00:00", _PPTX)
# Days that mean "never": of Calibre, Windows, LibreOffice, Unix and DOS.
_NEVER = frozenset(("0101-01-01", "1601-01-01", "1899-12-30", "1970-01-01", "1980-01-01"))


@dataclass(frozen=True, slots=True)
class Properties:
    """Title, author ("A, B" if there are several) and day (ISO); each "" if it is not said."""

    title: str = ""
    author: str = ""
    day: str = ""

    def metadata(self) -> dict[str, str]:
        """The document's metadata: "author" and "date", as far as they are known."""
        found = {"author": self.author, "date": self.day}
        return {name: value for name, value in found.items() if value}


def properties(
    title: str = "", *, authors: Iterable[str] = (), dates: Iterable[str] = ()
) -> Properties:
    """What a person wrote of these; of the dates the first that is one."""
    dates = [date.strip() for date in dates]
    nobody = _PPTX_AUTHOR if any(date.startswith(_PPTX) for date in dates) else ""
    written = (one_line(name) for name in authors if not _NO_AUTHOR.fullmatch(name))
    return Properties(
        title="" if _NO_TITLE.fullmatch(title) else one_line(title),
        author=one_line(", ".join(dict.fromkeys(name for name in written if name != nobody))),
        day=next((day for date in dates if (day := _day(date))), ""),
    )


def core_properties(archive: zipfile.ZipFile) -> Properties:
    """Those of an Office Open XML document: the day is that of its last change, else of its making.
    None where they are damaged: the text is worth having without.

    ECMA-376 part 2, 11. The file that holds them is named by a relationship of the package.
    """
    found: dict[str, list[str]] = {}
    try:
        relations = parse_xml(read_member(archive, "_rels/.rels"), "_rels/.rels")
        for relation in relations:
            if relation.get("Type", "").endswith("/core-properties"):
                name = relation.get("Target", "").lstrip("/")
                for field in parse_xml(read_member(archive, name), name):
                    found.setdefault(local(field), []).append(field.text or "")
    except SourceError:
        return Properties()
    return properties(
        "".join(found.get("title", [])[:1]),
        authors=chain.from_iterable(names.split(";") for names in found.get("creator", [])),
        dates=[*found.get("modified", []), *found.get("created", [])],
    )


def _day(date: str) -> str:
    day = "" if date.startswith(_TEMPLATES) else iso_date(date)
    return "" if day in _NEVER else day
