"""Halves of characters (lone surrogates): JSON and terminals give them, no file can hold them."""

from __future__ import annotations

import re

_HALF = re.compile("[\ud800-\udfff]")


def whole(text: str) -> str:
    """The text with U+FFFD for each half of a character."""
    return _HALF.sub("\ufffd", text)
