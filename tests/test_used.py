"""What is opened and copied is kept where somebody asked for that, and nowhere else."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient
from textual.pilot import Pilot
from textual.widgets import ListView

import lepton_local as lepton
from lepton_local.cli.index import main as index_command
from lepton_local.cli.tui import Reading
from lepton_local.indexing import builder
from lepton_local.search.searcher import Searcher
from lepton_local.serve import app as doors
from lepton_local.serve.live import Live
from lepton_local.store.feedback import COPIED, OPENED, Feedback
from tests.conftest import WordEncoder
from tests.test_cli import lepton_search
from tests.test_search import Needle
from tests.test_tui import ask, play

QUESTION = "How long is the notice period? type:markdown"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("used")
    (place / "notes").mkdir()
    (place / "notes" / "lease.md").write_text("# Lease\n\nThe notice period is three months.\n")
    (place / "notes" / "house.md").write_text("# House rules\n\nNo notice of music after ten.\n")
    (place / "notes" / "end.md").write_text("# Ending a lease\n\nA lease is ended in writing.\n")
    lepton.build(place / "notes", place / "index")
    return place / "index"


@pytest.fixture
def kept(index: Path) -> Iterator[Feedback]:
    made = Feedback(index)
    yield made
    made.forget(lambda _: True)


def test_the_page_keeps_what_is_opened_and_says_so(index: Path, kept: Feedback) -> None:
    with TestClient(doors.app(Live([index]), cores=1, records=True)) as client:
        assert "--record-use" in client.get("/").text
        page = client.get("/", params={"q": QUESTION}).text
        assert "--record-use" in page
        (asked,) = re.findall(r'data-asked="([^"]*)"', page)
        assert html.unescape(asked) == QUESTION
        passages = re.findall(r"<li data-passage=(\w+)>", page)
        told = {"question": QUESTION, "action": OPENED, "passage": passages[0], "hit": 1}
        assert client.post("/use", json=told).status_code == 204
        assert client.post("/use", json=told | {"action": COPIED}).status_code == 204
        assert client.post("/use", json=told | {"action": "hit_good"}).status_code == 400
        assert client.post("/use", json=told | {"passage": "0" * 32}).status_code == 404
    opened, copied = kept.events()
    assert (opened.action, copied.action) == (OPENED, COPIED)
    assert opened.what is not None
    assert opened.what.document == "lease.md"
    assert (opened.question, opened.filters) == (QUESTION[:-14].strip(), ("type:markdown",))
    near = lepton_search("for-you", index, "--json")
    assert near.exit_code == 0, near.stderr
    assert "lease.md" not in {each["document"] for each in json.loads(near.stdout)["suggestions"]}
    gone = lepton_index("forget", str(index), "--document", "lease.md")
    assert gone.startswith("removed 2 ")
    assert not kept.path.exists()


def test_nothing_is_kept_unless_it_was_asked_for(index: Path, kept: Feedback) -> None:
    with TestClient(doors.app(Live([index]), cores=1)) as client:
        page = client.get("/", params={"q": QUESTION}).text
        assert "--record-use" not in page + client.get("/").text
        assert "data-asked" not in page
        for target in re.findall(r'href="(/document[^"]*)"', page):
            assert client.get(html.unescape(target)).status_code == 200
        told = {"question": "x", "action": OPENED, "passage": "0" * 32, "hit": 1}
        assert client.post("/use", json=told).status_code == 404
    assert not kept.path.exists()


@pytest.mark.parametrize("records", [True, False])
def test_the_terminal_keeps_what_is_chosen_and_copied(
    notes: Path, tmp_path: Path, encoder: WordEncoder, records: bool
) -> None:
    made = builder.build(notes, tmp_path / "index", encoder=encoder).index
    reader = Needle("rye flour")
    with Searcher(made, encoder=encoder, reranker=reader, reader=reader) as searcher:

        async def story(pilot: Pilot[None], app: Reading) -> None:
            await ask(pilot, app, "when are tomatoes watered?")
            await pilot.press("ctrl+n")  # to look at one is not to choose it
            assert not Feedback(made.path).events()
            await pilot.press("enter", "ctrl+y")
            await pilot.pause()
            assert app.query_one("#hits", ListView).index is not None

        play(searcher, story, records=records)
    events = Feedback(made.path).events()
    assert [each.action for each in events] == ([OPENED, COPIED] if records else [])


def lepton_index(*args: str) -> str:
    return CliRunner().invoke(index_command, args).stdout
