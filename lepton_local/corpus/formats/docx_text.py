"""The words of a Word paragraph as they are seen: without what was deleted, hidden, or is there a
second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_WORDS = frozenset((f"{_W}t", "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"))
_SIGNS = {
    f"{_W}tab": "\t",
    f"{_W}ptab": "\t",
    f"{_W}br": "\n",
    f"{_W}cr": "\n",
    f"{_W}noBreakHyphen": "-",
}
PARAGRAPH, BOX, LINK = f"{_W}p", f"{_W}txbxContent", f"{_W}hyperlink"
# A second copy for older programs; words at the place from which they were moved; the reading that
# stands small above words; what Word keeps of deleted words has tags of its own.
_NEVER = frozenset(
    (
        "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
        f"{_W}moveFrom",
        f"{_W}rt",
        f"{_W}pPr",
    )
)
_OFF = ("0", "false", "off")


def text(block: Any, links: Mapping[str, str]) -> str:
    """The words under an element, with line ends between its paragraphs; what a link leads to
    stands behind its words. links: relation -> address.
    """
    return "".join(_text(block, links, block)).strip("\n")


def _text(element: Any, links: Mapping[str, str], block: Any) -> Iterator[str]:
    for child in element:
        tag = child.tag
        if tag in _WORDS:
            yield child.text or ""
        elif tag in _SIGNS:
            yield _SIGNS[tag]
        elif tag in _NEVER or (tag == BOX and block.tag == PARAGRAPH) or _is_hidden(child):
            continue
        elif tag == LINK:
            words = "".join(_text(child, links, block))
            address = links.get(child.get(f"{_R}id", ""), "")
            known = address.removeprefix("mailto:").removesuffix("/")
            yield f"{words} ({address})" if words.strip() and known not in words else words
        else:
            if tag in (PARAGRAPH, BOX):
                yield "\n"
            yield from _text(child, links, block)
            if tag == BOX:
                yield "\n"


def boxes(block: Any) -> Iterator[Any]:
    """The text boxes that are anchored in a paragraph, not those within them."""
    for child in block:
        if child.tag == BOX:
            yield child
        elif child.tag not in _NEVER:
            yield from boxes(child)


def _is_hidden(run: Any) -> bool:
    told = run.find(f"{_W}rPr/{_W}vanish") if run.tag == f"{_W}r" else None
    return told is not None and told.get(f"{_W}val", "1") not in _OFF
