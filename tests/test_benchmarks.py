"""bench.py on a set of three documents: each command hands on what it was given."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
DOCUMENTS = {
    "bees": "Bees dance to tell each other where flowers are.",
    "bread": "Rye bread is baked for an hour with sourdough.",
    "tides": "The tide is drawn by the moon, twice a day.",
}
QUESTIONS = {"q1": ("How do bees find flowers?", "bees"), "q2": ("What draws the tide?", "tides")}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with two test sets in BEIR's layout, which happen to be the same."""
    folder = tmp_path / "data" / "tiny"
    folder.mkdir(parents=True)
    rows = [{"_id": key, "title": "", "text": text} for key, text in DOCUMENTS.items()]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = [{"_id": key, "text": text} for key, (text, _) in QUESTIONS.items()]
    (folder / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in asked))
    found = "".join(f"{key}\t{document}\t1\n" for key, (_, document) in QUESTIONS.items())
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + found)
    shutil.copytree(folder, folder.with_name("twin"))
    return folder.parent


@pytest.mark.parametrize(
    ("command", "row"),
    [
        (["quality", "--modes", "lexical,reranked"], "| tiny | 3 | 3 | 2 | 1.000 | 1.000 |"),
        (["encoders", "--encoders", ""], "| text, hybrid | 1.0000 | 1.0000 | 1.0000 |"),
        (["relevance"], "| hybrid | yes |"),
        (["fusion", "--depth", "2"], "| hybrid as it is | 1.0000 | 1.0000 | 1.0000 |"),
    ],
)
def test_a_test_set_is_measured(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], row: str
) -> None:
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    bench = importlib.import_module("bench")
    monkeypatch.setattr("support.record.RUNS", tmp_path / "runs")
    given = ["--data", str(data), "--work", str(tmp_path / "work"), "--sets", "tiny,twin"]
    asked = ["--rehearsal", *command, *given]
    done = CliRunner().invoke(bench.main, asked, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert row in done.output
    (folder,) = (tmp_path / "runs").iterdir()
    assert {"machine.json", "summary.json", "summary.md"} <= {p.name for p in folder.iterdir()}


def test_code_that_is_in_no_commit_is_only_rehearsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    bench, record = importlib.import_module("bench"), importlib.import_module("support.record")
    monkeypatch.setattr(record, "RUNS", tmp_path)
    monkeypatch.setattr(bench, "commit", lambda: None)
    monkeypatch.setattr(record, "commit", lambda: None)
    data = ["--data", str(tmp_path), "--work", str(tmp_path / "work")]
    done = CliRunner().invoke(bench.main, ["quality", *data])
    assert done.exit_code == 2
    assert "bench.py --rehearsal COMMAND" in " ".join(done.output.split())
    assert record.new_record("speed").name.endswith("-speed-rehearsal")
    monkeypatch.setattr(record, "commit", lambda: "0abc123")
    assert record.new_record("speed").name.endswith("-speed")
