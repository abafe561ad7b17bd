"""What a notebook shows of an answer or a passage: HTML in which every character of a document is
text, whatever it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# Controls, and marks that turn the direction of writing: nobody sees them, and they change what is
# seen.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# A block of code; or the end of a line of prose, which is folded anew, an item's too; not before a
# blank line, an item, a row or a block, nor before what is indented further.
_FOLDED = re.compile(
    r"(^ {0,3}(`{3,}|~{3,}).*?^ {0,3}\2)"
    r"|(?<!\n)\n(?! {0,3}[\n\-*#|>+•\d`~]| {4}|\t|\Z)",
    re.DOTALL | re.MULTILINE,
)


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


def unfolded(text: str) -> str:
    """`text`, as long as it is, with blanks for the ends of lines inside paragraphs and items of
    prose, so that it can be folded anew; code, rows and items keep their lines.
    """
    return _FOLDED.sub(lambda found: found[1] or " ", text)


def listing(blocks: Iterable[str]) -> str:
    """Several, one below another."""
    return f"<div>{''.join(blocks)}</div>"


def _escaped(text: str) -> str:
    import html  # a question in a terminal needs none of it

    return html.escape(_HIDDEN.sub("\ufffd", text))
