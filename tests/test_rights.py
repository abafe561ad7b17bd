"""What somebody may not see is not found, counted, suggested or told of, by any route."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import lepton_local as lepton
from lepton_local.serve import app as doors
from lepton_local.serve.guard import Guard
from lepton_local.serve.live import Live
from lepton_local.serve.tokens import Token, TokenFile, add_token
from lepton_local.store.feedback import Feedback
from tests.test_cli import lepton_search

PAY = "# Pay\n\nThe salary of the zookeeper is 940 euros. The flamingos are fed at dawn.\n"
MENU = "# Menu\n\nOn Friday there is soup. The soup is made of leeks.\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two documents, one of them not for everybody; another index of the menu alone."""
    place = tmp_path_factory.mktemp("rights")
    for name, text in (("hr/pay.md", PAY), ("menu.md", MENU), ("open/menu.md", MENU)):
        file = place / ("alone" if name.startswith("open") else "all") / name.removeprefix("open/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for name in ("all", "alone"):
        lepton.build(place / name, place / "indexes" / name)
    return place


class Asking:
    """A program with a token."""

    def __init__(self, on: TestClient, token: str) -> None:
        self._on, self._headers = on, {"Authorization": f"Bearer {token}"}

    def text(self, path: str, body: Any = None, **headers: str) -> str:
        method = "GET" if body is None else "POST"
        self.answer = self._on.request(method, path, json=body, headers=self._headers | headers)
        return self.answer.text

    def __call__(self, path: str, body: Any = None, **headers: str) -> Any:
        return json.loads(self.text(path, body, **headers))


@pytest.fixture(scope="module")
def client(place: Path) -> Iterator[TestClient]:
    for name, indexes, filters in (
        ("cook", ("all",), ("-path:hr/*",)),
        ("chief", (), ()),
        ("guest", ("alone",), ()),
    ):
        token = add_token(place / "tokens", Token(name, "", indexes, filters))
        (place / name).write_text(token)
    made = doors.app(Live([place / "indexes" / name for name in ("all", "alone")]), cores=1)
    guarded = Guard(made, port=80, keys=TokenFile(place / "tokens"))
    with TestClient(guarded, base_url="http://localhost", headers={"Host": "localhost:80"}) as on:
        yield on


@pytest.fixture
def cook(client: TestClient, place: Path) -> Asking:
    return Asking(client, (place / "cook").read_text())


@pytest.fixture
def chief(client: TestClient, place: Path) -> Asking:
    return Asking(client, (place / "chief").read_text())


def test_what_is_hidden_is_found_by_no_route(cook: Asking, chief: Asking) -> None:
    asked = {"question": "What is the salary of the zookeeper?"}
    assert chief("/v1/ask", asked)["answer"]["text"] == "940 euros"
    for path, body in (
        ("/v1/ask", asked),
        ("/v1/search", asked),
        ("/v1/similar", {"text": "the salary of the zookeeper"}),
        ("/v1/table", {"questions": [asked["question"]]}),
        ("/v1/vector_stores/all/search", {"query": "zookeeper salary"}),
    ):
        told = cook(path, body)
        assert cook.answer.status_code == 200
        assert "940 euros" not in json.dumps(told)
        assert "pay.md" not in json.dumps(told)
    for path in ("/v1/documents/{}", "/v1/similar?document={}"):
        hidden, gone = (cook(path.format(f"hr/{name}.md")) for name in ("pay", "gone"))
        assert cook.answer.status_code == 404
        assert hidden["error"] == gone["error"].replace("gone", "pay")  # as if it were nowhere


def test_an_index_with_hidden_documents_ranks_as_one_without_them(
    cook: Asking, client: TestClient, place: Path
) -> None:
    """Not its words' weights, nor its spellings, counts or hints."""
    guest = Asking(client, (place / "guest").read_text())
    for question in ("soup leeks friday", "flamimgos salery", "soup type:pdf", "sou*"):
        asked = {"question": question}
        seen, wanted = cook("/v1/ask", asked), guest("/v1/ask", asked)
        for told in (seen, wanted):
            for hit in told["hits"]:
                assert hit["document"] == "menu.md"
        for name in ("terms", "corrections", "notes", "null_confidence"):
            assert seen[name] == wanted[name], (question, name)
        assert [hit["score"] for hit in seen["hits"]] == [hit["score"] for hit in wanted["hits"]]
    told = cook("/v1/status")
    assert (told["documents"], [each["name"] for each in told["indexes"]]) == (1, ["all"])
    assert told["indexes"][0]["documents"] == 1
    told = cook("/v1/search", {"question": "soup", "indexes": ["alone"]})
    assert told["error"] == "index 'alone' is not served, expected all"


def test_a_token_is_made_listed_and_revoked_at_once(
    client: TestClient, chief: Asking, place: Path
) -> None:
    file = ["--token-file", str(place / "tokens")]
    made = lepton_search("token", "add", "new", "--index", "alone", "--expires", "30d", *file)
    new = Asking(client, made.stdout.strip())
    assert new("/v1/status")["documents"] == 1
    last = (datetime.date.today() + datetime.timedelta(days=30)).isoformat()
    listed = lepton_search("token", "list", *file).stdout.splitlines()
    assert f"new  alone; until {last}" in listed
    assert "cook  all; -path:hr/*" in listed
    told = json.loads(lepton_search("token", "list", "--json", *file).stdout)
    assert {each["name"] for each in told["tokens"]} == {"cook", "chief", "guest", "new"}
    assert "digest" not in json.dumps(told)
    assert lepton_search("token", "revoke", "new", *file).exit_code == 0
    assert "error" in new("/v1/status")
    assert new.answer.status_code == 401
    assert "documents" in chief("/v1/status")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["add", "chief"], "already"),
        (["add", "x", "--filter", "colour:red"], "colour:red"),
        (["add", "x", "--expires", "2001-01-01"], "no day to come"),
        (["add", "x", "--expires", "soon"], "no day to come"),
        (["revoke", "nobody"], "no token of 'nobody'"),
    ],
)
def test_a_token_that_cannot_be_is_said(
    client: TestClient, place: Path, typed: list[str], said: str
) -> None:
    refused = lepton_search("token", *typed, "--token-file", str(place / "tokens"))
    assert refused.exit_code == 2
    assert said in refused.stderr


def test_who_sees_some_documents_moves_nothing_for_the_others(
    client: TestClient, place: Path
) -> None:
    """What is kept of an answer counts for all who ask."""
    said = {"question": "salary of the zookeeper", "good": True, "hit": 1}
    for name, status in (("cook", 403), ("guest", 403), ("chief", 200)):
        asking = Asking(client, (place / name).read_text())
        asking("/v1/feedback", said)
        assert asking.answer.status_code == status
        headers = {"Authorization": f"Bearer {(place / name).read_text()}"}
        form = {"question": "salary", "good": "yes", "hit": "1"}
        pressed = client.post("/rate", data=form, headers=headers, follow_redirects=False)
        assert pressed.status_code == (403 if status == 403 else 303)
    kept = Feedback(place / "indexes" / "all")
    assert [event.question for event in kept.events()] == ["salary of the zookeeper", "salary"]
    kept.forget(lambda _: True)
