"""What it costs that every file of an index is encrypted: a cold question, and a build in which all
vectors are known, so that nothing hides the writing. The clear and the encrypted one take turns.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import click
from measure.speed import MADE, PLAIN, base_index, grown, questions_of
from support.launch import launched
from support.record import new_record, table, write_json, write_rows

from lepton_local.indexing.builder import build
from lepton_local.indexing.rewrite import rewrite
from lepton_local.models.load import load_encoder
from lepton_local.store.index import Index
from lepton_local.store.keys import RING, Secret, make_key_file, secret_in

COLD, BUILD = 1.5, 1.1  # times what the clear one takes, at most
_SEARCH = [sys.executable, "-c", "from lepton_local.cli.search import main; main()"]
_KINDS = ("plain", "full")

Report = dict[str, Any]


def run(work: Path, *, base: Path | None, rows: int, repeats: int, seed: int, name: str) -> Path:
    """Measure an index of `rows` passages grown from `base`, and builds of the corpus of `base`;
    return the record.
    """
    work.mkdir(parents=True, exist_ok=True)
    real = Index.open(base) if base is not None else base_index(work / "base")
    clear = grown(real, work / "clear", rows)
    key = work / "index.key"
    if not key.exists():
        make_key_file(key)
    with RING.looking(key):
        hidden = _encrypted(clear, work / "hidden", secret_in(key))
        record = new_record(name)
        question = questions_of(clear, 1, seed)[0]
        cold = _cold(clear, hidden, key, question, repeats=repeats)
        builds = _builds(real, work, secret_in(key), repeats=repeats)
    summary = {
        "rows": rows,
        "cold": {kind: _compared(cold, kind) for kind in _KINDS},
        "build": {"passages": real.rows, **_compared(builds, "build")},
    }
    write_rows(record / "turns.jsonl.gz", [*cold, *builds])
    write_json(record / "summary.json", summary)
    (record / "summary.md").write_text(MADE + summarise(summary), encoding="utf-8")
    return record


def _encrypted(clear: Path, hidden: Path, secret: Secret) -> Path:
    if not hidden.exists():
        click.echo(f"{hidden}: encrypting", err=True)
        shutil.copytree(clear, hidden)
        rewrite(hidden, secret)
    return hidden


def _cold(
    clear: Path, hidden: Path, key: Path, question: str, *, repeats: int
) -> list[dict[str, Any]]:
    """Commands from a cold process, in turns."""
    turns = []
    for number in range(repeats + 1):
        click.echo(f"question {number} of {repeats}", err=True)
        for kind, options in (("plain", PLAIN), ("full", ())):
            for place, more in ((clear, ()), (hidden, ("--key-file", str(key)))):
                command = [*_SEARCH, "query", str(place), question, "--no-server", *options, *more]
                found = launched(command)
                one = {each: found[each] for each in ("seconds", "cpu", "mib")}
                turns.append({"what": kind, "turn": number, "encrypted": bool(more), **one})
    return [turn for turn in turns if turn["turn"]]  # the first one warms the disk


def _builds(real: Index, work: Path, secret: Secret, *, repeats: int) -> list[dict[str, Any]]:
    """Builds over an index that is there, and lends all of its vectors."""
    config, encoder = real.manifest.config, load_encoder(device="cpu")
    turns = []
    for number in range(repeats + 1):
        click.echo(f"build {number} of {repeats}", err=True)
        for locked in (None, secret):
            place = work / ("build-clear" if locked is None else "build-hidden")
            began, used = time.perf_counter(), time.process_time()
            build(real.manifest.roots, place, config, encoder=encoder, secret=locked)
            one = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - used}
            turns.append({"what": "build", "turn": number, "encrypted": locked is not None, **one})
    return [turn for turn in turns if turn["turn"]]  # the first one encodes


def _compared(turns: Sequence[Mapping[str, Any]], what: str) -> Report:
    """Medians, and the median of the ratios of both in a turn."""
    clear = [each for each in turns if each["what"] == what and not each["encrypted"]]
    hidden = [each for each in turns if each["what"] == what and each["encrypted"]]
    found: Report = {"turns": len(clear)}
    for figure in ("seconds", "cpu"):
        found[figure] = {
            "clear": median(each[figure] for each in clear),
            "encrypted": median(each[figure] for each in hidden),
            "ratio": median(b[figure] / a[figure] for a, b in zip(clear, hidden, strict=True)),
        }
    return found


def summarise(summary: Report) -> str:
    """The figures as a table."""
    rows = []
    cold, built = summary["cold"], summary["build"]
    named = {
        "a cold question, found alone": cold["plain"],
        "a cold question, judged and answered": cold["full"],
        f"a build of {built['passages']:,} passages, all vectors known": built,
    }
    for name, found in named.items():
        for figure, called in (("seconds", "by the clock"), ("cpu", "of processor time")):
            one = found[figure]
            shown = [f"{one[each]:.2f}" for each in ("clear", "encrypted", "ratio")]
            rows.append([f"{name}, seconds {called}", *shown])
    turns = f"{cold['plain']['turns']} turns each; ratios are medians of those within a turn."
    targets = f"Targets: {COLD} for a cold question, {BUILD} for a build."
    head = ["", "clear", "encrypted", "ratio"]
    return f"{summary['rows']:,} passages. {turns} {targets}\n\n{table(head, rows)}"
