"""A conversation: a follow-up question is completed with what was talked about before it is
searched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lepton_local.errors import InputError
from lepton_local.search.checks import check_asked
from lepton_local.search.follow import Turn, complete, meanings
from lepton_local.search.question import parse_question
from lepton_local.search.searcher import Searcher
from lepton_local.searched import Origin
from lepton_local.types import Meant, Result

KEPT = 50  # results of a talk that are remembered


class Session:
    """Questions that follow one another, asked of one searcher."""

    def __init__(self, searcher: Searcher, *, related: bool = False) -> None:
        """related: each result has questions near it."""
        self.searcher = searcher
        self.related = related
        self.results: list[Result] = []

    def ask(
        self, question: str, *, k: int = 10, filters: Sequence[str] = (), alone: bool = False
    ) -> Result:
        """Answer a question in the light of those before it; `alone`: as one that leans on none,
        such as a related one, which stands in a document.

        `result.question` is what was asked, `result.standalone` what was searched, and
        `result.carried` the words of the talk that were asked along with it, of which
        `result.origins` tells the turns. Where two subjects are as likely meant, both are asked,
        and `result.clarify` has what answers each. Of a long talk the last results are kept.
        Raises InputError.
        """
        check_asked(question, k, filters)
        talk = [] if alone else [turn_of(each) for each in self.results]
        ways = meanings(question, talk)
        told = [self._asked(question, way, k, filters) for way in ways]
        self.results.append(replace(told[0], clarify=clarified(ways, told)))
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
        left = tuple(each for each in last.origins if each.word.casefold() not in unwanted)
        self.results[-1] = self._asked(last.question, left, k, filters)
        return self.results[-1]

    def _asked(
        self, question: str, origins: tuple[Origin, ...], k: int, filters: Sequence[str]
    ) -> Result:
        carried = tuple(each.word for each in origins)
        whole = complete(question, carried)
        result = self.searcher.answer(whole, k=k, filters=filters, related=self.related)
        return replace(result, question=question, carried=carried, origins=origins)


def clarified(ways: Sequence[Sequence[Origin]], results: Sequence[Result]) -> tuple[Meant, ...]:
    """What a question is as likely about, where it was asked in two ways."""
    if len(ways) < 2:
        return ()
    shared = set(ways[0]).intersection(*ways[1:])
    return tuple(
        Meant(tuple(e.word for e in way if e not in shared), result.standalone, result.answer)
        for way, result in zip(ways, results, strict=True)
    )


def turn_of(result: Result) -> Turn:
    """What a later question may lean on: of an answer its words, and the title of its document."""
    answer = result.answer
    return Turn(
        parse_question(result.question).text,
        answer.text if answer is not None else "",
        answer.hit.title if answer is not None else "",
        result.carried,
    )
