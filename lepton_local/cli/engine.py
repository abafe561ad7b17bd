"""The engine that a command asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lepton_local.config import SearchConfig

if TYPE_CHECKING:
    from lepton_local.search.searcher import Searcher
    from lepton_local.types import Result


def settings_of(engine: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a SearchConfig from what was typed of ENGINE and ASKING; `--context` counts
    for a side of which nothing is said.
    """
    settings = {**engine}
    around = settings.pop("context", 0)
    for side in ("before", "after"):
        if settings.get(side) is None:
            settings[side] = around
    return settings


def open_searcher(index: str, also: Sequence[str], engine: Mapping[str, Any]) -> Searcher:
    """A searcher of these indexes, with what was typed of ENGINE and ASKING."""
    from lepton_local.search.searcher import Searcher

    return Searcher.open([index, *also], SearchConfig(**settings_of(engine)))


def ask(
    searcher: Searcher, question: str, *, k: int, skip: int, filters: Sequence[str], verify: bool
) -> Result:
    """The answer and the hits, proved against their files if that is wanted."""
    result = searcher.answer(question, k=k, filters=filters, skip=skip)
    return searcher.verify(result) if verify else result
