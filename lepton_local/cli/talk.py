"""A talk: a line is a question or a command, and the answer is lines.

No cursor is moved, so any terminal shows it and a screen reader reads it as it comes. Nothing that
is asked is written to the disk, but what /good and /bad are told.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

import click

from lepton_local.cli import show
from lepton_local.cli.batch import LONGEST
from lepton_local.cli.desk import Desk
from lepton_local.cli.editor import chosen, edit, editable
from lepton_local.cli.related import clarify_lines, near_lines
from lepton_local.cli.screen import clean, columns, echo, fold, prose, verbatim
from lepton_local.cli.stop import Stopped
from lepton_local.errors import InputError, LeptonError
from lepton_local.search.checks import check_limits
from lepton_local.search.session import Session
from lepton_local.types import Hit, Result

PROMPT = "? "
_COMMAND = re.compile(r"/([a-z]+)(?:\s+(.*))?", re.DOTALL)
_NUMBER = re.compile(r"\d{1,3}")  # of a passage; 2024 is a question

Lines = Iterator[str]


def typed_lines() -> Lines:
    """What is typed, up to Ctrl-D; or the lines of a pipe, each shown as if it were typed."""
    if sys.stdin.isatty():
        with contextlib.suppress(ImportError):  # editing and the lines before; not on Windows
            import readline  # noqa: F401
        while True:
            try:
                yield input(PROMPT).encode(errors="replace").decode()
            except EOFError:
                return
            except Stopped:
                raise
            except KeyboardInterrupt:
                echo(["", "Ctrl-D or /quit ends the talk."])
    while line := sys.stdin.buffer.readline(LONGEST):
        text = line.decode(errors="replace").strip()
        if text:
            echo([f"{PROMPT}{clean(text)}"])
        yield text


class Talk:
    """A session and what of it is on the screen."""

    def __init__(
        self, session: Session, index: str, *, k: int, filters: Sequence[str], verify: bool
    ) -> None:
        self.session = session
        self.index = index
        self.k = k
        self.filters = tuple(filters)  # of the next question
        self.within = self.filters  # of the last one
        self.verify = verify
        self.hits: tuple[Hit, ...] = ()  # those of the last question that were shown
        self.desk: Desk | None = None  # where stored answers alone are wanted
        self.records = False  # which passages are opened is kept, beside the index
        self.ended = False

    def run(self, lines: Lines) -> None:
        """Obey each line. An error is a line too, and the talk goes on; Ctrl-C stops what is being
        searched.
        """
        for line in lines:
            try:
                echo(self.reply(line.strip()))
            except LeptonError as error:
                echo([prose(str(error))], err=True)
            except Stopped:
                raise
            except KeyboardInterrupt:
                if not sys.stdin.isatty():
                    raise
                echo(["", "stopped"])
            if self.ended:
                return

    def reply(self, line: str) -> Lines:
        """What is said to a line."""
        command = _COMMAND.fullmatch(line)
        if not line:
            return iter(())
        if _NUMBER.fullmatch(line):
            return self.desk.chosen(int(line)) if self.desk else self.opened(int(line))
        if command is None or (command[1] not in COMMANDS and line.count("/") > 1):  # /a pattern/
            if self.desk:
                return self.desk.asked(line, self.filters)
            return self.told(self.session.ask(line, k=self.k, filters=self.filters))
        name, rest = command[1], command[2] or ""
        if name not in COMMANDS:
            return iter(
                [f"/{name} is unknown, expected one of: {', '.join(map(_slash, COMMANDS))}"]
            )
        return COMMANDS[name][0](self, rest)

    def told(self, result: Result) -> Lines:
        """An answer and its hits, and what was asked along with the question."""
        if self.verify:
            result = self.session.searcher.verify(result)
        self.hits, self.within = result.hits, self.filters
        echo(show.notes(result), err=True)
        if result.carried:
            words = ", ".join(result.carried)
            said = f"asked along with it: {prose(words)} (/drop WORD leaves one out)"
            for line in fold(said, columns()):
                yield click.style(line, dim=True)
        if result.clarify:
            yield from (click.style(line, fg="yellow") for line in clarify_lines(result.clarify))
            yield ""
        answering = self.session.searcher.config.answer
        yield from show.result_lines(result, index=self.index, answering=answering)
        yield ""
        if result.related:
            yield click.style("Near this question (/ask N asks one):", dim=True)
            yield from near_lines(result.related)
            yield ""

    def opened(self, number: int) -> Lines:
        """A hit in the editor, if there is one and the hit stands in a file of text; else the whole
        passage.
        """
        if not 1 <= number <= len(self.hits):
            expected = f"1 to {len(self.hits)}" if self.hits else "a question first"
            yield f"{number} is no passage that was shown, expected {expected}"
            return
        hit = self.hits[number - 1]
        if self.records:
            from lepton_local.store import feedback

            result = replace(self.session.results[-1], hits=self.hits)
            event = feedback.judged(result, feedback.OPENED, hit=number)
            feedback.Feedback(self.index).add(event)
        if sys.stdin.isatty() and chosen() and editable(hit):
            edit(hit)
            return
        yield click.style(f"{clean(hit.passage.document)}:{hit.passage.line}", fg="cyan")
        yield from show.doubts(hit, self.index)
        for line in hit.passage.text.splitlines():
            yield from fold(verbatim(line), columns()) if line.strip() else [""]
        yield ""

    def near(self, typed: str) -> Lines:
        """One of the questions near the last one, alone as it stands in its document."""
        shown = self.session.results[-1].related if self.session.results else ()
        number = int(typed) if _NUMBER.fullmatch(typed.strip()) else 0
        if not 1 <= number <= len(shown):
            expected = f"1 to {len(shown)}" if shown else "a question that has one near it"
            return iter([f"/ask {clean(typed)}: no such question was shown, expected {expected}"])
        question = shown[number - 1].question
        asked = self.session.ask(question, k=self.k, filters=self.filters, alone=True)
        return chain([click.style(prose(question), bold=True)], self.told(asked))

    def more(self, _: str) -> Lines:
        """The passages after those that were shown."""
        if not self.session.results:
            yield "nothing was asked yet, expected a question first"
            return
        last, shown = self.session.results[-1], len(self.hits)
        found = self.session.searcher.search(
            last.standalone, k=self.k, filters=self.within, skip=shown
        )
        if not found:
            yield "These are all that were found."
        self.hits = (*self.hits, *found)
        for rank, hit in enumerate(found, shown + 1):
            yield from show.hit_lines(hit, rank, index=self.index, why=False)
            yield ""

    def why(self, _: str) -> Lines:
        """What each stage of the search thought of the hits, and the words it searched for."""
        if not self.session.results:
            yield "nothing was asked yet, expected a question first"
            return
        last = self.session.results[-1]
        yield from fold(f"searched: {prose(last.standalone)}", columns())
        if last.origins:
            said = (f"{prose(each.word)} ({each.of} {each.turn})" for each in last.origins)
            yield from fold(f"asked along with it: {', '.join(said)}", columns())
        for rank, hit in enumerate(self.hits, 1):
            yield from show.hit_lines(hit, rank, index=self.index, why=True)
        yield ""

    def good(self, typed: str) -> Lines:
        """Keep that the last answer, or the hit of this number, is good."""
        return self._judge(typed, good=True)

    def bad(self, typed: str) -> Lines:
        """Keep that it is bad."""
        return self._judge(typed, good=False)

    def _judge(self, typed: str, *, good: bool) -> Lines:
        from lepton_local.store import feedback

        if not self.session.results:
            yield "nothing was asked yet, expected a question first"
            return
        hit = int(typed) if _NUMBER.fullmatch(typed.strip()) else 0
        result = replace(self.session.results[-1], hits=self.hits)
        kind = feedback.JUDGEMENTS["hit" if hit else "answer"][good]
        comment = "" if hit else typed.strip()
        kept = feedback.Feedback(self.index)
        kept.add(feedback.judged(result, kind, hit=hit, comment=comment))
        yield click.style(f"kept in {clean(str(kept.path))}", dim=True)

    def drop(self, words: str) -> Lines:
        """The last question without words of those before it."""
        return self.told(self.session.drop(words.split(), k=self.k, filters=self.filters))

    def narrow(self, typed: str) -> Lines:
        """Show the filters, or set them; a dash clears them."""
        try:
            wanted = () if typed.strip() == "-" else tuple(shlex.split(typed)) or self.filters
        except ValueError as error:
            raise InputError(
                f"/filters {typed}: {error}", advice="close the quotation mark"
            ) from None
        check_limits(self.k, wanted)
        self.filters = wanted
        told = " ".join(map(clean, wanted)) if wanted else "none"
        yield f"filters: {told} (/filters EXPR… sets them, /filters - clears them)"

    def stored(self, _: str) -> Lines:
        """Stored answers alone, or all documents again."""
        self.desk = None if self.desk else Desk(self.session.searcher)
        told = "Stored answers alone are given" if self.desk else "All documents are asked again"
        yield f"{told}; /faq changes that."

    def forget(self, _: str) -> Lines:
        """A new talk."""
        self.session.results.clear()
        self.desk = Desk(self.session.searcher) if self.desk else None
        self.hits = ()
        yield "A new talk: what was asked before is forgotten."

    def end(self, _: str) -> Lines:
        """No more."""
        self.ended = True
        return iter(())

    def help(self, _: str) -> Lines:
        """What can be typed."""
        yield "1         open passage 1 in $EDITOR, or show the whole of it"
        for name, (_do, told) in COMMANDS.items():
            yield f"{_slash(name):<9} {told}"
        yield "Whatever else is typed is a question."


COMMANDS: dict[str, tuple[Callable[[Talk, str], Lines], str]] = {
    "ask": (Talk.near, "N: question N of those near the last one"),
    "more": (Talk.more, "the passages after those that were shown"),
    "why": (Talk.why, "what was searched, and what each stage thought of the passages"),
    "good": (Talk.good, "[N]: keep that the answer, or passage N, is good; bad as well"),
    "bad": (Talk.bad, "[N]: keep that it is not"),
    "drop": (Talk.drop, "WORD…: the last question again without words of those before it"),
    "filters": (Talk.narrow, "EXPR…: search only type:pdf, path:GLOB, …; - clears them"),
    "faq": (Talk.stored, "only stored questions and their answers, or all documents again"),
    "new": (Talk.forget, "start anew: the next question leans on none before it"),
    "help": (Talk.help, "this list"),
    "quit": (Talk.end, "end the talk, as Ctrl-D does"),
}


def _slash(name: str) -> str:
    return f"/{name}"
