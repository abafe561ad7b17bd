"""A cluster that nobody has here: 100 and 1,000 machines at a billion passages, from what one
machine was measured to take (a record of `machines`) and what is assumed below. No figure of it is
a measurement: it tells what breaks first.
"""

from __future__ import annotations

import heapq
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from support.record import RUNS, new_record, table, write_json

from lepton_local.cluster.building import CORES
from lepton_local.cluster.shards import CORES as SEARCHING
from lepton_local.indexing.deal import MOST, PER_WORKER
from lepton_local.indexing.merge import LARGEST

PASSAGES = 1_000_000_000
NODES = (10, 100, 1000)
DRAWS = 20_000  # questions, or builds of a batch, that are drawn


@dataclass(frozen=True, slots=True)
class Assumed:
    """What was not measured here."""

    cores: int = 16  # of a machine
    passage: int = 600  # bytes of text a passage
    file: int = 6  # passages a file
    encoded: float = 20.0  # passages that a core encodes in a second: the bundled encoder, AVX-512
    spread: float = 0.25  # of the logarithm of the time of a batch or a look: machines are unlike
    slow: float = 0.02  # share of looks that meet a pause of the system or the network,
    pause: float = 0.05  # which takes so many seconds
    link: float = 1.25e9  # bytes a second between two machines: 10 Gbit/s
    trip: float = 0.0005  # seconds there and back
    look: float = 0.030  # seconds that 2 million passages take: vectors 10 ms, words 20 ms
    candidates: int = 400  # that a part gives, of 24 bytes and a field's 8
    source: int = 400  # bytes of a file that is known of, in memory
    death: float = 1e-4  # machines that die in an hour, each
    term: int = 20  # bytes of a term of a vocabulary in memory, with where it begins


def run(*, record: str, seed: int, name: str) -> Path:
    """Simulate from the record of this name; return the record of that."""
    measured = json.loads((RUNS / record / "summary.json").read_text(encoding="utf-8"))["costs"]
    assumed, random = Assumed(), np.random.default_rng(seed)
    rows = [_simulated(nodes, assumed, measured, random) for nodes in NODES]
    summary = {"passages": PASSAGES, "assumed": asdict(assumed), "from": record, "nodes": rows}
    folder = new_record(name)
    write_json(folder / "summary.json", summary)
    (folder / "summary.md").write_text(_told(summary), encoding="utf-8")
    return folder


def _simulated(
    nodes: int, a: Assumed, costs: dict[str, float], random: np.random.Generator
) -> dict[str, Any]:
    """One size of a cluster."""
    workers = nodes * -(-a.cores // CORES)
    text = PASSAGES * a.passage
    batches = math.ceil(text / min(MOST, text / (PER_WORKER * workers)))
    batch = PASSAGES / batches / (a.encoded * a.cores * nodes / workers)  # seconds of one
    times = batch * random.lognormal(0, a.spread, batches)
    ends = _ends(times, workers)
    hours = ends / 3600
    segments = math.ceil(PASSAGES / LARGEST)
    join = costs["join_seconds_a_passage"] * LARGEST
    joined = math.ceil(segments / workers) * join
    files = PASSAGES / a.file
    again = a.death * nodes * hours * batch / 2 / nodes  # half a batch of each process of a machine
    parts = min(segments, nodes * -(-a.cores // SEARCHING))
    look = a.look * PASSAGES / LARGEST / parts
    tail = _tail(look, parts, a, random)
    asked = 2 * parts * costs["ask_seconds"]
    found = parts * a.candidates * 32 / a.link
    return {
        "nodes": nodes,
        "workers": workers,
        "batches": batches,
        "batch_seconds": batch,
        "encode_hours": hours,
        "balance": ends / (times.sum() / workers),
        "died_again_seconds": again,
        "crawl_hours": files * costs["crawl_seconds_a_file"] / 3600,
        "driver_gib": files * a.source / 2**30,
        "driver_busy": batches * costs["ask_seconds"] / (3600 * hours),
        "join_minutes": joined / 60,
        "segments": segments,
        "manifest_mib": segments * costs["manifest_bytes_a_segment"] / 2**20,
        "folders_before_joining": batches * max(1, round(PASSAGES / batches / 4096)),
        "node_gib": PASSAGES * costs["bytes_a_passage"] / nodes / 2**30,
        "parts": parts,
        "look_ms": 1000 * look,
        "tail_ms": [1000 * each for each in tail],
        "asking_ms": 1000 * asked,
        "moving_ms": 1000 * found,
        "vocabularies_gib": segments * _terms(costs) * a.term / 2**30,
        "live_gib": PASSAGES / 2**30,
        "open_seconds": segments * costs["open_seconds_a_segment"],
    }


def _ends(times: np.ndarray, workers: int) -> float:
    """When the last of the batches is done, each given to whoever is free first."""
    free = [0.0] * min(workers, len(times))
    for each in times.tolist():
        heapq.heapreplace(free, free[0] + each)
    return max(free)


def _tail(
    look: float, parts: int, a: Assumed, random: np.random.Generator
) -> tuple[float, float, float]:
    """Median, 95th and 99th percentile of the slowest of all parts."""
    draws = max(200, DRAWS // parts)
    times = look * random.lognormal(0, a.spread, (draws, parts)) + a.trip
    times += a.pause * (random.random((draws, parts)) < a.slow)
    slowest = times.max(axis=1)
    median, most, nearly = np.quantile(slowest, [0.5, 0.95, 0.99]).tolist()
    return median, most, nearly


def _terms(costs: dict[str, float]) -> float:
    """Terms of a segment of LARGEST passages, by Heaps' law with the usual exponent of a half."""
    return costs["terms_a_segment"] * math.sqrt(LARGEST / costs["rows_a_segment"])


_LINES = {
    "processes that build": "workers",
    "batches": "batches",
    "seconds of a batch": "batch_seconds",
    "hours of encoding": "encode_hours",
    "the last process, times a fair share": "balance",
    "seconds lost to machines that die": "died_again_seconds",
    "hours to find the files, by one process": "crawl_hours",
    "GiB of files known of, in one process": "driver_gib",
    "share of its time that dealing out takes": "driver_busy",
    "minutes of joining": "join_minutes",
    "segments": "segments",
    "MiB of the manifest": "manifest_mib",
    "folders of segments before they are joined": "folders_before_joining",
    "GiB of index a machine": "node_gib",
    "parts that are searched": "parts",
    "ms of a look": "look_ms",
    "ms to ask all parts, one after another": "asking_ms",
    "ms to move what they found": "moving_ms",
    "GiB of vocabularies, where the question is asked": "vocabularies_gib",
    "GiB of live rows there": "live_gib",
    "seconds to open the index there": "open_seconds",
}


def _told(summary: dict[str, Any]) -> str:
    rows = [
        [line, *(_figure(each[key]) for each in summary["nodes"])] for line, key in _LINES.items()
    ]
    rows.append(
        [
            "ms of the slowest part: median, 95th, 99th",
            *(", ".join(map(_figure, each["tail_ms"])) for each in summary["nodes"]),
        ]
    )
    assumed = ", ".join(f"{key} {value:g}" for key, value in summary["assumed"].items())
    head = ["machines", *(f"{each['nodes']:,}" for each in summary["nodes"])]
    return (
        f"A simulation, no measurement: {summary['passages']:,} passages, from the costs in"
        f" ../{summary['from']} and what is assumed (benchmarks/measure/many.py):"
        f" {assumed}.\n\n{table(head, rows)}"
    )


def _figure(value: float) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
