"""The menus of a page that does not say which part of it is its content: blocks of links."""

from __future__ import annotations

from lxml import html  # type: ignore[import-untyped]

_BLOCKS = frozenset(
    "ul ol li dl div section aside figure table td p h2 h3 h4 center form header footer".split()
)
_UNSEEN = frozenset(("script", "style", "noscript", "template"))
_SHARE = 0.75  # of the characters of a block that stand in links: it is a menu
_LEAST = 3  # links of a menu
_LONGEST = 100  # characters of each, on average: longer ones are what the page says


def menus(top: html.HtmlElement) -> frozenset[html.HtmlElement]:
    """The elements under `top` that hold links and hardly anything else."""
    # Characters, those of them in links, and links: of each element and all in it.
    held: dict[html.HtmlElement, tuple[int, int, int]] = {}
    for element in reversed(list(top.iter())):
        if not isinstance(element.tag, str) or element.tag in _UNSEEN:
            continue
        inner = [held.get(child, (0, 0, 0)) for child in element]
        own = [element.text, *(child.tail for child in element)]
        signs = sum(len("".join(text.split())) for text in own if text)
        signs += sum(one for one, _, _ in inner)
        if element.tag == "a":
            held[element] = signs, signs, 1
        else:
            held[element] = signs, sum(one for _, one, _ in inner), sum(one for _, _, one in inner)
    return frozenset(
        element
        for element, (signs, linked, links) in held.items()
        if element is not top
        and element.tag in _BLOCKS
        and links >= _LEAST
        and linked >= _SHARE * signs
        and signs <= _LONGEST * links
    )
