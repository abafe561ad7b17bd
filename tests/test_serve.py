"""The page and the JSON of a server: what they tell, and when they are told anew."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

import lepton_local as lepton
from lepton_local.search.record import result_record
from lepton_local.serve import app as doors
from lepton_local.serve.guard import Guard
from lepton_local.serve.live import Live
from lepton_local.serve.tokens import OneKey
from lepton_local.store.feedback import Feedback

LEASE = "# Lease <b>x</b>\n\nThe notice period is three months.\n\nThe rent is 940 euros a month.\n"
HOSTILE = "<script>alert(1)</script> otters swim \u202e\u200b & bite.\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("serve")
    (place / "notes").mkdir()
    (place / "notes" / "lease.md").write_text(LEASE, encoding="utf-8")
    (place / "notes" / "o'<i>.txt").write_text(HOSTILE, encoding="utf-8")
    lepton.build(place / "notes", place / "index")
    return place


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    """A browser that was let in."""
    guarded = Guard(doors.app(Live([folder / "index"]), cores=1), port=80, keys=OneKey("key"))
    let_in = {"Host": "localhost:80", "Authorization": "Bearer key"}
    with TestClient(guarded, base_url="http://localhost", headers=let_in) as on:
        yield on


def test_the_page_answers_first(client: TestClient) -> None:
    page = client.get("/", params={"q": "How long is the notice period?"}).text
    assert "<p class=words dir=auto>three months</p>" in page
    assert page.index("three months") < page.index("<ol start=1>")
    target = html.unescape(re.findall(r'href="(/document[^"]*)"', page)[0])
    document = client.get(target).text
    assert "<li value=3 id=L3 class=found>" in document
    assert "Lease &lt;b&gt;x&lt;/b&gt;" in document


def test_a_question_follows_another(client: TestClient) -> None:
    first = client.get("/", params={"q": "How long is the notice period?"}).text
    (before,) = re.findall(r'name=after value="([^"]*)"', first)
    assert before == "How long is the notice period?"
    page = client.get("/", params={"q": "Who may end it?", "after": before}).text
    assert 'value="Who may end it?"' in page
    ways = [html.unescape(each) for each in re.findall(r'class=on href="([^"]*)"', page)]
    (meant,) = re.findall(r'name=after value="Who may end ([^"]*)\?"', page)
    words = meant.split()
    assert {"notice", "period"} <= set(words)
    rests = [" ".join(each for each in words if each != left) for left in words]
    assert ways == [f"/?{urlencode({'q': f'Who may end {rest}?'})}" for rest in rests]
    alone = client.get("/", params={"q": "What is the rent?", "after": before}).text
    assert "Of the question before" not in alone


def test_a_document_is_shown_with_what_was_found_in_it(client: TestClient, folder: Path) -> None:
    rows = folder / "notes" / "stock.csv"
    rows.write_text("id,text,colour\n7,The kettle\\nboils.,red <i>\n", encoding="utf-8")
    lepton.update(folder / "index")
    try:
        asked = {"name": "stock.csv#7", "first": "1", "last": "1", "words": "kettle"}
        page = client.get("/document", params=asked).text
        assert '<mark class="answer">kettle</mark>' in page
        assert "<dt dir=auto>colour</dt><dd dir=auto>red &lt;i&gt;</dd>" in page
        assert "changed since" not in page
        rows.write_text("id,text,colour\n7,The kettle is cold.,red\n", encoding="utf-8")
        assert "changed since it was indexed" in client.get("/document", params=asked).text
    finally:
        rows.unlink()
        lepton.update(folder / "index")


def test_a_citation_is_proved_against_its_file(client: TestClient, folder: Path) -> None:
    def cited() -> str:
        page = client.get("/", params={"q": "How long is the notice period?"}).text
        return page.split("class=place>")[1].split("</p>")[0]

    (prove,) = re.findall(r'href="([^"]*)">Prove it', cited())
    assert "changed" not in cited()
    document = client.get(html.unescape(prove)).text
    assert "verified: the file says so now" in document
    assert '<mark class="answer">three months</mark>' not in document  # the sentence is marked
    lease = folder / "notes" / "lease.md"
    for text, verdict in (
        (f"{LEASE}\nP.S.\n", "'badge good'>verified"),
        (LEASE.replace("three", "nine"), "'badge bad'>not verified"),
    ):
        lease.write_text(text, encoding="utf-8")
        try:
            assert "'badge bad'>changed since it was indexed" in cited()
            document = client.get(html.unescape(prove)).text
            assert verdict in document
            assert "'badge bad'>changed since it was indexed" in document
        finally:
            lease.write_text(LEASE, encoding="utf-8")


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_the_page_looks_as_it_was_told_to(folder: Path, theme: str) -> None:
    with TestClient(doors.app(Live([folder / "index"]), cores=1, theme=theme)) as on:
        style = on.get("/style.css").text
    chosen = re.findall(r"color-scheme: (.*);", style)
    assert chosen == ["light dark", *([theme] if theme != "auto" else [])]


def test_a_browser_is_told_how_to_search(client: TestClient) -> None:
    told = client.get("/search.xml")
    assert told.headers["content-type"].startswith("application/opensearchdescription+xml")
    assert 'template="http://localhost:80/?q={searchTerms}"' in told.text


def test_no_answer_is_said(client: TestClient) -> None:
    page = client.get("/", params={"q": "Who won the football match in Lima?"}).text
    assert "No answer in these documents.</p>" in page


def test_what_documents_hold_is_shown_as_text(client: TestClient) -> None:
    page = client.get("/", params={"q": '">  <script> "otters swim"'}).text
    assert page.count("<script") == 1  # its own
    assert 'value="&quot;&gt; &lt;script&gt; &quot;otters swim&quot;"' in page
    assert "alert(1)&lt;/" in page
    assert "‹U+202E›" in page
    assert "o&#x27;&lt;i&gt;.txt" in page


def test_every_answer_forbids_what_is_of_other_hosts(client: TestClient) -> None:
    for path in ("/", "/v1/status", "/gone"):
        told = client.get(path).headers
        assert told["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert told["cache-control"] == "no-store"
    assert "http" not in re.sub(r"<!doctype.*?>", "", client.get("/").text)


def test_programs_are_told_the_record_of_a_query(client: TestClient, folder: Path) -> None:
    asked = {"question": "What is the rent?", "k": 1}
    told = client.post("/v1/ask", json=asked).json()
    wanted = result_record(lepton.Searcher.open(folder / "index").answer("What is the rent?", k=1))
    assert told | {"seconds": 0} == json.loads(json.dumps(wanted)) | {"seconds": 0}
    assert told["answer"]["text"] == "940 euros a month"
    found = client.post("/v1/search", json=asked | {"skip": 1}).json()
    assert [hit["rank"] for hit in found["hits"]] == [2]
    assert client.get("/v1/status").json()["documents"] == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "no JSON"),
        (b"[" * 60_000, "no JSON"),
        (b"[]", "asks nothing"),
        (b'{"question": 1}', "'question' is 1"),
        (b'{"question": "a", "colour": 1}', "'colour' is 1"),
        (b'{"question": "a", "k": 99}', "k is 99"),
        (b'{"question": "?"}', "asks nothing"),
        (json.dumps({"question": "a" * 3000}).encode(), "3,000 characters"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(client: TestClient, body: bytes, said: str) -> None:
    told = client.post("/v1/ask", content=body)
    assert told.status_code == 400
    assert said in told.json()["error"]


def test_half_a_character_is_asked_as_a_sign(client: TestClient) -> None:
    told = client.post("/v1/ask", content=b'{"question": "rent \\ud800"}')
    assert told.status_code == 200
    assert told.json()["question"] == "rent \ufffd"


def test_lines_that_a_document_no_longer_has_are_its_end(client: TestClient) -> None:
    asked = "/document?name=lease.md&first=99999&last=1"
    assert "<li value=5 id=L5 class=found>" in client.get(asked).text
    assert "gone.md is not in the index" in client.get("/document?name=gone.md").text


def test_an_index_that_was_built_anew_is_seen(notes: Path, tmp_path: Path) -> None:
    lepton.build(notes, tmp_path / "index")
    with TestClient(doors.app(Live([tmp_path / "index"]), cores=1)) as on:
        assert on.get("/v1/status").json()["documents"] == 4
        (tmp_path / "index").rename(tmp_path / "away")
        for path in ("/", "/v1/status"):
            gone = on.get(path)
            assert (gone.status_code, gone.headers["retry-after"]) == (503, "2")
            assert "is not an index" in gone.text
            assert "lepton-index" not in gone.text
        (notes / "garden.txt").unlink()
        lepton.build(notes, tmp_path / "index")
        told = on.get("/v1/status").json()
        assert (told["documents"], told["indexes"][0]["generation"]) == (3, 1)


def test_an_update_is_seen(client: TestClient, folder: Path) -> None:
    added = folder / "notes" / "ferry.txt"
    added.write_text("The ferry carries pilgrims.\n", encoding="utf-8")
    lepton.update(folder / "index")
    try:
        assert "pilgrims" in client.get("/", params={"q": "ferry"}).text
    finally:
        added.unlink()
        lepton.update(folder / "index")


def test_what_narrows_the_search_is_offered_and_taken_back(client: TestClient) -> None:
    page = client.get("/", params={"q": "notice period"}).text
    offered = {html.unescape(each) for each in re.findall(r'href="(/\?q=[^"]*)"', page)}
    assert "/?q=notice+period+type%3Amarkdown" in offered
    narrowed = client.get("/", params={"q": "notice period type:text"}).text
    assert "lease.md" not in narrowed
    assert '<a class=on href="/?q=notice+period"' in narrowed
    assert "Type:" not in narrowed


def test_what_is_said_of_a_passage_is_kept_and_shown(client: TestClient, folder: Path) -> None:
    """By the buttons of the page, and by programs."""
    asked = {"question": "notice period", "hit": "2", "good": "yes"}
    assert "marked this" not in client.get("/", params={"q": "notice period"}).text
    answer = client.post("/rate", data=asked, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?q=notice+period")
    assert "you marked this as good" in client.get("/", params={"q": "notice period"}).text
    said = {"question": "How long is the notice period?", "good": False, "answer": "a year"}
    told = client.post("/v1/feedback", json=said).json()
    kept = Feedback(folder / "index")
    assert [each.action for each in kept.events()] == ["hit_good", "answer_bad"]
    assert told["query_id"] == kept.events()[1].query_id
    wrong = client.post("/v1/feedback", json={"question": "x", "good": True, "hit": 40})
    assert wrong.status_code == 400
    assert "hit 40 was not shown" in wrong.json()["error"]
    for bad in ({**asked, "hit": "x"}, {"question": "x"}):
        assert client.post("/rate", data=bad).status_code == 400
    kept.forget(lambda _: True)
