"""Published test sets as they are published: BEIR folders, and SQuAD JSON files; gzipped or not.
And spreadsheets of one's own (CSV), as draft.py makes them.

A BEIR folder holds `queries.jsonl` and judgements, `qrels.tsv` or `qrels/test.tsv` (its
`corpus.jsonl` is what gets indexed). A SQuAD file is v1.1, v2.0 (`is_impossible`), or another set
in that layout.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TextIO

from lepton_local.errors import InputError

DATA = "LEPTON_DATA"  # the environment variable that names the folder of test sets


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """Questions, and the grade of each judged document: {question id: {document id: grade}}.

    A grade of 0 is a document judged not relevant.
    """

    name: str
    queries: Mapping[str, str]
    judgements: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a SQuAD file. `answers` is empty when `context` does not answer it.

    marked: every answer and the code point of `context` where it begins, -1 where that is not said.
    """

    id: str
    text: str
    answers: tuple[str, ...]
    title: str  # of the article
    context: str
    marked: tuple[tuple[str, int], ...] = ()
    impossible: bool = False  # the file says that there is no answer


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """The questions of a SQuAD file, in its order."""

    name: str
    questions: tuple[Question, ...]


def load_dataset(dataset: str | Path, *, split: str | None = None) -> RetrievalSet | QuestionSet:
    """The set at a path, or with a bare name in the folder that LEPTON_DATA names.

    `split` chooses the judgements of a BEIR folder: the name of a file in `qrels/`, or the path of
    one. InputError when there is no such set, it is of neither kind, or a file of it is malformed.
    """
    path = find_dataset(dataset)
    if path.is_dir():
        return _load_beir(path, split)
    if split is not None:
        raise InputError(
            f"split {split!r}: {path} is one file, which has no splits", advice="leave --split out"
        )
    if ".csv" in path.suffixes[-2:]:
        return _load_sheet(path)
    return load_squad(path)


def find_dataset(dataset: str | Path) -> Path:
    """Where a set is. InputError when it is nowhere."""
    path = Path(dataset).expanduser()
    if path.exists():
        return path
    folder = os.environ.get(DATA)
    if not folder:
        raise InputError(
            f"{dataset}: no such test set",
            advice=(
                "give the path of a BEIR folder or of a SQuAD JSON file, or name the "
                f"folder that holds it: export {DATA}=FOLDER"
            ),
        )
    root = Path(folder).expanduser()
    places = [root / path, root / "ir" / path, *(root / sub / path for sub in ("qa", "qa/dev"))]
    for place in places:
        for suffix in ("", ".gz", ".json", ".json.gz"):
            if (candidate := Path(f"{place}{suffix}")).exists():
                return candidate
    raise InputError(
        f"{dataset}: no such test set here nor in {DATA}={folder}",
        advice=f"see what is there: ls {folder} {folder}/ir",
    )


def _load_beir(folder: Path, split: str | None) -> RetrievalSet:
    queries_path = _either(folder / "queries.jsonl")
    if queries_path is None:
        raise InputError(
            f"{folder}: no queries.jsonl in this folder; a test set is a BEIR folder "
            "(corpus.jsonl, queries.jsonl, qrels.tsv) or a SQuAD JSON file"
        )
    return RetrievalSet(
        name=folder.resolve().name,
        queries=dict(_read_queries(queries_path)),
        judgements=_read_judgements(_qrels_path(folder, split)),
    )


def _qrels_path(folder: Path, split: str | None) -> Path:
    if split is None:
        places = [folder / "qrels.tsv", folder / "qrels" / "test.tsv"]
    else:
        places = [folder / "qrels" / f"{split}.tsv", folder / split, Path(split).expanduser()]
    for place in places:
        path = _either(place)
        if path is not None:
            return path
    there = sorted(p.name.split(".")[0] for p in (folder / "qrels").glob("*.tsv*"))
    known = f"choose one of: --split {' | '.join(there)}" if there else "expected qrels.tsv there"
    raise InputError(f"{folder}: no judgements{f' {split!r}' if split else ''} in it; {known}")


