"""Text of documents as text of a page: never as markup, and with what nobody sees shown."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lepton_local.invisible import CONTROLS, number, reveal

Spans = Iterable[tuple[int, int, str]]  # start, end, and what the stretch is (a class)


def text(words: str) -> str:
    """Words as they may stand in a page, between tags and in the value of an attribute."""
    shown = CONTROLS.sub(lambda sign: sign[0] if sign[0] in "\n\t" else number(sign[0]), words)
    return html.escape(reveal(shown))


def marked(words: str, spans: Spans) -> str:
    """The same with a <mark> of its class around each stretch; of those that overlap, the later
    ones win.
    """
    kinds = [""] * len(words)
    for start, end, kind in spans:
        kinds[start:end] = [kind] * (min(end, len(words)) - start)
    parts = []
    for kind, start, end in _runs(kinds):
        stretch = text(words[start:end])
        parts.append(f'<mark class="{kind}">{stretch}</mark>' if kind else stretch)
    return "".join(parts)


def data(value: Any) -> str:
    """JSON as it may stand in a <script>: nothing in it ends that, or begins a comment."""
    told = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    for sign in "<>&":
        told = told.replace(sign, f"\\u{ord(sign):04x}")
    return told


def _runs(kinds: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    start = 0
    for at in range(1, len(kinds) + 1):
        if at == len(kinds) or kinds[at] != kinds[start]:
            yield kinds[start], start, at
            start = at
