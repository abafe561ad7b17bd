"""FAISS at scale: what each kind of `--faiss` costs to build, and how well and how fast it finds.

The vectors are made (vectors.py); the questions are those of a test set, encoded. Each index is
built and asked in a process of its own, as a build and a search do it, so that memory is its own.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np
from support import updates
from support.launch import launched
from support.record import HERE, new_record, table, write_json, write_rows
from support.sets import index_of
from support.vectors import NEAREST, make, truth

from lepton_local.errors import InputError
from lepton_local.evaluation.datasets import RetrievalSet, load_dataset
from lepton_local.evaluation.evaluate import questions_of
from lepton_local.models.load import load_encoder
from lepton_local.store import ann
from lepton_local.store.dense import exact, scan
from lepton_local.store.entry import FieldEntry
from lepton_local.store.folder import Folder
from lepton_local.store.index import Index
from lepton_local.store.names import FAISS_FILE
from lepton_local.store.storage import StoredFile, digest, map_file
from lepton_local.train.curve import lines

EXACT = "exact"  # no index: every vector is looked at
KINDS = (EXACT, "auto", "flat", "ivf", "hnsw")
EXACT_QUESTIONS = 10  # an exact scan takes long, and always as long
RECALL = 0.98
MADE = (
    "The vectors are made: each is a real passage's, moved along the difference of two others;"
    " none was encoded. The questions are real, and none was used for tuning. `build` is training,"
    " adding and tuning, by the clock; a question's time is that of proposing rows and of scoring"
    " them exactly. MiB are peaks of the process, pages of mapped files that it has read included."
    "\n\n"
)

Report = dict[str, Any]


def run(
    data: Path,
    work: Path,
    *,
    set_name: str,
    rows: Sequence[int],
    kinds: Sequence[str],
    questions: int,
    changes: int,
    seed: int,
    name: str,
) -> Path:
    """Measure every kind at every number of rows, and an index that is updated so many times;
    return the folder of the record.
    """
    work.mkdir(parents=True, exist_ok=True)
    record = new_record(name)
    real, asked = _real(data / set_name, work / set_name, questions, seed)
    np.save(work / "questions.npy", asked)
    reports: list[Report] = []
    for many in sorted(rows):
        click.echo(f"{many:,} vectors: making", err=True)
        vectors = make(real, work / f"{many}.npy", rows=many, seed=seed)
        np.save(work / "truth.npy", truth(np.load(vectors, mmap_mode="r"), asked))
        described: set[str | None] = set()
        for kind in kinds:
            factory = EXACT if kind == EXACT else ann.factory(kind, many, real.shape[1])
            if factory is None or factory in described:
                continue
            described.add(factory)
            click.echo(f"{many:,} vectors: {kind}, {factory}", err=True)
            report, raw = _measure(kind, vectors)
            reports.append({"rows": many, "kind": kind, "factory": factory, **report})
            write_rows(record / f"{many}-{kind.replace(',', '-')}.jsonl.gz", raw)
            write_json(record / "summary.json", {"seed": seed, "indexes": reports})
            (record / "summary.md").write_text(MADE + summarise(reports), encoding="utf-8")
    for each, picture in pictures(reports).items():
        (record / f"{each}.svg").write_text(picture, encoding="utf-8")
    if changes:
        told = updates.updated(work / "updates", real=real, updates=changes, seed=seed)
        summary = {"seed": seed, "indexes": reports, "updates": told}
        write_json(record / "summary.json", summary)
        text = MADE + summarise(reports) + "\n" + updates.summarise(told)
        (record / "summary.md").write_text(text, encoding="utf-8")
    return record


def _real(folder: Path, work: Path, questions: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of the set's passages and of its questions, float32."""
    data = load_dataset(folder)
    if not isinstance(data, RetrievalSet):
        raise InputError(f"{folder}: expected a BEIR folder: bench.py scale --data FOLDER")
    there = (work / "index" / "manifest.json").exists()
    index = Index.open(work / "index") if there else index_of(folder, work)
    passages = np.concatenate([each.text.vectors for each in index.segments]).astype(np.float32)
    asked = [words for _, words, _ in questions_of(data, sample=questions, seed=seed)]
    encoder = load_encoder(index.manifest.config.encoder)
    return passages, encoder.encode(asked, kind="question")


def _measure(kind: str, vectors: Path) -> tuple[Report, list[list[Any]]]:
    """An index's figures, and each question's."""
    report: Report = {}
    if kind != EXACT:
        told = _child("built", kind, vectors)
        report = {f"build_{key}": told[key] for key in ("seconds", "cpu", "mib")}
        report |= json.loads(told["out"])
    told = _child("asked", kind, vectors)
    asked = json.loads(told["out"])
    took = [1000 * seconds for seconds, _ in asked["questions"]]
    report |= {
        "milliseconds": median(took),
        "milliseconds_p95": float(np.percentile(took, 95)),
        "recall@10": float(np.mean([share for _, share in asked["questions"]])),
        "mib": told["mib"],
        "curve": asked["curve"],
    }
    return report, asked["questions"]


