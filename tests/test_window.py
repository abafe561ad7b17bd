"""A talk in a window: what is typed, what is chosen, and what is shown then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from lepton_local.cli.window import Window
from lepton_local.indexing import builder
from lepton_local.search.searcher import Searcher
from lepton_local.search.session import Session
from tests.conftest import WordEncoder
from tests.test_cli import lepton_search
from tests.test_search import Needle


@pytest.fixture
def window(tmp_path: Path, notes: Path, encoder: WordEncoder) -> Window:
    index = builder.build(notes, tmp_path / "index", encoder=encoder).index
    reader = Needle("3 May")
    searcher = Searcher(index, encoder=encoder, reranker=reader, reader=reader)
    return Window(Session(searcher), k=3, filters=(), verify=False)


def shown(window: Window, name: str) -> str:
    """The words of a part of it."""
    return str(window.query_one(name, Static).render())


async def asked(pilot: Pilot[Any], question: str) -> None:
    pilot.app.query_one(Input).value = question
    pilot.app.action_ask()  # type: ignore[attr-defined]
    await pilot.press("enter")
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def run(window: Window, steps: Callable[[Pilot[Any]], Any]) -> None:
    """Steps of a person in the window."""
    import asyncio

    async def session() -> None:
        async with window.run_test(size=(100, 30)) as pilot:
            await steps(pilot)

    asyncio.run(session())


def test_the_answer_is_shown_and_its_document_marked(window: Window, notes: Path) -> None:
    async def steps(pilot: Pilot[Any]) -> None:
        await asked(pilot, "when were the tomatoes planted?")
        assert shown(window, "#answer").startswith("3 May\n")
        hits = window.query_one("#hits", OptionList)
        assert hits.has_focus
        assert hits.highlighted == 0
        text = shown(window, "#text")
        assert "3 May" in text
        first = text.split("\n")[0].split()
        assert first[0] == "1"
        await pilot.press("n")
        assert hits.highlighted == 1
        assert shown(window, "#text") != text
        await pilot.press("p", "c")
        assert "3 May" in window.clipboard
        assert window.clipboard.endswith("(garden.txt:1)")
        await pilot.press("slash")
        assert window.query_one(Input).has_focus

    run(window, steps)


def test_what_cannot_be_asked_is_said_and_the_window_stays(window: Window) -> None:
    async def steps(pilot: Pilot[Any]) -> None:
        await asked(pilot, "type:nothing otters")
        assert "type:" in shown(window, "#answer")
        await pilot.press("escape", "e")
        assert any("$EDITOR" in each.message for each in window._notifications)
        await asked(pilot, "when were the tomatoes planted?")
        assert shown(window, "#answer").startswith("3 May\n")

    run(window, steps)


def test_the_command_says_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, notes: Path, encoder: WordEncoder
) -> None:
    builder.build(notes, tmp_path / "index", encoder=encoder)
    monkeypatch.setitem(__import__("sys").modules, "textual.app", None)
    monkeypatch.delitem(__import__("sys").modules, "lepton_local.cli.window", raising=False)
    refused = lepton_search("chat", tmp_path / "index", "--tui")
    assert refused.exit_code == 2
    assert "pip install 'lepton-local[tui]'" in refused.stderr
