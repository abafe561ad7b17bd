"""Questions near one that was asked. Which of them lead on was judged by reading them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from textual.widgets import Input

import lepton_local as lepton
from lepton_local.cli.tui import Reading
from lepton_local.serve import app as doors
from lepton_local.serve.guard import Guard
from lepton_local.serve.live import Live
from lepton_local.serve.tokens import OneKey
from tests.test_cli import lepton_search
from tests.test_tui import ask, text

TEXTS = {
    "questions.csv": """question,answer
Can I cancel a course?,A course may be cancelled up to seven days before it begins.
How do I pay for a course?,"Courses are paid by bank transfer, within ten days of the letter."
Is there a discount for students?,Students pay half of the price of a course.
Where is the pottery?,The pottery is at 14 Mill Lane.
Who repairs the kilns?,Kilns are repaired by Imre Varga on the first Monday of a month.
""",
    "words.md": """# Words of the pottery

A kiln is an oven in which clay becomes stone, at a thousand degrees and more.

A glaze is a coat of glass that is melted onto a pot.

A wheel is a table that turns, on which a pot is thrown.

The waiting list is a list of those who want a place in a course that is full.
""",
    "rules.md": """# Rules of the courses

## Full courses

Whoever wants a place in a course that is full is put on the waiting list, and is told by letter.

## What happens to a missed lesson?

A missed lesson may be made up for within two weeks, in any other course.

## Firing

The kilns are fired on Fridays. A pot must dry for six days before it is fired.
""",
    "bees.md": """# Bees

A hive is a wooden box in which bees live.

## What do bees eat in winter?

In winter bees eat the honey that they have stored, or sugar that they are given.
""",
}
# Judged: what leads on from each question. Bees lead on from none.
LEADS = {
    "How long before it begins can a course be cancelled?": {
        "How do I pay for a course?",
        "Is there a discount for students?",
        "What happens to a missed lesson?",
        "Full courses",
    },
    "How much do students pay?": {"How do I pay for a course?", "Can I cancel a course?"},
    "When are the kilns fired?": {"What is a kiln?", "Who repairs the kilns?"},
    "Who mends the kilns?": {"What is a kiln?", "Firing"},
    "What becomes of clay in a kiln?": {"Firing", "Who repairs the kilns?", "What is a glaze?"},
    "What if I miss a lesson?": {"Can I cancel a course?", "Full courses"},
    "What happens when a course is full?": {
        "What is the waiting list?",
        "What happens to a missed lesson?",
        "Can I cancel a course?",
        "How do I pay for a course?",
    },
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pottery")
    for name, told in TEXTS.items():
        (root / name).write_text(told)
    lepton.build(root, root / "index")
    return root / "index"


@pytest.fixture(scope="module")
def searcher(index: Path) -> Iterator[lepton.Searcher]:
    with lepton.Searcher.open(index) as opened:
        yield opened


def test_what_is_shown_leads_on(searcher: lepton.Searcher) -> None:
    """Nine of ten do, and two of three questions have one."""
    shown = {q: searcher.answer(q, related=True) for q in LEADS}
    told = [(q, each.question) for q, result in shown.items() for each in result.related]
    good = [one for one in told if one[1] in LEADS[one[0]]]
    assert len(good) >= 0.9 * len(told), sorted({*told} - {*good})
    assert sum(bool(result.related) for result in shown.values()) >= 2 / 3 * len(LEADS)


def test_each_is_answered_where_it_was_mined(searcher: lepton.Searcher) -> None:
    result = searcher.answer("When are the kilns fired?", related=True)
    assert result.related
    for each in result.related:
        text = each.answer.hit.passage.text
        at = each.answer.start - each.answer.hit.passage.start
        assert text[at : at + len(each.answer.text)] == each.answer.text
        assert each.answer.confidence >= searcher.reader.calibration.answer.threshold
    documents = [each.answer.hit.passage.document for each in result.related]
    assert len(documents) == len(set(documents)) <= 4
    assert result.answer is not None
    assert result.answer.text not in [each.answer.text for each in result.related]


def test_they_are_found_where_they_are_asked_for_alone(searcher: lepton.Searcher) -> None:
    question = "When are the kilns fired?"
    assert searcher.answer(question).related == ()
    assert searcher.answer(question, filters=["path:rules.md"], related=True).related == ()
    unread = lepton.SearchConfig(answer=False)
    with lepton.Searcher(searcher.index, config=unread) as listing:
        assert listing.answer(question, related=True).related == ()


def test_the_command_shows_them(index: Path) -> None:
    asked = lepton_search("related", index, "When are the kilns fired?")
    assert asked.exit_code == 0
    assert "Who repairs the kilns?\n  Kilns are repaired by Imre Varga" in asked.stdout
    told = json.loads(lepton_search("related", index, "kilns fired?", "--json").stdout)
    assert {"question", "kind", "answer"} == told["related"][0].keys()
    nothing = lepton_search("related", index, "zzz qqq")
    assert (nothing.exit_code, nothing.stdout.count("\n")) == (1, 1)


def test_the_page_and_the_events_bear_them(index: Path) -> None:
    guarded = Guard(doors.app(Live([index]), cores=1), port=80, keys=OneKey("key"))
    headers = {"Host": "localhost:80", "Authorization": "Bearer key"}
    with TestClient(guarded, base_url="http://localhost", headers=headers) as client:
        page = client.get("/", params={"q": "When are the kilns fired?"}).text
        assert page.index("</ol>") < page.index("Near this question")
        assert '<a href="/?q=Who+repairs+the+kilns%3F" dir=auto>Who repairs the kilns?</a>' in page
        asked = {"question": "When are the kilns fired?"}
        events = client.post("/v1/ask", json=asked, headers={"Accept": "text/event-stream"}).text
    assert events.index("event: answer") < events.index("event: related")
    assert '"question": "Who repairs the kilns?", "kind": "asked"' in events


def test_a_talk_asks_them_by_their_numbers(index: Path) -> None:
    typed = ["/ask 1", "When are the kilns fired?", "/ask 1", "/ask 9", "/ask", "/new", "/ask 1"]
    done = lepton_search("chat", index, "-k", "1", stdin="\n".join(typed))
    before, first, second, *wrong, new, nothing = done.stdout.split("? ", 1)[1].split("\n? ")
    assert "no such question was shown, expected a question that has one near it" in before
    shown = first.split("Near this question (/ask N asks one):\n")[1].splitlines()
    question = shown[0].removeprefix(" 1  ")
    assert second.startswith(f"/ask 1\n{question}\n")
    assert "along with it" not in second  # it stands in a document, and leans on no talk
    assert all("expected 1 to " in each or "expected a question" in each for each in wrong)
    assert "forgotten" in new
    assert "expected a question" in nothing
    assert done.exit_code == 0


def test_keys_of_the_whole_terminal_ask_them(index: Path) -> None:
    async def story(searcher: lepton.Searcher) -> None:
        app = Reading(lepton.Session(searcher, related=True), k=2, filters=(), verify=False)
        async with app.run_test(size=(110, 40)) as pilot:
            await ask(pilot, app, "When are the kilns fired?")
            assert app.result is not None
            near = [each.question for each in app.result.related]
            assert near
            assert f"1 {near[0]}" in text(app, "near")
            await pilot.press("1")
            await app.workers.wait_for_complete()
            await pilot.pause()
            assert app.result.question == near[0]
            await pilot.press("9", "escape", "1")
            assert app.query_one("#question", Input).value == "1"
            assert len(app.session.results) == 2

    with lepton.Searcher.open(index) as searcher:
        asyncio.run(story(searcher))
