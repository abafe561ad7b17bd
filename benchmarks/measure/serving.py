"""The server beside the library: what a question by HTTP takes more, when the first event comes,
and what many clients at once meet.

What a door takes is told by each answer itself: the time on this side of it, without what the
library says that it took in there.
"""

from __future__ import annotations

import http.client
import itertools
import json
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from subprocess import PIPE, Popen
from typing import Any

import click
import numpy as np
from measure.speed import MADE, base_index, grown, questions_of
from support.record import new_record, table, write_json, write_rows

from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index

WARM_UP = 5  # questions before the clock is looked at
EVENTS = {"Accept": "text/event-stream"}
PAUSE = 1.0  # seconds between looks at the memory
_SERVE = [sys.executable, "-c", "from lepton_local.cli.search import main; main()", "serve"]


@dataclass(slots=True)
class Load:
    """What clients met: how many answers of each status (0: the connection ended without one), and
    the seconds that each took.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


def run(
    work: Path,
    *,
    index: Path | None,
    base: Path | None,
    rows: int,
    questions: int,
    clients: int,
    seconds: float,
    seed: int,
    name: str,
) -> Path:
    """Measure a server of this index, or of one of `rows` passages grown from `base`; return the
    record.
    """
    work.mkdir(parents=True, exist_ok=True)
    real = None if index else Index.open(base) if base else base_index(work / "base")
    place = index if real is None else grown(real, work / f"{rows}", rows)
    assert place is not None
    asked = questions_of(place, questions, seed)
    record = new_record(name)
    with served(place) as (server, port):
        click.echo("one client", err=True)
        alone = [_once(port, question, place) for question in asked[:WARM_UP]]
        with Searcher.open(place) as searcher:
            searcher.answer(asked[0])
            alone = [
                {**_once(port, question, place), "library": _timed(searcher, question)}
                for question in asked
            ]
        first = [_first(port, question) for question in asked]
        before = _state(server.pid)
        click.echo(f"{clients} clients", err=True)
        states: list[dict[str, int]] = []
        over = threading.Event()
        watching = threading.Thread(target=_watch, args=(server.pid, states, over))
        watching.start()
        met = load(port, asked, clients=clients, seconds=seconds)
        over.set()
        watching.join()
    summary = {
        "passages": Index.open(place).rows,
        "door": _spread([each["door"] for each in alone]),
        "http": _spread([each["http"] for each in alone]),
        "library": _spread([each["library"] for each in alone]),
        "first": _spread(first),
        "clients": clients,
        "seconds": seconds,
        "statuses": dict(met.statuses),
        "load": _spread(met.seconds),
        "rate": len(met.seconds) / seconds,
        "threads": [before["threads"], max(each["threads"] for each in states)],
        "mib": [states[len(states) // 4]["mib"], states[-1]["mib"]],
    }
    write_json(record / "summary.json", summary)
    write_rows(record / "alone.jsonl.gz", alone)
    write_rows(record / "states.jsonl.gz", states)
    text = (MADE if real is not None else "") + _told(summary)
    (record / "summary.md").write_text(text, encoding="utf-8")
    return record


@contextmanager
def served(index: Path) -> Iterator[tuple[Popen[str], int]]:
    """The command, and the port that it listens on."""
    with Popen([*_SERVE, str(index), "--port", "0", "--no-token"], stdout=PIPE, text=True) as it:
        assert it.stdout is not None
        try:
            yield it, int(it.stdout.readline().rstrip("/\n").rpartition(":")[2])
        finally:
            it.terminate()


def load(port: int, questions: Sequence[str], *, clients: int, seconds: float) -> Load:
    """Have so many clients ask without a pause, each over one connection, for so long."""
    met, lock, end = Load(), threading.Lock(), time.monotonic() + seconds

    def ask(number: int) -> None:
        to = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        for question in itertools.islice(itertools.cycle(questions), number, None):
            began = time.perf_counter()
            try:
                status = _asked(to, question)[0]
            except (OSError, http.client.HTTPException):
                to.close()
                status = 0
            with lock:
                met.statuses[status] += 1
                met.seconds.append(time.perf_counter() - began)
            if time.monotonic() > end:
                break
        to.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return met


def _asked(to: http.client.HTTPConnection, question: str) -> tuple[int, bytes]:
    to.request("POST", "/v1/ask", json.dumps({"question": question}))
    answer = to.getresponse()
    return answer.status, answer.read()


def _once(port: int, question: str, index: Path) -> dict[str, float]:
    """Seconds of one question by HTTP, and how many of them the library did not need."""
    to = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    to.connect()
    began = time.perf_counter()
    status, body = _asked(to, question)
    took = time.perf_counter() - began
    to.close()
    assert status == 200, body
    return {"http": took, "door": took - json.loads(body)["seconds"]["total"]}


def _timed(searcher: Searcher, question: str) -> float:
    began = time.perf_counter()
    searcher.answer(question)
    return time.perf_counter() - began


def _first(port: int, question: str) -> float:
    """Seconds until the passages are there, before anything has judged them."""
    to = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    to.connect()
    began = time.perf_counter()
    to.request("POST", "/v1/ask", json.dumps({"question": question}), EVENTS)
    answer = to.getresponse()
    assert answer.readline() == b"event: hits\n"
    assert answer.readline().startswith(b"data: ")
    took = time.perf_counter() - began
    answer.read()
    to.close()
    return took


def _watch(process: int, states: list[dict[str, int]], over: threading.Event) -> None:
    while not over.wait(PAUSE) or not states:
        states.append(_state(process))


def _state(process: int) -> dict[str, int]:
    """Threads and MiB of a process, without the files that it maps."""
    told = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    threads, anonymous = (
        int(re.findall(rf"{name}:\s*(\d+)", told)[0]) for name in ("Threads", "RssAnon")
    )
    return {"threads": threads, "mib": anonymous >> 10}


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile, in milliseconds."""
    found = np.array(seconds) * 1000
    return {"median": round(median(found), 2), "p95": round(float(np.percentile(found, 95)), 2)}


def _told(summary: dict[str, Any]) -> str:
    names = {
        "library": "the library alone, in another process",
        "http": "the same question by HTTP",
        "door": "of it, what the library inside did not need",
        "first": "until the first event",
        "load": f"an answer, {summary['clients']} clients at once",
    }
    rows = [
        [words, f"{summary[key]['median']:.1f}", f"{summary[key]['p95']:.1f}"]
        for key, words in names.items()
    ]
    statuses = ", ".join(f"{many:,} of status {each}" for each, many in summary["statuses"].items())
    return (
        f"{summary['passages']:,} passages.\n\n"
        + table(["milliseconds", "median", "95th percentile"], rows)
        + f"\n{summary['clients']} clients for {summary['seconds']:.0f} seconds: {statuses};"
        f" {summary['rate']:.1f} answers a second."
        f" Threads of the server: {summary['threads'][0]} with one client,"
        f" {summary['threads'][1]} with all. Memory of its own, after a quarter of the time and at"
        f" the end: {summary['mib'][0]} and {summary['mib'][1]} MiB.\n"
    )
