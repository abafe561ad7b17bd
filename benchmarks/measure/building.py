"""What a build costs beside encoding its passages alone, and where its time goes.

Both take turns in one process with one encoder, which is loaded before: what is compared is the
work, not the machine's mood.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np
from support.record import new_record, table, write_json, write_rows

from lepton_local.config import BuildConfig
from lepton_local.corpus.pieces import blank_rules
from lepton_local.indexing.builder import build
from lepton_local.indexing.report import STAGES, Report
from lepton_local.models.headed import encoded_texts
from lepton_local.models.load import choose_device, load_encoder
from lepton_local.models.roles import Encoder

TARGET = 1.15  # times what encoding alone takes

Turn = dict[str, Any]


def run(corpus: Path, work: Path, *, workers: int, repeats: int, name: str) -> Path:
    """Build an index of a folder and encode its passages, in turns; return the record."""
    record = new_record(name)
    config = BuildConfig(workers=workers)
    encoder = load_encoder(config.encoder, device=config.device)
    turns: list[Turn] = []
    for number in range(repeats):
        click.echo(f"turn {number + 1} of {repeats}", err=True)
        shutil.rmtree(work / "index", ignore_errors=True)
        began = time.perf_counter()
        report = build(corpus, work / "index", config, encoder=encoder)
        took = time.perf_counter() - began
        texts = _texts(report, encoder)
        began = time.perf_counter()
        encoder.encode(texts)
        alone = time.perf_counter() - began
        turns.append({"build": took, "alone": alone, "stages": dict(report.seconds)})
        summary = {
            "documents": report.index.documents,
            "passages": report.passages,
            "encoded": len(texts),
            "device": choose_device(config.device),
            "workers": workers,
            "target": TARGET,
            "ratio": median(each["build"] / each["alone"] for each in turns),
            "build": median(each["build"] for each in turns),
            "alone": median(each["alone"] for each in turns),
            "stages": {stage: median(each["stages"][stage] for each in turns) for stage in STAGES},
        }
        write_json(record / "summary.json", summary)
        (record / "summary.md").write_text(summarise(summary, turns), encoding="utf-8")
        write_rows(record / "turns.jsonl.gz", [[each] for each in turns])
    return record


def _texts(report: Report, encoder: Encoder) -> list[str]:
    """What a build has had encoded: equal passages once."""
    index = report.index
    rows = index.take_passages(np.arange(index.rows), ["heading", "text"]).to_pylist()
    given = {(row["heading"], row["text"]): None for row in rows}
    headings, bare = [each[0] for each in given], [blank_rules(each[1]) for each in given]
    texts = encoded_texts(headings, bare, encoder)
    if len(texts) != report.encoded:
        raise SystemExit(f"{report.encoded} passages were encoded, {len(texts)} differ")
    return texts


def summarise(summary: dict[str, Any], turns: Sequence[Turn]) -> str:
    """The ratio of every turn, and a table of the stages."""
    alone = summary["alone"]
    ratios = ", ".join(f"{each['build'] / each['alone']:.3f}" for each in turns)
    stages = [
        [words, f"{summary['stages'][stage]:.2f}", f"{summary['stages'][stage] / alone:.3f}"]
        for stage, words in STAGES.items()
    ]
    return "\n".join(
        [
            f"{summary['documents']:,} documents, {summary['passages']:,} passages,"
            f" {summary['encoded']:,} of them different; device {summary['device']},"
            f" {summary['workers']} process(es) that parse.\n",
            f"A build takes {summary['build']:.1f} s, encoding its passages alone {alone:.1f} s"
            f" ({summary['encoded'] / alone:.1f} passages/s): **{summary['ratio']:.3f}** times as"
            f" long (each turn: {ratios}). Target: {summary['target']}.\n",
            "Medians; the stages up to `writing` run side by side, joining follows them:\n",
            table(["stage", "s", "of encoding alone"], stages),
            *(["No GPU was measured.\n"] if summary["device"] == "cpu" else []),
        ]
    )
