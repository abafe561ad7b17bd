"""Questions that documents answer: pairs in many layouts, asked in other words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lepton_local.cli.index import main as index_command
from lepton_local.cli.search import main as search_command
from lepton_local.indexing import builder
from lepton_local.search.context import section
from lepton_local.search.searcher import Searcher
from lepton_local.search.stored import stored_questions
from tests.conftest import WordEncoder

LONG = " ".join(f"Step {n} is to turn the handle {n} times to the left." for n in range(60))
PAGE = """<html><head><title>Shop help</title><script type="application/ld+json">
{"@context": "https://schema.org", "@type": "FAQPage", "mainEntity": [
 {"@type": "Question", "name": "Do you ship abroad?",
  "acceptedAnswer": {"@type": "Answer", "text":
   "<p>Yes, to <b>40</b> countries.</p><p>Ask us.</p>"}},
 {"@type": "Question", "name": "Where is my parcel?",
  "acceptedAnswer": {"@type": "Answer", "text": "Twice said."}},
 {"@type": "Question", "name": 7, "acceptedAnswer": ["", null]}]}</script>
<script type="application/ld+json">{"@type": </script></head>
<body><h1>Shop help</h1><dl><dt>Where is my parcel?</dt><dd>Look in the tracker.</dd>
<dt>Can I pay by card?</dt><dd>Yes, all cards.</dd><dt>A term</dt><dd>And its meaning.</dd></dl>
<details><summary>May I cancel an order?</summary><p>Until it is packed.</p></details>
<p>Call us at any hour.</p></body></html>"""
SHEET = """question,answer,topic
How do I reset my password,Open Settings and choose Reset.,account
Can I return a book?,"Yes, within thirty days.

Keep the receipt.",returns
How can I reset the password?,Open Settings and choose Reset.,account
No answer here?,,
"""


def lepton_search(*args: str | Path) -> Result:
    return CliRunner().invoke(search_command, [str(arg) for arg in args])


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faq")
    (folder / "help").mkdir()
    (folder / "help" / "shop.html").write_text(PAGE)
    (folder / "help" / "account.csv").write_text(SHEET)
    (folder / "help" / "oven.md").write_text(
        f"# Ovens\n\n### How do I open the oven?\n\n{LONG}\n\n### Why is it cold?\n\nNo gas.\n"
    )
    made = ["build", str(folder / "help"), "--out", str(folder / "index"), "--quiet"]
    assert CliRunner().invoke(index_command, made).exit_code == 0
    return folder / "index"


@pytest.mark.parametrize(
    ("asked", "stored", "answer", "document"),
    [
        (
            "I want to reset my password",
            "How do I reset my password",
            "Open Settings and choose Reset.",
            "account.csv#1",
        ),
        (
            "is it possible to return a book?",
            "Can I return a book?",
            "Yes, within thirty days.\n\nKeep the receipt.",
            "account.csv#2",
        ),
        ("is paying by card possible?", "Can I pay by card?", "Yes, all cards.", "shop.html"),
        ("can an order be cancelled", "May I cancel an order?", "Until it is packed.", "shop.html"),
        (
            "do you ship to foreign countries?",
            "Do you ship abroad?",
            "Yes, to 40 countries.\n\nAsk us.",
            "shop.html",
        ),
        ("why is my oven cold?", "Why is it cold?", "No gas.", "oven.md"),
        ("how to open the oven", "How do I open the oven?", LONG, "oven.md"),
    ],
)
def test_the_stored_answer_is_given_whole(
    index: Path, asked: str, stored: str, answer: str, document: str
) -> None:
    found = lepton_search("faq", index, asked, "--json")
    assert found.exit_code == 0, found.output
    record = json.loads(found.stdout)
    told = record["answer"]
    assert (told["question"], told["answer"], told["document"]) == (stored, answer, document)
    assert told == record["candidates"][0]
    assert len(record["candidates"]) == 3
    assert not record["hand_over"]


@pytest.mark.parametrize("asked", ["who won the world cup in 1998?", "xqzt vvkj", "tax on houses"])
def test_another_question_is_handed_over(index: Path, asked: str) -> None:
    found = lepton_search("faq", index, asked)
    assert found.exit_code == 1
    assert found.stdout.startswith("No good match: ask a person.")
    record = json.loads(lepton_search("faq", index, asked, "--json").stdout)
    assert record["hand_over"]
    assert record["answer"] is None
    assert all(each["confidence"] < 0.5 for each in record["candidates"])


def test_a_person_sees_the_answer_and_what_else_is_near(index: Path) -> None:
    said = lepton_search("faq", index, "where is my parcel now?").stdout.splitlines()
    assert said[0] == "Where is my parcel?"
    assert said[1].startswith("shop.html:3, ")  # the line of the question
    assert "  Look in the tracker." in said
    assert "or do you ask:" in said
    sure, less = (int(said[at].split(", ")[1].rstrip("%")) for at in (1, -1))
    assert sure > 50 > less


def test_what_stands_below_the_questions_is_theirs_alone(index: Path) -> None:
    with Searcher.open(index) as searcher:
        hits = searcher.search("at any hour", k=20, filters=["path:shop.html"])
        headings = {hit.passage.text.strip(): hit.passage.heading for hit in hits}
        after = next(text for text in headings if "Call us" in text)
        assert headings[after] == "Shop help"
        term = next(hit for hit in hits if "its meaning" in hit.passage.text)
        assert term.passage.heading == "Shop help"
        assert section(searcher.index, term) == "A term\nAnd its meaning."


def test_questions_that_are_stored_twice_are_reported(index: Path) -> None:
    found = lepton_search("faq-check", index)
    assert found.exit_code == 1
    assert "the same answer" in found.stdout
    lines = [
        json.loads(line) for line in lepton_search("faq-check", index, "--json").stdout.splitlines()
    ]
    assert [{each["document"] for each in line["pair"]} for line in lines] == [
        {"account.csv#1", "account.csv#3"}
    ]
    assert lepton_search("faq-check", index, "--least", "1").exit_code == 0
    assert lepton_search("faq-check", index, "--least", "2").exit_code == 2


def test_filters_hold_and_wrong_ones_are_refused(index: Path) -> None:
    found = lepton_search("faq", index, "i forgot my password", "--filter", "type:html")
    assert found.exit_code == 1
    assert "account" not in found.stdout
    assert lepton_search("faq", index, "why?", "--filter", "nope:1").exit_code == 2
    assert lepton_search("faq", index, " ").exit_code == 2


def test_the_button_of_an_accordion_is_a_question(tmp_path: Path) -> None:
    (tmp_path / "help.html").write_text(
        "<h2>How do I return a parcel?</h2><p>With the label.</p><div><button aria-expanded=false"
        " aria-controls=a>Are there gift cards?</button><div id=a><p>From ten euros.</p></div>"
        "<h3><button aria-expanded=false aria-controls=b>May I swap?</button></h3><div id=b>"
        "<p>Within a week.</p></div></div>"
    )
    index = builder.build([tmp_path / "help.html"], tmp_path / "i", encoder=WordEncoder()).index
    assert [(each.question, each.answer) for _, each in stored_questions(index)] == [
        ("How do I return a parcel?", "With the label."),
        ("Are there gift cards?", "From ten euros."),
        ("May I swap?", "Within a week."),
    ]
