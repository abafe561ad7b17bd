"""What a question was taken to ask: its words, and the conditions on what may be found."""

from __future__ import annotations

from dataclasses import dataclass

_NO_FILTERS = ("phrase", "word", "prefix", "regex", "date")


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a question as it was searched."""

    forms: tuple[str, ...]  # its stems in the languages of the index, sorted
    weight: float  # how telling it is (its idf), times how often it was asked
    passages: int  # that hold it


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a condition asks for. kind: `phrase`, `word`, `prefix` or `regex` of a
    passage, or a filter's name ("type") of its document.
    """

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Condition:
    """What a passage, or its document, must have to be found: any one of `parts`; or, `excluded`,
    none of them.
    """

    parts: tuple[Part, ...]
    excluded: bool = False

    @property
    def typed(self) -> str:
        """As a filter is typed; "" of one that is none: words, phrases, and days that pass."""
        kind, values = self.parts[0].kind, ",".join(part.value for part in self.parts)
        if kind in _NO_FILTERS:
            return ""
        return f"{'-' if self.excluded else ''}{kind}:{values}"


@dataclass(frozen=True, slots=True)
class Origin:
    """A word that a question was asked along with, and where in the talk it was said last."""

    word: str
    turn: int  # from 1
    of: str  # question, answer, or title: of the document that answered


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A generation of an index."""

    index: str  # its folder
    generation: int
