"""An object store that fails, loses answers and lists what was, and writers who work at once:
whatever happens, what is committed is whole, and of two that commit at once one wins.

LEPTON_LONG=1 has hundreds of chances in place of a few.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from lepton_local.config import BuildConfig
from lepton_local.errors import LeptonError, NoIndexError, StoreError
from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.store import objects
from lepton_local.store.index import Index
from lepton_local.store.manifest import load_manifest
from lepton_local.store.remote import Remote
from tests.conftest import WordEncoder
from tests.objects import SECRET, Between, Fault, between, new_bucket, object_store, sign_in
from tests.test_update import answers

LONG = bool(os.environ.get("LEPTON_LONG"))
CHANCES = 200 if LONG else 1


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with object_store() as address:
        yield address


@pytest.fixture
def way(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Between]:
    """The way to the store, on which things go wrong."""
    wait(monkeypatch, 10)
    monkeypatch.setattr(objects, "PIECE", 1000)
    monkeypatch.setattr(objects, "RETRIES", 3)
    with between(server) as found:
        sign_in(monkeypatch, found.address)
        yield found


def wait(patch: pytest.MonkeyPatch, seconds: float) -> None:
    """For an answer: little where none will come, but not too little for a busy machine."""
    for name in ("ANSWER", "SENDING"):
        patch.setattr(objects, name, timedelta(seconds=seconds))


@pytest.fixture
def place(way: Between) -> str:
    return f"s3://{new_bucket(way.store)}/index"


def machine(number: int, place: str, tmp_path: Path) -> Remote:
    """The place as a machine sees it that shares nothing with others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEPTON_CACHE", str(tmp_path / f"machine{number}"))
        return Remote(place)


def once(fault: str, method: str, part: str) -> Fault:
    """That fault, the first time that something is asked."""
    left = [fault]

    def happens(asked: str, path: str) -> str:
        return left.pop() if left and asked == method and part in path else ""

    return happens


FEW = [
    ("500", "PUT", "manifest.json"),
    ("lost", "PUT", "manifest.json"),
    ("hang", "PUT", "manifest.json"),
    ("lost", "PUT", "vectors.npy"),
    ("cut", "GET", "manifest.json"),
    ("cut", "GET", "list-type"),
]
ALL = [
    (fault, method, part)
    for fault in ("500", "hang", "cut", "lost")
    for method, part in [
        *(("PUT", "manifest.json"), ("PUT", "vectors.npy"), ("PUT", "segment.json")),
        *(("GET", "manifest.json"), ("GET", "passages.parquet"), ("GET", "list-type")),
    ]
]


