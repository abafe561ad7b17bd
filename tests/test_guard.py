"""Whom a server refuses, and how it ends, through real sockets."""

from __future__ import annotations

import http.client
import importlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import anyio
import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

import lepton_local as lepton
from lepton_local.errors import InputError
from lepton_local.serve import door
from lepton_local.serve.app import app
from lepton_local.serve.door import WAITING, Busy, Door
from lepton_local.serve.guard import MOST_BODY, Guard
from lepton_local.serve.live import Live, Snapshot
from lepton_local.serve.sessions import Sessions
from lepton_local.serve.sockets import listening
from lepton_local.serve.tokens import (
    OneKey,
    Token,
    TokenFile,
    add_token,
    digest,
    load_tokens,
    save_tokens,
)
from tests.test_benchmarks import BENCHMARKS
from tests.test_cli import lepton_search

KEY = "a-key"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("guard")
    (place / "notes").mkdir()
    (place / "notes" / "lease.md").write_text("The rent is 940 euros.\n", encoding="utf-8")
    lepton.build(place / "notes", place / "index")
    return place / "index"


@contextmanager
def serving(*options: str, **env: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command, and the first line that it prints."""
    code = "from lepton_local.cli.search import main; main()"
    typed = [sys.executable, "-c", code, "serve", *options]
    with subprocess.Popen(
        typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **env},
    ) as server:
        assert server.stdout is not None
        try:
            yield server, server.stdout.readline().rstrip()
        finally:
            server.terminate()
            server.communicate()


@pytest.fixture(scope="module")
def port(index: Path) -> Iterator[int]:
    """Where the command listens, open to all of this machine."""
    with serving(str(index), "--port", "0", "--no-token") as (_, address):
        yield int(address.rstrip("/").rpartition(":")[2])


def send(port: int, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
    """Status and body of one request."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    asked.request(method, path, body, named, encode_chunked="Transfer-Encoding" in named)
    answer = asked.getresponse()
    told = answer.status, answer.read().decode()
    asked.close()
    return told


def knock(port: int) -> None:
    """Come in again and again, until nobody opens."""
    while True:
        socket.create_connection(("127.0.0.1", port)).close()


def guarded(**given: Any) -> TestClient:
    """An application that says who asks, behind a guard."""
    said = PlainTextResponse("in")
    headers = {"Host": given.pop("host", "localhost:80")}
    return TestClient(
        Guard(said, port=80, **given),
        base_url="http://localhost",
        headers=headers,
        follow_redirects=False,
    )


def test_without_a_token_nothing_is_told() -> None:
    on = guarded(keys=OneKey(KEY))
    assert on.get("/healthz").status_code == 200
    refused = on.get("/v1/status")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert on.get("/").status_code == 401
    assert on.get("/", headers={"Authorization": "Bearer other"}).status_code == 401
    assert on.get("/", headers={"Authorization": f"Bearer {KEY}"}).text == "in"
    assert on.get("/", params={"token": KEY}).status_code == 401  # it would stand in a history


def test_an_address_lets_one_browser_in_once() -> None:
    codes: list[str] = []
    sessions = Sessions(invited=codes.append)
    sessions.invite()
    on = guarded(keys=OneKey(KEY), sessions=sessions)
    asked = {"token": codes[0], "q": "rent"}
    assert on.head("/", params=asked).status_code == 401  # whoever looks ahead does not use it up
    let_in = on.get("/", params=asked)
    assert (let_in.status_code, let_in.headers["location"]) == (303, "/?q=rent")
    cookie = let_in.headers["set-cookie"]
    assert cookie.startswith("lepton-80=")  # a browser sends it to every port of this host
    assert codes[0] not in cookie
    assert {"httponly", "samesite=strict"} <= set(cookie.lower().split("; "))
    assert on.get("/").text == "in"
    on.cookies.clear()
    assert on.get("/", params=asked).status_code == 401
    assert len(codes) == 2
    assert on.get("/", params={"token": codes[1]}).status_code == 303


def test_a_token_may_be_typed_into_a_browser(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    token = add_token(file, Token("cook"))
    on = guarded(keys=TokenFile(file))
    page = on.get("/")
    assert (page.status_code, 'action="/sign-in"' in page.text) == (401, True)
    assert on.post("/sign-in", data={"token": "other"}).status_code == 401
    assert on.get("/").status_code == 401
    signed = on.post("/sign-in", data={"token": token})
    assert (signed.status_code, signed.headers["location"]) == (303, "/")
    assert token not in signed.headers["set-cookie"]
    assert on.get("/").text == "in"
    save_tokens(file, [])
    assert on.get("/").status_code == 401
    foreign = {"Origin": "http://evil.example"}
    assert on.post("/sign-in", data={"token": token}, headers=foreign).status_code == 403


def test_cookies_that_are_none_are_no_fault() -> None:
    on = guarded(keys=OneKey(KEY))
    for cookies in ("a@b=1", "lepton-80=; x", "lepton-80=\u00ff"):
        asked = {b"Cookie": cookies.encode("latin-1")}
        assert on.get("/", headers=asked).status_code == 401


def test_the_code_leads_to_no_other_host() -> None:
    codes: list[str] = []
    sessions = Sessions(invited=codes.append)
    sessions.invite()
    on = guarded(keys=OneKey(KEY), sessions=sessions)
    moved = on.get(f"http://localhost//evil.example/?token={codes[0]}")
    assert moved.headers["location"] == "/evil.example/"


def test_a_token_file_holds_digests_and_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    first = add_token(file, Token("first"))
    second = add_token(file, Token("second", expires="2001-01-01"))
    assert first not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(InputError, match="has a token of 'first'"):
        add_token(file, Token("first"))
    keys = TokenFile(file)
    named = keys.holder(digest(first))
    assert named is not None
    assert named.name == "first"
    assert keys.holder(digest(second)) is None  # it has expired
    save_tokens(file, [each for each in load_tokens(file) if each.name != "first"])
    assert keys.holder(digest(first)) is None
    file.unlink()
    assert keys.holder(digest(second)) is None


def test_a_token_file_of_others_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    add_token(file, Token("first"))
    file.chmod(0o644)
    with pytest.raises(InputError, match="read by others"):
        TokenFile(file)
    for text in ("", "[]", '{"kind": "lepton-local tokens", "tokens": [{"name": 1}]}'):
        file.write_text(text)
        file.chmod(0o600)
        with pytest.raises(InputError, match="no file of tokens"):
            TokenFile(file)


def test_a_server_answers_to_its_own_names_alone() -> None:
    on = guarded(host="docs.example", names=["docs.example"])
    assert on.get("/").text == "in"
    assert on.get("/", headers={"Host": "docs.example:80"}).text == "in"
    assert on.get("/", headers={"Host": "other.example"}).status_code == 421
    assert on.get("/", headers={"Origin": "https://docs.example"}).text == "in"
    assert on.get("/", headers={"Origin": "https://other.example"}).status_code == 403


def test_other_names_and_other_sites_are_refused(port: int) -> None:
    here = f"127.0.0.1:{port}"
    assert send(port, "GET", "/v1/status", Host=here)[0] == 200
    for host in ("evil.example", f"localhost.evil.example:{port}", f"0.0.0.0:{port}", "127.0.0.1"):
        assert send(port, "GET", "/v1/status", Host=host)[0] == 421
    for origin in ("http://evil.example", "null", f"http://{here}.evil.example", "http://[::1"):
        assert send(port, "POST", "/v1/ask", b"{}", Host=here, Origin=origin)[0] == 403
    assert send(port, "GET", "/", Host=here, Sec_Fetch_Site="cross-site")[0] == 403
    followed = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    assert send(port, "GET", "/", Host=here, **followed)[0] == 200
    assert send(port, "POST", "/v1/ask", b"{}", Host=here, **followed)[0] == 403


def test_a_large_body_is_refused_however_it_comes(port: int) -> None:
    here, large = f"127.0.0.1:{port}", b" " * (MOST_BODY + 1)
    status, told = send(port, "POST", "/v1/ask", large, Host=here)
    assert (status, "65,536" in json.loads(told)["error"]) == (413, True)
    parts = iter([large[:40_000], large[40_000:]])
    assert send(port, "POST", "/v1/ask", parts, Host=here, Transfer_Encoding="chunked")[0] == 413
    parts = iter([b'{"question": ', b'"rent"}'])
    assert send(port, "POST", "/v1/ask", parts, Host=here, Transfer_Encoding="chunked")[0] == 200
    asked = urlencode({"q": "rent"})
    assert send(port, "GET", f"/?{asked}", Host=here)[0] == 200
    assert send(port, "GET", "/gone", Host=here)[0] == 404
    assert send(port, "PUT", "/v1/ask", Host=here)[0] == 405


def test_many_clients_are_all_answered(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    measure = importlib.import_module("measure.serving")
    met = measure.load(port, ["What is the rent?"], clients=64, seconds=0.2)
    assert set(met.statuses) == {200}
    assert met.statuses[200] >= 64


def test_what_has_begun_is_answered_before_the_end(index: Path, tmp_path: Path) -> None:
    """And the address that was printed serves once; the service manager is told of both ends."""
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    manager.settimeout(30)
    options = ["--port", "0", "--token-file", str(tmp_path / "tokens")]
    told = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
    with manager, serving(str(index), *options, **told) as (server, address):
        assert manager.recv(100) == b"READY=1"
        assert server.stdout is not None
        assert server.stderr is not None
        port, code = re.findall(r":(\d+)/\?(token=.*)", address)[0]
        here = f"127.0.0.1:{port}"
        assert send(int(port), "GET", f"/?{code}", Host=here)[0] == 303
        assert server.stdout.readline().startswith(f"http://{here}/?token=")
        assert send(int(port), "GET", f"/?{code}", Host=here)[0] == 401
        bearer = server.stderr.readline().split()[-1]
        assert bearer not in (tmp_path / "tokens").read_text()
        body = b'{"question": "What is the rent?"}'
        with socket.create_connection(("127.0.0.1", int(port)), timeout=30) as asking:
            asking.sendall(
                f"POST /v1/ask HTTP/1.1\r\nHost: {here}\r\nAuthorization: Bearer {bearer}\r\n"
                f"Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            )
            assert b"100 Continue" in asking.recv(1000)
            server.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionRefusedError):  # nobody else is let in
                knock(int(port))
            asking.sendall(body)
            answer = b"".join(iter(lambda: asking.recv(65536), b""))
        assert b"940 euros" in answer
        assert manager.recv(100) == b"STOPPING=1"
        assert server.wait(30) == 128 + signal.SIGTERM


def test_whoever_comes_when_no_core_is_free_is_told_when_to_come_again(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "WAITING", 0)
    begun, let_go = threading.Event(), threading.Event()

    class Held(Live):
        def newest(self) -> Snapshot:
            begun.set()
            let_go.wait(60)
            return super().newest()

    with listening("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
        config = uvicorn.Config(Guard(app(Held([index]), cores=1), port=port), ws="none")
        server = uvicorn.Server(config)
        serving = threading.Thread(target=server.run, args=([bound],))
        serving.start()
        first: list[int] = []
        here = {"Host": f"127.0.0.1:{port}"}
        asked = threading.Thread(
            target=lambda: first.append(send(port, "GET", "/v1/search?question=rent", **here)[0])
        )
        asked.start()
        try:
            assert begun.wait(60)
            told = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            told.request("GET", "/v1/search?question=rent")
            refused = told.getresponse()
            assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
            assert "more is asked" in json.loads(refused.read())["error"]
            told.close()
            assert send(port, "GET", "/healthz", **here) == (200, "ok\n")
        finally:
            let_go.set()
            asked.join()
            server.should_exit = True
            serving.join()
    assert first == [200]


def test_who_comes_when_all_wait_is_sent_away(index: Path) -> None:
    shared = Door(Live([index]), cores=1)
    let_go = threading.Event()

    async def hold() -> None:
        await shared.turn(let_go.wait)

    async def run() -> None:
        try:
            async with anyio.create_task_group() as group:
                for _ in range(1 + WAITING):
                    group.start_soon(hold)
                await anyio.wait_all_tasks_blocked()
                with pytest.raises(Busy):
                    await shared.turn(let_go.wait)
                let_go.set()
        finally:
            let_go.set()

    anyio.run(run)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--host", "0.0.0.0"), "lets other machines ask"),
        (("--host", "0.0.0.0", "--token-file", "t"), "expected a --name"),
        (("--no-token", "--token-file", "t"), "expected one"),
        (("--behind-proxy", "127.0.0.1"), "lets other machines ask"),
        (("--behind-proxy", "127.0.0.1", "--token-file", "t"), "expected a --name"),
        (("--behind-proxy", "*", "--token-file", "t", "--name", "x"), "no address"),
        (("--audit-questions",), "no log to write to"),
        (("--certificate", "c"), "expected --certificate and --key"),
        (("--certificate", "c", "--key", "k"), "--certificate c cannot be read: no such file"),
        (("--no-token", "--allow-open"), "expected a token"),
        (("--host", "192.0.2.1", "--token-file", "t", "--allow-open"), "no other machine"),
    ],
)
def test_no_more_are_let_in_than_was_meant(index: Path, options: list[str], said: str) -> None:
    refused = lepton_search("serve", str(index), *options)
    assert refused.exit_code == 2
    assert said in refused.stderr


def test_a_port_that_is_taken_is_said(index: Path, port: int) -> None:
    refused = lepton_search("serve", str(index), "--port", str(port))
    assert refused.exit_code == 2
    assert "--port 0" in refused.stderr