def _child(function: str, kind: str, vectors: Path) -> dict[str, Any]:
    code = f"import sys; sys.path.insert(0, {str(HERE)!r}); import scale; scale.{function}"
    return launched([sys.executable, "-c", f"{code}(*sys.argv[1:])", kind, str(vectors)])


def _place(kind: str, vectors: Path) -> Path:
    return vectors.with_name(f"{vectors.stem}-{kind.replace(',', '-')}.faiss")


def built(kind: str, path: str) -> None:
    """Build and tune an index of these vectors as a segment's is; print what it was tuned to."""
    vectors = np.load(path, mmap_mode="r")
    made = ann.build(vectors, kind, recall=RECALL)
    assert made is not None
    index, setting = made
    place = _place(kind, Path(path))
    stored = ann.write(index, Folder(place.parent), place.name)
    place.with_suffix(".json").write_text(json.dumps(setting))
    print(json.dumps({"bytes": stored.size / len(vectors), "setting": setting}))


def asked(kind: str, path: str) -> None:
    """Ask every question; print seconds and recall of each, and recall and median milliseconds of
    other settings than the tuned one.
    """
    file = Path(path)
    vectors = np.load(file, mmap_mode="r")
    questions, best = np.load(file.with_name("questions.npy")), np.load(file.with_name("truth.npy"))
    everything = np.ones(len(vectors), dtype=bool)
    if kind == EXACT:
        one = questions[0]
        scan(vectors, one, NEAREST, everything)
        found = [
            _timed(lambda q: scan(vectors, q, NEAREST, everything), vectors, *pair)
            for pair in zip(questions[:EXACT_QUESTIONS], best, strict=False)
        ]
        print(json.dumps({"questions": found, "curve": []}))
        return
    index = _loaded(_place(kind, file), vectors)
    tuned = json.loads(_place(kind, file).with_suffix(".json").read_text())

    def ask(setting: Mapping[str, Any]) -> list[tuple[float, float]]:
        return [
            _timed(lambda q: ann.search(index, q, NEAREST, everything, setting), vectors, *pair)
            for pair in zip(questions, best, strict=True)
        ]

    ask(tuned)  # the pages are read
    found = ask(tuned)
    others = (
        [{**tuned, "effort": effort} for effort in ann.EFFORTS]
        if tuned["effort"]
        else [{**tuned, "proposed": proposed} for proposed in (50, 100, 200, *ann.PROPOSED)]
    )
    curve = [_point(ask(setting)) for setting in others]
    print(json.dumps({"questions": found, "curve": curve}))


def _loaded(place: Path, vectors: np.ndarray) -> Any:
    found = map_file(Folder(place.parent), place.name)
    stored = StoredFile(found.data.size, digest(found.data))
    return ann.load(found, FieldEntry("", vectors.shape[1], len(vectors), {FAISS_FILE: stored}))


def _timed(search: Any, vectors: np.ndarray, question: np.ndarray, best: np.ndarray) -> Any:
    """Seconds, and the share of the nearest that was found."""
    began = time.perf_counter()
    rows = search(question)
    scores = exact(vectors, question, rows)
    first = rows[np.argsort(-scores, kind="stable")[:NEAREST]]
    return time.perf_counter() - began, float(np.isin(best, first).mean())


def _point(found: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return 1000 * median(seconds for seconds, _ in found), float(np.mean([x for _, x in found]))


def summarise(reports: Sequence[Report]) -> str:
    """A row an index."""
    header = [
        *("vectors", "--faiss", "FAISS", "build, s", "build, CPU s", "build, MiB"),
        *("bytes a vector", "recall@10", "median, ms", "p95, ms", "asking, MiB"),
    ]
    rows = [
        [
            f"{each['rows']:,}",
            each["kind"],
            each["factory"],
            *(_whole(each.get(f"build_{key}")) for key in ("seconds", "cpu", "mib")),
            f"{each['bytes']:.0f}" if "bytes" in each else "",
            f"{each['recall@10']:.3f}",
            f"{each['milliseconds']:.1f}",
            f"{each['milliseconds_p95']:.1f}",
            f"{each['mib']:,.0f}",
        ]
        for each in reports
    ]
    return table(header, rows)


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def pictures(reports: Sequence[Report]) -> dict[str, str]:
    """Recall against latency of the largest, and latency against the number of vectors."""
    most = max(each["rows"] for each in reports)
    curves = {
        f"{each['factory']} ({most:,})": each["curve"]
        for each in reports
        if each["rows"] == most and each["curve"]
    }
    kinds = dict.fromkeys(each["kind"] for each in reports)
    latency = {
        kind: [(each["rows"], each["milliseconds"]) for each in reports if each["kind"] == kind]
        for kind in kinds
    }
    drawn = {"latency": lines(latency, x="vectors", y="milliseconds, median", log=True)}
    if curves:
        drawn["recall"] = lines(curves, x="milliseconds, median", y="recall@10", log=True)
    return drawn
