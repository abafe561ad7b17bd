"""Stored answers through every door: HTTP, the page, and a talk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from starlette.testclient import TestClient

from lepton_local.cli.talk import Talk
from lepton_local.config import SearchConfig
from lepton_local.indexing import builder
from lepton_local.search.faq import Entry, Reply, plainly, reply
from lepton_local.search.searcher import Searcher
from lepton_local.search.session import Session
from lepton_local.serve import app as doors
from lepton_local.serve.live import Live
from tests.test_api import called

SHEET = """question,answer
How do I reset my password?,Open Settings & choose <Reset>.
Can I return shoes?,"Yes, within thirty days."
Can I return books?,"No, books stay with you."
Where is my parcel?,Look in the tracker.
Can I pay by card?,"Yes, by card."
Do you take cards as payment?,"All cards but one."
"""
NO_MATCH = "No good match: ask a person."


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("doors")
    (folder / "help.csv").write_text(SHEET)
    builder.build([folder / "help.csv"], folder / "index")
    return folder / "index"


@pytest.fixture(scope="module")
def client(index: Path) -> Iterator[TestClient]:
    with TestClient(doors.app(Live([index]), cores=1), raise_server_exceptions=False) as on:
        yield on


def ask(client: TestClient, question: str, **more: object) -> dict[str, object]:
    body = {"question": question, "mode": "faq", **more}
    return dict(called(client, "POST", "/v1/ask", json=body))


def test_programs_get_the_stored_answer_or_a_hand_over(client: TestClient) -> None:
    told = ask(client, "i forgot my password")
    answer = told["answer"]
    assert isinstance(answer, dict)
    assert answer["answer"] == "Open Settings & choose <Reset>."
    assert not told["hand_over"]
    assert len(ask(client, "parcel", k=2)["candidates"]) == 2  # type: ignore[arg-type]
    lost = ask(client, "who won the cup in 1998?")
    assert (lost["answer"], lost["hand_over"]) == (None, True)
    got = called(client, "GET", "/v1/ask?mode=faq&question=i+forgot+my+password")
    assert got == told


def test_a_follow_up_leans_on_the_question_before(client: TestClient) -> None:
    told = ask(client, "and what about books?", before="Can I return shoes?")
    assert told["carried"] == ["return"]
    assert told["candidates"][0]["question"] == "Can I return books?"  # type: ignore[index]


@pytest.mark.parametrize(
    "wrong", [{"mode": "oracle"}, {"mode": "faq", "skip": 1}, {"before": "shoes"}]
)
def test_what_no_mode_has_is_refused(client: TestClient, wrong: dict[str, object]) -> None:
    body = {"question": "shoes", **wrong}
    assert "expected" in called(client, "POST", "/v1/ask", json=body)


def test_events_tell_the_same(client: TestClient) -> None:
    body = {"question": "i forgot my password", "mode": "faq"}
    told = client.post("/v1/ask", json=body, headers={"Accept": "text/event-stream"}).text
    assert [line for line in told.splitlines() if line.startswith("event")] == [
        "event: answer",
        "event: done",
    ]
    assert "choose <Reset>" in told


def test_the_page_shows_the_answer_whole_and_buttons(client: TestClient) -> None:
    assert "mode=faq" in client.get("/").text
    assert "name=mode value=faq" in client.get("/?mode=faq").text
    page = client.get("/", params={"q": "i forgot my password", "mode": "faq"}).text
    assert "Open Settings &amp; choose &lt;Reset&gt;." in page
    assert page.count("<button name=q ") == 2
    lost = client.get("/", params={"q": "who won the cup in 1998?", "mode": "faq"}).text
    assert NO_MATCH in lost
    assert "The nearest questions are:" in lost
    leaning = {"q": "and what about books?", "after": "Can I return shoes?", "mode": "faq"}
    assert "books stay with you" in client.get("/", params=leaning).text


def test_a_talk_answers_hands_over_and_asks_back(index: Path) -> None:
    with Searcher.open(index) as searcher:
        talk = Talk(Session(searcher), str(index), k=3, filters=(), verify=False)

        def say(line: str) -> str:
            return click.unstyle("\n".join(talk.reply(line)))

        assert "Stored answers alone" in say("/faq")
        assert "expected a question first" in say("1")
        assert "Open Settings" in say("i forgot my password")
        lost = say("who won the cup in 1998?")
        assert lost.startswith(NO_MATCH)
        assert "The nearest, by their numbers:" in lost
        assert "thirty days" in say("can I return shoes?")
        assert "books stay with you" in say("and what about books?")
        which = say("can I pay with cards?")
        assert "Which do you mean?" in which
        assert "All cards but one." in say("2") + say("1")
        assert "is no question that was shown" in say("9")
        assert "All documents" in say("/faq")
        assert "passage that was shown" in say("1")


def test_days_in_a_question_choose_no_stored_answer(tmp_path: Path) -> None:
    for name, way, day in (("a", "card", 1.7e9), ("b", "cheque", None)):
        place = tmp_path / "docs" / f"{name}.csv"
        place.parent.mkdir(exist_ok=True)
        place.write_text(f"question,answer\nCan I pay by {way}?,By {way} at the till.\n")
        if day is not None:
            os.utime(place, (day, day))
    index = builder.build([tmp_path / "docs"], tmp_path / "index").index
    with Searcher(index, config=plainly(SearchConfig(), index)) as searcher:
        found = reply(searcher, "can I pay by cheque, or by card, today?").entries
        assert len(found) == 2


def test_two_that_say_the_same_are_not_unclear() -> None:
    def entry(answer: str, confidence: float) -> Entry:
        return Entry("q", answer, confidence, 0.0, None)  # type: ignore[arg-type]

    assert Reply("q", (entry("a", 0.97), entry("b", 0.96))).unclear
    assert not Reply("q", (entry("a", 0.97), entry("a", 0.96))).unclear
    assert not Reply("q", (entry("a", 0.97), entry("b", 0.7))).unclear
    assert not Reply("q", (entry("a", 0.4), entry("b", 0.4))).unclear
    assert not Reply("q", (entry("a", 0.9),)).unclear
