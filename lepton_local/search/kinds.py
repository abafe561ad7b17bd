"""An answer of the kind that its question wants."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lepton_local.search.found import Found
from lepton_local.search.marked import key_of
from lepton_local.search.wants import LIST, SENTENCES, wanted
from lepton_local.types import Hit, Result


def as_wanted(
    result: Result, found: Found, marked: Callable[[Sequence[Hit]], Sequence[Hit]]
) -> Result:
    """The result, whose answer is a phrase, with sentences or a list where the question wants them.

    marked: hits -> the same, marked by whether they are stale.
    """
    kind, reader = wanted(found.ask.question.text), found.ask.reader
    whole = result
    if kind == SENTENCES:
        from lepton_local.search.stretch import stretched

        whole = stretched(result, found, marked)
    if kind == LIST and reader is not None:
        from lepton_local.search.items import itemised

        whole = itemised(result, reader.calibration.answer.threshold)
    wrong = whole.answer is not None and key_of(whole.answer.text) in found.ask.wrong
    return result if wrong else whole
