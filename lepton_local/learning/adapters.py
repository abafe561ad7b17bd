"""A judge that is taught by marks: low-rank adapters of the pair model, trained by gradient by
whoever is handed in, and tried on questions that were held back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lepton_local.evaluation.draft import Drafted
from lepton_local.learning.adapt import LEAST, Step, gated
from lepton_local.learning.answers import answers_worth
from lepton_local.learning.held import Held
from lepton_local.learning.trial import Trial, Wanted, values
from lepton_local.search.lessons import Lessons
from lepton_local.search.marked import rows_of
from lepton_local.search.searcher import Searcher
from lepton_local.store import files

NAME, NEEDED = "adapters", 300
NEGATIVES = 7  # passages that were shown for a question, and not marked as good
PAIRS, KEPT, MODEL = "pairs.jsonl", "remember.jsonl", "model"  # in the folder of a training

# Trains on a file of pairs, so that the questions of a second one are judged as before, and leaves
# a pair model in a folder: all three in the order in which they are given.
Teach = Callable[[Path, Path, Path], None]


def taught(
    held: Held,
    lessons: Lessons,
    kept: Sequence[Wanted],
    drafted: Sequence[Drafted],
    teach: Teach,
    folder: Path,
) -> tuple[Path | None, Step]:
    """The model that a part of the marked questions has taught, in `folder`, if it wins on the
    others, and what it was worth. lessons: what was learnt before.
    """
    out = held.part == 0
    step = Step(NAME, NEEDED, len(held.asked))
    rows = _pairs(held, np.flatnonzero(~out).tolist())
    _write(folder / PAIRS, rows)
    _write(folder / KEPT, [_shown(held.trial, each) for each in kept])
    teach(folder / PAIRS, folder / KEPT, folder / MODEL)
    before, after = held.trial, Trial(_judged_by(folder / MODEL, held.trial.searcher))
    asked = [held.asked[at] for at in np.flatnonzero(out).tolist()]
    was, now = (values(each.rankings(asked, lessons)) for each in (before, after))
    step = replace(step, before=float(was.mean()), after=float(now.mean()))
    step = gated(step, now - was, lambda: (before.value(kept, lessons), after.value(kept, lessons)))
    if not step.refused:
        old, new = (answers_worth(each.searcher, drafted) for each in (before, after))
        if old - new >= LEAST:
            refused = "it loses answers to what the documents say of themselves"
            step = replace(step, refused=refused)
    return (None if step.refused else folder / MODEL), step


def _judged_by(model: Path, searcher: Searcher) -> Searcher:
    """The same searcher with another judge and reader."""
    config = replace(searcher.config, reranker=str(model), reader=str(model))
    return Searcher(searcher.index, encoder=searcher.encoder, config=config)


def _pairs(held: Held, numbers: Sequence[int]) -> list[Mapping[str, Any]]:
    """A question, a passage that is good, and others that were shown for it or marked as bad."""
    shown = {
        at: [hit.passage.digest for hit in held.trial.hits(held.asked[at], Lessons())]
        for at in numbers
    }
    marks = [held.marks[at] for at in numbers]
    names = {name for each in marks for name in (*each.good, *each.bad)}
    names |= {name for each in shown.values() for name in each}
    index = held.trial.searcher.index
    found = {name: row for row, name in rows_of(index, names)}
    rows = np.array(list(found.values()), dtype=np.int64)
    told = index.take_passages(rows, ["heading", "text"]).to_pylist()
    passages = dict(zip(found, told, strict=True))
    pairs: list[Mapping[str, Any]] = []
    for at, each in zip(numbers, marks, strict=True):
        others = [*sorted(each.bad), *(name for name in shown[at] if name not in each.bad)]
        others = [name for name in others if name in passages and name not in each.good]
        pairs += [
            {
                "query": each.question,
                "positive": passages[name],
                "negatives": [passages[other] for other in others[:NEGATIVES]],
            }
            for name in sorted(each.good)
        ]
    return pairs


def _shown(trial: Trial, asked: Wanted) -> Mapping[str, Any]:
    """A question that is to be judged as before, with what it finds."""
    hits = trial.hits(asked, Lessons(), NEGATIVES + 1)
    first, *others = ({"heading": h.heading, "text": h.passage.text} for h in hits)
    return {"query": asked.question, "positive": first, "negatives": others}


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    files.write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
