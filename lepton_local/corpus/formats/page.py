"""The elements of an HTML page -> canonical text: paragraphs, headings, lists, table rows, code."""

from __future__ import annotations

import re

from lxml import html  # type: ignore[import-untyped]

from lepton_local.corpus.formats.accordions import accordions
from lepton_local.corpus.formats.entries import PERMALINKS, label_of
from lepton_local.corpus.formats.rows import column_names
from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.writer import Writer
from lepton_local.corpus.headings import named

_NEVER = frozenset(
    "script style noscript template svg canvas iframe object embed audio video map nav "
    "datalist progress meter dialog menu rt rp annotation annotation-xml title".split()
)
_CHROME = frozenset(
    "navigation search banner contentinfo menu menubar toolbar dialog tablist".split()
)
_PARAGRAPHS = frozenset(
    "p div section article main header footer aside blockquote pre table ul ol dl figure "
    "figcaption address details summary fieldset form hr center hgroup body caption h1 h2 h3 "
    "h4 h5 h6".split()
)
_LINES = frozenset("li tr dt dd br legend".split())
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_ENTRIES = frozenset({"dl", "details"})
_TERMS = frozenset({"dt", "summary"})
_CONTROLS = frozenset("img input select textarea".split())
_LONGEST_CELL = 500  # characters on average; cells of more hold the columns of a page
_TEXT_FIELDS = frozenset("text search email tel url number date time month week".split())
_TICKS = ("checkbox", "radio")
_PICTURED = 3  # words that the text of a picture must have to be told: fewer name a sign or a logo
_UNSEEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def write_page(
    top: html.HtmlElement, writer: Writer, *, without: frozenset[html.HtmlElement] = frozenset()
) -> str:
    """Write what is under `top`, with a mark "## …" at each heading; gives the text of the first
    h1, or "". without: elements that are left out.
    """
    walk = _Walk(writer, without)
    walk.down(top)
    return walk.title


class _Walk:
    def __init__(self, writer: Writer, without: frozenset[html.HtmlElement]) -> None:
        self.writer = writer
        self._without = without
        self.title = ""
        self._items: list[
            int
        ] = []  # for each open list the number of its last item, or -1 if it has bullets
        self._row = False  # in a table whose rows are written as lines
        self._named: dict[html.HtmlElement, str] = {}  # cells of it -> the names of their columns
        self._heading = 0  # where the open heading began
        self._section = ""  # label of the last heading
        self._entries: list[str] = []  # labels of the open entries of an API reference
        self._resumed = ""  # label that holds again for what comes after an entry

    def down(self, top: html.HtmlElement) -> None:
        """All elements in their order. No recursion: a page made to break parsers is a hundred
        thousand deep.
        """
        opened = accordions(top, _CHROME)
        stack: list[tuple[html.HtmlElement, bool]] = [(top, False)]
        while stack:
            element, leaving = stack.pop()
            if leaving:
                self._leave(element, element.tag)
            elif element is top or not (element in self._without or _is_chrome(element, opened)):
                stack.append((element, True))
                if self._enter(element, element.tag):
                    stack.extend((child, False) for child in reversed(element))
                continue
            if element is not top and element.tail:
                self._say(element.tail)

    def _enter(self, element: html.HtmlElement, tag: str) -> bool:
        """Write what an element opens with; gives whether to go into its children."""
        writer = self.writer
        if self._row and tag in ("td", "th"):
            if element.getprevious() is not None:
                writer.lead(" | ")
            if element in self._named and element.text_content().strip():
                writer.lead(f"{self._named[element]}: ")
        elif not self._row or tag == "tr":
            self._part(tag)
        else:
            writer.words(" " if tag in _PARAGRAPHS or tag in _LINES else "")
        if tag == "table":
            self._row = _has_rows(element)
            self._named = _named(element) if self._row else {}
        elif tag in ("ul", "ol"):
            self._items.append(_first_number(element) - 1 if tag == "ol" else -1)
            writer.indent = "  " * (len(self._items) - 1)
        elif tag == "li" and self._items and not self._row:
            bulleted = self._items[-1] < 0
            self._items[-1] += 0 if bulleted else 1
            writer.lead("- " if bulleted else f"{self._items[-1]}. ")
        elif tag == "pre":
            for line_break in element.iter("br"):
                line_break.tail = "\n" + (line_break.tail or "")
            self._resume()
            writer.raw("".join(element.itertext()).strip("\n").rstrip())
            return False
        elif tag in _HEADINGS:
            self._heading = writer.at
            self._resumed = ""
        elif tag in _ENTRIES:
            self._entries.append("")
        elif tag in _TERMS and self._entries:
            self._term(label_of(element, self._section, self._entries))
        elif tag in _CONTROLS:
            self._say(_value(element))
            return False
        if element.text:
            self._say(element.text)
        return True

    def _leave(self, element: html.HtmlElement, tag: str) -> None:
        writer = self.writer
        if tag == "table":
            self._row = False
        elif tag in ("ul", "ol"):
            self._items.pop()
            writer.indent = "  " * max(0, len(self._items) - 1)
        elif tag in _HEADINGS and not self._row:
            name = one_line(writer.since(self._heading))
            if name:
                self._section = f"{'#' * int(tag[1])} {name}"
                writer.mark(self._section, self._heading)
                self.title = self.title or (name if tag == "h1" else "")
        elif tag in _TERMS and self._entries and self._entries[-1]:
            writer.mark(self._entries[-1], self._heading)
        elif tag in _ENTRIES and (label := self._entries.pop()):
            self._end_of(label)
        if not self._row and tag != "br":
            self._part(tag)

    def _term(self, label: str) -> None:
        """Begin an entry, or what follows a question and is none."""
        if label and (named(label)[0] or not self._entries[-1].startswith("#")):
            self._entries[-1], self._resumed = label, ""
            self._heading = self.writer.at
        elif self._entries[-1].startswith("#"):
            self._entries[-1] = ""
            self._resumed = self._around()

    def _end_of(self, label: str) -> None:
        """An entry is over: the label around it holds again."""
        if named(label)[0]:
            self._resumed = self._around()
        else:  # a term is no heading, and so none goes on behind it
            self.writer.mark_next(next((each for each in reversed(self._entries) if each), ""))

    def _around(self) -> str:
        """The label of the innermost open entry, else of the last heading."""
        return next((label for label in reversed(self._entries) if label), self._section)

    def _say(self, text: str) -> None:
        if self._resumed and not text.isspace():
            self._resume()
        self.writer.words(text)

    def _resume(self) -> None:
        if self._resumed:
            self.writer.mark_next(self._resumed)
            self._resumed = ""

    def _part(self, tag: str) -> None:
        """Begin a line or a paragraph where an element of this kind begins or ends."""
        if tag in ("li", "tr", "table", "ul", "ol") or tag in _HEADINGS:
            self.writer.drop_lead()  # of an item or a row without words
        if tag in _LINES or (tag in ("ul", "ol") and self._items):
            self.writer.end_line(1)
        elif tag in _PARAGRAPHS:
            self.writer.end_line(1 if self._items and tag in ("p", "div") else 2)


