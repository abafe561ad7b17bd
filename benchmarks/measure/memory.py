"""The memory of a build of one large file: of the process that builds, and of those that parse.

The tokenizer is the bundled encoder's, its network is left out: it is no larger for a large file,
and would take hours. Every build runs in a process of its own, which may be of another checkout.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import xlsxwriter
from support.launch import below, peak
from support.record import HERE, commit, new_record, table, write_json

MIB = 1 << 20
TARGET = 1536  # MiB of the process that builds
GUIDE = HERE.parent / "corpora" / "guide"
COLUMNS = ("Customer", "Place", "Ordered", "Pieces", "Price")
PAUSE = 0.05  # seconds between looks at the processes

BUILD = """
import hashlib, json, sys, time
from pathlib import Path
from lepton_local.models.resolve import BUNDLED_PAIR
import numpy as np
from lepton_local.config import BuildConfig
from lepton_local.indexing.builder import build
from lepton_local.models.tokens import Tokens

class Stub:
    name, digest, languages, dim, max_tokens = "stub", "sha256:stub", frozenset(), 384, 256
    tokens = Tokens.load(BUNDLED_PAIR / "tokenizer.json", 256)

    def encode(self, texts, *, kind="passage", progress=None):
        made = [hashlib.shake_256(text.encode()).digest(self.dim) for text in texts]
        rows = np.frombuffer(b"".join(made), np.uint8).reshape(-1, self.dim) - np.float32(127.5)
        if progress is not None:
            progress(len(texts))
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def spans(self, text):
        return self.tokens.spans(text)

began = time.perf_counter()
report = build(sys.argv[1], sys.argv[2], BuildConfig(workers=1), encoder=Stub())
told = {"passages": report.passages, "documents": report.index.documents}
print(json.dumps({**told, "seconds": time.perf_counter() - began}))
"""


def run(
    work: Path, *, inputs: Sequence[str], size: float, tree: Path, seed: int, name: str
) -> Path:
    """Build an index of each input, of `size` times its full size, with the code of `tree`; return
    the record.
    """
    record = new_record(name)
    work, tree = work.resolve(), tree.resolve()
    rows: list[dict[str, Any]] = []
    summary = {"size": size, "commit": commit(tree) or "none", "target": TARGET, "inputs": rows}
    for kind in inputs:
        corpus = work / f"{kind}-{size:g}"
        shutil.rmtree(corpus, ignore_errors=True)
        corpus.mkdir(parents=True)
        INPUTS[kind](corpus, size, np.random.default_rng(seed))
        given = next(corpus.iterdir()).stat().st_size
        rows.append({"input": kind, "bytes": given, **_measured(corpus, work / "index", tree)})
        click.echo(json.dumps(rows[-1]), err=True)
        write_json(record / "summary.json", summary)
        (record / "summary.md").write_text(summarise(summary), encoding="utf-8")
    return record


def summarise(summary: dict[str, Any]) -> str:
    """A table of the inputs."""
    rows = [
        [
            each["input"],
            f"{each['bytes'] / MIB:.1f}",
            f"{each['documents']:,}" if "documents" in each else each["failed"],
            f"{each.get('passages', 0):,}",
            f"{each['build']:,.0f}",
            f"{each['parser']:,.0f}",
            f"{each.get('seconds', 0):,.0f}",
        ]
        for each in summary["inputs"]
    ]
    header = ["input", "MiB", "documents", "passages", "build, MiB", "parser, MiB", "seconds"]
    return (
        f"Peak resident memory of a build of one file at commit {summary['commit']}, "
        f"{summary['size']:g} of its full size. Target: {TARGET} MiB for the process that builds. "
        f"The tokenizer is the bundled encoder's, the network is left out.\n\n{table(header, rows)}"
    )


def _measured(corpus: Path, index: Path, tree: Path) -> dict[str, Any]:
    """What a build in a process of its own took, and gave; peaks in MiB."""
    shutil.rmtree(index, ignore_errors=True)
    process = subprocess.Popen(
        [sys.executable, "-c", BUILD, str(corpus), str(index)],
        cwd=tree,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    peaks: dict[int, float] = {}
    while process.poll() is None:
        for each in below(process.pid):
            peaks[each] = max(peak(each), peaks.get(each, 0.0))
        time.sleep(PAUSE)
    told, wrong = process.communicate()
    held = {"build": peaks.pop(process.pid), "parser": max(peaks.values(), default=0.0)}
    if process.returncode:
        lines = wrong.strip().splitlines() or [f"exit status {process.returncode}"]
        return {**held, "failed": lines[-1]}
    return {**held, **json.loads(told)}


def _sentences(random: np.random.Generator) -> Iterator[str]:
    """Sentences without end, of the guide's words."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(GUIDE.glob("*.md")))
    words = np.array(sorted({word for text in texts for word in re.findall(r"[a-z]{2,}", text)}))
    while True:
        drawn = words[(len(words) * random.random(4000) ** 3).astype(int)].tolist()
        while len(drawn) > 20:
            sentence = [drawn.pop() for _ in range(int(random.integers(6, 20)))]
            yield f"{' '.join(sentence).capitalize()}."


def _text(folder: Path, size: float, random: np.random.Generator, *, ends: str) -> None:
    left = int(64 * MIB * size)
    with open(folder / "text.txt", "w", encoding="utf-8") as file:
        for number, sentence in enumerate(_sentences(random)):
            words = sentence + (" " if number % 5 else ends)
            left -= len(words)
            if left < 0:
                return
            file.write(words)


def _rows(folder: Path, size: float, random: np.random.Generator) -> None:
    sentences = _sentences(random)
    with open(folder / "rows.jsonl", "w", encoding="utf-8") as file:
        for number in range(int(1_000_000 * size)):
            row = {"id": number, "text": next(sentences)[:36]}
            file.write(json.dumps(row) + "\n")


def _cells(many: int, random: np.random.Generator) -> Iterator[tuple[str, str, str, int, float]]:
    sentences = _sentences(random)
    for number in range(many):
        customer, place, *_ = next(sentences).split()
        day = f"20{number % 26:02}-0{number % 9 + 1}-1{number % 10}"
        yield f"{customer} {number}", place, day, number % 97, number % 8999 / 100


def _table(folder: Path, size: float, random: np.random.Generator) -> None:
    with open(folder / "table.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_cells(int(500_000 * size), random))


def _workbook(folder: Path, size: float, random: np.random.Generator) -> None:
    with xlsxwriter.Workbook(folder / "table.xlsx", {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Orders")
        sheet.write_row(0, 0, COLUMNS)
        for number, row in enumerate(_cells(int(500_000 * size), random), 1):
            sheet.write_row(number, 0, row)


def _lines(folder: Path, size: float, random: np.random.Generator) -> None:
    _text(folder, size, random, ends="\n\n")


def _line(folder: Path, size: float, random: np.random.Generator) -> None:
    _text(folder, size, random, ends=" ")


# At full size: text of 64 MiB in paragraphs and in one line, a million rows, tables of 500,000.
INPUTS: dict[str, Callable[[Path, float, np.random.Generator], None]] = {
    "text": _lines,
    "line": _line,
    "rows": _rows,
    "table": _table,
    "workbook": _workbook,
}
