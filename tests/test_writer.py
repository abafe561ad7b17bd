"""A language model on this machine writes from the evidence, and lies in known ways."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner

from lepton_local.cli.composed import written_lines
from lepton_local.cli.search import main as lepton_search
from lepton_local.errors import InputError, ModelError
from lepton_local.indexing import builder
from lepton_local.models.roles import PassageText
from lepton_local.search import endpoint as endpoints
from lepton_local.search.endpoint import ask, endpoint
from lepton_local.search.evidence import Evidence
from lepton_local.search.record import written_record
from lepton_local.search.searcher import Searcher
from lepton_local.search.written import STRANGE, UNCITED, UNSUPPORTED, Written, told, written
from tests.conftest import WordEncoder
from tests.test_search import Needle

LEASE = """The rent of the boathouse is 800 crowns, due on 3 May.
Mrs Holm keeps the key. The tenant must not paint the door.
"""
FERRY = """The ferry to Vestness sails at noon. Mr Berg mends its engine in fourteen days.
"""


class Shared(Needle):
    """A judge that counts the words that two texts share: 10 where all of the first stand there."""

    def score(self, question: str, passages: Sequence[PassageText]) -> np.ndarray:
        asked = set(re.findall(r"\w+", question.lower()))
        texts = [set(re.findall(r"\w+", each.text.lower())) for each in passages]
        return np.array([10.0 * len(asked & each) / len(asked) for each in texts])


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    folder = tmp_path_factory.mktemp("harbour")
    (folder / "docs").mkdir()
    (folder / "docs" / "lease.txt").write_text(LEASE)
    (folder / "docs" / "ferry.txt").write_text(FERRY)
    built = builder.build(folder / "docs", folder / "index", encoder=WordEncoder()).index
    judge = Shared("crowns")
    with Searcher(built, encoder=WordEncoder(), reranker=judge, reader=judge) as opened:
        yield opened


@pytest.fixture(scope="module")
def given(searcher: Searcher) -> Evidence:
    evidence = searcher.evidence("the rent of the boathouse, the ferry")
    assert [each.hit.path for each in evidence.pieces] == ["lease.txt", "ferry.txt"]
    return evidence


def held(searcher: Searcher, given: Evidence, text: str) -> Written:
    return written(given, text, searcher.reranker, model="liar")


@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        ("The rent of the boathouse is 800 crowns [1].", (1,)),
        ("The rent of the boathouse is 800 crowns. [1]", (1,)),
        ("- **The rent** of the boathouse is 800 crowns [1][2].", (1,)),
        ("The rent of the boathouse is 800 crowns, due on 3 May [2, 1].", (1,)),
        ("Mr Berg mends its engine in 14 days [2].", (2,)),
        ("The tenant must not paint the door [1].", (1,)),
        ("The key is kept by Mrs Holm [1].", (1,)),
    ],
)
def test_what_the_passages_say_is_kept(
    searcher: Searcher, given: Evidence, said: str, numbers: tuple[int, ...]
) -> None:
    (claim,) = held(searcher, given, said).claims
    assert claim.numbers == numbers
    assert "[" not in claim.text
    assert "*" not in claim.text


@pytest.mark.parametrize(
    ("lie", "why"),
    [
        ("The rent of the boathouse is 800 crowns.", UNCITED),
        ("The rent of the boathouse is 800 crowns [7].", STRANGE),
        ("The rent of the boathouse is 800 crowns [2].", UNSUPPORTED),  # stands in another one
        ("The rent of the boathouse is 900 crowns [1].", UNSUPPORTED),
        ("The rent of the boathouse is nine hundred crowns [1].", UNSUPPORTED),
        ("Mrs Berg keeps the key [1].", UNSUPPORTED),
        ("Berg keeps the key [1].", UNSUPPORTED),
        ("The tenant must paint the door [1].", UNSUPPORTED),
        ("Mrs Holm keeps no key [1].", UNSUPPORTED),
        ("Penguins swim around the pier all winter [1].", UNSUPPORTED),
    ],
)
def test_a_lie_is_left_out_and_counted(
    searcher: Searcher, given: Evidence, lie: str, why: str
) -> None:
    assert held(searcher, given, lie).dropped == {why: 1}
    mixed = held(searcher, given, f"Mrs Holm keeps the key [1]. {lie}")
    assert [each.text for each in mixed.claims] == ["Mrs Holm keeps the key."]
    assert mixed.dropped == {why: 1}


def test_citations_belong_to_the_sentence_before_them() -> None:
    text = "One is so. [1] Two is so [2]. [3]\n\n1. Three is so [1; 3].\n[4]\n"
    assert list(told(text)) == [
        ("One is so.", [1]),
        ("Two is so.", [2, 3]),
        ("Three is so.", [1, 3, 4]),
    ]


def test_it_is_said_to_be_written_by_a_model(searcher: Searcher, given: Evidence) -> None:
    text = "Mrs Holm keeps the key [1]. Penguins swim [1]. I am sure."
    result = held(searcher, given, text)
    lines = [click.unstyle(each) for each in written_lines(result, "http://127.0.0.1:1/v1")]
    assert lines[0].startswith("Written by a model (liar at http://127.0.0.1:1/v1), not by your")
    assert "Mrs Holm keeps the key. [1]" in lines
    said = " ".join(lines)
    assert f"left out, of 3: 1 {UNCITED}, 1 {UNSUPPORTED}" in said
    assert lines[-1].startswith("[1] lease.txt:1")
    assert "ferry" not in said
    record = written_record(result)
    assert record["written_by"] == "liar"
    assert record["sentences"] == [{"text": "Mrs Holm keeps the key.", "passages": [1]}]
    assert record["left_out"] == {UNCITED: 1, UNSUPPORTED: 1}


class Liar(BaseHTTPRequestHandler):
    """A server that says what it was told to, and remembers what it was asked."""

    status, sent = 200, b""
    asked: dict[str, Any] = {}  # noqa: RUF012  # the last body

    def do_GET(self) -> None:
        self._say(200, json.dumps({"data": [{"id": "liar-7b"}]}).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).asked = {"path": self.path, **json.loads(body)}
        self._say(self.status, self.sent)

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def liar(text: str | bytes, status: int = 200) -> Iterator[tuple[str, type[Liar]]]:
    """Its address, as long as it runs."""
    told = {"choices": [{"message": {"role": "assistant", "content": text}}]}
    sent = text if isinstance(text, bytes) else json.dumps(told).encode()
    kind = type("OneLiar", (Liar,), {"status": status, "sent": sent})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1", kind
        finally:
            server.shutdown()
            thread.join()


def test_the_model_gets_the_evidence_and_what_it_writes_is_shown(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = nullcontext(searcher)
    monkeypatch.setattr("lepton_local.cli.query.opened", lambda *_, **__: opened)
    where = str(searcher.index.path)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")  # is not asked
    with liar("Mrs Holm keeps the key [1]. Mrs Berg keeps it [1].") as (url, server):
        asked = ["query", where, "who keeps the key?", "--writer", url]
        shown = CliRunner().invoke(lepton_search, asked)
        told = json.loads(CliRunner().invoke(lepton_search, [*asked, "--json"]).output)
    assert shown.exit_code == 0, shown.output
    assert "Mrs Holm keeps the key. [1]" in shown.output
    assert "Berg keeps" not in shown.output
    assert (told["written_by"], told["writer"]) == ("liar-7b", url)
    assert server.asked["path"] == "/v1/chat/completions"
    assert (server.asked["model"], server.asked["stream"]) == ("liar-7b", False)
    assert "> Mrs Holm keeps the key." in server.asked["messages"][0]["content"]
    with liar("All lies.") as (url, _):
        none = CliRunner().invoke(lepton_search, [*asked[:-1], url])
    assert none.exit_code == 1
    assert "Nothing that the passages bear out." in none.output


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/v1",
        "http://192.168.1.4:8080/v1",
        "http://0.0.0.0:8080/v1",
        "https://127.0.0.1/v1",
        "http://127.0.0.1@example.org/v1",
        "http://user@127.0.0.1/v1",
        "http://127.0.0.1.example.org/v1",
        "http://localhost.example.org/v1",
        "http://127.0.0.1:99999/v1",
        "http://[::ffff:8.8.8.8]/v1",
        "http://[",
        "127.0.0.1:8080",
        "file:///etc/passwd",
        "",
    ],
)
def test_only_this_machine_is_talked_to(url: str) -> None:
    with pytest.raises(InputError, match=r"expected http://127\.0\.0\.1:PORT/v1"):
        endpoint(url)


def test_addresses_of_this_machine_are_known() -> None:
    assert endpoint("http://localhost:8080/v1/").url == "http://127.0.0.1:8080/v1"
    assert endpoint("http://[::1]:8080/v1").url == "http://[::1]:8080/v1"
    assert endpoint("http://127.0.0.1").port == 80


@pytest.mark.parametrize(
    ("text", "status", "error"),
    [
        (b"no", 500, "answered 500, expected 200"),
        (b"no", 302, "answered 302, expected 200"),  # not followed
        (b"no", 200, "gave no JSON"),
        (b'{"choices": []}', 200, "gave no text"),
        (b'{"choices": [{"message": {"content": 7}}]}', 200, "gave no text"),
        (b'"' + b"x" * (1 << 20), 200, "goes on and on"),
    ],
)
def test_a_writer_that_fails_is_one_line(text: bytes, status: int, error: str) -> None:
    with liar(text, status) as (url, _), pytest.raises(ModelError, match=error) as raised:
        ask(endpoint(url), "?")
    assert "\n" not in str(raised.value)


def test_a_writer_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with liar("") as (url, _):
        pass
    with pytest.raises(ModelError, match=r"does not answer .*start the model's server"):
        ask(endpoint(url), "?")


def test_a_writer_that_is_too_slow_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "SECONDS", 1e-9)
    with liar("late") as (url, _), pytest.raises(ModelError):
        ask(endpoint(url), "?")
