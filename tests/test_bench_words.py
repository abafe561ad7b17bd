"""bench.py words: right, wrong, silent and without truth, of questions in three layouts."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
DEPOT = "The depot in Kiel was opened on 4 May 1931. Its lamp is lit by Mrs Dahl every evening."


def test_answers_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    bench = importlib.import_module("measure.words")
    monkeypatch.setattr("support.record.RUNS", tmp_path / "runs")
    (tmp_path / "depot").mkdir()
    (tmp_path / "depot" / "depot.txt").write_text(DEPOT)
    when = "When was the depot in Kiel opened?"
    asked = [
        {"question": when, "accept": ["1931"]},
        {"question": when, "accept": ["1945"]},  # so that what is said is wrong
        {"question": when, "accept": None},
        {"question": "Who sells xylophones?", "accept": None},
    ]
    (tmp_path / "asked.json").write_text(json.dumps(asked))
    made = [{"question": "Who lights the lamp of the depot?", "answers": ["Mrs Dahl"]}]
    (tmp_path / "made.jsonl").write_text("".join(json.dumps(each) + "\n" for each in made))
    squad = {"question": when, "id": "1", "answers": [{"text": "1931", "answer_start": 39}]}
    paragraph = {"context": DEPOT, "qas": [squad]}
    data = {"data": [{"title": "Depot", "paragraphs": [paragraph]}]}
    (tmp_path / "squad.json").write_text(json.dumps(data))
    over = tmp_path / "depot"
    sets = [(tmp_path / "asked.json", over), (tmp_path / "made.jsonl", over)]
    record = bench.run(
        [*sets, (tmp_path / "squad.json", None)],
        tmp_path / "work",
        sample=None,
        seed=0,
        matching=None,
        together=None,
        name="words",
    )
    summary = json.loads((record / "summary.json").read_text())
    told = summary["sets"]["asked"]
    counted = ("answerable", "right", "wrong", "silent", "unanswerable", "without_truth", "hit@1")
    assert [told[each] for each in counted] == [2, 1, 1, 0, 2, 1, 1]
    assert [summary["sets"][each]["right"] for each in ("made", "squad")] == [1, 1]
    assert summary["all"]["right"] == 3
    assert {"risk.svg", "questions.jsonl.gz", "summary.md"} <= {p.name for p in record.iterdir()}


def test_what_is_no_set_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    options = importlib.import_module("support.options")
    with pytest.raises(Exception, match=r"none\.json does not exist, expected QUESTIONS=DOCUMENTS"):
        options.OverDocuments().convert("none.json=here", None, None)
