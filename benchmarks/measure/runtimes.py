"""Runtimes and precisions for the encoder and the pair model on this CPU: how many rows a second,
how near to float32, and what int8 costs in retrieval.

Each runtime is a process of its own (runtime_worker.py); they take turns.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

import click
import numpy as np
from support import runtime_graphs as graphs
from support.environments import environment, offline
from support.launch import Failed, Talk, surroundings
from support.record import HERE, new_record, write_json
from support.runtime_report import picture, summarise
from support.runtime_rows import (
    BATCHES,
    documents_of,
    drawn,
    encoded,
    levelled,
    paired,
    retrieval_set,
    save,
    tokens_of,
)

from lepton_local.evaluation import metrics
from lepton_local.evaluation.evaluate import questions_of
from lepton_local.models.card import Card, encoder_card, judge_card
from lepton_local.models.encoder import unit
from lepton_local.models.export import GRAPH
from lepton_local.models.processor import cores
from lepton_local.models.resolve import BUNDLED_ENCODER, BUNDLED_PAIR
from lepton_local.models.tokens import padded

WHOLE = 256  # of a document where int8 is judged: one vector each
REFERENCE = "torch fp32"
JUDGED = 64  # rows whose outputs are compared
EXACT = "ONNX Runtime fp32, own graph"  # int8's retrieval is compared with its
INT8 = ("ONNX Runtime int8, dynamic", "ONNX Runtime int8, static", "OpenVINO int8, static")
Report = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Runtime:
    """A process that can be asked: see runtime_worker.py."""

    name: str
    kind: str
    model: Path
    precision: str = "float32"
    python: Path = Path(sys.executable)


def run(
    data: Path,
    work: Path,
    *,
    set_name: str,
    sets: Sequence[str],
    rows: int,
    seconds: float,
    rounds: int,
    seed: int,
    name: str,
) -> Path:
    """Measure every runtime that can be had; return the folder of the record."""
    work = work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    record = new_record(name)
    documents, questions = drawn(data / set_name, work / set_name, rows, seed)
    encoder, pair = encoder_card(BUNDLED_ENCODER), judge_card(BUNDLED_PAIR)
    assert encoder is not None
    report: Report = {"seed": seed, "rows": rows, "rounds": rounds, "unusable": {}, "models": {}}
    for model, card, given in (
        ("encoder", encoder, encoded(encoder, documents)),
        ("pair", pair, paired(pair, questions, documents)),
    ):
        place = work / model
        place.mkdir(exist_ok=True)
        (place / "texts.json").write_text(json.dumps(documents), encoding="utf-8")
        save(place / "rows.npz", levelled(given))
        save(place / "judged.npz", given[:: max(1, len(given) // JUDGED)][:JUDGED])
        some = [(ids, types) for ids, _, types in (padded([row]) for row in given[:JUDGED])]
        talks = _talks(card, place, work, some, report["unusable"])
        report["models"][model] = {
            "shares": graphs.shares(place / "int8" / GRAPH, some, place / "profile"),
            "speed": _speed(talks, seconds, rounds),
            "near": _near(talks, place, card.head),
        }
        if model == "encoder":
            report["ndcg@10"] = {each: _ndcg(talks, data, each, work, card) for each in sets}
        for talk in talks.values():
            talk.stop()
        write_json(record / "summary.json", report)
        (record / "summary.md").write_text(summarise(report), encoding="utf-8")
        drawing = picture(report["models"][model]["speed"])
        (record / f"{model}.svg").write_text(drawing, encoding="utf-8")
    return record


def _runtimes(card: Card, place: Path, work: Path, rows: graphs.Rows) -> Iterator[Any]:
    """Every runtime, or its name and why there is none. Graphs are made on the way."""
    own = graphs.own(card, place / "fp32", precision="fp32")
    plain = graphs.plain(card, place / "plain")
    yield Runtime(INT8[0], "onnx", graphs.own(card, place / "int8", precision="int8"))
    yield Runtime(INT8[1], "onnx-optimised", graphs.static(own, place / "static", rows))
    yield Runtime(EXACT, "onnx", own)
    yield Runtime("ONNX Runtime fp32, plain graph, its optimiser", "onnx-optimised", plain)
    yield Runtime("ONNX Runtime bf16", "onnx", graphs.bf16(place / "bf16"))
    try:
        python = environment(work / "environments" / "openvino", ["openvino"])
    except Failed as error:
        yield "OpenVINO", f"does not install: {error}"
    else:
        static = graphs.static(plain, place / "static-plain", rows)
        yield Runtime("OpenVINO bf16", "openvino", plain, "bf16", python)
        yield Runtime("OpenVINO fp32", "openvino", plain, "f32", python)
        yield Runtime(INT8[2], "openvino", static, "bf16", python)
    yield Runtime("torch bf16", "torch", card.folder, "bfloat16")
    yield Runtime(REFERENCE, "torch", card.folder)
    if card.head != "pair":
        yield Runtime("sentence-transformers", "sentence", card.folder)


def _talks(
    card: Card, place: Path, work: Path, rows: graphs.Rows, unusable: dict[str, str]
) -> dict[str, Talk]:
    """A process for each runtime that answers."""
    talks: dict[str, Talk] = {}
    for each in _runtimes(card, place, work, rows):
        if not isinstance(each, Runtime):
            unusable[each[0]] = each[1]
            continue
        click.echo(f"{place.name}: {each.name}", err=True)
        given = place / ("texts.json" if each.kind == "sentence" else "rows.npz")
        worker = [
            str(HERE / "support" / "runtime_worker.py"),
            each.kind,
            str(each.model),
            str(given),
        ]
        talk = Talk(
            [str(each.python), *worker, each.precision],
            env=surroundings(**offline(work / "home"), LEPTON_CACHE=str(work / "cache")),
        )
        try:
            talk({"batch": 1, "streams": 1, "seconds": 0})
        except Failed as error:
            unusable[each.name] = str(error)
            continue
        talks[each.name] = talk
    return talks


def _speed(talks: Mapping[str, Talk], seconds: float, rounds: int) -> dict[str, dict[str, float]]:
    """Rows a second by runtime, and by batch and streams."""
    ways = [(batch, streams) for batch in BATCHES for streams in dict.fromkeys((cores(), 1))]
    found: dict[str, dict[str, list[float]]] = {name: {} for name in talks}
    for turn in range(rounds):
        click.echo(f"round {turn + 1}", err=True)
        for batch, streams in ways:
            for name, talk in talks.items():
                told = talk({"batch": batch, "streams": streams, "seconds": seconds})
                way = f"{batch}, {streams}x{cores() // streams}"
                found[name].setdefault(way, []).append(told)
    return {
        name: {way: round(median(rates), 2) for way, rates in by_way.items()}
        for name, by_way in found.items()
    }


def _outputs(talk: Talk, rows: Path, out: Path) -> Mapping[str, np.ndarray]:
    talk({"rows": str(rows), "out": str(out)})
    with np.load(out) as file:
        return {name: file[name] for name in file.files}


def _near(talks: Mapping[str, Talk], place: Path, head: str) -> Report:
    """Of the encoder mean and least cosine to float32; of the pair model the mean difference of the
    relevance logits, and that of the span logits.
    """
    found = {
        name: _outputs(talk, place / "judged.npz", place / "out.npz")
        for name, talk in talks.items()
        if name != "sentence-transformers"
    }
    exact = found[REFERENCE]
    if head == "pair":
        return {
            name: {
                key: float(np.abs(each[key] - exact[key]).mean()) for key in ("relevance", "start")
            }
            for name, each in found.items()
        }
    rows = len(np.load(place / "judged.npz")["lengths"])
    vectors = {name: unit(each["vector"].reshape(rows, -1)) for name, each in found.items()}
    cosines = {name: (each * vectors[REFERENCE]).sum(axis=1) for name, each in vectors.items()}
    return {
        name: {"mean": float(each.mean()), "least": float(each.min())}
        for name, each in cosines.items()
    }


def _ndcg(
    talks: Mapping[str, Talk], data: Path, name: str, work: Path, card: Card
) -> dict[str, float]:
    """nDCG@10 by cosine alone, one vector a document, for float32 and what rounds."""
    tokens = tokens_of(card, WHOLE)
    documents = documents_of(data / name, work / name)
    asked = questions_of(retrieval_set(data / name), sample=300)
    keys, place = list(documents), work / name
    save(place / "documents.npz", tokens.rows(list(documents.values())))
    save(place / "questions.npz", tokens.rows([words for _, words, _ in asked]))
    out = {}
    for runtime in (EXACT, *INT8):
        if runtime not in talks:
            continue
        click.echo(f"{name}: {runtime}", err=True)
        ours, theirs = (
            unit(_outputs(talks[runtime], place / file, place / "out.npz")["vector"].reshape(n, -1))
            for file, n in (("questions.npz", len(asked)), ("documents.npz", len(keys)))
        )
        best = np.argsort(-(ours @ theirs.T), axis=1, kind="stable")[:, :10]
        out[runtime] = fmean(
            metrics.ndcg([grades.get(keys[i], 0) for i in ranked], list(grades.values()), 10)
            for ranked, (*_, grades) in zip(best, asked, strict=True)
        )
    return out
