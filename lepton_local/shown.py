"""What a notebook shows of an answer or a passage: HTML in which every character of a document is
text, whatever it is.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

# Controls, and marks that turn the direction of writing: nobody sees them, and they change what is
# seen.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def block(head: str, about: str, text: str, spans: Iterable[Sequence[int]] = ()) -> str:
    """A heading, what there is to say about it, and a text with `spans` (start, end) marked."""
    at, parts = 0, []
    for start, end in spans:
        parts += [_escaped(text[at:start]), f"<mark>{_escaped(text[start:end])}</mark>"]
        at = end
    parts.append(_escaped(text[at:]))
    return (
        f"<div><b><bdi>{_escaped(head)}</bdi></b> <small><bdi>{_escaped(about)}</bdi></small>"
        f'<div dir="auto" style="white-space: pre-wrap; margin: 0 0 1em 1em">{"".join(parts)}</div>'
        "</div>"
    )


def listing(blocks: Iterable[str]) -> str:
    """Several, one below another."""
    return f"<div>{''.join(blocks)}</div>"


def _escaped(text: str) -> str:
    return html.escape(_HIDDEN.sub("\ufffd", text))
