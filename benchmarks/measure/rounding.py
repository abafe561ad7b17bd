"""What whole numbers change in a network's outputs on a CPU, and their time, beside float32."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np
from support.record import new_record, table, write_json

from lepton_local.errors import ModelError
from lepton_local.evaluation.datasets import Question, QuestionSet, load_dataset
from lepton_local.models.card import Card, encoder_card, judge_card
from lepton_local.models.export import GRAPH, export
from lepton_local.models.processor import Precision
from lepton_local.models.resolve import BUNDLED_ENCODER, BUNDLED_PAIR, resolve
from lepton_local.models.roles import Floats, PassageText
from lepton_local.models.runtime_onnx import OnnxRuntime
from lepton_local.models.tokens import Row, Tokens, padded

PRECISIONS: tuple[Precision, ...] = ("fp32", "int7", "int8")
ROUNDS = 5  # in each of which every precision runs once
TOKENS = 256  # of a row, at most

Report = dict[str, Any]
Output = Mapping[str, Floats]


def run(models: Sequence[Path], questions: str, *, sample: int, seed: int, name: str) -> Path:
    """Compare the precisions of models, the bundled ones if none is named; gives the record."""
    if not models:
        models = [
            resolve("bundled", bundled=which, allow_download=False)
            for which in (BUNDLED_ENCODER, BUNDLED_PAIR)
        ]
    data = load_dataset(questions)
    assert isinstance(data, QuestionSet)
    asked = random.Random(seed).sample(data.questions, sample)
    reports = [report for folder in models for report in _compared(folder, asked)]
    record = new_record(name)
    write_json(record / "summary.json", {"questions": len(asked), "seed": seed, "rows": reports})
    (record / "summary.md").write_text(summarise(reports), encoding="utf-8")
    return record


def summarise(reports: Sequence[Report]) -> str:
    """A row for each model and precision."""
    names = [
        "cosine of the vectors",
        "relevance off by",
        "KL of start and end",
        "same best token",
        "time",
    ]
    rows = [
        [report["model"], report["precision"], *(report.get(name, "") for name in names)]
        for report in reports
    ]
    return table(["model", "precision", *names], rows)


def _compared(folder: Path, asked: Sequence[Question]) -> list[Report]:
    card = _card(folder)
    rows = [_row(card, question) for question in asked]
    with tempfile.TemporaryDirectory() as scratch:
        runs = {p: _runtime(card, Path(scratch) / p, p, rows) for p in PRECISIONS}
        told = {precision: run() for precision, run in runs.items()}
        seconds: dict[Precision, list[float]] = {precision: [] for precision in PRECISIONS}
        for _ in range(ROUNDS):
            for precision, run in runs.items():
                begun = time.process_time()
                run()
                seconds[precision].append(time.process_time() - begun)
    return [
        {
            "model": f"{folder.parent.name}/{folder.name}",
            "precision": precision,
            **_distances(told["fp32"], outputs),
            "time": f"{median(seconds[precision]) / median(seconds['fp32']):.2f}",
        }
        for precision, outputs in told.items()
    ]


def _card(folder: Path) -> Card:
    try:
        return judge_card(folder)
    except ModelError:
        card = encoder_card(folder)
        assert card is not None, folder
        return card


def _row(card: Card, question: Question) -> Row:
    """What the network is shown: the paragraph, behind its question if it is a judge."""
    tokens = Tokens.load(card.folder / "tokenizer.json", min(card.max_tokens, TOKENS))
    if card.head in ("mean", "cls", "max"):
        return tokens.rows([question.context])[0]
    passage = PassageText(question.title, question.context)
    return tokens.windows(question.text, [passage], heading=card.heading)[0].row


def _runtime(
    card: Card, out: Path, precision: Precision, rows: Sequence[Row]
) -> Callable[[], list[Output]]:
    out.mkdir()
    export(card, out, precision=precision)
    runtime = OnnxRuntime(out / GRAPH, threads=1)
    return lambda: [runtime.run(*padded([row])) for row in rows]


def _distances(exact: Sequence[Output], found: Sequence[Output]) -> Report:
    """How far outputs are from float32's, on average, by what the network gives."""
    pairs = list(zip(exact, found, strict=True))
    told: Report = {}
    if "vector" in exact[0]:
        told["cosine of the vectors"] = f"{fmean(_cosine(a, b) for a, b in pairs):.4f}"
    if "relevance" in exact[0]:
        off = fmean(abs(float(a["relevance"][0] - b["relevance"][0])) for a, b in pairs)
        told["relevance off by"] = f"{off:.3f}"
    if "start" in exact[0]:
        ends = [(a[end][0], b[end][0]) for a, b in pairs for end in ("start", "end")]
        told["KL of start and end"] = f"{fmean(_kl(a, b) for a, b in ends):.3f}"
        same = fmean(float(a.argmax() == b.argmax()) for a, b in ends)
        told["same best token"] = f"{same:.1%}"
    return told


def _cosine(one: Output, two: Output) -> float:
    a, b = one["vector"][0], two["vector"][0]
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def _kl(exact: Floats, found: Floats) -> float:
    """Kullback-Leibler divergence of the probabilities of two rows of logits, in nats."""
    p, q = (row - row.max() for row in (exact, found))
    p, q = (row - np.log(np.exp(row).sum()) for row in (p, q))
    return float((np.exp(p) * (p - q)).sum())
