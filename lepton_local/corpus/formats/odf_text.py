"""The text of an OpenDocument file: headings, paragraphs, lists, tables and notes, in their order.

https://docs.oasis-open.org/office/OpenDocument/v1.3/, part 3, chapters 4 to 6 and 9.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lepton_local.corpus.formats.odf_numbers import Numbers
from lepton_local.corpus.formats.rows import write_table
from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.tree import local
from lepton_local.corpus.formats.writer import Writer

_URN = "{urn:oasis:names:tc:opendocument:xmlns:"
TEXT, TABLE, STYLE = f"{_URN}text:1.0}}", f"{_URN}table:1.0}}", f"{_URN}style:1.0}}"
_STYLE_NAME = f"{TEXT}style-name"
_COMMENT = f"{_URN}office:1.0}}annotation"
_LINK = "{http://www.w3.org/1999/xlink}href"
_OUTSIDE = re.compile(r"https?://|ftp://|mailto:")
_TELLING = re.compile(r"[^\W\d_]|(?:\d\W?){5}")  # of an edge; fewer digits are a page's number
# What nobody reads on the page; a table of contents repeats the headings.
_NEVER = frozenset(
    "tracked-changes table-of-content annotation annotation-end forms sequence-decls "
    "variable-decls user-field-decls note-citation ruby-text event-listeners binary-data".split()
)
# What is not said within a paragraph, but after it.
_APART = frozenset(
    "note frame g custom-shape rect line ellipse polyline polygon path connector caption".split()
)


class Walk:
    """Writes the elements of a text, and notes its first title and its first heading."""

    def __init__(self, writer: Writer, styles: Sequence[Any], show: Callable[[Any], None]) -> None:
        """`styles`: the elements that hold styles, the automatic ones first; `show` writes what is
        embedded.
        """
        self._show = show
        self.title = ""
        self.heading = ""
        self._writer = writer
        self._lists: list[str] = []  # the styles of the open lists
        self._lead = ""  # of the next paragraph, which opens an item
        self._numbers = Numbers(styles)
        self._titles = {"Title"} | {
            style.get(f"{STYLE}name")
            for element in styles
            for style in element.iterchildren(f"{STYLE}style")
            if style.get(f"{STYLE}parent-style-name") == "Title"
        }

    def down(self, element: Any) -> None:
        """All that is in an element. Trees are at most 256 deep."""
        for child in element:
            name = local(child)
            if name in ("p", "h"):
                self._paragraph(child, name)
            elif name == "list":
                self._list(child)
            elif name == "table":
                write_table(
                    map(cells, rows(child)),
                    self._writer,
                    has_header=any(local(part) == "table-header-rows" for part in child),
                )
                for note in child.iter(_COMMENT):
                    self._comment(note)
            elif name == "annotation":
                self._comment(child)
            elif name == "object":
                self._show(child)
            elif name not in _NEVER:
                self.down(child)

    def _list(self, element: Any) -> None:
        style = element.get(f"{TEXT}style-name", self._lists[-1] if self._lists else "")
        self._lists.append(style)
        level = len(self._lists)
        goes_on = element.get(f"{TEXT}continue-numbering") == "true"
        goes_on = goes_on or element.get(f"{TEXT}continue-list") is not None
        self._numbers.begin(style, level, goes_on=goes_on)
        for item in element:
            self._lead = ""
            # An item that holds nothing but a list has no number of its own.
            if local(item) == "list-item" and any(local(part) in ("p", "h") for part in item[:1]):
                self._lead = self._numbers.item(style, level, item.get(f"{TEXT}start-value", ""))
            self.down(item)
        self._lists.pop()
        self._lead = ""
        following = element.getnext()
        # Slides often have a list for each item.
        if not self._lists and (following is None or local(following) != "list"):
            self._writer.end_line(2)

    def _paragraph(self, element: Any, name: str) -> None:
        writer = self._writer
        said = _inline(element)
        breaks = 1 if self._lists and name == "p" else 2
        if said.strip():
            lines = said.split("\n")
            writer.end_line(breaks)
            start = writer.at
            lead = self._lead
            if breaks == 1:
                writer.indent = "  " * (len(self._lists) - 1)
            elif name == "h":
                lead = "" if lead == "-" else lead or self._heading_number(element)
            if lead:
                writer.lead(f"{lead} ")
            self._lead = ""
            for line in lines:
                writer.words(line)
                writer.end_line(1)
            writer.indent = ""
            writer.end_line(breaks)
            is_title = name == "p" and element.get(_STYLE_NAME) in self._titles
            if name == "h" or is_title:
                self._mark(element, one_line(f"{lead} {' '.join(lines)}"), start)
        if len(element):
            for part in _outermost(element):
                self.down([part] if part.tag == _COMMENT else part)

    def _comment(self, element: Any) -> None:
        said, author = comment(element)
        if said:
            self._writer.end_line(2)
            self._writer.words(f"Comment by {author}: {said}" if author else f"Comment: {said}")
            self._writer.end_line(2)

    def _heading_number(self, element: Any) -> str:
        if self._lists or element.get(f"{TEXT}is-list-header") == "true":
            return ""
        level = element.get(f"{TEXT}outline-level", "1")
        start = element.get(f"{TEXT}start-value", "")
        return self._numbers.heading(int(level) if level.isdecimal() else 1, start)

    def _mark(self, element: Any, name: str, start: int) -> None:
        if local(element) == "h":
            level = element.get(f"{TEXT}outline-level", "1")
            depth = min(int(level), 6) if level.isdecimal() else 1
            self._writer.mark(f"{'#' * max(1, depth)} {name}", start)
            self.heading = self.heading or name
        else:
            self._writer.mark(f"# {name}", start)
            self.title = self.title or name


def rows(table: Any) -> Iterator[Any]:
    """The rows of a table, not those of tables within it."""
    for child in table:
        if local(child) == "table-row":
            yield child
        elif local(child) in ("table-header-rows", "table-rows", "table-row-group"):
            yield from rows(child)


def cells(row: Any) -> list[str]:
    """The words of the cells of a row."""
    return [words(cell) for cell in row if local(cell) == "table-cell"]


def comment(element: Any) -> tuple[str, str]:
    """What a comment says, and who says it."""
    author = next((each.text or "" for each in element if local(each) == "creator"), "")
    lines = (_inline(each) for each in element.iter(f"{TEXT}p", f"{TEXT}h"))
    return " ".join(" ".join(lines).split()), " ".join(author.split())


def write_edges(styles: Any, writer: Writer) -> None:
    """Write the headers and footers of pages, each wording once."""
    said: set[str] = set()
    for kind in ("header", "footer"):
        for edge in styles.iter(*(f"{STYLE}{kind}{which}" for which in ("", "-left", "-first"))):
            told = words(edge)
            if told in said or edge.get(f"{STYLE}display") == "false" or not _TELLING.search(told):
                continue
            said.add(told)
            writer.end_line(2)
            writer.mark_next(kind)
            writer.words(told)
            writer.end_line(2)


def words(element: Any) -> str:
    """All words under an element, on one line."""
    parts = []
    for paragraph in element.iter(f"{TEXT}p", f"{TEXT}h"):
        for outer in paragraph.iterancestors():
            if outer is element:
                parts.append(_inline(paragraph))
                break
            if local(outer) in _NEVER:
                break
    return " ".join(" ".join(parts).split())


def _inline(element: Any) -> str:
    """The running text of a paragraph, without what is anchored in it."""
    parts: list[str] = []
    _run(element, parts)
    return "".join(parts)


def _run(element: Any, parts: list[str]) -> None:
    if element.text:
        parts.append(element.text.replace("\n", " "))  # line ends in the file are spaces
    for child in element:
        name = local(child)
        if name in ("s", "tab"):
            parts.append(" ")
        elif name == "line-break":
            parts.append("\n")
        elif name == "a":
            within: list[str] = []
            _run(child, within)
            parts += [*within, _address(child.get(_LINK, ""), "".join(within))]
        elif name not in _NEVER and name not in _APART:
            _run(child, parts)
        if child.tail:
            parts.append(child.tail.replace("\n", " "))


def _address(link: str, said: str) -> str:
    """Where a link leads, behind its words."""
    known = link.removeprefix("mailto:").removesuffix("/")
    return f" ({link})" if _OUTSIDE.match(link) and said.strip() and known not in said else ""


def _outermost(element: Any) -> Iterator[Any]:
    """What is anchored in a paragraph."""
    for child in element:
        if local(child) in _APART or child.tag == _COMMENT:
            yield child
        elif local(child) not in _NEVER:
            yield from _outermost(child)
