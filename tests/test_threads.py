"""One snapshot, many threads: every answer is the one that a thread alone gets."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from lepton_local.indexing import builder
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index
from tests.conftest import WordEncoder
from tests.systems import forks
from tests.test_crash import Driver
from tests.test_update import PLAIN

THREADS = 16
SECONDS = float(os.environ.get("LEPTON_THREADS_SECONDS", "3"))  # 20 before a release


@pytest.fixture
def index(tmp_path: Path, encoder: WordEncoder) -> Index:
    notes = tmp_path / "many"
    notes.mkdir()
    for number in range(600):
        (notes / f"{number}.txt").write_text(f"Note {number} of the otter, {number * 7} fish.\n")
    return builder.build(notes, tmp_path / "index", encoder=encoder).index


def test_threads_read_what_one_reads(index: Index) -> None:
    columns = ["document", "heading", "text"]
    documents = index.segments[0].documents.table(["path"])
    passages = index.take_passages(np.arange(index.rows), columns)
    ready = threading.Barrier(THREADS)

    def read(seed: int) -> None:
        chance = np.random.default_rng(seed)
        fresh = Index.open(index.path) if seed % 2 else index
        ready.wait()
        for _ in range(20):
            rows = chance.choice(index.rows, 24, replace=False)
            assert fresh.take_passages(rows, columns).equals(passages.take(rows))
            assert fresh.segments[0].documents.table(["path"]).equals(documents)
            assert fresh.statistics.languages == ("en",)
            assert len(fresh.segments[0].column("path").codes) == fresh.documents

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(read, range(THREADS)))


@forks
def test_threads_ask_while_another_process_updates(
    tmp_path: Path, index: Index, encoder: WordEncoder
) -> None:
    searcher = Searcher(index, encoder=encoder, config=PLAIN)
    questions = [f"note {number} otter" for number in range(0, 600, 40)] + ['"otter, 7 fish"']
    expected = {question: searcher.search(question) for question in questions}
    over = threading.Event()

    def ask(seed: int) -> int:
        chance = np.random.default_rng(seed)
        asked = 0
        while not over.is_set():
            question = str(chance.choice(questions))
            found = searcher.search(question)
            assert [(hit.passage, hit.score) for hit in found] == [
                (hit.passage, hit.score) for hit in expected[question]
            ]
            asked += 1
        return asked

    writer = Driver("update", tmp_path / "many", index.path)
    end, updates = time.monotonic() + SECONDS, 0
    with ThreadPoolExecutor(THREADS) as pool:
        asking = [pool.submit(ask, seed) for seed in range(THREADS)]
        try:
            while time.monotonic() < end or updates < 3:
                (tmp_path / "many" / f"{updates}.txt").write_text(f"Update {updates}.\n")
                assert writer.run(0)[0] == 0
                updates += 1
        finally:
            over.set()
            writer.close()
        assert sum(each.result() for each in asking) > THREADS
    assert updates >= 3
    assert Index.open(index.path).manifest.generation == 1 + updates
