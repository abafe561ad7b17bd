"""A picture as what stands in it: dots, and nothing that a library would have to take apart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pixels:
    """A picture. data: width times height dots of three bytes, red, green, blue, line by line."""

    key: str  # what names it in its source, as that of a document does
    width: int
    height: int
    data: bytes
