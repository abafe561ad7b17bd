"""Parsers run in processes of their own: one that hangs, crashes, fills the memory or never ends
costs the one file that made it do so. That file is refused, with the reason and its digest.

Builds, updates and proofs all read documents in this way. Importing this imports no parser.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from lepton_local.corpus.converter import converted, target_of
from lepton_local.corpus.how import AS_EVER, How
from lepton_local.corpus.launch import command, environment
from lepton_local.corpus.pixels import Pixels
from lepton_local.corpus.read import read
from lepton_local.corpus.wire import (
    Documents,
    TooLongError,
    pack_source,
    read_frame,
    unpack_pixels,
    unpack_skipped,
)
from lepton_local.errors import DependencyError, SourceError, UnreadableError
from lepton_local.types import Document, Skipped, Source

SECONDS = 60.0  # of processor time a document: a machine that is busy or asleep costs no file
GRACE = 1.0  # more, until a process that has turned off its timer is ended from here
CLOCK = 600.0  # seconds without a word: a parser that waits for something takes no processor time
MEMORY = 2 << 30  # bytes of a process
TOO_LARGE = f"the parser needed more than {MEMORY >> 30} GiB"
IDLE = 10.0  # seconds that a process is kept without work
OUTPUT = 256 << 20  # bytes of text and marks that one source may give
PROGRAM = "from lepton_local.corpus.worker import main; main({seconds}, {memory})"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a source gave: its documents, and what of it was refused: members, or all of it."""

    source: Source  # as it was when it was read
    documents: Documents | tuple[Document, ...] = ()
    refused: tuple[Skipped, ...] = ()
    pictures: tuple[Pixels, ...] = ()  # where these were asked for
    seconds: float = 0.0  # from its being asked for, where somebody looked


def _no_wait(_: int) -> None:
    """There is room for all that a source may give."""


def parse_source(source: Source, how: How = AS_EVER) -> Parsed:
    """Read and parse one source."""
    with a_parser() as parser:
        return parser.parse(source, how=how)


@contextlib.contextmanager
def a_parser() -> Iterator[Parser]:
    """A parser, which is kept a while for whoever needs one next: to start its process takes
    0.2 s.
    """
    parser, timer = _kept.pop(os.getpid(), (None, None))
    if timer is not None:
        timer.cancel()
    parser = parser or Parser()
    try:
        yield parser
    finally:
        timer = threading.Timer(IDLE, _retire, [parser])
        timer.daemon = True
        if _kept.setdefault(os.getpid(), (parser, timer))[0] is parser:
            timer.start()
        else:
            parser.close()


# Process that uses it -> parser, and who ends it: a fork must not use its parent's.
_kept: dict[int, tuple[Parser, threading.Timer]] = {}


def _retire(parser: Parser) -> None:
    """End a parser that nobody has used for a while."""
    kept = _kept.pop(os.getpid(), None)
    if kept is None:
        return
    if kept[0] is parser:
        parser.close()
    elif _kept.setdefault(os.getpid(), kept) is not kept:
        kept[0].close()


@atexit.register
def close_kept() -> None:
    """End the process that is kept, if there is one."""
    parser, timer = _kept.pop(os.getpid(), (None, None))
    if parser is not None and timer is not None:
        timer.cancel()
        parser.close()


class Parser:
    """Parses one source after another in a process, and in a new one when that is gone."""

    def __init__(self) -> None:
        self._worker: _Worker | None = None

    def parse(
        self,
        source: Source,
        wait: Callable[[int], None] = _no_wait,
        *,
        how: How = AS_EVER,
    ) -> Parsed:
        """What becomes of a source; one that takes down the process is refused for that.

        It is read here, and its bytes are sent: a process that parses needs no file to read.
        `wait` is told how many bytes the source has given so far, and returns when there is room
        for more. Raises DependencyError when a process cannot even start.
        """
        if self._worker is not None and self._worker.late:
            self.close()  # killed by who stopped waiting, just after its last word
        while True:
            worker = self._worker = self._worker or _Worker()
            try:
                parsed = worker.parse(source, wait, how)
            except SourceError as error:
                refused = Skipped(source, str(error), isinstance(error, UnreadableError))
                return Parsed(source, refused=(refused,))
            except BaseException:  # half of an answer may still be in its pipe
                self.close()
                raise
            if worker.broken or worker.tired:
                self.close()
            # What earlier sources have left in a process is no reason to refuse this one.
            if not worker.broken or worker.final or worker.asked == 1:
                return parsed

    def kill(self) -> None:
        """End what is being done, from another thread."""
        if (worker := self._worker) is not None:
            worker.kill()

    def close(self) -> None:
        """End the process."""
        if (worker := self._worker) is not None:
            self._worker = None
            worker.close()


