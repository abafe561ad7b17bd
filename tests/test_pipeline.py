"""A build's stages: they run side by side, one batch ahead and no more, to the same bytes; and
whatever ends a build early, what was encoded is kept.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lepton_local.cli.describe import report_lines, report_record
from lepton_local.config import BuildConfig
from lepton_local.corpus import isolate
from lepton_local.corpus.chunk import chunk
from lepton_local.indexing import builder, ingest
from lepton_local.indexing.check import check
from lepton_local.indexing.report import Report
from lepton_local.store import lexical, segment
from lepton_local.store.folder import Folder
from lepton_local.store.manifest import load_manifest
from tests.conftest import WordEncoder

ROWS = 4  # of a batch
FILES = 16  # of a passage each


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "FIRST_ROWS", ROWS)
    monkeypatch.setattr(ingest, "BATCH_ROWS", ROWS)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"{number:02}.txt").write_text(f"Note {number} about otters.\n")
    return folder


class Watched(WordEncoder):
    """Calls `during` with the number of each batch, from 1, while it is encoded."""

    def __init__(self, during: Callable[[int], None]) -> None:
        super().__init__()
        self._during, self._batch = during, 0

    def encode(
        self,
        texts: Sequence[str],
        *,
        kind: str = "passage",
        progress: Callable[[int], None] | None = None,
    ) -> np.ndarray:
        self._batch += 1
        self._during(self._batch)
        return super().encode(texts, kind=kind, progress=progress)


def holds(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether a condition comes to hold."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    return condition()


def segments(index: Path) -> int:
    return len(list(index.glob("segments/0*")))


def test_while_a_batch_is_encoded_the_next_is_prepared_and_the_last_is_written(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    counted: list[int] = []
    count = lexical.count

    def tell(*texts: Iterable[Sequence[str]]) -> lexical.Postings:
        counted.append(1)
        return count(*texts)

    monkeypatch.setattr(lexical, "count", tell)

    def during(batch: int) -> None:
        assert holds(lambda: len(counted) >= min(batch + 1, FILES // ROWS))
        assert holds(lambda: segments(index) >= batch - 1)
        time.sleep(0.05)
        assert len(counted) <= batch + 1, "more than one batch is prepared ahead"

    report = builder.build(corpus, index, encoder=Watched(during))
    assert report.passages == report.encoded == FILES


def test_equal_passages_of_neighbouring_batches_are_encoded_once(
    tmp_path: Path, corpus: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the batch that holds the first of them is not on the disk yet."""
    for path in corpus.iterdir():
        path.write_text("The otter sleeps.\n")
    monkeypatch.setattr(segment, "write", slow(segment.write))
    report = builder.build(corpus, tmp_path / "index", encoder=encoder)
    assert encoder.encoded == ["The otter sleeps."]
    assert (report.passages, report.encoded) == (FILES, 1)


