"""`lepton-search table` over contracts that are made up, three questions to each: how long it
takes, how much memory, how often a cell is right, and whether a run that was killed goes on.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from support.launch import launched, surroundings
from support.record import new_record, table, write_json, write_rows

QUESTIONS = ("What is the notice period?", "Which law governs the contract?", "What is the fee?")
LAWS = "Norway Denmark Scotland Ireland Portugal Estonia Ontario Iceland Malta Austria".split()
NOTICES = ("two weeks", "30 days", "six weeks", "three months", "90 days", "one month")
THINGS = "crane pilot-boat warehouse slipway laundry canteen archive lift garden generator".split()
NAMES = "Alder Birch Cedar Elder Hazel Juniper Larch Maple Rowan Spruce".split()
PARTS = (
    "The provider looks after the {thing} of the client on working days. A person who is trained "
    "for it is present from eight in the morning. Tools and protective clothing are brought along. "
    "Damage is reported on the same day, with pictures where that helps.",
    "Both sides name a person who is answerable for the {thing}. These two meet every quarter and "
    "keep minutes. What they agree is added in writing, and signed by both. A copy is kept by each "
    "of them.",
    "The provider is insured against damage that its people cause. It proves this when asked. "
    "Nobody is liable for what neither could foresee, such as storms, floods and strikes.",
    "What one side learns of the business of the other is not passed on. This holds after the end "
    "of the contract too. Papers are given back or destroyed, and this is confirmed.",
    "Helpers of other firms are engaged only where the client agrees. They are bound by the same "
    "duties. The provider answers for them as for its own people.",
    "Should a part of this contract not be valid, the rest holds. The part is replaced by one that "
    "comes nearest to what was meant.",
)
KILLED = 100  # documents of the table that is killed half-way

Report = dict[str, Any]


def run(work: Path, *, documents: int, seed: int, name: str) -> Path:
    """Make the contracts, an index of them and the table; gives the record."""
    folder, index = work / "contracts", work / "contracts-index"
    truths = _contracts(folder, documents, seed)
    built = launched([*_program("index"), "build", str(folder), "--out", str(index), "--quiet"])
    click.echo(f"built in {built['cpu']:.0f} s of the processor", err=True)
    told = launched(_table(index, work / "table.jsonl"))
    click.echo(f"asked in {told['cpu']:.0f} s of the processor", err=True)
    rows = [json.loads(line) for line in (work / "table.jsonl").read_text("utf-8").splitlines()]
    cells = _judged(rows, truths)
    passages = json.loads((index / "manifest.json").read_text("utf-8"))
    summary = {
        "documents": documents,
        "questions": QUESTIONS,
        "seed": seed,
        "passages": _passages(passages),
        "build": {key: round(built[key], 1) for key in ("seconds", "cpu", "mib")},
        "table": {key: round(told[key], 1) for key in ("seconds", "cpu", "mib")},
        "cells": {key: dict(counts) for key, counts in cells.items()},
        "resumed": _resumed(index, work),
    }
    record = new_record(name)
    write_json(record / "summary.json", summary)
    write_rows(record / "table.jsonl.gz", rows)
    (record / "summary.md").write_text(summarise(summary), encoding="utf-8")
    return record


def _contracts(folder: Path, documents: int, seed: int) -> dict[str, tuple[list[str], ...]]:
    """The files, and what each says to each question: nothing, one thing, or two that differ."""
    chance = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    truths: dict[str, tuple[list[str], ...]] = {}
    for number in range(documents):
        one, other = chance.sample(NAMES, 2)
        notices = chance.sample(NOTICES, chance.choices((0, 1, 2), (1, 8, 1))[0])
        laws = chance.sample(LAWS, chance.choices((0, 1), (2, 8))[0])
        fee = [f"{chance.randrange(200, 9000, 10):,} crowns"]
        clauses = [part.format(thing=each) for part in PARTS for each in chance.sample(THINGS, 2)]
        chance.shuffle(clauses)
        for place, words in enumerate(notices):
            ends = (chance.choice(_ENDS), _HELPERS)[place]
            clauses.insert(chance.randrange(len(clauses)), ends.format(words))
        for law in laws:
            clauses.insert(
                chance.randrange(len(clauses)), f"This contract is governed by the law of {law}."
            )
        clauses.insert(
            chance.randrange(len(clauses)),
            f"The client pays a fee of {fee[0]} a month, which is due on the fifth.",
        )
        text = [
            f"Contract {number + 1001}",
            f"between {one} Ltd (client) and {other} & Co (provider), on the services below",
        ]
        text += [f"{place}. {clause}" for place, clause in enumerate(clauses, 1)]
        path = f"contract-{number + 1001}.txt"
        (folder / path).write_text("\n\n".join(text) + "\n", encoding="utf-8")
        truths[path] = (notices, laws, fee)
    return truths


_ENDS = (
    "Either party may end this contract with a notice of {}.",
    "The notice period is {}, to the end of a month.",
    "This contract may be terminated in writing; the period of notice is {}.",
)
_HELPERS = "For the provider's own helpers the notice period is {}."


def _table(index: Path, out: Path, *more: str) -> list[str]:
    command = [*_program("search"), "table", str(index), *QUESTIONS]
    return [*command, "--json", "--out", str(out), "--quiet", *more]


def _program(name: str) -> list[str]:
    return [sys.executable, "-c", f"from lepton_local.cli.{name} import main; main()"]


def _judged(
    rows: Sequence[Report], truths: Mapping[str, tuple[list[str], ...]]
) -> dict[str, Counter[str]]:
    """Per question how many cells are right, wrong, empty as they should be, and so on."""
    found: dict[str, Counter[str]] = {question: Counter() for question in QUESTIONS}
    for row in rows:
        for question, cell, true in zip(QUESTIONS, row["cells"], truths[row["path"]], strict=True):
            answer = cell["answer"]
            said = answer["text"] if answer else ""
            right = any(each in said or (said and said in each) for each in true)
            kind = (
                ("right" if right else "wrong") if said else "missed" if true else "rightly empty"
            )
            found[question]["without truth" if said and not true else kind] += 1
            if len(true) > 1:
                found[question]["contradictions"] += 1
                found[question]["of these marked"] += bool(cell.get("conflict"))
            elif cell.get("conflict"):
                found[question]["marked without one"] += 1
    return found


def _passages(manifest: Report) -> int:
    return sum(each["rows"] for each in manifest["segments"])


def _resumed(index: Path, work: Path) -> Report:
    """The table of some documents, at once, and killed half-way and taken up again."""
    over = ("--over", "path:contract-10*")
    whole, halves = work / "whole.jsonl", work / "halves.jsonl"
    at_once = launched(_table(index, whole, *over))
    part = halves.with_name(f"{halves.name}.part")
    process = subprocess.Popen(_table(index, halves, *over), env=dict(surroundings()))
    while process.poll() is None and _lines(part) <= KILLED // 2:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = _lines(part) - 1
    again = launched(_table(index, halves, *over))
    return {
        "documents": _lines(whole),
        "kept": kept,
        "same": whole.read_bytes() == halves.read_bytes(),
        "cpu at once": round(at_once["cpu"], 1),
        "cpu of the second half": round(again["cpu"], 1),
    }


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def summarise(summary: Report) -> str:
    """The figures as tables."""
    took = [
        [what, *(f"{summary[what][key]:,.0f}" for key in ("seconds", "cpu", "mib"))]
        for what in ("build", "table")
    ]
    kinds = list(dict.fromkeys(kind for each in summary["cells"].values() for kind in each))
    cells = [
        [q, *(str(each.get(kind, 0)) for kind in kinds)] for q, each in summary["cells"].items()
    ]
    again = summary["resumed"]
    return (
        f"{summary['documents']:,} contracts of {summary['passages']:,} passages, three questions. "
        "The clock's seconds are of a machine that others used too; the processor's are of all "
        "cores.\n\n"
        + table(["", "seconds", "of the processor", "MiB at most"], took)
        + "\n"
        + table(["question", *kinds], cells)
        + f"\nKilled after {again['kept']} of {again['documents']} rows and taken up again: "
        + ("the same bytes" if again["same"] else "other bytes")
        + f", {again['cpu of the second half']} s of the processor for the rest beside "
        f"{again['cpu at once']} s for all.\n"
    )
