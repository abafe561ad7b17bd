"""A talk as a program that fills the terminal: the question, the passages that were found, and
beside them the document, scrolled to the passage, with the answer marked. The one file that knows
Textual.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from threading import Lock
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Footer, Header, Input, Label, ListItem, ListView, Static

from lepton_local.cli.editor import chosen, edit, editable
from lepton_local.cli.related import clarify_lines
from lepton_local.cli.screen import clean, prose, verbatim
from lepton_local.cli.show import cited
from lepton_local.errors import LeptonError
from lepton_local.search.context import Lines
from lepton_local.search.document import read
from lepton_local.search.related import MOST
from lepton_local.search.session import Session
from lepton_local.store.feedback import COPIED, OPENED, Feedback, judged
from lepton_local.types import Answer, Hit, Result

AROUND = 400  # lines of a document that are shown before a passage, and after it


class Reading(App[None]):
    """Questions that follow one another, and what was found."""

    TITLE = "lepton-search chat"
    CSS = """
    #said { height: auto; max-height: 10; padding: 0 1; }
    #near { height: auto; max-height: 5; padding: 0 1; }
    #hits { width: 2fr; }
    #document { width: 3fr; padding: 0 1; border-left: solid $primary; }
    ListItem { padding: 0 1; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "ask", "Question", priority=True),
        Binding("ctrl+n", "step(1)", "Next passage", priority=True),
        Binding("ctrl+p", "step(-1)", "Passage before", priority=True),
        Binding("ctrl+e", "edit", "Editor", priority=True),
        Binding("ctrl+y", "cite", "Copy citation", priority=True),
        Binding("ctrl+t", "begin", "New talk", priority=True),
        Binding("ctrl+q", "quit", "Quit", priority=True),
        # Beside the field of the question, where a number is a number.
        *(Binding(str(at), f"near({at})", show=False) for at in range(1, MOST + 1)),
    ]
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        session: Session,
        *,
        k: int,
        filters: Sequence[str],
        verify: bool,
        records: bool = False,
    ) -> None:
        """records: which passages are chosen and copied is kept, beside the index."""
        super().__init__()
        self.session = session
        self.records = records
        self.k, self.filters, self.verify = k, tuple(filters), verify
        self.result: Result | None = None
        self._one = Lock()  # one question is searched at a time

    def compose(self) -> ComposeResult:
        """The question above, what answers below it, then passages beside the document."""
        yield Header()
        yield Input(placeholder="Ask your documents", id="question")
        yield Static("Questions may lean on those before them.", id="said")
        with Horizontal():
            yield ListView(id="hits")
            with VerticalScroll(id="document"):
                yield Static(id="before")
                yield Static(id="passage")
                yield Static(id="after")
        yield Static(id="near")
        yield Footer()

    @property
    def hit(self) -> Hit | None:
        """The passage that is shown."""
        at = self.query_one("#hits", ListView).index
        return self.result.hits[at] if self.result and at is not None else None

    @on(Input.Submitted)
    def ask(self, typed: Input.Submitted) -> None:
        """Search, while the keys still work."""
        if typed.value.strip():
            self.query_one("#said", Static).update("Searching…")
            self._search(typed.value.strip())

    @work(thread=True)
    def _search(self, question: str, *, alone: bool = False) -> None:
        with self._one:
            try:
                result = self.session.ask(question, k=self.k, filters=self.filters, alone=alone)
                result = self.session.searcher.verify(result) if self.verify else result
            except LeptonError as error:
                self.call_from_thread(self.query_one("#said", Static).update, _plain(str(error)))
                return
        self.call_from_thread(self.run_worker, self.told(result), exit_on_error=True)

    async def told(self, result: Result) -> None:
        """Show a result, its first passage open."""
        self.result = result
        self.query_one("#said", Static).update(said(result))
        self.query_one("#near", Static).update(near(result))
        field, hits = self.query_one("#question", Input), self.query_one("#hits", ListView)
        field.clear()
        await hits.clear()
        await hits.extend(ListItem(Label(line(hit))) for hit in result.hits)
        if result.hits:
            hits.index = _first(result)
            hits.focus()
        else:
            for part in ("before", "passage", "after"):
                self.query_one(f"#{part}", Static).update("")

    @on(ListView.Highlighted)
    def opened(self) -> None:
        """The document of the passage that was chosen, scrolled to it."""
        if (hit := self.hit) is None:
            return
        try:
            lines = read(self.session.searcher.index, hit.passage.document).lines
        except LeptonError:  # of several roots one is not found by the name alone
            lines = ()
        before, after = around(lines, hit)
        passage = self.query_one("#passage", Static)
        self.query_one("#before", Static).update(_plain(before))
        passage.update(marked(hit, self.result.answer if self.result else None))
        self.query_one("#after", Static).update(_plain(after))
        view = self.query_one("#document", VerticalScroll)
        view.call_after_refresh(view.scroll_to_widget, passage, animate=False, top=True)

    @on(ListView.Selected)
    def took(self) -> None:
        """A passage was chosen by Enter or the mouse: it is shown already, and has been opened."""
        self._used(OPENED)

    def _used(self, action: str) -> None:
        """Keep that the passage that is shown was opened or copied, where that was asked for."""
        at = self.query_one("#hits", ListView).index
        if self.records and self.result is not None and at is not None:
            try:
                Feedback(self.result.hits[at].index).add(judged(self.result, action, hit=at + 1))
            except LeptonError as error:
                self.notify(error.message, severity="error", markup=False)

    def action_ask(self) -> None:
        """To the question."""
        self.query_one("#question", Input).focus()

    def action_step(self, by: int) -> None:
        """To the next passage, or the one before."""
        hits = self.query_one("#hits", ListView)
        if self.result and self.result.hits:
            hits.index = ((hits.index or 0) + by) % len(self.result.hits)

    def action_near(self, number: int) -> None:
        """Ask one of the questions near this one."""
        if self.result and number <= len(self.result.related):
            self.query_one("#said", Static).update("Searching…")
            self._search(self.result.related[number - 1].question, alone=True)

    def action_edit(self) -> None:
        """The file in the editor, at the line."""
        hit = self.hit
        if hit is None or not editable(hit) or not chosen():
            why = "EDITOR names none" if not chosen() else "this is no line of a file of text"
            self.notify(f"No editor is opened: {why}.", severity="warning")
            return
        self._used(OPENED)
        try:
            with self.suspend():
                edit(hit)
        except LeptonError as error:
            self.notify(error.message, severity="error", markup=False)
        self.refresh()

    def action_cite(self) -> None:
        """What is shown, with where it stands, to the clipboard of the terminal."""
        if (hit := self.hit) is not None:
            answer = self.result.answer if self.result else None
            self.copy_to_clipboard(citation(hit, answer))
            self.notify("The citation is copied.")
            self._used(COPIED)

    def action_begin(self) -> None:
        """Forget what was asked before."""
        self.session.results.clear()
        self.query_one("#said", Static).update("A new talk: what was asked before is forgotten.")
        self.action_ask()


