"""A talk in a window of the terminal: the question, the answer, the passages, and the document of
the one that is chosen, scrolled to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

from lepton_local.cli import show
from lepton_local.cli.screen import clean, fold, prose, verbatim
from lepton_local.cli.talk import edited, editor_for
from lepton_local.errors import LeptonError
from lepton_local.search.document import read
from lepton_local.search.session import Session
from lepton_local.types import NO_ANSWER, Answer, Hit, Result

MOST_LINES = 2_000  # of a document, around the passage
ABOVE = 3  # lines that are shown above it
SHOWN = 200  # code points of a line in the list


class Window(App[None]):
    """One talk. `session` asks; it is kept by whoever opened the window."""

    CSS = """
    #answer { padding: 0 1; max-height: 8; }
    #hits { width: 2fr; }
    #document { width: 3fr; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "ask", "Ask"),
        Binding("n", "hit(1)", "Next"),
        Binding("p", "hit(-1)", "Previous"),
        Binding("e", "edit", "Editor"),
        Binding("c", "copy", "Copy citation"),
        Binding("escape", "list", "Passages", show=False),
        Binding("q", "quit", "Quit"),
    ]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, session: Session, *, k: int, filters: Sequence[str], verify: bool) -> None:
        super().__init__()
        self.session = session
        self._most, self._within, self._verify = k, tuple(filters), verify
        self.result: Result | None = None

    def compose(self) -> ComposeResult:
        """Top to bottom."""
        yield Input(placeholder="Ask your documents", id="question")
        yield Static(id="answer")
        with Horizontal():
            yield OptionList(id="hits")
            with VerticalScroll(id="document"):
                yield Static(id="text")
        yield Footer()

    def on_input_submitted(self, typed: Input.Submitted) -> None:
        """Ask beside the window, which stays alive."""
        if typed.value.strip():
            self.query_one("#answer", Static).update("searching …")
            self.run_worker(partial(self._asked, typed.value), thread=True, exclusive=True)

    def _asked(self, question: str) -> None:
        try:
            result = self.session.ask(question, k=self._most, filters=self._within)
            result = self.session.searcher.verify(result) if self._verify else result
        except LeptonError as error:
            self.call_from_thread(self._failed, str(error))
        else:
            self.call_from_thread(self._told, result)

    def _failed(self, error: str) -> None:
        self.query_one("#answer", Static).update(Text(prose(error), style="red"))

    def _told(self, result: Result) -> None:
        """Show a result, and choose the passage of the answer, or the first."""
        self.result = result
        self.query_one("#answer", Static).update(_answer(result))
        hits = self.query_one("#hits", OptionList)
        hits.clear_options()
        hits.add_options([Option(_hit(hit, rank)) for rank, hit in enumerate(result.hits, 1)])
        self.query_one("#text", Static).update("")
        if result.hits:
            answer = result.answer
            same = [answer is not None and _same(answer.hit, hit) for hit in result.hits]
            hits.highlighted = same.index(True) if True in same else 0
            hits.focus()

    def on_option_list_option_highlighted(self, chosen: OptionList.OptionHighlighted) -> None:
        """Show the document of a passage, scrolled to it."""
        if self.result is None:
            return
        hit, answer = self.result.hits[chosen.option_index], self.result.answer
        beside = self.query_one("#document", VerticalScroll)
        try:
            told = read(self.session.searcher.index, hit.passage.document).lines
        except LeptonError as error:  # it is gone since
            self._failed(str(error))
            return
        here = answer if answer is not None and _same(answer.hit, hit) else None
        text, row = _document(told, hit, here, max(20, beside.size.width - 4))
        self.query_one("#text", Static).update(text)
        self.call_after_refresh(beside.scroll_to, y=max(0, row - ABOVE), animate=False)

    def action_ask(self) -> None:
        """Back to the question."""
        self.query_one("#question", Input).focus()

    def action_list(self) -> None:
        """To the passages."""
        self.query_one("#hits", OptionList).focus()

    def action_hit(self, step: int) -> None:
        """The next passage, or the one before."""
        hits = self.query_one("#hits", OptionList)
        if hits.option_count:
            hits.highlighted = ((hits.highlighted or 0) + step) % hits.option_count

    def action_edit(self) -> None:
        """The file of the passage in $EDITOR."""
        hit = self._chosen()
        editor = editor_for(hit) if hit else ""
        if hit is None or not editor:
            self.notify("No file of text is chosen, or $EDITOR is not set.", severity="warning")
            return
        with self.suspend():
            said = list(edited(editor, hit))
        for line in said:
            self.notify(line, severity="error")

    def action_copy(self) -> None:
        """The citation, for whoever pastes it: the answer's, where its passage is chosen."""
        hit, answer = self._chosen(), self.result.answer if self.result else None
        if hit is None:
            return
        own = answer if answer is not None and _same(answer.hit, hit) else None
        words = own.quote if own else _line(hit)
        line = own.line if own else hit.line
        self.copy_to_clipboard(f"{words} ({hit.passage.document}:{line})")
        self.notify("The citation is copied.")

    def _chosen(self) -> Hit | None:
        at = self.query_one("#hits", OptionList).highlighted
        return None if self.result is None or at is None else self.result.hits[at]


def _answer(result: Result) -> Text:
    text = Text()
    if result.carried:
        text.append(f"asked along with it: {prose(', '.join(result.carried))}\n", style="dim")
    if result.answer is not None:
        text.append(prose(result.answer.text), style="bold green")
        text.append(f"\n{show.cited(result.answer)}", style="cyan")
    else:
        text.append(NO_ANSWER, style="bold")
        for guess in result.guesses:
            text.append(f"\nperhaps {prose(guess.text)} ({show.cited(guess)})", style="dim")
    for note in result.notes:
        text.append(f"\n{prose(note)}", style="yellow")
    return text


def _hit(hit: Hit, rank: int) -> Text:
    text = Text(f"{rank} ")
    text.append(f"{clean(hit.passage.document)}:{hit.line}", style="bold")
    text.append(f"\n{prose(_line(hit))[:SHOWN]}", style="dim")
    return text


def _line(hit: Hit) -> str:
    """The line of the passage that the hit is cited by."""
    lines = hit.passage.text.split("\n")
    return lines[min(max(0, hit.line - hit.passage.line), len(lines) - 1)]


def _document(
    told: Sequence[tuple[int, str]], hit: Hit, answer: Answer | None, width: int
) -> tuple[Text, int]:
    """The lines around a passage, folded to a width, its own marked; and the row it begins in."""
    last = hit.passage.line + hit.passage.text.count("\n")
    near = [each for each in told if abs(each[0] - hit.passage.line) <= MOST_LINES // 2]
    said = range(answer.line, answer.line + answer.text.count("\n") + 1) if answer else ()
    text, row, begins = Text(), 0, 0
    for number, line in near:
        begins = row if number == hit.line else begins
        style = "" if hit.passage.line <= number <= last else "dim"
        style = "bold" if number in said else style
        for folded, part in enumerate(fold(verbatim(line), width - 6) or [""]):
            text.append(f"{'' if folded else number:>5} ", style="dim")
            text.append(f"{part}\n", style=style)
            row += 1
    if answer is not None:
        text.highlight_words([prose(answer.text)], style="bold reverse")
    return text, begins


def _same(one: Hit, other: Hit) -> bool:
    return one.root == other.root and one.passage == other.passage
