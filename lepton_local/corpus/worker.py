"""The process that parses: one source at a time, within limits, with no way out but its answer.

It reads a line of JSON and the bytes of each source on its standard input, and writes frames
(wire.py) to its standard output: "ready" once; then for each source its documents and what of it
was refused, or that all of it "failed", and "end".
What breaks a limit ends this process, and costs that one source; see isolate.py.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from queue import SimpleQueue
from typing import IO, Any

from lepton_local.corpus import cage, pulse
from lepton_local.corpus.how import How
from lepton_local.corpus.parse import parse, parse_pictures
from lepton_local.corpus.pixels import Pixels
from lepton_local.corpus.wire import (
    Fields,
    pack,
    pack_pixels,
    pack_skipped,
    unpack_how,
    unpack_source,
    write_frame,
)
from lepton_local.errors import SourceError
from lepton_local.types import Skipped, Source

try:
    import resource
except ImportError:  # Windows: there the limit on the clock holds alone, which isolate.py keeps
    resource = None  # type: ignore[assignment]

# A process that still holds more after a source is not kept for another.
TIRED = 0.5  # of its memory
HANDLES = 64  # files open
FLUSH = 1.0  # seconds after which whoever waits is shown what there is
# What no parser of documents does: reach the network, or start a program.
FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "pty.")

Job = tuple[Source, bytes, str, How]  # a source, its bytes, and by what name they are read


def main(seconds: float, memory: int) -> None:
    """Parse what is asked for, until nobody asks any more.

    seconds: processor time for a document (a machine that is busy or asleep costs no file);
    memory: bytes for all of this process.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # who asks answers them, and ends this process
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    frames = os.fdopen(os.dup(1), "wb", buffering=1 << 16)
    os.dup2(2, 1)  # what a library prints is no frame
    memory_used = _Memory()
    confine(memory)  # before there is a thread that it would not hold for
    jobs: SimpleQueue[Job] = SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, jobs), daemon=True).start()
    write_frame(frames, {"kind": "ready"})
    frames.flush()

    def going_on() -> None:
        write_frame(frames, {"kind": "alive"})
        frames.flush()
        hurry(seconds)

    pulse.listen(going_on)
    while True:
        source, data, name, how = jobs.get()
        try:
            hurry(seconds)
            flushed = time.monotonic()
            for fields, text in _answer(source, data, name, how):
                write_frame(frames, fields, text)
                if time.monotonic() > flushed + FLUSH:
                    frames.flush()
                    flushed = time.monotonic()
                hurry(seconds)
            hurry(0)
            tired = memory_used.now() > TIRED * memory or _handles() > HANDLES
            write_frame(frames, {"kind": "end", "tired": tired})
            frames.flush()
        except MemoryError:
            os._exit(errno.ENOMEM)
        except BaseException:  # the interpreter's own way out would wait for the thread
            os._exit(1)


def _answer(
    source: Source, data: bytes, name: str, how: How
) -> Iterator[tuple[Fields, str | bytes]]:
    try:
        for item in (parse_pictures if how.side else parse)(source, data, name=name, how=how):
            if isinstance(item, Skipped):
                yield {"kind": "refused", **pack_skipped(item)}, ""
            elif isinstance(item, Pixels):
                yield {"kind": "pixels", **pack_pixels(item)}, item.data
            else:
                yield {"kind": "document", **pack(item)}, item.text
    except MemoryError:
        raise
    except Exception as error:
        reason = str(error) if isinstance(error, SourceError) else f"the parser failed: {error!r}"
        yield {"kind": "failed", **pack_skipped(Skipped(source, reason))}, ""


def _listen(questions: IO[bytes], jobs: SimpleQueue[Job]) -> None:
    """Pass on each source. If nobody is there to ask any more, end at once, whatever goes on."""
    for line in questions:
        asked = json.loads(line)
        source = unpack_source(asked)
        data = questions.read(asked["bytes"])
        jobs.put((source, data, asked["name"], unpack_how(asked["how"])))
    os._exit(0)


def confine(memory: int) -> None:
    """Take away what a parser does not need; a limit that the system does not know is left out."""

    def refuse(event: str, arguments: Any) -> None:
        if event.startswith(FORBIDDEN):
            raise PermissionError(f"a parser may not use {event}")

    sys.addaudithook(refuse)
    if resource is not None:
        _limit("RLIMIT_CORE", 0)
        _limit("RLIMIT_FSIZE", 0)  # nothing can be written to a file; pipes are none
        _limit("RLIMIT_DATA" if sys.platform == "linux" else "RLIMIT_AS", memory)
    sys.dont_write_bytecode = True
    csv.field_size_limit(2**31 - 1)  # Python's own, 128 KiB, is shorter than a long document
    cage.shut()


def _limit(name: str, most: int) -> None:
    with contextlib.suppress(AttributeError, OSError, ValueError):
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(number, (most, most))


def hurry(seconds: float) -> None:
    """The system ends this process after so much processor time; never, for 0."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGPROF, signal.SIG_DFL)  # whatever the last parser made of it
        signal.setitimer(signal.ITIMER_PROF, seconds)


class _Memory:
    """The memory that this process holds, where the system tells."""

    # getrusage knows the most it ever held, but counts the process that started it too.
    def __init__(self) -> None:
        self._statm = -1
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                self._statm = os.open("/proc/self/statm", os.O_RDONLY)

    def now(self) -> int:
        """In bytes; 0 where nobody tells."""
        if self._statm < 0:
            return 0
        try:
            return int(os.pread(self._statm, 100, 0).split()[1]) * resource.getpagesize()
        except (OSError, IndexError, ValueError):
            return 0


def _handles() -> int:
    """How many files this process has open, about: a new one gets the first number that is free."""
    try:
        number = os.dup(2)
    except OSError:  # all of them
        return HANDLES + 1
    os.close(number)
    return number
