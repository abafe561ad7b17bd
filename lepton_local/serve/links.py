"""Links of the page, as they may stand in an attribute."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

LINKED = 300  # characters of a quote that a link to its page bears


def link(
    name: str, line: int, first: int, last: int, asked: str, words: str = "", *, prove: bool = False
) -> str:
    """Where a line of a document is shown, among those `first` to `last`; prove: and held against
    its file.
    """
    asks = query(name=name, first=first, last=last, q=asked, words=words[:LINKED], prove=int(prove))
    return f"/document?{asks}#L{line}" if not prove else f"/document?{asks}"


def query(**asked: object) -> str:
    """The query of a link, without what is empty, as it may stand in an attribute."""
    return escape(urlencode({name: value for name, value in asked.items() if value not in ("", 0)}))
