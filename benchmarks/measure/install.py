"""What it takes to install and try the project: `make demo` and the wheel, at several commits.

The commits take turns, so that whatever else the machine does falls on all of them. pip's cache is
to be warm: install each of them once before.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from support.record import HERE, new_record, table, write_json

MB = 1e6


def run(work: Path, *, commits: Sequence[str], rounds: int, name: str) -> Path:
    """Install each commit `rounds` times; return the record."""
    record = new_record(name)
    work = work.resolve()
    rows: list[dict[str, Any]] = []
    for turn in range(rounds):
        for commit in commits:
            taken = _demo(work / commit, commit)
            click.echo(f"{turn} {commit}: {taken}", err=True)
            rows.append({"commit": commit, **taken})
    wheels = {commit: _wheel(work / commit) for commit in commits}
    summary = {"rounds": rounds, "wheels": wheels, "demos": rows}
    write_json(record / "summary.json", summary)
    (record / "summary.md").write_text(summarise(summary), encoding="utf-8")
    return record


def summarise(summary: dict[str, Any]) -> str:
    """A table of the commits: the least of every figure."""
    rows = []
    for commit, wheel in summary["wheels"].items():
        own = [each for each in summary["demos"] if each["commit"] == commit]
        least = {name: min(each[name] for each in own) for name in own[0] if name != "commit"}
        rows.append(
            [
                commit,
                f"{least['seconds']:.0f}",
                f"{least['processor']:.0f}",
                f"{least['environment'] / MB:,.0f}",
                f"{least['packages']}",
                f"{wheel / MB:.1f}",
            ]
        )
    header = ["commit", "seconds", "processor, s", "environment, MB", "packages", "wheel, MB"]
    return (
        "`make demo` on a fresh checkout, pip's cache warm, the commits in turns on a busy machine;"
        f" the least of {summary['rounds']}.\n\n{table(header, rows)}"
    )


def _demo(tree: Path, commit: str) -> dict[str, float]:
    """Time `make demo` in a fresh copy of a commit; gives seconds, bytes and packages."""
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    archive = subprocess.run(
        ["git", "archive", commit], cwd=HERE.parent, check=True, capture_output=True
    )
    subprocess.run(["tar", "-x", "-C", tree], input=archive.stdout, check=True)
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        ["make", "demo"],
        cwd=tree,
        env={**os.environ, "LEPTON_CACHE": str(tree / "cache")},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    sites = list((tree / ".venv").glob("lib/*/site-packages/*.dist-info"))
    return {
        "seconds": time.perf_counter() - began,
        "processor": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "environment": sum(
            path.lstat().st_size for path in (tree / ".venv").rglob("*") if path.is_file()
        ),
        "packages": len(sites),
    }


def _wheel(tree: Path) -> int:
    """Bytes of the wheel of a copy in which the demo ran."""
    out = tree / "wheel"
    make = [".venv/bin/python", "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(out), "."]
    subprocess.run(make, cwd=tree, check=True)
    return sum(path.stat().st_size for path in out.glob("*.whl"))