class _Worker:
    """A process of worker.py, as it is seen from here."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            command(PROGRAM.format(seconds=SECONDS, memory=MEMORY)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )
        self._stop = threading.Event()  # of a conversion
        self._ready = False
        self._deadline = 0.0  # for its next word
        self._most = 0.0  # processor time that it may have used by then
        self.asked = 0  # sources
        self.tired = False  # it holds much memory
        self.broken = False  # the last source has ended it
        self.late = False  # it was ended from here
        self.slow = False  # for the processor time that it took
        self.final = False  # another process would do no better

    def parse(self, source: Source, wait: Callable[[int], None], how: How) -> Parsed:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        source, data = read(source)
        name = source.path
        if target := target_of(name):
            name, data = f"{name}.{target}", converted(name, data, self._stop)
        self.asked += 1
        documents = Documents(source)
        refused: list[Skipped] = []
        pictures: list[Pixels] = []
        told = 0
        self._heard()
        done = threading.Event()
        threading.Thread(target=self._watch, args=(done,), daemon=True).start()
        try:
            asked = {**pack_source(source), "how": asdict(how)}
            asked |= {"name": name, "bytes": len(data)}
            self._process.stdin.write(json.dumps(asked).encode() + b"\n")
            self._process.stdin.write(data)
            self._process.stdin.flush()
            del data
            while True:
                frame = read_frame(self._process.stdout, OUTPUT - told)
                told += frame.size
                match frame.fields["kind"]:
                    case "ready":
                        self._ready = True
                    case "document":
                        documents.add(frame)
                    case "pixels":
                        pictures.append(unpack_pixels(frame.fields, frame.body))
                    case "refused":
                        refused.append(unpack_skipped(source, frame.fields))
                    case "failed":
                        documents = Documents(source)
                        refused = [unpack_skipped(source, frame.fields)]
                    case "end":
                        self.tired = bool(frame.fields["tired"])
                        return Parsed(source, documents, tuple(refused), tuple(pictures))
                del frame
                self._deadline = math.inf
                wait(told)
                self._heard()
        except TooLongError:
            reason, self.final = f"the parser gave more than {OUTPUT >> 20} MiB", True
        except (EOFError, OSError):
            reason = self._ending()
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            reason = "the parser gave what is no document"
        finally:
            done.set()
        self.broken = True
        return Parsed(source, refused=(Skipped(source, reason),))

    def kill(self) -> None:
        self.late = self.final = True
        self._stop.set()
        self._process.kill()

    def close(self) -> None:
        self._process.kill()
        with contextlib.suppress(OSError, ValueError):  # something was still to be written to it
            self._process.communicate()
        self._process.wait()

    def _heard(self) -> None:
        self._deadline = time.monotonic() + CLOCK
        self._most = self._used() + SECONDS + GRACE

    def _watch(self, done: threading.Event) -> None:
        """End the process if nothing is heard of it by the deadline, which every word puts off, or
        if it works on though its own timer should have ended it.
        """
        while True:
            left, spare = self._deadline - time.monotonic(), self._most - self._used()
            if left <= 0 or spare <= 0:
                self.slow = left > 0
                self.kill()
                return
            # All processors together spend it no sooner than this.
            if done.wait(max(0.05, min(left, spare / (os.cpu_count() or 1)))):
                return

    def _used(self) -> float:
        """The processor time that the process has used, in seconds; 0 where nobody tells."""
        if sys.platform != "linux":
            return 0.0
        try:
            return time.clock_gettime(~self._process.pid << 3 | 2)  # as clock_getcpuclockid has it
        except OSError:
            return 0.0  # it has ended

    def _ending(self) -> str:
        """Why the process has ended. Raises DependencyError if it was never ready."""
        status = self._process.wait()
        if self.slow:
            return f"the parser took longer than {SECONDS:g} s"
        if self.late:
            return f"the parser took longer than {CLOCK:g} s"
        if not self._ready:
            raise DependencyError(
                f"{sys.executable} cannot run parsers (exit status {status}), expected the "
                "libraries of this package",
                advice="pip install --force-reinstall lepton-local",
            )
        if hasattr(signal, "SIGPROF") and status == -signal.SIGPROF:
            self.final = True
            return f"the parser took longer than {SECONDS:g} s"
        if status == errno.ENOMEM:
            return TOO_LARGE
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        return f"the parser crashed ({how})"