def _either(path: Path) -> Path | None:
    """The file, or the gzipped one beside it."""
    return next((p for p in (path, Path(f"{path}.gz")) if p.is_file()), None)


def _read_queries(path: Path) -> Iterator[tuple[str, str]]:
    with _reading(path) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                yield str(row["_id"]), str(row["text"])
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(
                    f'{path}, line {number}: expected {{"_id": …, "text": …}}'
                ) from error


def _read_judgements(path: Path) -> dict[str, dict[str, int]]:
    judgements: dict[str, dict[str, int]] = {}
    with _reading(path) as file:
        for number, row in enumerate(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
            if not row or (number == 1 and row[-1] == "score"):
                continue
            try:
                query, document, grade = row
                judgements.setdefault(query, {})[document] = int(grade)
            except ValueError as error:
                raise InputError(
                    f"{path}, line {number}: expected query-id, corpus-id and a whole score, "
                    "separated by tabs"
                ) from error
    return judgements


def load_squad(path: Path) -> QuestionSet:
    """The questions of a SQuAD file. InputError when it is none."""
    try:
        with _reading(path) as file:
            data = json.load(file)
        questions = tuple(
            Question(
                id=str(qa.get("id", "")),
                text=str(qa["question"]),
                answers=_answers(qa),
                title=str(article.get("title", "")),
                context=str(paragraph["context"]),
                marked=_marked(qa),
                impossible=bool(qa.get("is_impossible", False)),
            )
            for article in data["data"]
            for paragraph in article["paragraphs"]
            for qa in paragraph["qas"]
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: not SQuAD JSON (data, paragraphs, context, qas, question, answers) "
            f"at {type(error).__name__}: {str(error).splitlines()[0]}"
        ) from error
    return QuestionSet(
        name=path.name.removesuffix(".gz").removesuffix(".json"), questions=questions
    )


def _load_sheet(path: Path) -> QuestionSet:
    """The questions of a spreadsheet with the columns `question` and `answer`: several answers with
    " | " between them, none where the documents do not say. InputError when it is none.
    """
    with _reading(path) as file:
        rows = csv.DictReader(line.removeprefix("\ufeff") for line in file)
        names = [name.strip().lower() for name in rows.fieldnames or ()]
        if not {"question", "answer"} <= set(names):
            raise InputError(
                f"{path}: its first line names {', '.join(names) or 'nothing'}, expected the "
                "columns question and answer",
                advice="lepton-search questions INDEX -n 100 > questions.csv",
            )
        rows.fieldnames = names
        asked = [{name: _plain(row[name]) for name in names} for row in rows]
    questions = tuple(
        Question(
            id=row.get("id") or str(number),
            text=row["question"],
            answers=tuple(filter(None, map(str.strip, row["answer"].split(" | ")))),
            title=PurePosixPath(row.get("document", "").partition("#")[0]).stem,
            context="",
            impossible=not row["answer"],
        )
        for number, row in enumerate(asked, 1)
        if row["question"]
    )
    if not questions:
        raise InputError(f"{path}: no question in it", advice="give it a line for each question")
    return QuestionSet(name=path.name.partition(".")[0], questions=questions)


def _plain(cell: str | None) -> str:
    """A cell without the sign that keeps a spreadsheet from running it."""
    return re.sub(r"\A'(?=[=+\-@])", "", (cell or "").strip())


def _answers(qa: Mapping[str, Any]) -> tuple[str, ...]:
    """The accepted answers without repeats; none for an impossible question."""
    if qa.get("is_impossible", False):
        return ()
    return tuple(dict.fromkeys(str(answer["text"]) for answer in qa["answers"]))


def _marked(qa: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    if qa.get("is_impossible", False):
        return ()
    return tuple((str(each["text"]), int(each.get("answer_start", -1))) for each in qa["answers"])


@contextmanager
def _reading(path: Path) -> Iterator[TextIO]:
    """The text of a file, gzipped if its name says so. InputError when it cannot be read."""
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8", newline="")
            if path.suffix == ".gz"
            else open(path, encoding="utf-8", newline="")
        ) as file:
            yield file
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: cannot be read ({error})", advice="fetch the file again"
        ) from error
