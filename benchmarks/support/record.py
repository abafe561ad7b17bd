"""A dated record of one run: the machine, the figures, a table, and what each question gave."""

from __future__ import annotations

import datetime
import gzip
import json
import os
import platform
import re
import subprocess
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent
RUNS = HERE / "runs"
GIB = 1 << 30


def new_record(name: str) -> Path:
    """A new folder `<date>-<name>`, numbered if there is one already, with machine.json in it. What
    code that is in no commit has measured is called a rehearsal.
    """
    stem = f"{datetime.date.today().isoformat()}-{name}{'' if commit() else '-rehearsal'}"
    number = 1
    while (folder := RUNS / (stem if number == 1 else f"{stem}-{number}")).exists():
        number += 1
    folder.mkdir(parents=True)
    write_json(folder / "machine.json", machine())
    return folder


def machine() -> dict[str, Any]:
    """What the figures depend on: processor, memory, system, Python, packages and commit."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": _packages(),
        "commit": commit(),
    }


def _cpu() -> str:
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def _packages() -> dict[str, str]:
    """Versions of the installed packages that pyproject.toml names."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[^\w.-]", dependency)[0] for dependency in project["dependencies"]]
    return {name: metadata.version(name) for name in names}


def commit(tree: Path = HERE) -> str | None:
    """The commit that a checkout's code is, or None where a file differs from it."""
    run = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=tree, capture_output=True, text=True
    )
    name = run.stdout.strip()
    return name if name and not name.endswith("-dirty") else None


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Pretty JSON: these files are read and compared by people."""
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_rows(path: Path, rows: Iterable[Sequence[Any] | Mapping[str, Any]]) -> None:
    """One compact JSON value a line, gzipped without a time stamp: equal rows give equal bytes."""
    text = "".join(
        json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows
    )
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are figures."""
    lines = [header, ["---", *["--:"] * (len(header) - 1)], *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
