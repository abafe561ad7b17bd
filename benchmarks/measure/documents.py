"""Real documents in many formats: how fast and how completely each is read, what updates cost, and
whether a manual gives the same answers in each of its formats.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from support import agreement, costs, reading
from support.made import make
from support.record import new_record, table, write_json, write_rows

from lepton_local.corpus.parse import PARSERS

QUESTIONS = Path(__file__).with_name("manual-questions.txt")
# One manual, where its packages put it.
MANUAL = {
    "html": "**/debian-reference/*.en.html",
    "text": "**/debian-reference/*.en.txt.gz",
    "pdf": "**/debian-reference/*.en.pdf",
}
PAGES = "**/debian-reference/ch*.en.html"  # office files and messages are made from these
LARGEST = 100  # passages of a file in the sample: it takes many files to delete a thousand

Report = dict[str, Any]


def run(folders: Sequence[Path], work: Path, *, files: int, passages: int, name: str) -> Path:
    """Read all files, index a sample of them, ask the manual; return the folder of the record."""
    record = new_record(name)
    work.mkdir(parents=True, exist_ok=True)
    pages = _found(folders, PAGES)
    rows = reading.read_all([*folders, *([make(pages, work / "made")] if pages else [])])
    write_rows(record / "files.jsonl.gz", (row.raw() for row in rows))
    summary: Report = {
        "formats": reading.by_format(rows),
        "formats_not_there": _not_there(rows),
        "skipped": dict(Counter(row.reason for row in rows if row.reason).most_common()),
    }
    parts = [reading.summarise(summary["formats"]), _skipped(summary)]
    _keep(record, summary, parts)
    sample = _sample(rows, files=files, passages=passages)
    summary["index"] = costs.measure([Path(row.root, row.path) for row in sample], work)
    parts.append(costs.summarise(summary["index"]))
    _keep(record, summary, parts)
    manual = {form: found for form, glob in MANUAL.items() if (found := _found(folders, glob))}
    if len(manual) > 1:
        questions = QUESTIONS.read_text(encoding="utf-8").splitlines()
        summary["agreement"], asked = agreement.ask(manual, questions, work)
        parts.append(agreement.summarise(summary["agreement"], asked))
        write_rows(record / "questions.jsonl.gz", asked)
        _keep(record, summary, parts)
    return record


def _keep(record: Path, summary: Report, parts: Sequence[str]) -> None:
    write_json(record / "summary.json", summary)
    (record / "summary.md").write_text("\n".join(parts), encoding="utf-8")


def _found(folders: Sequence[Path], glob: str) -> list[Path]:
    return sorted(path for folder in folders for path in folder.glob(glob))


def _not_there(rows: Sequence[reading.Read]) -> list[str]:
    """The formats that no file is in, compressed or not."""
    forms = {row.form.partition(",")[0] for row in rows}
    return sorted(PARSERS.keys() - forms)


def _sample(rows: Sequence[reading.Read], *, files: int, passages: int) -> Iterator[reading.Read]:
    """The smallest file of each format, then the smallest of all."""
    eligible = sorted(
        (row for row in rows if 0 < row.passages <= LARGEST), key=lambda row: row.passages
    )
    firsts = {row.form: row for row in reversed(eligible)}
    others = (row for row in eligible if row is not firsts[row.form])
    for row in islice(chain(firsts.values(), others), files):
        passages -= row.passages
        if passages < 0:
            return
        yield row


def _skipped(summary: Mapping[str, Any]) -> str:
    absent = ", ".join(summary["formats_not_there"]) or "none"
    rows = [[reason.replace("|", "/"), f"{n:,}"] for reason, n in summary["skipped"].items()]
    reasons = table(["skipped because", "files"], rows) if rows else "No file is skipped.\n"
    return f"Formats without a file: {absent}.\n\n{reasons}"
