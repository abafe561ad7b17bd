"""The words of a Word paragraph as they are seen: without what was deleted, hidden, or is there a
second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lepton_local.corpus.formats.docx_signs import CHOICE, SYMBOL, TICK, sign

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
_DRAWN = frozenset((SYMBOL, TICK, CHOICE))
PARAGRAPH, BOX, LINK = f"{_W}p", f"{_W}txbxContent", f"{_W}hyperlink"
_RUN, _LOOK, _HIDDEN = f"{_W}r", f"{_W}rPr", f"{_W}vanish"
# A second copy for older programs; words at the place from which they were moved; the reading that
# stands small above words; how things look. What Word keeps of deleted words has tags of its own.
_NEVER = frozenset(
    (
        "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
        *(f"{_W}{name}" for name in "moveFrom rt pPr tblPr tblGrid trPr tcPr sectPr".split()),
    )
)
# What holds text boxes, or is one: pictures are large trees.
_HOLDERS = frozenset((BOX, *(f"{_W}{name}" for name in ("drawing", "pict", "object"))))
_OFF = ("0", "false", "off")


def text(block: Any, links: Mapping[str, str]) -> str:
    """The words under an element, with line ends between its paragraphs; what a link leads to
    stands behind its words. links: relation -> address.
    """
    parts: list[str] = []
    _write(block, links, parts, apart=block.tag == PARAGRAPH)
    return "".join(parts).strip("\n")


def _write(element: Any, links: Mapping[str, str], parts: list[str], *, apart: bool) -> None:
    """apart: text boxes are written by themselves."""
    before = len(parts)
    for child in element:
        tag = child.tag
        if tag in _WORDS:
            parts.append(child.text or "")
        elif tag in _SIGNS:
            parts.append(_SIGNS[tag])
        elif tag in _DRAWN:
            parts.append(sign(child))
        elif tag == _LOOK:
            if element.tag == _RUN and _hides(child):
                del parts[before:]
                return
        elif tag in _NEVER or (apart and tag in _HOLDERS):
            continue
        elif tag == LINK:
            within: list[str] = []
            _write(child, links, within, apart=apart)
            words = "".join(within)
            address = links.get(child.get(f"{_R}id", ""), "")
            known = address.removeprefix("mailto:").removesuffix("/")
            parts.append(f"{words} ({address})" if words.strip() and known not in words else words)
        else:
            if tag in (PARAGRAPH, BOX):
                parts.append("\n")
            _write(child, links, parts, apart=apart)
            if tag == BOX:
                parts.append("\n")


def boxes(block: Any) -> Iterator[Any]:
    """The text boxes that are anchored in a paragraph, not those within them."""
    for box in block.iter(BOX):
        for above in box.iterancestors():
            if above is block:
                yield box
                break
            if above.tag == BOX or above.tag in _NEVER:
                break


def _hides(look: Any) -> bool:
    told = next(look.iterchildren(_HIDDEN), None)
    return told is not None and told.get(f"{_W}val", "1") not in _OFF
