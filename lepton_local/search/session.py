"""A conversation: a follow-up question is completed with what was talked about before it is
searched.

Nothing is generated. A question that leans on an earlier one ("and how large may it be?") is told
by the words that point back; the telling words of the question before are then asked along with it,
the plain way of the query expansion baselines in Dalton et al., "CAsT 2019: The Conversational
Assistance Track Overview" (2020).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from lepton_local.errors import InputError
from lepton_local.search.searcher import Searcher
from lepton_local.types import Result

_LEANS = re.compile(
    r"^\W*(and|but|so|also|what about|how about|why not|which ones?)\b"
    r"|\b(it|its|itself|they|them|their|theirs|he|him|his|she|her|hers|this|these|those)\b"
    r"|\b(that one|the same|there)\b",
    re.IGNORECASE,
)
_PLAIN = frozenset(
    """
    a an the of in on at to for from by with about as into is are was were be been am do does did
    have has had can could may might will would shall should must and or but not no if so than then
    too very what which who whom whose when where why how many much long often it its they them
    their he him his she her this that these those there i me my we us our you your any some one
    ones also tell give show please
    """.split()
)


MOST_WORDS = 12  # of what was asked before; a long talk must not drown the question
KEPT = 50  # results of a talk that are remembered


class Session:
    """Questions that follow one another, asked of one searcher."""

    def __init__(self, searcher: Searcher) -> None:
        self.searcher = searcher
        self.results: list[Result] = []

    def ask(self, question: str, *, k: int = 10, filters: Sequence[str] = ()) -> Result:
        """Answer a question in the light of those before it.

        `result.question` is what was asked, `result.standalone` what was searched, and
        `result.carried` the words of the question before that were asked along with it. Of a long
        talk the last results are kept. Raises InputError.
        """
        carried = carry(question, self.results[-1].standalone) if self.results else ()
        self.results.append(self._asked(question, carried, k, filters))
        del self.results[:-KEPT]
        return self.results[-1]

    def drop(self, words: Sequence[str], *, k: int = 10, filters: Sequence[str] = ()) -> Result:
        """Ask the last question again without these of its carried words; the new result stands in
        place of the old one. Raises InputError where a word was not carried.
        """
        last = self.results[-1] if self.results else None
        carried = last.carried if last is not None else ()
        unwanted = {word.casefold() for word in words}
        strange = unwanted - {word.casefold() for word in carried}
        if last is None or strange or not unwanted:
            named = ", ".join(sorted(strange)) or "nothing"
            expected = (
                f"one of {', '.join(carried)}" if carried else "a question that carries words"
            )
            raise InputError(f"{named} cannot be left out, expected {expected}")
        left = tuple(word for word in carried if word.casefold() not in unwanted)
        self.results[-1] = self._asked(last.question, left, k, filters)
        return self.results[-1]

    def _asked(
        self, question: str, carried: tuple[str, ...], k: int, filters: Sequence[str]
    ) -> Result:
        result = self.searcher.answer(complete(question, carried), k=k, filters=filters)
        return replace(result, question=question, carried=carried)


def carry(question: str, before: str) -> tuple[str, ...]:
    """The telling words of the question before, if this one leans on it; else none."""
    if not _LEANS.search(question):
        return ()
    asked = {word.casefold() for word in re.findall(r"\w+", question)}
    topic = (
        word
        for word in dict.fromkeys(re.findall(r"\w[\w'.-]*\w|\w", before))
        if word.casefold() not in _PLAIN | asked
    )
    return tuple(islice(topic, MOST_WORDS))


def complete(question: str, carried: Sequence[str]) -> str:
    """The question with words of the one before it."""
    return f"{question} ({' '.join(carried)})" if carried else question