def test_whoever_is_slow_the_bytes_are_the_same(
    tmp_path: Path, corpus: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder.build(corpus, tmp_path / "plain", encoder=encoder)
    builder.build(corpus, tmp_path / "encoder", encoder=Watched(lambda _: time.sleep(0.05)))
    with monkeypatch.context() as patch:
        patch.setattr(segment, "write", slow(segment.write))
        builder.build(corpus, tmp_path / "writer", encoder=encoder)
    with monkeypatch.context() as patch:
        patch.setattr(ingest, "chunk", slow(chunk))
        builder.build(corpus, tmp_path / "preparer", encoder=encoder)
    wanted = load_manifest(Folder(tmp_path / "plain")).segments
    for name in ("encoder", "writer", "preparer"):
        assert load_manifest(Folder(tmp_path / name)).segments == wanted


def slow(work: Callable[..., Any]) -> Callable[..., Any]:
    def slowly(*given: Any, **more: Any) -> Any:
        time.sleep(0.05)
        return work(*given, **more)

    return slowly


@pytest.mark.parametrize("stage", ["chunk", "write"])
def test_an_error_ends_a_build_and_what_was_encoded_is_kept(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    called = 0
    place = (ingest, "chunk") if stage == "chunk" else (segment, "write")
    work = getattr(*place)

    def fail(*given: Any, **more: Any) -> Any:
        nonlocal called
        called += 1
        if called == (2 * ROWS + 1 if stage == "chunk" else 3):  # the third batch
            raise OSError(28, "No space left on device")
        return work(*given, **more)

    threads = threading.active_count()
    with monkeypatch.context() as patch:
        patch.setattr(*place, fail)
        with pytest.raises(OSError, match="No space left"):
            builder.build(corpus, tmp_path / "index", encoder=WordEncoder())
    assert threading.active_count() == threads
    assert segments(tmp_path / "index") == 2
    again = builder.build(corpus, tmp_path / "index", encoder=WordEncoder())
    assert (again.passages, again.reused) == (FILES, 2 * ROWS)


def test_stopped_while_a_parser_hangs_it_ends_at_once(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is waited for at that moment is not waited for; what is encoded already is written."""
    isolate.close_kept()
    monkeypatch.setattr(isolate, "PROGRAM", f"import tests.bad_parsers; {isolate.PROGRAM}")
    (corpus / f"{2 * ROWS:02}.txt").write_text("sleep")

    def during(batch: int) -> None:
        if batch == 2:
            time.sleep(0.2)  # the third batch's first file is asked for
            raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        builder.build(corpus, tmp_path / "index", encoder=Watched(during))
    assert time.monotonic() - began < 15
    assert segments(tmp_path / "index") == 1
    isolate.close_kept()


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Is told how many passages each batch has."""
    rows: list[int] = []
    count = lexical.count

    def tell(*texts: Iterable[Sequence[str]]) -> lexical.Postings:
        counted = count(*texts)
        rows.append(len(counted.lengths))
        return counted

    monkeypatch.setattr(lexical, "count", tell)
    return rows


@pytest.fixture
def book(corpus: Path) -> Path:
    """Among notes, documents of many batches each: one of lines, and one of rows with marks."""
    lines = (f"Line {number} is about the otter number {number}." for number in range(300))
    (corpus / "03-book.txt").write_text("\n".join(lines))
    sections = (f"## Part {number}\n\nHerons of part {number}.\n" for number in range(11 * ROWS))
    (corpus / "03-parts.md").write_text("# Parts\n\n" + "\n".join(sections))
    return corpus


def test_a_batch_may_end_inside_a_document(
    tmp_path: Path,
    book: Path,
    encoder: WordEncoder,
    batches: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The index is to the byte what it is if no document is longer than a batch."""
    config = BuildConfig(chunk_tokens=40, overlap_tokens=8)
    parts = builder.build(book, tmp_path / "parts", config, encoder=encoder)
    assert max(batches) < 2 * ROWS
    assert all(finding.ok for finding in check(tmp_path / "parts", sources=True))
    monkeypatch.setattr(ingest, "BATCH_ROWS", 1000)
    monkeypatch.setattr(ingest, "FIRST_ROWS", 20)
    whole = builder.build(book, tmp_path / "whole", config, encoder=encoder)
    assert max(batches) > 10 * ROWS
    one, other = (each.index.manifest.segments[0] for each in (parts, whole))
    assert (one.files, one.rows, one.documents) == (other.files, other.rows, other.documents)


def test_a_batch_of_large_documents_is_small(
    tmp_path: Path,
    corpus: Path,
    encoder: WordEncoder,
    batches: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They have one passage each, and much to tell beside it."""
    monkeypatch.setattr(ingest, "FIRST_ROWS", 1000)
    monkeypatch.setattr(ingest, "BATCH_ROWS", 1000)
    monkeypatch.setattr(ingest, "BATCH_SIZE", 50_000)
    rows = [json.dumps({"text": f"Otter {row}.", "notes": "long " * 2000}) for row in range(40)]
    (corpus / "rows.jsonl").write_text("\n".join(rows))
    builder.build(corpus, tmp_path / "index", encoder=encoder)
    assert max(batches) < 2 * FILES
    assert len(batches) >= 8


def test_an_update_with_a_document_of_many_batches_equals_a_build(
    tmp_path: Path, corpus: Path, encoder: WordEncoder
) -> None:
    config = BuildConfig(chunk_tokens=40, overlap_tokens=8)
    builder.build(corpus, tmp_path / "index", config, encoder=encoder)
    lines = [f"Line {number} is about the otter number {number}." for number in range(300)]
    (corpus / "99-book.txt").write_text("\n".join(lines))
    updated = builder.update(tmp_path / "index", encoder=encoder).index
    assert all(finding.ok for finding in check(tmp_path / "index", sources=True))
    fresh = builder.build(corpus, tmp_path / "fresh", config, encoder=encoder).index
    columns = ["start", "end", "line", "text", "text_digest"]
    tables = [each.take_passages(np.arange(each.rows), columns) for each in (updated, fresh)]
    assert tables[0].equals(tables[1])
    assert updated.documents == fresh.documents == FILES + 1


def test_stopped_inside_a_document_what_was_encoded_is_kept(tmp_path: Path, book: Path) -> None:
    config = BuildConfig(chunk_tokens=40, overlap_tokens=8)

    def during(batch: int) -> None:
        if batch == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        builder.build(book, tmp_path / "index", config, encoder=Watched(during))
    again = builder.build(book, tmp_path / "index", config, encoder=WordEncoder())
    assert again.reused >= 10 * ROWS
    assert all(finding.ok for finding in check(tmp_path / "index", sources=True))


def test_a_build_tells_what_took_its_time(tmp_path: Path, corpus: Path) -> None:
    encoder = Watched(lambda _: time.sleep(0.06))
    report = builder.build(corpus, tmp_path / "index", encoder=encoder)
    seconds = report_record(report)["seconds"]
    assert seconds.keys() == {
        *("load", "parse", "chunk", "words", "encode", "write", "join", "faiss", "total")
    }
    assert seconds["total"] > seconds["encode"] > 0.06 * FILES / ROWS
    assert min(seconds[stage] for stage in ("parse", "chunk", "words", "write", "join")) > 0
    assert any(f"encoding {seconds['encode']:.1f} s" in line for line in report_lines(report))


def test_the_profile_leaves_out_what_took_no_time(tmp_path: Path, corpus: Path) -> None:
    index = builder.build(corpus, tmp_path / "index", encoder=WordEncoder()).index
    took = {"parse": 3.0, "chunk": 0.04, "words": 0.5, "encode": 90.0, "faiss": 2.0}
    report = Report(index, seconds={**took, "total": 95.0})
    assert report.profile == {"reading and parsing": 3.0, "encoding": 90.0, "FAISS": 2.0}
    assert "reading and parsing 3.0 s, encoding 90.0 s, FAISS 2.0 s" in "\n".join(
        report_lines(report)
    )
    nothing = Report(index, seconds={"encode": 0.01, "total": 0.02})
    assert not any("side by side" in line for line in report_lines(nothing))