@pytest.mark.parametrize(("fault", "method", "part"), ALL if LONG else FEW)
def test_what_fails_once_is_tried_again(
    way: Between,
    place: str,
    notes: Path,
    tmp_path: Path,
    fault: str,
    method: str,
    part: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One failure of a kind never hurts; of a manifest that was put, and of which no answer came,
    what lies there tells.
    """
    builder.build(notes, machine(1, place, tmp_path), encoder=WordEncoder())
    (notes / "kite.txt").write_text("A kite needs wind.\n")
    if fault == "hang":
        wait(monkeypatch, 1)
    way.fault = once(fault, method, part)
    report = builder.update(machine(2, place, tmp_path), encoder=WordEncoder())
    assert report.index.manifest.generation == 2
    assert any(part in path for _, path in way.asked)
    assert all(finding.ok for finding in check(machine(3, place, tmp_path)))


@pytest.mark.parametrize("_", range(1 + CHANCES // 10))
def test_of_two_writers_one_wins(
    way: Between, place: str, notes: Path, tmp_path: Path, _: int
) -> None:
    """Both have read the same generation, and put the next one at the same moment. The other is
    told in a line, and what it does next is whole.
    """
    builder.build(notes, machine(0, place, tmp_path), encoder=WordEncoder())
    machines = [machine(number, place, tmp_path) for number in (1, 2)]
    both = threading.Barrier(2, timeout=20)
    (notes / "kite.txt").write_text("A kite needs wind.\n")
    (notes / "bread.md").unlink()

    def meet(method: str, path: str) -> str:
        if method == "PUT" and path.endswith("manifest.json"):
            both.wait()
        return ""

    def work(number: int) -> str:
        try:
            if number == 1:
                builder.update(machines[0], encoder=WordEncoder())
            else:
                config = BuildConfig(chunk_tokens=64)
                builder.build(notes, machines[1], config, encoder=WordEncoder())
        except LeptonError as error:
            return str(error)
        return ""

    way.fault = meet
    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(work, (1, 2)))
    way.fault = lambda method, path: ""
    assert told[0] == ""
    assert "was changed by another process meanwhile" in told[1]
    assert load_manifest(machine(3, place, tmp_path)).generation == 2
    (notes / "otter.txt").write_text("An otter needs a river.\n")
    report = builder.update(machine(2, place, tmp_path), encoder=WordEncoder())
    assert (report.added, report.index.manifest.generation) == (1, 3)
    assert all(finding.ok for finding in check(machine(4, place, tmp_path)))


def test_lists_may_tell_of_the_past(way: Between, place: str, notes: Path, tmp_path: Path) -> None:
    """Each list is for ever as it was when it was first asked for."""
    way.fault = lambda method, path: "stale"
    encoder, near = WordEncoder(), tmp_path / "near"
    for step in range(3):
        if step == 1:
            (notes / "kite.txt").write_text("A kite needs wind.\n")
        for where in (machine(1, place, tmp_path), near):
            if step == 0:
                builder.build(notes, where, encoder=encoder)
            elif step == 1:
                builder.update(where, encoder=encoder)
            else:
                builder.compact(where)
    assert all(finding.ok for finding in check(machine(2, place, tmp_path)))
    assert answers(Index.open(machine(2, place, tmp_path)), encoder) == answers(
        Index.open(near), encoder
    )


def test_a_build_that_is_refused_midway_leaves_nothing_to_be_seen(
    way: Between, place: str, notes: Path, tmp_path: Path
) -> None:
    way.fault = lambda method, path: "refused" if "vectors.npy" in path else ""
    with pytest.raises(StoreError, match=r"refuses it \(AccessDenied\)") as caught:
        builder.build(notes, machine(1, place, tmp_path), encoder=WordEncoder())
    assert SECRET not in str(caught.value)
    with pytest.raises(NoIndexError):
        Index.open(machine(2, place, tmp_path))
    way.fault = lambda method, path: ""
    builder.build(notes, machine(3, place, tmp_path), encoder=WordEncoder())
    assert all(finding.ok for finding in check(machine(2, place, tmp_path)))


def test_ctrl_c_waits_for_no_answer(way: Between, place: str) -> None:
    asked = threading.Event()

    def never(method: str, path: str) -> str:
        asked.set()
        return "hang"

    way.fault = never
    program = "import sys; from lepton_local.cli.index import main; main(['info', sys.argv[1]])"
    with subprocess.Popen([sys.executable, "-c", program, place], stderr=subprocess.PIPE) as child:
        assert asked.wait(60)
        child.send_signal(signal.SIGINT)
        _, told = child.communicate(timeout=20)  # an answer would be waited for longer
    assert (child.returncode, told.count(b"\n")) == (130, 1)


@pytest.mark.parametrize("seed", range(CHANCES))
def test_whatever_goes_wrong_what_is_committed_is_whole(
    way: Between,
    place: str,
    notes: Path,
    tmp_path: Path,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance, encoder = random.Random(seed), WordEncoder()
    kinds = ["500", "lost", "cut", "stale", "refused", *["hang"] * LONG]
    told: list[str] = []
    for step in range(4):
        wait(monkeypatch, 1 if LONG else 10)  # where some answers never come
        way.fault = lambda method, path: chance.choice(kinds) if chance.random() < 0.06 else ""
        (notes / f"{step}.txt").write_text(f"Note {step} is of {chance.random()}.\n")
        here = machine(chance.randrange(2), place, tmp_path)
        try:
            if chance.random() < 0.3:
                builder.build(notes, here, encoder=encoder)
            elif step and chance.random() < 0.3:
                builder.compact(here)
            else:
                builder.update(here, encoder=encoder)
        except StoreError as error:
            told.append(str(error))
        way.fault = lambda method, path: ""
        wait(monkeypatch, 10)
        try:
            findings = list(check(machine(9, place, tmp_path)))
        except NoIndexError:
            continue
        assert [each for each in findings if not each.ok] == []
    assert not any(SECRET in each or "\n" in each for each in told)
    builder.build(notes, machine(5, place, tmp_path), encoder=encoder)
    builder.build(notes, tmp_path / "near", encoder=encoder)
    far = Index.open(machine(9, place, tmp_path))
    assert answers(far, encoder) == answers(Index.open(tmp_path / "near"), encoder)
