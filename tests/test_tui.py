"""The talk that fills the terminal, by the keys that a person presses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from rich.text import Text
from textual.pilot import Pilot
from textual.widgets import Input, ListView, Static

from lepton_local.cli.tui import Reading, around
from lepton_local.indexing import builder
from lepton_local.search.document import read
from lepton_local.search.searcher import Searcher
from lepton_local.search.session import Session
from tests.conftest import WordEncoder
from tests.test_cli import complaint, lepton_search
from tests.test_search import Needle

Told = Callable[[Pilot[None], Reading], Awaitable[None]]


@pytest.fixture
def searcher(tmp_path: Path, notes: Path, encoder: WordEncoder) -> Iterator[Searcher]:
    index = builder.build(notes, tmp_path / "index", encoder=encoder).index
    reader = Needle("rye flour")
    with Searcher(index, encoder=encoder, reranker=reader, reader=reader) as made:
        yield made


def play(searcher: Searcher, story: Told, *, records: bool = False) -> None:
    async def run() -> None:
        app = Reading(Session(searcher), k=5, filters=(), verify=False, records=records)
        async with app.run_test(size=(110, 40)) as pilot:
            await story(pilot, app)

    asyncio.run(run())


async def ask(pilot: Pilot[None], app: Reading, question: str) -> None:
    app.query_one("#question", Input).value = question
    await pilot.press("escape", "enter")
    await app.workers.wait_for_complete()
    await pilot.pause()


def text(app: Reading, name: str) -> str:
    return str(app.query_one(f"#{name}", Static).content)


def test_a_question_shows_its_answer_in_the_document(searcher: Searcher) -> None:
    async def story(pilot: Pilot[None], app: Reading) -> None:
        await ask(pilot, app, "how is the sourdough starter fed?")
        assert "rye flour" in text(app, "said")
        assert app.hit is not None
        assert app.hit.path == "bread.md"
        assert "with rye flour every morning" in text(app, "passage")
        marked = app.query_one("#passage", Static).content
        assert isinstance(marked, Text)
        (answer,) = (span for span in marked.spans if "green" in str(span.style))
        assert app.result is not None
        assert app.result.answer is not None
        assert marked.plain == app.hit.passage.text
        assert marked.plain[answer.start : answer.end] == app.result.answer.text
        await pilot.press("ctrl+y")
        assert "bread.md" in app.clipboard
        assert "rye flour" in app.clipboard

    play(searcher, story)


def test_keys_go_from_passage_to_passage_and_start_anew(searcher: Searcher) -> None:
    async def story(pilot: Pilot[None], app: Reading) -> None:
        await ask(pilot, app, "when are tomatoes watered?")
        hits = app.query_one("#hits", ListView)
        first, count = hits.index, len(hits)
        await pilot.press("ctrl+n")
        assert hits.index == ((first or 0) + 1) % count
        await pilot.press("ctrl+p")
        assert hits.index == first
        await ask(pilot, app, "   ")
        assert len(app.session.results) == 1
        await pilot.press("ctrl+t")
        assert app.session.results == []
        await ask(pilot, app, "bread type:nothing")
        assert "type:" in text(app, "said")

    play(searcher, story)


def test_what_is_shown_around_a_passage_is_the_rest_of_its_document(searcher: Searcher) -> None:
    for hit in searcher.search("sourdough tomatoes otters bread", k=20):
        lines = read(searcher.index, hit.passage.document).lines
        before, after = around(lines, hit)
        whole = "\n".join(line for _, line in lines)
        assert before + hit.passage.text + after == whole


def test_no_editor_and_no_terminal_are_said(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.delenv("VISUAL", raising=False)

    async def story(pilot: Pilot[None], app: Reading) -> None:
        await ask(pilot, app, "how is the sourdough starter fed?")
        await pilot.press("ctrl+e")
        assert app.is_running

    play(searcher, story)
    assert "expected one" in complaint(lepton_search("chat", searcher.index.place, "--tui"))
