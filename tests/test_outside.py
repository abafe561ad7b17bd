"""A server that other machines reach: its certificate, a proxy before it, how often one asks."""

from __future__ import annotations

import http.client
import json
import re
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

import lepton_local as lepton
from lepton_local.errors import InputError
from lepton_local.serve.guard import Guard
from lepton_local.serve.rates import Rates, per_second
from lepton_local.serve.sockets import check_pair
from lepton_local.serve.sockets import listening as free
from lepton_local.serve.tokens import Token, TokenFile, add_token, load_tokens
from tests.test_cli import lepton_search
from tests.test_guard import serving


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index, and a certificate for localhost that its own key has signed, and another key."""
    place = tmp_path_factory.mktemp("outside")
    (place / "notes").mkdir()
    (place / "notes" / "lease.md").write_text("The rent is 940 euros.\n", encoding="utf-8")
    lepton.build(place / "notes", place / "index")
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 2"
    made += " -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1"
    for name, how in (("own", "-nodes"), ("other", "-nodes"), ("locked", "-passout pass:secret")):
        files = ["-keyout", f"{name}.key", "-out", f"{name}.pem"]
        subprocess.run([*made.split(), *how.split(), *files], cwd=place, check=True, stderr=-3)
    return place


@contextmanager
def asked(
    port: int, path: str, headers: dict[str, str], *, trusted: Path | None = None
) -> Iterator[http.client.HTTPResponse]:
    """The answer to one request, by https where a certificate is trusted."""
    if trusted is None:
        on = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    else:
        known = ssl.create_default_context(cafile=str(trusted))
        on = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=known)
    on.request("GET", path, headers=headers)
    yield on.getresponse()
    on.close()


def test_https_by_a_certificate(place: Path) -> None:
    files = ["--certificate", str(place / "own.pem"), "--key", str(place / "own.key")]
    with serving(str(place / "index"), "--port", "0", *files) as (_, address):
        port, path = re.fullmatch(
            r"https://127\.0\.0\.1:(\d+)(/\?token=.*)", address or ""
        ).groups()  # type: ignore[union-attr]
        with asked(int(port), path, {}, trusted=place / "own.pem") as answer:
            assert answer.status == 303
            assert "secure" in str(answer.headers["set-cookie"]).lower().split("; ")
            assert "strict-transport-security" not in answer.headers
        with pytest.raises(ssl.SSLError), asked(int(port), "/", {}, trusted=place / "other.pem"):
            pass


@pytest.mark.parametrize(
    ("certificate", "key", "said"),
    [
        ("own.pem", "other.key", "is not that of"),
        ("locked.pem", "locked.key", "has a passphrase"),
        ("notes/lease.md", "own.key", "expected two PEM files"),
        ("own.pem", "gone.key", "cannot be read: no such file"),
        ("own.pem", "notes", "cannot be read: is a directory"),
    ],
)
def test_a_certificate_that_will_not_do_is_said(
    place: Path, certificate: str, key: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        check_pair(place / certificate, place / key)


@pytest.mark.parametrize("believed", ["127.0.0.1", "192.0.2.1"])
def test_a_proxy_is_believed_where_it_is_named_alone(
    place: Path, tmp_path: Path, believed: str
) -> None:
    """That it was asked by https, and by whom."""
    told = {"X-Forwarded-For": "192.0.2.9", "X-Forwarded-Proto": "https", "Host": "docs.example"}
    with free("127.0.0.1", 0) as found:
        port = found.getsockname()[1]
    options = ["--port", str(port), "--name", "docs.example", "--behind-proxy", believed]
    files = ["--token-file", str(tmp_path / "tokens"), "--audit", str(tmp_path / "log")]
    with serving(str(place / "index"), *options, *files) as (_, address):
        code = address.removeprefix("https://docs.example")
        assert code.startswith("/?token=")
        with asked(port, code, told) as answer:
            assert answer.status == 303
            cookie = answer.headers["set-cookie"].lower().split("; ")
            assert ("secure" in cookie) == (believed == "127.0.0.1")
    told_from = json.loads((tmp_path / "log").read_text())["from"]
    assert told_from == ("192.0.2.9" if believed == "127.0.0.1" else "127.0.0.1")


def test_a_token_asks_no_oftener_than_it_may(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    made = lepton_search("token", "add", "kitchen", "--rate", "3/h", "--token-file", str(file))
    add_token(file, Token("chief"))
    on = TestClient(Guard(PlainTextResponse("in"), port=80, keys=TokenFile(file)))
    named = {"Host": "localhost:80", "Authorization": f"Bearer {made.stdout.strip()}"}
    for _ in range(3):
        assert on.get("/v1/ask", headers=named).status_code == 200
        assert on.get("/style.css", headers=named).status_code == 200
    refused = on.get("/v1/ask", headers=named)
    assert refused.status_code == 429
    assert 1190 < int(refused.headers["retry-after"]) <= 1200
    assert "3/h at most" in refused.json()["error"]
    assert (
        "kitchen  all indexes; 3/h"
        in lepton_search("token", "list", "--token-file", str(file)).stdout
    )
    wrong = lepton_search("token", "add", "x", "--rate", "often", "--token-file", str(file))
    assert (wrong.exit_code, "expected 60/min" in wrong.stderr) == (2, True)


def test_what_was_not_used_comes_back_evenly() -> None:
    seconds = [0.0]
    rates, who = Rates(clock=lambda: seconds[0]), Token("cook", rate="60/min")
    assert per_second("60/min") == (60, 1.0)
    assert [rates.wait(who) for _ in range(60)] == [0.0] * 60
    assert rates.wait(who) == pytest.approx(1.0)
    assert rates.wait(Token("chief")) == 0.0
    seconds[0] = 2.0
    assert [rates.wait(who) > 0 for _ in range(3)] == [False, False, True]


def test_tokens_of_an_older_version_are_read(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    add_token(file, Token("cook"))
    file.write_text(file.read_text().replace('"rate": ""', '"x": ""'))
    assert [each.rate for each in load_tokens(file)] == [""]
