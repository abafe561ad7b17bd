"""Parsers that do what a file made to break them makes them do. In the tests, a process that parses
loads this module, and then a .txt file whose first word is here has its way.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from lepton_local.corpus import parse, pulse
from lepton_local.corpus.formats.text import parse_text
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source
from tests.forged import FORGED
from tests.trials import attempt

_leaked: list[bytes] = []
_poisoned: list[str] = []


def _spin(_: str) -> None:
    while True:
        pass


def _grow(_: str) -> None:
    held = []
    while True:
        held.append(bytes(1 << 20))


def _read_pages(_: str) -> None:
    for _page in range(8):
        end = time.process_time() + 0.2
        while time.process_time() < end:
            pass
        pulse.beat()


def _leak(_: str) -> None:
    _leaked.append(b"x" * (48 << 20))


def _print(words: str) -> None:
    print(words * 1000, flush=True)
    sys.stdout.buffer.write(bytes(1000))
    os.write(1, words.encode() * 1000)


def _write(words: str) -> None:
    Path(words.split()[1]).write_text("written")


def _start(_: str) -> None:
    subprocess.run(["true"], check=True)


def _connect(_: str) -> None:
    socket.create_connection(("127.0.0.1", 9), timeout=1)


def _spin_untimed(_: str) -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)
    _spin("")


def _take_handles(_: str) -> None:
    with contextlib.suppress(OSError):
        while True:
            os.dup(2)


def _forge(words: str) -> None:
    """Write a frame of one's own where the worker writes its frames: the last pipe that it made."""
    head, body = FORGED[words.split()[1]]
    frame = struct.pack(">QQ", len(head), len(body)) + head + body
    pipes = [each for each in range(3, 20) if _is_pipe(each)]
    os.write(pipes[-1], frame)


def _is_pipe(handle: int) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(handle).st_mode)
    except OSError:
        return False


def _deep(words: str) -> None:
    _deep(words)


DEEDS: dict[str, Callable[[str], object]] = {
    "spin": _spin,
    "sleep": lambda _: time.sleep(3600),
    "segfault": lambda _: ctypes.string_at(0),
    "abort": lambda _: os.abort(),
    "exit": lambda _: os._exit(3),
    "leave": lambda _: sys.exit(0),
    "grow": _grow,
    "leak": _leak,
    "poison": _poisoned.append,
    "pages": _read_pages,
    "print": _print,
    "write": _write,
    "start": _start,
    "connect": _connect,
    "deep": _deep,
    "forge": _forge,
    "untimed": _spin_untimed,
    "deaf": lambda _: signal.signal(signal.SIGPROF, signal.SIG_IGN),
    "take": _take_handles,
    "handles": lambda _: [os.dup(2) for _ in range(1 << 20)],
    "interrupt": lambda _: os.kill(os.getpid(), signal.SIGINT),
}


def parse_badly(source: Source, data: bytes) -> Iterator[Document]:
    """Plain text, after the deed that its first word names."""
    words = data.decode()
    if _poisoned:
        os.abort()
    first = re.split(r"[\s:]", words)[0]
    if first == "endless":
        while True:
            yield Document(source, words * 1000, title="again")
    if first == "try":
        _, name, path = words.split(":")
        yield Document(source, attempt(name, path, os.getppid()), title=name)
        return
    if first == "half":
        yield Document(source, words, title="half")
        raise SourceError("the other half is missing")
    DEEDS.get(first, str)(words)
    yield from parse_text(source, data)


parse.PARSERS["text"] = parse_badly