def _is_chrome(element: html.HtmlElement, opened: frozenset[html.HtmlElement]) -> bool:
    """Whether this is no part of what the page says: code, controls, menus, things that are not
    shown, unless a person opens them.
    """
    tag = element.tag
    if not isinstance(tag, str) or tag in _NEVER or element.get("role") in _CHROME:
        return True
    if element in opened:
        return False
    if tag == "button":
        return True
    shut = element.get("hidden") is not None or element.get("aria-hidden") == "true"
    if shut or _UNSEEN_STYLE.search(element.get("style", "")):
        return True
    if tag == "a":
        return (element.text_content() or "").strip() in PERMALINKS
    parent = element.getparent()
    if tag in ("header", "footer") and parent is not None and parent.tag == "body":
        return tag == "footer" or element.find(".//h1") is None
    return False


def _value(control: html.HtmlElement) -> str:
    """What is filled in, chosen or ticked; what a picture says in place of itself."""
    kind = (control.get("type") or "text").lower()
    if control.tag == "img":
        words = " ".join((control.get("alt") or "").split())
        return f" {words} " if len(words.split()) >= _PICTURED else ""
    if control.tag == "textarea":
        return f" {control.text or ''} "
    if control.tag == "select":
        chosen = (option for option in control.iter("option") if option.get("selected") is not None)
        return f" {'; '.join(option.text_content().strip() for option in chosen)} "
    if kind in _TICKS:
        return " [x] " if control.get("checked") is not None else " "
    return f" {control.get('value') or ''} " if kind in _TEXT_FIELDS else ""


def _has_rows(table: html.HtmlElement) -> bool:
    """Whether a table holds data, and not the layout of a page."""
    if table.get("role") == "presentation":
        return False
    if next(table.iterdescendants("table", "pre", *_HEADINGS), None) is not None:
        return False
    cells = sum(1 for _ in table.iterdescendants("td", "th"))
    if len(table.text_content()) > _LONGEST_CELL * cells:
        return False
    return any(len(row) > 1 for row in table.iterdescendants("tr"))


def _named(table: html.HtmlElement) -> dict[html.HtmlElement, str]:
    """The cells of a table whose first row does nothing but name the columns, each with its name;
    not those of rows that have more or fewer cells, or name columns too.
    """
    first, *rows = ([each for each in row if each.tag in ("td", "th")] for row in table.iter("tr"))
    if any(cell.tag == "td" for cell in first):
        return {}
    names = column_names(cell.text_content() for cell in first)
    return {
        cell: name
        for row in rows
        if len(row) == len(names) and any(cell.tag == "td" for cell in row)
        for cell, name in zip(row, names, strict=True)
        if name
    }


def _first_number(element: html.HtmlElement) -> int:
    try:
        return max(0, int(element.get("start", "1")))
    except ValueError:
        return 1
