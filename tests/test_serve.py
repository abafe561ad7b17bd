"""The page and the JSON of a server: what it tells, and whom it refuses, through real sockets."""

from __future__ import annotations

import html
import http.client
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import anyio
import pytest
from starlette.testclient import TestClient

import lepton_local as lepton
from lepton_local.search.record import result_record
from lepton_local.serve import app as doors
from lepton_local.serve.door import WAITING, Busy, Door
from lepton_local.serve.guard import MOST_BODY, Guard
from lepton_local.serve.live import Live
from tests.test_cli import lepton_search

LEASE = "# Lease <b>x</b>\n\nThe notice period is three months.\n\nThe rent is 940 euros a month.\n"
HOSTILE = "<script>alert(1)</script> otters swim \u202e\u200b & bite.\n"
TOKEN = "a-token"


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
    guarded = Guard(doors.app(Live([folder / "index"]), cores=1), port=80, token=TOKEN)
    with TestClient(
        guarded, base_url="http://localhost:80", headers={"Host": "localhost:80"}
    ) as on:
        on.get("/", params={"token": TOKEN})
        yield on


@pytest.fixture(scope="module")
def port(folder: Path) -> Iterator[int]:
    """Where the command listens, open to all of this machine."""
    code = "from lepton_local.cli.search import main; main()"
    typed = [sys.executable, "-c", code, "serve", str(folder / "index"), "--port", "0"]
    with subprocess.Popen(
        [*typed, "--allow-open"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        address = server.stdout.readline()
        try:
            yield int(address.rstrip("/\n").rpartition(":")[2])
        finally:
            server.terminate()
            server.communicate()


def send(port: int, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
    """Status and body of one request."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    asked.request(method, path, body, named, encode_chunked="Transfer-Encoding" in named)
    answer = asked.getresponse()
    told = answer.status, answer.read().decode()
    asked.close()
    return told


def test_the_page_answers_first(client: TestClient) -> None:
    page = client.get("/", params={"q": "How long is the notice period?"}).text
    assert "<p class=words dir=auto>three months</p>" in page
    assert page.index("three months") < page.index("<ol start=1>")
    target = html.unescape(re.findall(r'href="(/document[^"]*)"', page)[0])
    document = client.get(target).text
    assert "<li value=3 id=L3 class=found>" in document
    assert "Lease &lt;b&gt;x&lt;/b&gt;" in document


def test_no_answer_is_said(client: TestClient) -> None:
    page = client.get("/", params={"q": "Who won the football match in Lima?"}).text
    assert "No answer in these documents.</p>" in page


def test_what_documents_hold_is_shown_as_text(client: TestClient) -> None:
    page = client.get("/", params={"q": '">  <script> "otters swim"'}).text
    assert "<script" not in page
    assert 'value="&quot;&gt; &lt;script&gt; &quot;otters swim&quot;"' in page
    assert "alert(1)&lt;/" in page
    assert "‹U+202E›" in page
    assert "o&#x27;&lt;i&gt;.txt" in page


def test_every_answer_forbids_scripts_and_other_hosts(client: TestClient) -> None:
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


def test_without_the_token_nothing_is_told(folder: Path) -> None:
    guarded = Guard(doors.app(Live([folder / "index"]), cores=1), port=80, token=TOKEN)
    with TestClient(
        guarded, base_url="http://localhost:80", headers={"Host": "localhost:80"}
    ) as on:
        assert on.get("/healthz").status_code == 200
        assert on.get("/").status_code == 401
        assert on.get("/v1/status", headers={"Authorization": "Bearer other"}).status_code == 401
        assert on.get("/v1/status", headers={"Authorization": f"Bearer {TOKEN}"}).is_success
        let_in = on.get("/", params={"token": TOKEN, "q": "rent"}, follow_redirects=False)
        assert let_in.headers["location"] == "/?q=rent"
        cookie = let_in.headers["set-cookie"].lower()
        assert cookie.startswith("lepton-80=")  # a browser sends it to every port of this host
        assert "httponly" in cookie
        assert "samesite=strict" in cookie


def test_other_names_and_other_sites_are_refused(port: int) -> None:
    here = f"127.0.0.1:{port}"
    assert send(port, "GET", "/v1/status", Host=here)[0] == 200
    for host in ("evil.example", f"localhost.evil.example:{port}", f"0.0.0.0:{port}", "127.0.0.1"):
        assert send(port, "GET", "/v1/status", Host=host)[0] == 421
    for origin in ("http://evil.example", "null", f"http://{here}.evil.example"):
        assert send(port, "POST", "/v1/ask", b"{}", Host=here, Origin=origin)[0] == 403
    assert send(port, "GET", "/", Host=here, Sec_Fetch_Site="cross-site")[0] == 403
    followed = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    assert send(port, "GET", "/", Host=here, **followed)[0] == 200
    assert send(port, "POST", "/v1/ask", b"{}", Host=here, **followed)[0] == 403


def test_a_large_body_is_refused_however_it_comes(port: int) -> None:
    here, large = f"127.0.0.1:{port}", b" " * (MOST_BODY + 1)
    assert send(port, "POST", "/v1/ask", large, Host=here)[0] == 413
    parts = iter([large[:40_000], large[40_000:]])
    assert send(port, "POST", "/v1/ask", parts, Host=here, Transfer_Encoding="chunked")[0] == 413
    asked = urlencode({"q": "rent"})
    assert send(port, "GET", f"/?{asked}", Host=here)[0] == 200
    assert send(port, "GET", "/gone", Host=here)[0] == 404


def test_who_comes_when_all_wait_is_sent_away(folder: Path) -> None:
    door = Door(Live([folder / "index"]), cores=1)
    let_go = threading.Event()

    async def hold() -> None:
        await door.turn(let_go.wait)

    async def run() -> None:
        try:
            async with anyio.create_task_group() as group:
                for _ in range(1 + WAITING):
                    group.start_soon(hold)
                await anyio.wait_all_tasks_blocked()
                with pytest.raises(Busy):
                    await door.turn(let_go.wait)
                let_go.set()
        finally:
            let_go.set()

    anyio.run(run)


def test_another_machine_cannot_be_let_in(folder: Path) -> None:
    refused = lepton_search("serve", str(folder / "index"), "--host", "0.0.0.0")
    assert refused.exit_code == 2
    assert "can be reached from other machines" in refused.stderr


def test_a_port_that_is_taken_is_said(folder: Path, port: int) -> None:
    refused = lepton_search("serve", str(folder / "index"), "--port", str(port))
    assert refused.exit_code == 2
    assert "--port 0" in refused.stderr


def test_half_a_character_is_asked_as_a_sign(client: TestClient) -> None:
    told = client.post("/v1/ask", content=b'{"question": "rent \\ud800"}')
    assert told.status_code == 200
    assert told.json()["question"] == "rent \ufffd"


def test_lines_that_a_document_no_longer_has_are_its_end(client: TestClient) -> None:
    asked = "/document?name=lease.md&first=99999&last=1"
    assert "<li value=5 id=L5 class=found>" in client.get(asked).text
    assert "lease.md has no such lines" in client.get("/document?name=lease.md:9-2").text


def test_origins_and_cookies_that_are_none_are_no_fault(folder: Path, port: int) -> None:
    here = f"127.0.0.1:{port}"
    assert send(port, "GET", "/", Host=here, Origin="http://[::1")[0] == 403
    guarded = Guard(doors.app(Live([folder / "index"]), cores=1), port=80, token=TOKEN)
    with TestClient(guarded, base_url="http://localhost", headers={"Host": "localhost:80"}) as on:
        for cookies, status in (("a@b=1", 401), (f"a@b=1; lepton-80={TOKEN}", 200)):
            assert on.get("/v1/status", headers={"Cookie": cookies}).status_code == status


def test_the_token_leads_to_no_other_host(folder: Path) -> None:
    guarded = Guard(doors.app(Live([folder / "index"]), cores=1), port=80, token=TOKEN)
    with TestClient(guarded, base_url="http://localhost", headers={"Host": "localhost:80"}) as on:
        path = f"http://localhost//evil.example/?token={TOKEN}"
        assert on.get(path, follow_redirects=False).headers["location"] == "/evil.example/"


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
