"""The log of who asked: its lines follow each other, and what was done to them is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from lepton_local.errors import InputError
from lepton_local.serve.audit import Audited, Log, verify
from lepton_local.serve.guard import Guard
from lepton_local.serve.tokens import OneKey, Token, TokenFile, add_token
from tests.test_cli import lepton_search


def test_each_request_is_a_line_without_its_question(tmp_path: Path) -> None:
    token = add_token(tmp_path / "tokens", Token("cook"))
    log = Log(tmp_path / "log")
    guarded = Guard(PlainTextResponse("in"), port=80, keys=TokenFile(tmp_path / "tokens"))
    on = TestClient(Audited(guarded, log), base_url="http://localhost")
    on.get("/v1/ask?question=secret", headers={"Host": "localhost:80"})
    named = {"Host": "localhost:80", "Authorization": f"Bearer {token}"}
    on.post("/v1/ask", content=b'{"question": "secret"}', headers=named)
    log.close()
    text = (tmp_path / "log").read_text()
    assert "secret" not in text
    assert token not in text
    told = [json.loads(line) for line in text.splitlines()]
    assert [(each["who"], each["method"], each["path"], each["status"]) for each in told] == [
        (None, "GET", "/v1/ask", 401),
        ("cook", "POST", "/v1/ask", 200),
    ]
    assert (tmp_path / "log").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/?q=When+is+tea%3F", b""),
        ("POST", "/v1/ask", b'{"question": "When is tea?"}'),
        ("POST", "/v1/table", b'{"questions": ["When is tea?"]}'),
        ("POST", "/rate", b"question=When+is+tea%3F&good=yes"),
        ("POST", "/mcp", b'{"params": {"arguments": {"question": "When is tea?"}}}'),
    ],
)
def test_what_was_asked_is_written_down_where_that_is_wanted(
    tmp_path: Path, method: str, path: str, body: bytes
) -> None:
    log = Log(tmp_path / "log")
    guarded = Guard(PlainTextResponse("in"), port=80, keys=OneKey("key"))
    app = Audited(guarded, log, questions=True)
    on = TestClient(app, base_url="http://localhost", follow_redirects=False)
    named = {"Host": "localhost:80", "Authorization": "Bearer key"}
    on.request(method, path, content=body, headers=named)
    on.request(method, path, content=body, headers={"Host": "localhost:80"})  # is not let in
    on.post("/sign-in", content=b"token=key", headers={"Host": "localhost:80"})
    log.close()
    asked, *others = map(json.loads, (tmp_path / "log").read_text().splitlines())
    assert asked["asked"] == ["When is tea?"]
    assert all(not each.get("asked") for each in others)
    assert "key" not in (tmp_path / "log").read_text()
    assert verify(tmp_path / "log")[0] == 3


def test_a_long_question_breaks_no_line(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    on = TestClient(Audited(PlainTextResponse("in"), log, questions=True))
    on.post("/v1/table", json={"questions": ["\U0001f600" * 2_000] * 8})
    log.close()
    assert verify(tmp_path / "log")[0] == 1


def test_a_log_goes_on_over_several_files_and_servers(tmp_path: Path) -> None:
    for server in range(3):
        log = Log(tmp_path / "log", most=200)
        for number in range(4):
            log.add({"n": f"{server}.{number}"})
        log.close()
    assert len(list(tmp_path.iterdir())) > 3
    count, last = verify(tmp_path / "log")
    assert count == 12
    done = lepton_search("audit", "verify", str(tmp_path / "log"))
    assert (done.exit_code, done.stdout) == (0, f"12 lines, none changed; the last is {last}\n")


@pytest.mark.parametrize("harm", ["change", "remove", "swap", "add"])
def test_what_was_done_to_a_log_is_found(tmp_path: Path, harm: str) -> None:
    log = Log(tmp_path / "log")
    for number in range(4):
        log.add({"n": number})
    log.close()
    lines = (tmp_path / "log").read_text().splitlines(keepends=True)
    match harm:
        case "change":
            lines[1] = lines[1].replace('"n": 1', '"n": 7')
        case "remove":
            del lines[1]
        case "swap":
            lines[1], lines[2] = lines[2], lines[1]
        case "add":
            lines.insert(1, "{}\n")
    (tmp_path / "log").write_text("".join(lines))
    with pytest.raises(InputError, match=r"line [23] does not follow"):
        verify(tmp_path / "log")
    assert lepton_search("audit", "verify", str(tmp_path / "log")).exit_code == 2


def test_nothing_is_added_to_what_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine\n")
    with pytest.raises(InputError, match="no log of a server"):
        Log(tmp_path / "notes")
    assert (tmp_path / "notes").read_text() == "mine\n"
