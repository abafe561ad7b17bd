"""Stored answers in a talk: a question gets the answer that fits; where two fit as well, it is
asked which of them is meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from lepton_local.cli.faq import NO_MATCH, answer_lines, place, reply_lines
from lepton_local.cli.screen import columns, fold, prose
from lepton_local.search.faq import Entry, Reply, plainly, reply
from lepton_local.search.follow import complete
from lepton_local.search.searcher import Searcher

Lines = Iterator[str]


class Desk:
    """The stored questions of an index, and what was asked last."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = Searcher(searcher.index, config=plainly(searcher.config, searcher.index))
        self._before = ""
        self._choices: tuple[Entry, ...] = ()

    def asked(self, question: str, filters: Sequence[str]) -> Lines:
        """The stored answer, what is near it by numbers, or which of two is meant."""
        told = reply(self._searcher, question, filters=filters, before=self._before)
        self._before = complete(question, told.carried)
        if told.carried:
            yield click.style(f"asked along with it: {prose(', '.join(told.carried))}", dim=True)
        if told.unclear:
            self._choices = told.entries[:2]
            yield "Which do you mean? Type its number."
        else:
            self._choices = tuple(each for each in told.entries if each is not told.answer)
            first = told.answer is not None
            if self._choices and not first:
                yield click.style(NO_MATCH, bold=True)
            else:
                yield from reply_lines(Reply(told.question, told.entries[:1]))
            if self._choices:
                yield ""
                yield "or do you ask, by its number:" if first else "The nearest, by their numbers:"
        for number, each in enumerate(self._choices, 1):
            begin, *more = fold(prose(each.question), columns() - 4)
            yield f" {number}  {begin}"
            yield from (f"    {line}" for line in more)
        yield ""

    def chosen(self, number: int) -> Lines:
        """The answer of one of those that were shown."""
        if not 1 <= number <= len(self._choices):
            expected = f"1 to {len(self._choices)}" if self._choices else "a question first"
            yield f"{number} is no question that was shown, expected {expected}"
            return
        entry = self._choices[number - 1]
        self._before = entry.question
        yield click.style(prose(entry.question), bold=True, fg="green")
        yield click.style(place(entry), fg="cyan")
        yield ""
        yield from answer_lines(entry)
        yield ""
