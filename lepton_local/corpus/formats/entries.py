"""What the terms of a list of definitions (HTML's `dt`) are called as marks."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import html  # type: ignore[import-untyped]

from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.headings import LONGEST_QUESTION, asks, named, term

PERMALINKS = frozenset("¶ # § 🔗 ⚓".split())
_AROUND = "".join(PERMALINKS) + " \n"


def label_of(element: html.HtmlElement, section: str, entries: Sequence[str]) -> str:
    """The label of an entry of an API reference, of a question that its answer follows, or of
    another term, which names what follows and is no heading; "" for one that names nothing.

    section: the label of the last heading; entries: those of the entries that are open.
    """
    if label := _reference(element):
        return label
    words = one_line(element.text_content(), longest=LONGEST_QUESTION + 1)
    if asks(words):
        level = len(section.partition(" ")[0]) + 1
        return f"{'#' * min(max(level, 2), 6)} {words}"
    within = any(named(label)[0] for label in entries)  # "Parameters" of a function, say
    return term(words.rstrip(_AROUND)) if element.tag == "dt" and not within else ""


def _reference(element: html.HtmlElement) -> str:
    """The label of an entry of an API reference as Sphinx writes them, "function json.dumps", or
    "".
    """
    kinds = (element.getparent().get("class") or "").split()
    if "sig" not in (element.get("class") or "").split() or len(kinds) < 2:
        return ""
    name = (element.get("id") or "").removeprefix("c.")
    if not name or "-" in name:
        name = one_line(element.text_content().strip(_AROUND), longest=60)
    return f"{kinds[1]} {name}"
