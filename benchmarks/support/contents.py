"""The table of records, runs/README.md: of each, what it asks, what came of it, and who cites it.

    python benchmarks/support/contents.py

What nobody can tell from the records themselves stands in runs/records.toml, by hand.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
RUNS = ROOT / "benchmarks" / "runs"
VERDICTS = ("ships", "baseline", "rejected", "tells")
CITING = ("*.md", "corpora/guide/*.md", "benchmarks/*.md", "lepton_local/**/*.md")
HEAD = """\
# Records

`python benchmarks/support/contents.py` writes this table from the records and `records.toml`; a
test holds it. Each folder has the machine and the figures, most have what every question gave.

- **ships**: the code is as the record says, or its figures are those of the code.
- **baseline**: what a later record is compared with.
- **rejected**: tried, and it does not ship. Worth most: read these before trying again.
- **tells**: measured for whoever wants to know; nothing hangs on it.

Superseded records are in the project's history: `git log --diff-filter=D -- benchmarks/runs`. Those
up to 2026-11-23 were in part made by code on its way to a commit (*uncommitted*) or gathered by
hand; later ones name the commit, unless they are called a rehearsal.

| record | asks | verdict | code | cited by |
| --- | --- | --- | --- | --- |
"""


def contents() -> str:
    """The text of runs/README.md."""
    told = tomllib.loads((RUNS / "records.toml").read_text(encoding="utf-8"))
    rows = [
        f"| [{name}]({name}/summary.md) | {told[name]['asks']} | {told[name]['verdict']}"
        f" | {_code(RUNS / name)} | {', '.join(_citing(name))} |\n"
        for name in records()
    ]
    return HEAD + "".join(rows)


def records() -> list[str]:
    """The names of the records."""
    return sorted(folder.name for folder in RUNS.iterdir() if folder.is_dir())


def cited(text: str) -> set[str]:
    """The records that a text names by their path."""
    return set(re.findall(r"\bruns/(\d{4}-\d\d-\d\d-[\w-]+)", text))


def citing() -> Iterator[Path]:
    """The documents that may name records."""
    for pattern in CITING:
        yield from sorted(ROOT.glob(pattern))


def _citing(name: str) -> Iterator[str]:
    for path in citing():
        if name in cited(path.read_text(encoding="utf-8")):
            yield f"[{path.relative_to(ROOT)}]({Path('../..') / path.relative_to(ROOT)})"
    for other in records():
        near = (RUNS / other / "summary.md").read_text(encoding="utf-8")
        if re.search(rf"\.\./{name}\b(?!-)", near):
            yield f"[{other}]({other}/summary.md)"


def _code(record: Path) -> str:
    machine = record / "machine.json"
    told = json.loads(machine.read_text(encoding="utf-8")) if machine.exists() else {}
    if not (commit := told.get("commit")):
        return "uncommitted" if record.name.endswith("-rehearsal") else "by hand"
    return "uncommitted" if commit.endswith("-dirty") else commit


if __name__ == "__main__":
    (RUNS / "README.md").write_text(contents(), encoding="utf-8")
