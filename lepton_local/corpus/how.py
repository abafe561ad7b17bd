"""How sources are read: what of it the settings of an index say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from lepton_local.config import BuildConfig

SIDE = 512  # dots of the shorter side of a picture that are looked at, at most


@dataclass(frozen=True, slots=True)
class How:
    """How a source is read."""

    text_fields: tuple[str, ...] = ()  # of a row of data that are its text; none: those that tell
    pictures: bool = False  # a picture is a document of its own, in a document as well
    side: int = 0  # pictures alone, as dots: the shorter side has so many at most; 0: documents
    key: str = ""  # of the one picture that is wanted; none: all

    @classmethod
    def of(cls, config: BuildConfig) -> Self:
        """As an index with these settings was made."""
        return cls(config.text_fields, config.pictures)


AS_EVER = How()
