"""Speed of a question: from a cold process, warm by stage, and in batches, against the number of
passages.

Every figure is taken beside those it is compared with: the variants of a command take turns.
"""

from __future__ import annotations

import json
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np
from support.large import grow
from support.launch import launched
from support.record import HERE, new_record, table, write_json, write_rows

from lepton_local.config import BuildConfig, SearchConfig
from lepton_local.indexing.builder import build
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index
from lepton_local.store.names import TEXT
from lepton_local.train.curve import lines

GUIDE = HERE.parent / "corpora" / "guide"
LIBRARY = ("asyncio", "email", "http", "json", "logging", "unittest", "xml")
WARM_UP = 3  # questions that are asked before the clock is looked at
PLAIN = ("--no-rerank", "--no-answer")
STAGES = ("encode", "lexical", "dense", "rerank")
FIGURES = ("seconds", "cpu", "mib")
MADE = (
    "The indexes are made (benchmarks/large.py): passages are halves of real ones with new words"
    " between them, vectors are real ones moved along the differences of others; none was encoded."
    "\n\n"
)
_SEARCH = [sys.executable, "-c", "from lepton_local.cli.search import main; main()"]
_WARM = [
    *(sys.executable, "-c"),
    f"import sys; sys.path.insert(0, {str(HERE)!r})"
    "; from measure.speed import warm; warm(*sys.argv[1:])",
]
_IMPORTS = [sys.executable, "-c", "import lepton_local.search.searcher, lepton_local.cli.show"]

Run = dict[str, Any]


def run(
    work: Path,
    *,
    indexes: Sequence[Path],
    base: Path | None,
    rows: Sequence[int],
    repeats: int,
    questions: int,
    seed: int,
    name: str,
) -> Path:
    """Measure these indexes, or ones of `rows` passages grown from `base`; return the record."""
    work.mkdir(parents=True, exist_ok=True)
    made = not indexes
    if made:
        real = Index.open(base) if base is not None else base_index(work / "base")
        indexes = [grown(real, work / f"{many}", many) for many in rows]
    record = new_record(name)
    reports = []
    for path in sorted(indexes, key=lambda each: Index.open(each).rows):
        click.echo(f"{path}: measuring", err=True)
        asked = work / "questions.jsonl"
        asked.write_text(
            "".join(
                json.dumps({"question": each}) + "\n"
                for each in questions_of(path, questions, seed)
            )
        )
        report, raw = _measure(path, asked, repeats=repeats)
        reports.append(report)
        write_rows(record / f"{report['rows']}.jsonl.gz", raw)
        write_json(record / "summary.json", {"seed": seed, "made": made, "indexes": reports})
        text = (MADE if made else "") + summarise(reports)
        (record / "summary.md").write_text(text, encoding="utf-8")
    (record / "latency.svg").write_text(picture(reports), encoding="utf-8")
    return record


def warm(index: str, questions: str) -> None:
    """Ask every question with and without the pair model, in turns; print the seconds of each."""
    asked = [json.loads(line)["question"] for line in Path(questions).read_text().splitlines()]
    full = Searcher.open(index)
    plain = Searcher(
        full.index, encoder=full.encoder, config=SearchConfig(rerank=False, answer=False)
    )
    for question in asked[:WARM_UP]:
        full.answer(question)
        plain.answer(question)
    for question in asked:
        seconds = {"plain": plain.answer(question).seconds, "full": full.answer(question).seconds}
        print(json.dumps({key: dict(value) for key, value in seconds.items()}))


def base_index(folder: Path) -> Index:
    """Real passages: the user guide, and packages of Python's own library."""
    library = Path(sysconfig.get_path("stdlib"))
    return build([GUIDE, *(library / each for each in LIBRARY)], folder).index


def grown(real: Index, folder: Path, rows: int) -> Path:
    """An index of `rows` passages made from those of a real one."""
    click.echo(f"{folder}: growing", err=True)
    return grow(real, folder, rows=rows, config=BuildConfig()).path


def questions_of(path: Path, many: int, seed: int) -> list[str]:
    """Words that stand side by side in some passage: common and rare ones, as in real questions."""
    index, random = Index.open(path), np.random.default_rng(seed)
    rows = random.choice(np.flatnonzero(np.concatenate(index.live)), many)
    found = []
    for text in index.take_passages(rows, ["text"]).column(0).to_pylist():
        words = [word for word in text.split() if word.isalpha()] or ["nothing"]
        first = int(random.integers(max(1, len(words) - 8)))
        found.append(" ".join(words[first : first + int(random.integers(4, 9))]))
    return found


