"""What is done for a build, an update and a question, counted: calls, rows, bytes, files, modules.
A second more or less is the machine's; a row more is ours.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lepton_local.config import SearchConfig
from lepton_local.indexing import builder
from lepton_local.search.searcher import Searcher
from lepton_local.store.names import VECTORS_FILE, WORDS_FILES
from lepton_local.store.passages import Rows
from tests.conftest import MEASURED, WordEncoder

PLAIN = SearchConfig(rerank=False, answer=False)
FILES = 120  # of three passages each
# Of the libraries that are installed, those that a question on a CPU does without.
NEEDLESS = {
    *("torch", "transformers", "sentence_transformers", "onnx", "huggingface_hub", "pandas"),
    *("faiss", "pyarrow.compute", "numpy.ma", "rapidfuzz", "multiprocessing", "asyncio"),
    *("lxml", "pypdfium2", "docx", "lepton_local.corpus.parse", "lepton_local.indexing"),
}
# A command that tells on stderr which files Python opened and which modules it has in the end.
COUNTED = """
import collections, json, os, sys
opened = collections.Counter()
sys.addaudithook(lambda event, given: opened.update([str(given[0])]) if event == "open" else None)
from lepton_local.cli.search import main
try:
    main()
finally:
    sys.stderr.write(json.dumps([opened, sorted(sys.modules)]))
"""


class Counting(WordEncoder):
    """Counts calls and texts, of questions too."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, int]] = []

    def encode(
        self,
        texts: Sequence[str],
        *,
        kind: str = "passage",
        progress: Callable[[int], None] | None = None,
    ) -> np.ndarray:
        self.asked.append((kind, len(texts)))
        return super().encode(texts, kind=kind, progress=progress)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    for number in range(FILES):
        sections = (
            f"## Part {part}\n\nThe otter of river {number} has a lantern, and {part}"
            f"{' stone' * (number % 12)}{' moss' * (number // 12)}{' mill' * part}.\n"
            for part in range(3)
        )
        (folder / f"{number:03}.md").write_text(f"# River {number}\n\n" + "\n".join(sections))
    return folder


def sizes(folder: Path) -> dict[tuple[str, int], int]:
    """Bytes of each file, by its name and the time of its last change."""
    found = [(path, path.stat()) for path in folder.rglob("*") if path.is_file()]
    return {(str(path), stat.st_mtime_ns): stat.st_size for path, stat in found}


def test_each_passage_is_encoded_once_and_a_question_in_one_call(
    tmp_path: Path, corpus: Path
) -> None:
    encoder = Counting()
    report = builder.build(corpus, tmp_path / "index", encoder=encoder)
    assert report.passages == len(set(encoder.encoded))
    measured = 2 * len(MEASURED)
    assert sum(many for _, many in encoder.asked) == report.passages + measured
    encoder.asked.clear()
    Searcher(report.index, encoder=encoder, config=PLAIN).search("which river has a lantern?")
    assert encoder.asked == [("question", 1)]


def test_an_update_of_one_file_writes_little(tmp_path: Path, corpus: Path) -> None:
    encoder = Counting()
    builder.build(corpus, tmp_path / "index", encoder=encoder)
    before = sizes(tmp_path / "index")
    encoder.asked.clear()
    changed = corpus / "007.md"
    changed.write_text(changed.read_text() + "\n## More\n\nA heron came by.\n")
    builder.update(tmp_path / "index", encoder=encoder)
    assert encoder.asked == [("passage", 1)]
    written = {name: size for name, size in sizes(tmp_path / "index").items() if name not in before}
    assert sum(written.values()) < 0.25 * sum(before.values())


def test_a_question_reads_the_passages_that_it_shows(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = builder.build(corpus, tmp_path / "index", encoder=WordEncoder()).index
    searcher = Searcher(index, encoder=WordEncoder(), config=PLAIN)
    searcher.search("otter")
    taken: list[tuple[str, int]] = []
    take, table = Rows.take, Rows.table

    def counted(self: Rows, rows: np.ndarray, columns: Sequence[str]) -> pa.Table:
        taken.append((self.name, len(rows)))
        return take(self, rows, columns)

    def whole(self: Rows, columns: Sequence[str]) -> pa.Table:
        assert self.name != "passages.parquet"
        return table(self, columns)

    monkeypatch.setattr(Rows, "take", counted)
    monkeypatch.setattr(Rows, "table", whole)
    assert len(searcher.search("lantern stones of river 7", k=3)) == 3
    assert [name for name, _ in taken] == ["passages.parquet", "documents.parquet"] * 2
    assert all(rows <= 3 for _, rows in taken)  # and once more for the marks of what is shown
    taken.clear()
    searcher.search('"river 7"', k=1, filters=["path:0*"])  # 57 passages hold both words
    assert sum(rows for name, rows in taken if name == "passages.parquet") <= 3 * 57


def test_a_cold_question_opens_each_file_once_and_loads_no_more_than_it_needs(
    tmp_path: Path, notes: Path
) -> None:
    index = tmp_path / "index"
    builder.build(notes, index)
    asked = [str(index), "how is the loaf baked?", "--no-rerank", "--no-answer"]
    command = [sys.executable, "-c", COUNTED, "query", *asked]
    subprocess.run(command, capture_output=True, check=True)  # the first one fills the cache
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Bake the loaf for forty minutes" in run.stdout
    opened, modules = json.loads(run.stderr)
    assert not NEEDLESS & set(modules)
    own = Counter({Path(name).name: many for name, many in opened.items() if str(index) in name})
    assert own.keys() == {"manifest.json", *WORDS_FILES, VECTORS_FILE}
    assert all(many == 1 for many in own.values()), own
    sources = [name for name in opened if str(notes) in name]
    assert not sources  # whether a file has changed is told by its size and time
