"""Faults on purpose, many times: writers that are killed, disks that are full, mutated files."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from support.record import new_record, table, write_json

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
from tests import faults  # the tests run the same, with smaller numbers

VERBS = ("build", "update", "compact")


def run(corpus: Path, work: Path, *, kills: int, mutations: int, seed: int, name: str) -> Path:
    """Run every fault; return the folder of the record. A fault that does harm raises
    AssertionError, and leaves what it did in `work`.
    """
    record = new_record(name)
    report: dict[str, Any] = {"seed": seed, "corpus": corpus.name, "kills": {}, "full": {}}

    def tell(**found: Any) -> None:
        click.echo(json.dumps(found), err=True)
        write_json(record / "summary.json", report)
        (record / "summary.md").write_text(summarise(report), encoding="utf-8")

    for number, verb in enumerate(VERBS):
        count = kills * (number + 1) // len(VERBS) - kills * number // len(VERBS)
        report["kills"][verb] = faults.kills(work / f"kill-{verb}", corpus, verb, count, seed=seed)
        tell(verb=verb, **report["kills"][verb])
        report["full"][verb] = faults.full_disks(work / f"full-{verb}", corpus, verb)
        tell(verb=verb, **report["full"][verb])
    report["small"] = faults.small_disks(work / "small", corpus)
    tell(**report["small"])
    report["mutations"] = faults.mutations(work / "mutations", mutations, seed=seed)
    tell(**report["mutations"])
    return record


def summarise(report: Mapping[str, Any]) -> str:
    """The record as tables."""
    killed = [
        [verb, *(str(found[each]) for each in ("died", "committed", "spared", "lived"))]
        for verb, found in report["kills"].items()
    ]
    full = [[verb, str(found["writes"])] for verb, found in report["full"].items()]
    parts = [
        f"Seed {report['seed']}, documents of {report['corpus']}. After each fault the index was"
        " whole and of one generation, the old or the new; the next run made what an undisturbed"
        " one makes.\n\n## kill -9 at random moments\n\n"
        "committed: of those that died, the ones that left the new generation; spared: passages "
        "that the next runs did not have to encode again; lived: ended before the kill.\n\n",
        table(["", "died", "committed", "spared", "lived"], killed),
        "\n## No room for the n-th write, each in turn\n\n",
        table(["", "writes"], full),
    ]
    for title, name in (
        ("File systems in memory, of growing size", "small"),
        ("Mutated files of every format", "mutations"),
    ):
        if name in report:
            rows = [[what, f"{count:,}"] for what, count in report[name].items()]
            parts += [f"\n## {title}\n\n", table(["", "count"], rows)]
    return "".join(parts)
