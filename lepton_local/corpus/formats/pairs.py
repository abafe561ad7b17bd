"""Questions and answers that a page holds for programs alone: JSON-LD of the kind FAQPage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lxml import html  # type: ignore[import-untyped]

from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.writer import Writer

_DEEPEST = 8  # objects within objects


def write_pairs(page: html.HtmlElement, writer: Writer) -> None:
    """Write the questions that the page does not show, each marked, above its answer."""
    shown = " ".join(writer.text().split())
    for question, answer in _pairs(page):
        if question in shown:
            continue
        writer.end_line(2)
        start = writer.at
        writer.words(question)
        writer.mark(f"## {question}", start)
        for paragraph in answer:
            writer.end_line(2)
            writer.words(paragraph)


def _pairs(page: html.HtmlElement) -> Iterator[tuple[str, list[str]]]:
    for script in page.iter("script"):
        if script.get("type", "").lower() != "application/ld+json":
            continue
        try:
            found = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        for each in _questions(found, _DEEPEST):
            told = each.get("acceptedAnswer")
            told = told[0] if isinstance(told, list) and told else told
            words = told.get("text") if isinstance(told, dict) else None
            question = one_line(_plain(each.get("name")))
            answer = [line for line in _plain(words).split("\n") if line.strip()]
            if question and answer:
                yield question, answer


def _questions(found: object, depth: int) -> Iterator[dict[str, Any]]:
    for item in found if isinstance(found, list) else [found]:
        if isinstance(item, dict):
            if item.get("@type") == "Question":
                yield item
            elif depth:
                for name in ("@graph", "mainEntity"):
                    yield from _questions(item.get(name, []), depth - 1)


def _plain(told: object) -> str:
    """What markup says, a line a paragraph."""
    if not isinstance(told, str) or not told.strip():
        return ""
    fragment = html.fragment_fromstring(told, create_parent="div")
    for element in fragment.iter("p", "br", "li", "div"):
        element.tail = "\n" + (element.tail or "")
    return str(fragment.text_content())
