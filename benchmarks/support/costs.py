"""What a build and its updates cost: passages encoded, bytes written, processor time, memory."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from support.launch import launched
from support.record import table

from lepton_local.corpus.parse import knows

RENAMES = 100
DELETIONS = 1000
_COMMAND = [sys.executable, "-c", "from lepton_local.cli.index import main; main()"]

Report = dict[str, Any]


def measure(files: Sequence[Path], work: Path) -> list[Report]:
    """Build an index of copies of these files, and update it after an edit, renames, deletions."""
    corpus, index = work / "sample", work / "sample-index"
    for folder in (corpus, index):
        shutil.rmtree(folder, ignore_errors=True)
    for number, file in enumerate(files):
        folder = corpus / f"{number // 100:02}" / f"{number:05}"  # names tell formats: kept
        folder.mkdir(parents=True)
        shutil.copy2(file, folder / file.name)
    reports = [_told("build", len(files), ["build", str(corpus), "--out", str(index)], index)]
    steps: dict[str, Callable[[Path], int]] = {
        "nothing": lambda _: 0,
        "1 edit": _edit,
        f"{RENAMES} renames": _rename,
        f"{DELETIONS} deletions": _delete,
    }
    for name, step in steps.items():
        changed = step(corpus)
        reports.append(_told(name, changed, ["update", str(index), "--allow-deletions"], index))
    first = reports[0]["seconds"]
    for report in reports:
        report["of_the_build"] = round(report["seconds"] / first, 4)
    return reports


def summarise(reports: Sequence[Report]) -> str:
    """A row a step."""
    return table(
        [
            *("index", "files changed", "documents", "passages", "encoded", "MB written"),
            *("of the build's time", "peak MB of a process"),
        ],
        [
            [
                report["step"],
                f"{report['files_changed']:,}",
                f"{report['documents']:,}",
                f"{report['passages']:,}",
                f"{report['encoded']:,}",
                f"{report['bytes_written'] / 1e6:,.2f}",
                f"{report['of_the_build']:.1%}",
                f"{report['peak_mb']:,}",
            ]
            for report in reports
        ],
    )


def _told(name: str, changed: int, arguments: list[str], index: Path) -> Report:
    click.echo(f"index: {name}", err=True)
    before = _stamps(index)
    run = launched([*_COMMAND, *arguments, "--json"])
    report = json.loads(run["out"])
    written = _stamps(index) - before
    return {
        "step": name,
        "files_changed": changed,
        "documents": report["documents"],
        "passages": report["passages"],
        "encoded": report["encoded"],
        "bytes_written": sum(size for _, size, _ in written),
        "seconds": round(run["cpu"], 2),
        "peak_mb": round(run["mib"]),
        "skipped": len(report["skipped"]),
    }


def _stamps(folder: Path) -> set[tuple[str, int, int]]:
    """The files of a folder, with size and time: those that are new have been written."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def _files(corpus: Path) -> list[Path]:
    return sorted(path for path in corpus.rglob("*") if path.is_file())


def _edit(corpus: Path) -> int:
    """Put a sentence into the middle of the largest page or plain text, if there is any."""
    texts = [path for path in _files(corpus) if path.suffix in (".html", ".txt")]
    for file in sorted(texts, key=lambda path: path.stat().st_size)[-1:]:
        lines = file.read_bytes().split(b"\n")
        lines.insert(len(lines) // 2, b"\nA sentence that was not there before.\n")
        file.write_bytes(b"\n".join(lines))
    return len(texts[:1])


def _rename(corpus: Path) -> int:
    renamed = {file: file.with_name(f"renamed-{file.name}") for file in _files(corpus)}
    files = [file for file, name in renamed.items() if knows(name.name)][:RENAMES]
    for file in files:
        file.rename(renamed[file])
    return len(files)


def _delete(corpus: Path) -> int:
    files = _files(corpus)[-DELETIONS:]
    for file in files:
        os.remove(file)
    return len(files)
