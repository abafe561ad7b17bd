"""How far the text of documents agrees with what other programs read, and how long it takes to read
it, beside the code of another checkout.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

import click
from support.launch import Failed, Talk
from support.record import HERE, commit, new_record, table, write_json, write_rows

LARGEST = 4 << 20  # bytes of a file in the sample
LEAST = 20  # words that another program finds in a file of the sample
SECONDS = 60.0  # that a program may take for a file
WORD = re.compile(r"\w+")
SHOWN = "csv:Text - txt - csv (StarCalc):32,0,76,1,,0,false,true,true,false,false,-1"  # as shown
OFFICE = {"docx": "txt:Text (encoded):UTF8", "odt": "txt:Text (encoded):UTF8"}
OFFICE |= {"rtf": OFFICE["docx"], "xlsx": SHOWN, "xls": SHOWN, "ods": SHOWN}

Report = dict[str, Any]


def run(
    folders: Sequence[Path], work: Path, *, before: Path, files: int, seed: int, name: str
) -> Path:
    """Read up to `files` of each format by this code, by that of the checkout `before`, in turns,
    and by the program that its format has; gives the record.
    """
    record = new_record(name)
    trees = {"before": before, "after": HERE.parent}
    worker = str(HERE / "support" / "parse_worker.py")
    readers = {which: _reader(worker, tree) for which, tree in trees.items()}
    rows: list[Report] = []
    for form, chosen in sorted(_chosen(folders, files, seed).items()):
        told = _oracle(form, chosen, work)
        for number, (path, known) in enumerate(told.items()):
            if len(WORD.findall(known)) < LEAST:
                continue
            order = list(readers) if number % 2 else list(readers)[::-1]
            answers = {which: readers[which](str(path)) for which in order}
            rows.append({"format": form, "file": path.name, **_row(answers, known)})
        click.echo(f"{form}: {sum(row['format'] == form for row in rows)} files", err=True)
    write_rows(record / "files.jsonl.gz", rows)
    summary = {
        "commits": {which: commit(tree) for which, tree in trees.items()},
        "seed": seed,
        "formats": {
            form: _summary([r for r in rows if r["format"] == form]) for form in _forms(rows)
        },
    }
    write_json(record / "summary.json", summary)
    (record / "summary.md").write_text(_shown(summary), encoding="utf-8")
    return record


def _chosen(folders: Sequence[Path], files: int, seed: int) -> dict[str, list[Path]]:
    """A sample of the files of each format that another program reads, by chance."""
    found = defaultdict(list)
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        form = path.suffix.lower().removeprefix(".")
        if form in (*OFFICE, *_PROGRAMS) and path.is_file() and path.stat().st_size <= LARGEST:
            found[form].append(path)
    chance = random.Random(seed)
    return {form: chance.sample(paths, min(files, len(paths))) for form, paths in found.items()}


def _oracle(form: str, paths: Sequence[Path], work: Path) -> Mapping[Path, str]:
    if form in _PROGRAMS:
        command = _PROGRAMS[form]
        return {path: _printed([word.format(path) for word in command]) for path in paths}
    return _office(form, paths, work)


_PROGRAMS = {
    "pdf": ("pdftotext", "-enc", "UTF-8", "{}", "-"),
    "doc": ("antiword", "-m", "UTF-8.txt", "-w", "0", "{}"),
}


def _printed(command: Sequence[str], *, longest: float = SECONDS) -> str:
    try:
        done = subprocess.run(command, capture_output=True, timeout=longest, check=False)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.decode("utf-8", "replace")


def _office(form: str, paths: Sequence[Path], work: Path) -> dict[Path, str]:
    """What LibreOffice reads, file by file under numbers: names may be the same."""
    told = {}
    shutil.rmtree(work / form, ignore_errors=True)
    (work / form / "in").mkdir(parents=True)
    names = {}
    for number, path in enumerate(paths):
        names[path] = f"{number:04d}"
        shutil.copyfile(path, work / form / "in" / f"{number:04d}.{form}")
    profile = f"-env:UserInstallation={(work / 'profile').absolute().as_uri()}"
    place = ["--outdir", str(work / form / "out")]
    for batch in _batches(sorted((work / form / "in").iterdir()), 25):
        command = ["soffice", "--headless", profile, "--convert-to", OFFICE[form], *place]
        _printed([*command, *map(str, batch)], longest=SECONDS * len(batch))
    for path, stem in names.items():
        parts = sorted((work / form / "out").glob(f"{stem}[.-]*"))
        told[path] = "\n".join(part.read_text("utf-8", "replace") for part in parts)
    return told


def _batches(paths: Sequence[Path], size: int) -> Iterator[Sequence[Path]]:
    yield from (paths[at : at + size] for at in range(0, len(paths), size))


def _reader(worker: str, tree: Path) -> Callable[[str], Report]:
    """Who reads files by the code of a checkout: {"text", "seconds"}, no text of a refused one."""
    talk = Talk([sys.executable, worker, str(tree)], longest=SECONDS)

    def read(path: str) -> Report:
        nonlocal talk
        try:
            return dict(talk(path))
        except Failed:
            talk = Talk([sys.executable, worker, str(tree)], longest=SECONDS)
            return {"text": "", "seconds": None}

    return read


def _row(answers: Mapping[str, Report], known: str) -> Report:
    row: Report = {}
    for which, answer in answers.items():
        mine, theirs = (_triples(text) for text in (answer["text"], known))
        both = len(mine & theirs)
        words = [set(WORD.findall(text.casefold())) for text in (answer["text"], known)]
        row[which] = {
            "seconds": answer["seconds"],
            "read": bool(mine),
            "recall": round(both / len(theirs), 4),
            "precision": round(both / len(mine), 4) if mine else 0.0,
            "words": round(len(words[0] & words[1]) / len(words[1]), 4),
        }
    return row


def _triples(text: str) -> set[tuple[str, ...]]:
    words = WORD.findall(text.casefold())
    return set(zip(words, words[1:], words[2:], strict=False))


def _forms(rows: Sequence[Report]) -> list[str]:
    return list(dict.fromkeys(row["format"] for row in rows))


def _summary(rows: Sequence[Report]) -> Report:
    told: Report = {"files": len(rows)}
    for which in ("before", "after"):
        told[which] = {
            "read": sum(row[which]["read"] for row in rows),
            **{
                kind: round(fmean(row[which][kind] for row in rows), 4)
                for kind in ("recall", "precision", "words")
            },
        }
    both = [(row["before"], row["after"]) for row in rows]
    timed = [(b["seconds"], a["seconds"]) for b, a in both if b["read"] and a["read"]]
    if timed:
        told["files a second"] = round(len(timed) / sum(after for _, after in timed), 1)
        told["time"] = round(sum(a for _, a in timed) / sum(b for b, _ in timed), 3)
        told["time of a file"] = round(median(a / b for b, a in timed), 3)
    return told


def _shown(summary: Report) -> str:
    heads = ["format", "files", "read", "triples found", "triples right", "words found"]
    heads += ["files a second", "time, all", "time, median file"]
    rows = []
    for form, told in summary["formats"].items():
        pairs = [
            " → ".join(f"{told[which][kind]:.3f}" for which in ("before", "after"))
            for kind in ("recall", "precision", "words")
        ]
        read = f"{told['before']['read']} → {told['after']['read']}"
        times = [str(told.get(kind, "")) for kind in ("files a second", "time", "time of a file")]
        rows.append([form, str(told["files"]), read, *pairs, *times])
    commits = " → ".join(str(each) for each in summary["commits"].values())
    return (
        f"Code: {commits}. Triples of words that both find, of all that the other program finds "
        "(found) or that we do (right). Times: the second code's over the first's.\n\n"
        + table(heads, rows)
    )
