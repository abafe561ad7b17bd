"""Commands from a cold process: what they took, and what they printed; and processes that stay, and
answer line by line.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

# A process is charged for the memory of the one that it was copied from, so a small one stands
# between, and holds the clock.
# What is printed goes to a file: a command is over when it ends, and not when what it has
# started and left behind lets go of a pipe.
_LAUNCH = """
import json, resource, subprocess, sys, tempfile, time
with tempfile.TemporaryFile() as printed:
    began = time.perf_counter()
    try:
        done = subprocess.run(sys.argv[2:], stdout=printed, timeout=float(sys.argv[1]))
    except subprocess.TimeoutExpired:
        sys.exit(f"it was ended after {sys.argv[1]} seconds")
    took = time.perf_counter() - began
    printed.seek(0)
    out = printed.read().decode()
used = resource.getrusage(resource.RUSAGE_CHILDREN)
told = {"seconds": took, "cpu": used.ru_utime + used.ru_stime, "mib": used.ru_maxrss / 1024}
print(json.dumps({"status": done.returncode, "out": out, **told}))
"""
LONGEST = 3600.0  # seconds that a command may take


class Failed(Exception):
    """A command could not do its work; the message is the last line that it had to say."""


def launched(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, longest: float = LONGEST
) -> dict[str, Any]:
    """Seconds, processor seconds, MiB of the largest of its processes at its peak, and `out`.

    Exit status 1 means that a search found nothing; Failed for any other but 0.
    """
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(
            [sys.executable, "-c", _LAUNCH, str(longest), *command],
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env=dict(surroundings() if env is None else env),
        )
        said.seek(0)
        last = _last(said.read())
    taken: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {"status": None}
    if taken["status"] not in (0, 1) or (taken["status"] == 1 and not taken["out"]):
        raise Failed(last)
    return taken


def _last(said: str) -> str:
    """The last line that has something on it."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "it ended without a word"


def surroundings(**further: str) -> dict[str, str]:
    """The environment of this process and more; an installed package has its bytecode."""
    told = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return told | further


class Talk:
    """A process that is told a line of JSON, and answers with one; Failed when it does not, or
    takes more than `longest` seconds.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        longest: float = LONGEST,
    ) -> None:
        self._longest = longest
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115  # as long as the process
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            env=dict(surroundings() if env is None else env),
        )

    def __call__(self, line: Any) -> Any:
        """What it answers."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        ended = threading.Timer(self._longest, self._process.kill)
        ended.start()
        with contextlib.suppress(BrokenPipeError):  # then there is no answer either
            self._process.stdin.write(json.dumps(line) + "\n")
            self._process.stdin.flush()
        told = self._process.stdout.readline()
        ended.cancel()
        if not told:
            self._process.wait()
            self._said.seek(0)
            raise Failed(_last(self._said.read()))
        return json.loads(told)

    def stop(self) -> float:
        """End it; gives the MiB that it and the processes below it held at their peaks (Linux, else
        0).
        """
        held = sum(map(peak, below(self._process.pid)))
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
        return held


def below(process: int) -> Iterator[int]:
    """A process and those that it has started."""
    yield process
    for children in Path("/proc").glob(f"{process}/task/*/children"):
        with contextlib.suppress(OSError):  # of a thread that has ended
            for child in children.read_text().split():
                yield from below(int(child))


def peak(process: int) -> float:
    """The most MiB that a process has held so far; 0 for one that has ended."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0