def _measure(path: Path, asked: Path, *, repeats: int) -> tuple[Run, list[list[Any]]]:
    """An index's figures, and each measurement that they come from."""
    index = Index.open(path)
    first = json.loads(asked.read_text().splitlines()[0])["question"]
    commands = {
        "python": [sys.executable, "-c", "pass"],
        "--help": [*_SEARCH, "--help"],
        "imports": _IMPORTS,
        "lexical": [*_SEARCH, "query", str(path), first, *PLAIN, "--mode", "lexical"],
        "plain": [*_SEARCH, "query", str(path), first, *PLAIN],
        "full": [*_SEARCH, "query", str(path), first],
    }
    for command in commands.values():
        launched(command)  # the disk is read, and graphs are made, before the clock is looked at
    turns = [{each: launched(commands[each]) for each in commands} for _ in range(repeats)]
    told = launched([*_WARM, str(path), str(asked)])
    warmed = [json.loads(line) for line in told["out"].splitlines()]
    batch = {
        kind: launched([*_SEARCH, "batch", str(path), str(asked), "--quiet", *options])
        for kind, options in (("plain", PLAIN), ("full", ()))
    }
    report = {
        "rows": index.rows,
        "documents": index.documents,
        "bytes": sum(entry.bytes for entry in index.manifest.segments),
        "faiss": [
            dict(entry.fields[TEXT].faiss)
            for entry in index.manifest.segments
            if entry.fields[TEXT].faiss
        ],
        "cold": {each: _middle([turn[each] for turn in turns]) for each in commands},
        "warm": {kind: _stages([each[kind] for each in warmed]) for kind in ("plain", "full")},
        "warm_mib": round(told["mib"]),
        "questions_a_second": {
            kind: round(len(warmed) / one["seconds"], 2) for kind, one in batch.items()
        },
    }
    cold = [["cold", each, *map(turn[each].get, FIGURES)] for turn in turns for each in commands]
    return report, [*cold, *(["warm", each["plain"], each["full"]] for each in warmed)]


def _middle(some: Sequence[Run]) -> dict[str, float]:
    return {key: round(median(one[key] for one in some), 4) for key in FIGURES}


def _stages(asked: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Median milliseconds a stage. `find` is all but encoding the question and the pair model: both
    searches, fusion, and reading what is shown.
    """
    took = {stage: [1000 * one.get(stage, 0.0) for one in asked] for stage in (*STAGES, "total")}
    parts = zip(took["total"], took["encode"], took["rerank"], strict=True)
    took["find"] = [total - encode - rerank for total, encode, rerank in parts]
    middle = {stage: round(median(values), 2) for stage, values in took.items()}
    return {**middle, "total_p95": round(float(np.percentile(took["total"], 95)), 2)}


def summarise(reports: Sequence[Run]) -> str:
    """A table for each way of asking."""
    kinds = list(reports[0]["cold"])
    stages = ("encode", "lexical", "dense", "find", "total", "total_p95")
    cold = [
        [f"{each['rows']:,}", *(f"{each['cold'][kind]['seconds']:.3f}" for kind in kinds)]
        for each in reports
    ]
    ratios = [
        [
            f"{each['rows']:,}",
            f"{each['cold']['full']['seconds'] / each['cold']['plain']['seconds']:.2f}",
            f"{each['cold']['plain']['seconds'] / each['cold']['imports']['seconds']:.2f}",
            f"{each['warm']['full']['total'] / each['warm']['plain']['total']:.2f}",
            *(f"{each['cold'][kind]['mib']:.0f}" for kind in ("plain", "full")),
            f"{each['warm_mib']}",
            *(f"{each['questions_a_second'][kind]:.1f}" for kind in ("plain", "full")),
        ]
        for each in reports
    ]
    warmed = [
        [
            f"{each['rows']:,}",
            *(f"{each['warm']['plain'][stage]:.1f}" for stage in stages),
            f"{each['warm']['full']['total']:.0f}",
        ]
        for each in reports
    ]
    faiss = [
        [
            f"{each['rows']:,}",
            *(str(one.get(key, "")) for key in ("factory", "recall", "bytes", "milliseconds")),
        ]
        for each in reports
        for one in each["faiss"]
    ]
    header = ["passages", *(f"{kind}, s" for kind in kinds)]
    beside = ["full to plain, cold", "plain to imports", "full to plain, warm"]
    memory = ["MiB plain", "MiB full", "MiB warm", "questions/s plain", "questions/s full"]
    return "\n".join(
        [
            "A command from a cold process, median; `plain` is without the pair model, `full` with"
            " reranking and answer:\n",
            table(header, cold),
            "One process, many questions, median milliseconds of `plain`; `find` is all of it but"
            " encoding:\n",
            table(["passages", *stages, "full, total"], warmed),
            "Side by side:\n",
            table(["passages", *beside, *memory], ratios),
            "FAISS, as measured when it was built:\n",
            table(["passages", "kind", "recall@10", "bytes a vector", "ms"], faiss),
        ]
    )


def picture(reports: Sequence[Run]) -> str:
    """Warm latency without the pair model against passages."""
    series = {
        stage: [(float(each["rows"]), each["warm"]["plain"][stage]) for each in reports]
        for stage in ("lexical", "dense", "find", "total")
    }
    return lines(series, x="passages", y="milliseconds", log=True)
