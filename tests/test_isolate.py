"""Parsers run in processes with limits: whatever a file makes them do costs that file alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lepton_local.corpus import isolate
from lepton_local.corpus.isolate import Parsed, parse_source
from lepton_local.errors import DependencyError
from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.types import Source
from tests.conftest import WordEncoder
from tests.forged import FORGED
from tests.systems import linux

ROOT = Path(__file__).parent.parent
LOAD = "import tests.bad_parsers; "  # in front of isolate.PROGRAM


@pytest.fixture(autouse=True)
def bad(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The parsers of bad_parsers.py, and limits that a test can wait for."""
    isolate.close_kept()
    monkeypatch.setattr(isolate, "PROGRAM", LOAD + isolate.PROGRAM)
    monkeypatch.setattr(isolate, "SECONDS", 0.5)
    monkeypatch.setattr(isolate, "MEMORY", 256 << 20)
    monkeypatch.setattr(isolate, "OUTPUT", 8 << 20)
    yield
    isolate.close_kept()


def parsed(folder: Path, words: str) -> Parsed:
    """What becomes of a file of these words."""
    (folder / "a.txt").write_text(words)
    return parse_source(Source(str(folder), "a.txt", 1, 1))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("spin", "the parser took longer than 0.5 s"),
        ("sleep", "the parser took longer than 1 s"),
        ("segfault", "the parser crashed (signal 11)"),
        ("abort", "the parser crashed (signal 6)"),
        ("exit", "the parser crashed (exit status 3)"),
        ("leave", "the parser crashed (exit status 1)"),
        ("endless", "the parser gave more than 8 MiB"),
        ("grow", "the parser needed more than"),
        ("half", "the other half is missing"),
        ("deep", "malformed: maximum recursion depth exceeded"),
        ("connect", "malformed: a parser may not use socket"),
        ("start", "malformed: a parser may not use subprocess"),
        ("write {there}", "malformed: [Errno "),
        ("untimed", "the parser took longer than 0.5 s"),
        ("handles", "malformed: [Errno 24] Too many open files"),
    ],
)
def test_what_a_parser_may_not_do(
    tmp_path: Path, words: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed(tmp_path, "so the process is there, and its start is not counted")
    monkeypatch.setattr(isolate, "CLOCK", 1.0 if words == "sleep" else 60.0)
    found = parsed(tmp_path, words.format(there=tmp_path / "there"))
    assert not found.documents
    (refused,) = found.refused
    assert refused.reason.startswith(reason)
    assert refused.source.digest.startswith("sha256:")
    assert refused.source.size == (tmp_path / "a.txt").stat().st_size
    assert not refused.unreadable
    assert not any(path.stat().st_size for path in tmp_path.glob("there"))
    monkeypatch.setattr(isolate, "CLOCK", 60.0)
    (document,) = parsed(tmp_path, "the next file").documents
    assert document.text == "the next file"


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_answer_is_taken_for_data_or_not_at_all(tmp_path: Path, kind: str) -> None:
    found = parsed(tmp_path, f"forge {kind}")
    if kind == "whole":
        assert [document.text for document in found.documents] == ["words", "forge whole"]
        return
    assert not [*found.documents]
    (refused,) = found.refused
    assert refused.reason == "the parser gave what is no document"
    assert refused.source.path == "a.txt"
    assert [document.text for document in parsed(tmp_path, "the next").documents] == ["the next"]


@pytest.mark.parametrize("words", ["print this", "interrupt", "pages of a book"])
def test_what_a_parser_may_do(tmp_path: Path, words: str) -> None:
    assert [document.text for document in parsed(tmp_path, words).documents] == [words]


def test_a_process_ended_after_its_last_word_costs_the_next_file_nothing(tmp_path: Path) -> None:
    """As happens when a build is stopped: the parser is kept for the next one."""
    (tmp_path / "a.txt").write_text("otters")
    source = Source(str(tmp_path), "a.txt", 1, 1)
    with isolate.a_parser() as parser:
        parser.parse(source)
        parser.kill()
        assert [document.text for document in parser.parse(source).documents] == ["otters"]


@pytest.mark.parametrize("deed", ["leak", "poison", "take handles"])
def test_a_file_does_not_pay_for_those_before_it(tmp_path: Path, deed: str) -> None:
    """Each leaks 48 MiB of the 256 that a process may have, all files that it may open, or leaves
    it broken for the next.
    """
    for number in range(8):
        found = parsed(tmp_path, f"{deed} {number}")
        assert [document.text for document in found.documents] == [f"{deed} {number}"]


def test_the_next_file_is_timed_whatever_the_last_one_did_to_the_timer(tmp_path: Path) -> None:
    assert parsed(tmp_path, "deaf").documents
    (refused,) = parsed(tmp_path, "spin").refused
    assert refused.reason == "the parser took longer than 0.5 s"


def test_a_parser_that_nobody_uses_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def kept() -> isolate._Worker:
        worker = isolate._kept[os.getpid()][0]._worker
        assert worker is not None
        return worker

    monkeypatch.setattr(isolate, "IDLE", 60.0)
    assert parsed(tmp_path, "otters").documents
    first = kept()
    monkeypatch.setattr(isolate, "IDLE", 0.1)
    assert parsed(tmp_path, "herons").documents
    _soon(lambda: not isolate._kept)
    _soon(lambda: first._process.poll() is not None)
    assert first.asked == 2
    assert parsed(tmp_path, "weirs").documents


def test_one_bad_file_of_many(
    tmp_path: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is remembered with its digest, and tried again only once it has changed."""
    started = 0
    start = isolate._Worker.__init__

    def counted(worker: isolate._Worker) -> None:
        nonlocal started
        started += 1
        start(worker)

    monkeypatch.setattr(isolate._Worker, "__init__", counted)
    notes = tmp_path / "notes"
    notes.mkdir()
    for number in range(9):
        (notes / f"{number}.txt").write_text(f"Note {number} is about otters.")
    (notes / "4.txt").write_text("segfault")
    (notes / "6.txt").write_text("spin")
    report = builder.build(notes, tmp_path / "index", encoder=encoder)
    assert report.index.documents == 7
    assert {each.source.path: each.reason for each in report.skipped} == {
        "4.txt": "the parser crashed (signal 11)",
        "6.txt": "the parser took longer than 0.5 s",
    }
    assert all(finding.ok for finding in check(tmp_path / "index", sources=True))
    isolate.close_kept()
    started = 0
    (notes / "9.txt").write_text("Note 9 is about herons.")
    again = builder.update(tmp_path / "index", encoder=encoder)
    assert started == 1
    assert again.skipped == report.skipped
    (notes / "4.txt").write_text("Note 4 is about weirs.")
    mended = builder.update(tmp_path / "index", encoder=encoder)
    assert [each.source.path for each in mended.skipped] == ["6.txt"]
    assert mended.index.documents == 9


def test_a_proof_survives_the_file_that_it_reads(tmp_path: Path, encoder: WordEncoder) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "a.txt").write_text("Otters sleep.")
    builder.build(notes, tmp_path / "index", encoder=encoder)
    (notes / "a.txt").write_text("segfault")
    wrong = [finding for finding in check(tmp_path / "index", sources=True) if not finding.ok]
    assert [(each.subject, each.detail) for each in wrong] == [
        ("a.txt", f"the parser crashed (signal 11): lepton-index update {tmp_path / 'index'}")
    ]


def test_a_parser_finds_nothing_where_the_command_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though a session at the prompt does, and may have found this package so."""
    (tmp_path / "json.py").write_text("raise SystemExit(9)")
    (tmp_path / "a.txt").write_text("otters")
    monkeypatch.chdir(tmp_path)
    root = str(ROOT)
    monkeypatch.setattr(sys, "path", ["", *(each for each in sys.path if each not in ("", root))])
    found = parse_source(Source(str(tmp_path), "a.txt", 1, 1))
    assert [document.text for document in found.documents] == ["otters"]


def test_a_process_that_cannot_start_is_told(
    tmp_path: Path, notes: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is no fault of the files: none is skipped."""
    monkeypatch.setattr(isolate, "PROGRAM", "import nothing_of_this_name")
    with pytest.raises(DependencyError, match="cannot run parsers") as told:
        builder.build(notes, tmp_path / "index", encoder=encoder)
    assert "\n" not in str(told.value)


# A shell that starts the tests in the background has them ignore Ctrl-C, and so their children.
BUILD = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from lepton_local.corpus import isolate
isolate.PROGRAM = "import tests.bad_parsers; " + isolate.PROGRAM
from lepton_local.indexing import builder
from tests.conftest import WordEncoder
builder.build(sys.argv[1], sys.argv[2], encoder=WordEncoder())
"""


@linux
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_stays_behind(tmp_path: Path, end: signal.Signals) -> None:
    """Ended in the midst of a file that never ends, alone or by a Ctrl-C that both are sent."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("sleep")
    parent = subprocess.Popen(
        [sys.executable, "-c", BUILD, str(tmp_path / "notes"), str(tmp_path / "index")],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    child = _soon(lambda: _children(parent.pid))[0]
    _soon(lambda: b"bad_parsers" in Path(f"/proc/{child}/cmdline").read_bytes())
    time.sleep(0.5)
    if end == signal.SIGINT:
        os.killpg(parent.pid, end)
    else:
        parent.send_signal(end)
    _, said = parent.communicate(timeout=20)
    assert (b"KeyboardInterrupt" in said) == (end == signal.SIGINT)
    _soon(lambda: not Path(f"/proc/{child}").exists())


def _soon(look: Callable[[], Any]) -> Any:
    """What `look` gives, as soon as it is something."""
    end = time.monotonic() + 20
    while not (found := look()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def _children(pid: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(each) for each in found.stdout.split()]