def said(result: Result) -> Text:
    """The question, what was asked along with it, and what answers or might."""
    text = Text(prose(result.question), style="italic")
    if result.carried:
        text.append(f"\nasked along with it: {prose(', '.join(result.carried))}", style="dim")
    for each in clarify_lines(result.clarify):
        text.append(f"\n{each}", style="yellow")
    for note in result.notes:
        text.append(f"\n{prose(note)}", style="dim")
    if result.answer is not None:
        text.append(f"\n{prose(result.answer.text)}", style="bold green")
        text.append(f"\n{cited(result.answer)}", style="cyan")
    elif not result.guesses:
        text.append("\nNo answer in these documents.", style="bold")
    for guess in result.guesses:
        text.append(f"\nperhaps {prose(guess.text)} ({cited(guess)})", style="dim")
    return text


def near(result: Result) -> Text:
    """The questions near this one, by the keys that ask them."""
    rows = [f"{at} {each.question}" for at, each in enumerate(result.related, 1)]
    head = ["Near this question, by their numbers:"] * bool(rows)
    return _plain("\n".join([*head, *map(prose, rows)]))


def line(hit: Hit) -> Text:
    """A passage in the list: where it stands, how relevant it is, and how it begins."""
    text = Text(f"{clean(hit.passage.document)}:{hit.line}", style="cyan")
    text.append(f"  {hit.relevance:.0%}", style="dim")
    if hit.stale or hit.verified is False:
        text.append("  changed since it was indexed", style="yellow")
    text.append(f"\n{prose(hit.passage.text)[:160]}")
    return text


def marked(hit: Hit, answer: Answer | None) -> Text:
    """A passage, with the answer that stands in it."""
    passage, text = hit.passage, Text()
    first, last = len(passage.text), len(passage.text)
    if answer is not None and _same(answer.hit, hit):
        first = min(max(answer.start - passage.start, 0), first)
        last = min(max(answer.end - passage.start, first), last)
    text.append(_shown(passage.text[:first]), style="bold")
    text.append(_shown(passage.text[first:last]), style="bold black on green")
    text.append(_shown(passage.text[last:]), style="bold")
    return text


def around(lines: Lines, hit: Hit) -> tuple[str, str]:
    """What stands before a passage in its document, and after it."""
    passage = hit.passage
    rows = passage.text.split("\n")
    ends, last = passage.line + len(rows) - 1, len(rows[-1])
    last += passage.column - 1 if len(rows) == 1 else 0
    known = dict(lines)
    first = [text for at, text in takewhile(lambda each: each[0] < passage.line, lines)]
    first.append(known.get(passage.line, "")[: passage.column - 1])
    rest = [known.get(ends, "")[last:], *(text for at, text in lines if at > ends)]
    return "\n".join(first[-AROUND:]), "\n".join(rest[:AROUND])


def citation(hit: Hit, answer: Answer | None) -> str:
    """The words and where they stand, on one line."""
    if answer is not None and _same(answer.hit, hit):
        return f"“{prose(answer.quote)}” ({answer.place.rpartition(', ')[0]})"
    place = f"{hit.passage.document}:{hit.line}"
    return f"“{prose(hit.passage.text)}” ({place})"


def _first(result: Result) -> int:
    """The passage that answers, else the best."""
    answer = result.answer
    if answer is None:
        return 0
    return next((at for at, hit in enumerate(result.hits) if _same(answer.hit, hit)), 0)


def _same(one: Hit, other: Hit) -> bool:
    return (one.index, one.root, one.passage.document, one.passage.start) == (
        *(other.index, other.root, other.passage.document),
        other.passage.start,
    )


def _shown(text: str) -> str:
    """Text as it is written; the blanks at its end stand before an answer."""
    end = text[len(text.rstrip(" ")) :]
    return "\n".join(map(verbatim, re.split(r"\r?\n", text))) + end


def _plain(text: str) -> Text:
    return Text(_shown(text), style="dim")
