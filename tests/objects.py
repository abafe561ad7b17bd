"""An object store on this machine, and one between it and whoever asks that fails on demand."""

from __future__ import annotations

import http.client
import itertools
import logging
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

KEY, SECRET = "AKIALEPTONTEST", "a-secret-that-nobody-may-see"
_NUMBERS = itertools.count(1)


@contextmanager
def object_store() -> Iterator[str]:
    """The address of a server that speaks S3, for as long as this lasts."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def new_bucket(address: str) -> str:
    """The name of a bucket that was made there."""
    name = f"bucket-{next(_NUMBERS)}"
    urllib.request.urlopen(urllib.request.Request(f"{address}/{name}", method="PUT")).close()
    return name


def sign_in(patch: pytest.MonkeyPatch, address: str) -> None:
    """What a user sets to ask that server."""
    patch.setenv("AWS_ENDPOINT_URL", address)
    patch.setenv("AWS_ACCESS_KEY_ID", KEY)
    patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


Fault = Callable[[str, str], str]  # of a method and a path: "" to pass it on, or one of those below


class Between(ThreadingHTTPServer):
    """Hands requests on, unless `fault` says what is to go wrong with one:

    500: the store fails; refused: it is not allowed; moved: another region has it; hang: no answer
    comes; cut: half of it does;
    lost: the store does what was asked, and nobody hears of it; stale: a list as it was before.
    """

    daemon_threads = True

    def __init__(self, store: str) -> None:
        super().__init__(("127.0.0.1", 0), _Hands)
        self.store = store
        self.fault: Fault = lambda method, path: ""
        self.asked: list[tuple[str, str]] = []  # every method and path
        self.lists: dict[str, tuple[int, bytes]] = {}  # the first answer to each
        self.ended = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asks may hang up."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Hands(BaseHTTPRequestHandler):
    server: Between

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path))
        fault = self.server.fault(self.command, self.path)
        if fault == "hang":
            self.server.ended.wait(60)
        elif fault in _REFUSALS:
            status, code = _REFUSALS[fault]
            self._answer(status, {}, f"<Error><Code>{code}</Code></Error>".encode())
        elif fault == "stale" and "list-type" in self.path and self.path in self.server.lists:
            self._answer(self.server.lists[self.path][0], {}, self.server.lists[self.path][1])
        else:
            status, told, data = self._handed_on(body)
            if "list-type" in self.path:
                self.server.lists.setdefault(self.path, (status, data))
            if fault != "lost":
                self._answer(status, told, data, cut=fault == "cut")
        if fault in ("hang", "lost", "cut"):
            self.close_connection = True

    def _handed_on(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        host, port = self.server.store.removeprefix("http://").split(":")
        talk = http.client.HTTPConnection(host, int(port))
        talk.request(self.command, self.path, body, dict(self.headers))
        found = talk.getresponse()
        data = found.read()
        told = {name: value for name, value in found.getheaders() if name not in _OWN}
        if self.command == "HEAD":
            told["Content-Length"] = found.getheader("Content-Length", "0")
        talk.close()
        return found.status, told, data

    def _answer(self, status: int, told: dict[str, str], data: bytes, *, cut: bool = False) -> None:
        self.send_response_only(status)
        for name, value in told.items():
            self.send_header(name, value)
        if "Content-Length" not in told:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _any


_REFUSALS = {
    "500": (500, "InternalError"),
    "refused": (403, "AccessDenied"),
    "moved": (301, "PermanentRedirect"),
}
_OWN = ("Connection", "Content-Length", "Date", "Server", "Transfer-Encoding")


@contextmanager
def between(store: str) -> Iterator[Between]:
    """A `Between` before that store, for as long as this lasts."""
    with Between(store) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()
