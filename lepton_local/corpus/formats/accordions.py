"""What a person opens on a page by a click: the answers of an accordion, the panels of tabs."""

from __future__ import annotations

import re

from lxml import html  # type: ignore[import-untyped]

from lepton_local.corpus.headings import asks

_MENU = 0.5  # share of links in the words of what a button opens: it is a menu
_OPENS = re.compile(
    r"accordion|collaps|toggle|expand|faq", re.IGNORECASE
)  # in the class of a button
_HEADS = frozenset("h1 h2 h3 h4 h5 h6 dt".split())
_PANELS = frozenset("div section p ul ol dl dd article".split())


def accordions(top: html.HtmlElement, chrome: frozenset[str]) -> frozenset[html.HtmlElement]:
    """The buttons that are the headings of accordions, and what a person opens by them, which may
    be hidden; the panels of tabs too. chrome: the roles of menus.

    A button names its panel, or is set right before it and called so; one that asks becomes a
    heading, if it stands in none.
    """
    opens: dict[str, list[html.HtmlElement]] = {}
    found: set[html.HtmlElement] = set()
    for button in top.iter("button"):
        names = _named(button)
        if names and (button.get("aria-expanded") is not None or _is_head(button)):
            for name in names:
                opens.setdefault(name, []).append(button)
        elif not names and _OPENS.search(button.get("class", "")):
            panel = button.getnext()
            if panel is not None and panel.tag in _PANELS and not _is_menu(panel, chrome):
                found |= {panel, button}
    for tab in top.xpath(".//*[@role='tab']"):
        for name in _named(tab):
            opens.setdefault(name, [])
    if opens:
        for panel in top.iter():
            name = panel.get("id", "") if isinstance(panel.tag, str) else ""
            if name in opens and not _is_menu(panel, chrome):
                found |= {panel, *opens.pop(name)}
    for each in found:
        if each.tag == "button" and asks(each.text_content()) and not _is_headed(each):
            each.tag = "h3"  # a question above its answer
    return frozenset(found)


def _is_headed(button: html.HtmlElement) -> bool:
    """Whether it stands in a heading or a term."""
    return next(button.iterancestors(*_HEADS, "summary"), None) is not None


def _named(button: html.HtmlElement) -> list[str]:
    told = button.get("aria-controls") or button.get("data-bs-target") or button.get("data-target")
    return [name.removeprefix("#") for name in (told or "").split()]


def _is_head(button: html.HtmlElement) -> bool:
    parent = button.getparent()
    return parent is not None and (
        parent.tag in _HEADS or _OPENS.search(button.get("class", "")) is not None
    )


def _is_menu(panel: html.HtmlElement, chrome: frozenset[str]) -> bool:
    if panel.tag in ("nav", "menu") or panel.get("role") in chrome:
        return True
    links = sum(len(link.text or "") for link in panel.iter("a"))
    return links > _MENU * len(panel.text_content().strip())
