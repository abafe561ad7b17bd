"""Training files as groups: a question and the passages that it is judged against.

Three layouts are read, gzipped or not:
    *.json     SQuAD v1.1 or v2.0
    *.jsonl    {"query", "positive", "negatives": [...]}; "heading" and "answers" where known
    *.jsonl    {"query", "passage", "relevant"}: what users thought of a hit
In jsonl a passage is a string or {"heading", "text"}, and answers are [start, end] in code points
of the positive. "shares" beside them is how far each is believed, as a teacher believes it; what
they lack of 1 says that the passage does not answer.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lepton_local.errors import InputError
from lepton_local.evaluation.datasets import load_squad
from lepton_local.models.roles import PassageText

Spans = tuple[tuple[int, int], ...]
LAYOUTS = (
    'expected {"query", "positive", "negatives": [...]}'
    ' or {"query", "passage", "relevant": true|false}'
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage beside a question. None says that nobody has judged it; no spans, that it does not
    answer. Without shares, the spans are equally good.
    """

    passage: PassageText
    relevant: bool | None
    spans: Spans | None
    shares: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A question and its passages. What is to be remembered has no labels: the base says them."""

    question: str
    candidates: tuple[Candidate, ...]
    remembered: bool = False

    @property
    def length(self) -> int:
        """Code points of the question and its longest passage: what a batch of such groups is
        padded to.
        """
        longest = max(len(c.passage.heading) + len(c.passage.text) for c in self.candidates)
        return len(self.question) + longest


def read_groups(paths: Sequence[Path]) -> list[Group]:
    """Read files in order; InputError names the file and line that cannot be used."""
    groups: list[Group] = []
    for path in paths:
        name = path.name.removesuffix(".gz")
        if name.endswith(".jsonl"):
            groups += _jsonl(path, _text(path))
        elif name.endswith(".json"):
            groups += _squad(path)
        else:
            raise InputError(f"{path}: expected SQuAD *.json, or *.jsonl; {LAYOUTS}")
    if not groups:
        raise InputError(f"{', '.join(map(str, paths))}: no questions in it; {LAYOUTS}")
    return groups


def to_remember(path: Path) -> list[Group]:
    """The questions of a file, to be answered as the base answers them, whatever the file says."""
    return [
        Group(
            group.question,
            tuple(Candidate(c.passage, None, None) for c in group.candidates),
            remembered=True,
        )
        for group in read_groups([path])
    ]


def hold_back(groups: Sequence[Group]) -> tuple[list[Group], list[Group]]:
    """Split off about one question in twenty, chosen by its words: the same one each time, with all
    its passages.

    Of fewer than twenty questions, one is held back.
    """
    marks = [hashlib.sha256(g.question.lower().encode()).digest()[0] for g in groups]
    limit = 13 if any(mark < 13 for mark in marks) else min(marks) + 1  # of 256
    kept = [group for group, mark in zip(groups, marks, strict=True) if mark >= limit]
    held = [group for group, mark in zip(groups, marks, strict=True) if mark < limit]
    return kept, held


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: cannot be read ({error})", advice="give a file of questions"
        ) from error


def _squad(path: Path) -> Iterator[Group]:
    for question in load_squad(path).questions:
        passage = PassageText(question.title.replace("_", " "), question.context)
        for text, start in question.marked:
            if start < 0 or passage.text[start : start + len(text)] != text:
                raise InputError(
                    f"{path}: question {question.id or question.text!r}: {text!r} does not stand at"
                    f" {start} of its context; answer_start counts code points from 0"
                )
        spans = {(start, start + len(text)) for text, start in question.marked if text.strip()}
        if question.impossible:
            # It is still about its passage: its relevance is not judged.
            yield Group(question.text, (Candidate(passage, None, ()),))
        elif spans:
            yield Group(question.text, (Candidate(passage, True, tuple(sorted(spans))),))


def _jsonl(path: Path, text: str) -> Iterator[Group]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            yield _judged(row) if "passage" in row else _mined(row)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"{path}, line {number}: {type(error).__name__}: {error}; {LAYOUTS}"
            ) from error


def _judged(row: Mapping[str, Any]) -> Group:
    if not isinstance(row["relevant"], bool):
        raise ValueError(f"relevant is {row['relevant']!r}, neither true nor false")
    passage = _passage(row["passage"], str(row.get("heading", "")))
    return Group(_question(row), (Candidate(passage, row["relevant"], None),))


def _mined(row: Mapping[str, Any]) -> Group:
    """A positive and its negatives. Where answers are listed, even none, the passages' spans are
    known.
    """
    positive = _passage(row["positive"], str(row.get("heading", "")))
    spans: Spans | None = None
    if "answers" in row:
        spans = tuple((int(start), int(end)) for start, end in row["answers"])
        if any(not 0 <= start < end <= len(positive.text) for start, end in spans):
            raise ValueError(f"an answer in {row['answers']} lies outside its positive")
    shares = tuple(float(share) for share in row.get("shares", ()))
    if shares and (len(shares) != len(spans or ()) or min(shares) < 0 or sum(shares) > 1.001):
        raise ValueError(
            f"shares are {row['shares']}, expected one of each answer, at most 1 in all"
        )
    first = Candidate(positive, None if spans == () else True, spans, shares)
    negatives = [_passage(entry, "") for entry in row.get("negatives", [])]
    # Without answers to learn from, negatives alone would teach a reader to find nothing anywhere.
    none: Spans | None = None if spans is None else ()
    return Group(_question(row), (first, *(Candidate(p, False, none) for p in negatives)))


def _question(row: Mapping[str, Any]) -> str:
    question = row["query"]
    if not isinstance(question, str) or not question.strip():
        raise ValueError(f"query is {question!r}, expected words")
    return question


def _passage(entry: object, heading: str) -> PassageText:
    if isinstance(entry, str):
        return PassageText(heading, entry)
    if isinstance(entry, Mapping):
        return PassageText(str(entry.get("heading", heading)), str(entry["text"]))
    raise TypeError(f"a passage is {entry!r}, expected text")
