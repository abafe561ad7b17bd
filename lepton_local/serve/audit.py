"""Who asked what route, when, and how it ended: lines that are only added, each holding the digest
of the one before it. No question is in them unless somebody wants it, and no answer.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lepton_local.errors import InputError
from lepton_local.serve.tokens import asking

MOST = 16 << 20  # bytes of a file; the next line begins another one
FIRST = "0" * 64  # what stands before the first line of all
_LONGEST = 1 << 16  # bytes of a line, its end included
_ASKED = ("q", "question", "questions", "query", "text")  # what a question is called in a request
_KEPT = 4_000  # characters of the questions of one request


class Log:
    """A file that lines are added to. Full ones are kept beside it: `FILE.1` is the oldest."""

    def __init__(self, path: Path, *, most: int = MOST) -> None:
        """Raises InputError for a file that is no log, or that cannot be written."""
        self._path, self._most, self._lock = path, most, threading.Lock()
        last = ""
        if path.exists() or earlier(path):
            last = _last(path if path.exists() and path.stat().st_size else earlier(path)[-1])
        self._before = last or FIRST
        self._file = self._open()

    def add(self, record: dict[str, Any]) -> None:
        """Write a line. Lines of several threads follow each other."""
        with self._lock:
            if os.fstat(self._file).st_size >= self._most:
                os.close(self._file)
                self._path.rename(f"{self._path}.{len(earlier(self._path)) + 1}")
                self._file = self._open()
            line = json.dumps({"schema": 1, **record, "before": self._before}) + "\n"
            os.write(self._file, line.encode())
            self._before = hashlib.sha256(line.encode()).hexdigest()

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        try:
            return os.open(self._path, flags, 0o600)
        except OSError as error:
            raise InputError(f"{self._path} cannot be written ({error.strerror})") from None


class Audited:
    """An application of which each request is a line of a log."""

    def __init__(self, app: ASGIApp, log: Log, *, questions: bool = False) -> None:
        """questions: of what was answered, the question is written down, too."""
        self._app, self._log, self._questions = app, log, questions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and write down how it ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 0, time.perf_counter()
        body = bytearray()

        async def received() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, received if self._questions else receive, sent)
        finally:
            kept = self._questions and 0 < status < 400
            self._log.add(
                {
                    "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
                    "who": asking.get().name or None,
                    "from": scope["client"][0] if scope.get("client") else None,
                    "method": scope["method"],
                    "path": scope["path"][:1000],
                    "status": status or None,
                    "milliseconds": round((time.perf_counter() - began) * 1000),
                    **({"asked": _asked(scope, bytes(body))} if kept else {}),
                }
            )


def _asked(scope: Scope, body: bytes) -> list[str]:
    """The questions of a request, by whatever route: of its address, a form, a program's JSON, or
    the call of an agent's tool.
    """
    form = b"" if body.lstrip().startswith(b"{") else body
    told: dict[str, Any] = dict(parse_qs((scope["query_string"] + b"&" + form).decode("latin-1")))
    told |= _told(body)
    call = told.get("params")
    if isinstance(call, dict) and isinstance(call.get("arguments"), dict):
        told |= call["arguments"]
    found: list[str] = []
    for name in _ASKED:
        value = told.get(name, [])
        found += [str(each) for each in (value if isinstance(value, list) else [value])]
    return [each[: _KEPT // len(found)] for each in found]


def verify(path: Path) -> tuple[int, str]:
    """How many lines a log has, in all of its files, and the digest of the last: whoever notes that
    can tell later whether the end was cut off. Raises InputError where a line was changed, taken
    out or put in.
    """
    before, count = FIRST, 0
    for file in [*earlier(path), path]:
        for number, line in enumerate(_lines(file), 1):
            if _told(line).get("before") != before:
                raise InputError(
                    f"{file}, line {number} does not follow the line before it: one of them was "
                    "changed, or some were taken out"
                )
            before = hashlib.sha256(line).hexdigest()
            count += 1
    return count, before


def earlier(path: Path) -> list[Path]:
    """The full files of a log, the oldest first."""
    beside = re.compile(re.escape(path.name) + r"\.([1-9]\d*)")
    numbered = ((beside.fullmatch(each.name), each) for each in path.absolute().parent.iterdir())
    return [each for _, each in sorted((int(match[1]), each) for match, each in numbered if match)]


def _last(path: Path) -> str:
    """The digest of the last line of a file; "" of an empty one. Raises InputError for one that is
    no log: nothing is added to what is not ours.
    """
    *_, line = b"", *_lines(path)
    if line and "before" not in _told(line):
        raise InputError(f"{path} is no log of a server, expected one, or a file that is not there")
    return hashlib.sha256(line).hexdigest() if line else ""


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with open(path, "rb") as file:
            yield from iter(lambda: file.readline(_LONGEST), b"")
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror})") from None


def _told(line: bytes) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
