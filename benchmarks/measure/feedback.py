"""Simulated users: each marks a passage of what is shown, by the judgements of a set and now and
then wrongly; what they marked is asked again, and questions that nobody has marked.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import click
import numpy as np
from support.record import new_record, table, write_json, write_rows
from support.sets import index_of

from lepton_local.config import SearchConfig
from lepton_local.errors import InputError
from lepton_local.evaluation import metrics
from lepton_local.evaluation.chance import interval
from lepton_local.evaluation.datasets import RetrievalSet, load_dataset
from lepton_local.evaluation.evaluate import questions_of
from lepton_local.learning.held import Held
from lepton_local.learning.ladder import learn
from lepton_local.learning.marks import lessons_of
from lepton_local.learning.moves import moved
from lepton_local.learning.trial import Trial
from lepton_local.learning.weights import WORDS
from lepton_local.search.lessons import NONE, Lessons
from lepton_local.search.marked import rows_of
from lepton_local.search.searcher import Searcher
from lepton_local.store import learnt
from lepton_local.store.feedback import Feedback, judged

DEPTH = 10
NOISE = 0.1  # of the marks are of any passage that was shown

Asked = tuple[str, str, Mapping[str, int]]  # id, words, grades


def run(
    data: Path,
    work: Path,
    *,
    sets: Sequence[str],
    squad: Sequence[Path],
    marks: int,
    unseen: int,
    rerank: bool,
    seed: int,
    name: str,
) -> Path:
    """squad: files whose questions are asked of all their paragraphs; gives the record's folder."""
    folders = [data / each for each in sets] + [_beir(each, work) for each in squad]
    found, rows = {}, {}
    for folder in folders:
        told = _measured(folder, work / folder.name, marks, unseen, rerank=rerank, seed=seed)
        found[folder.name], rows[folder.name] = told
        click.echo(f"{folder.name}: {found[folder.name]}", err=True)
    record = new_record(name)
    report = {"marks": marks, "noise": NOISE, "rerank": rerank, "seed": seed, "sets": found}
    write_json(record / "summary.json", report)
    (record / "summary.md").write_text(summarise(report), encoding="utf-8")
    for each, values in rows.items():
        write_rows(record / f"{each}.jsonl.gz", values)
    return record


def _measured(
    folder: Path, work: Path, marks: int, unseen: int, *, rerank: bool, seed: int
) -> tuple[dict[str, Any], list[list[Any]]]:
    """The figures of a set, and of each question its id, whether it was marked, and nDCG@10 before
    and after.
    """
    data = load_dataset(folder)
    if not isinstance(data, RetrievalSet):
        raise InputError(f"{folder}: expected a BEIR folder")
    index = index_of(folder, work)
    config = SearchConfig(answer=False, rerank=rerank, feedback=False)
    plain = Searcher(index, config=config)
    every = questions_of(data, sample=marks + unseen, seed=seed)
    before = [_ndcg(plain, each) for each in every]
    kept = Feedback(index.path)
    kept.forget(lambda _: True)
    learnt.remove(index.path)
    draw = random.Random(seed)
    for each in every[:marks]:
        _mark(plain, kept, each, draw)
    climbed = learn(Searcher(index, config=config), kept.events())
    if climbed.learnt is not None:
        learnt.write(index.path, climbed.learnt)
    hindsight = _hindsight(plain, kept, every[marks:])
    told = Searcher(index, config=replace(config, feedback=True))
    after = [_ndcg(told, each) for each in every]
    rows = [
        [query, number < marks, round(was, 4), round(now, 4)]
        for number, ((query, _, _), was, now) in enumerate(zip(every, before, after, strict=True))
    ]
    return {
        "passages": index.rows,
        "marked again": _figures(before[:marks], after[:marks]),
        "not marked": _figures(before[marks:], after[marks:]),
        "hindsight": hindsight,
        "used": climbed.learnt.steps() if climbed.learnt is not None else [],
        "steps": {
            step.name: [round(step.before, 4), round(step.after, 4), step.refused or "used"]
            for step in climbed.steps
        },
        "curve": [[round(x), round(y, 4)] for x, y in climbed.curve],
    }, rows


def _hindsight(
    searcher: Searcher, kept: Feedback, unseen: Sequence[Asked]
) -> dict[str, list[float]]:
    """What the steps would have been worth to questions that nobody marked, had they passed: the
    best share of words for these very questions, and the map that the marks teach. Each its nDCG@10
    and the interval of what it wins.
    """
    names = {event.what.passage for event in kept.events() if event.what is not None}
    there = {name for _, name in rows_of(searcher.index, names)}
    held = Held(Trial(searcher), lessons_of(kept.events(), there))
    before = [_ndcg(searcher, each) for each in unseen]
    tried = {f"words {share:g}": Lessons(share) for share in WORDS[1:]}
    found = {}
    for name, lessons in {**tried, "map": moved(held, held.all, NONE)}.items():
        searcher.learnt = lessons
        after = [_ndcg(searcher, each) for each in unseen]
        won = interval((np.array(after) - np.array(before)).tolist()) or (0.0, 0.0)
        found[name] = [round(each, 4) for each in (fmean(after), *won)]
    searcher.learnt = None
    best = max(tried, key=lambda each: found[each][0])
    return {"best words": found[best], "map": found["map"]}


def _ndcg(searcher: Searcher, asked: Asked) -> float:
    _, text, grades = asked
    names = dict.fromkeys(_document(hit.passage.document) for hit in searcher.ranking(text, k=20))
    return metrics.ndcg([grades.get(each, 0) for each in names], list(grades.values()), DEPTH)


def _mark(searcher: Searcher, kept: Feedback, asked: Asked, draw: random.Random) -> None:
    """The first right passage that is shown is good; where none is, the first one is bad."""
    _, text, grades = asked
    result = searcher.answer(text, k=DEPTH)
    right = [
        rank
        for rank, hit in enumerate(result.hits, 1)
        if grades.get(_document(hit.passage.document), 0) > 0
    ]
    if not result.hits:
        return
    if draw.random() < NOISE:
        kept.add(judged(result, "hit_good", hit=draw.randint(1, len(result.hits))))
    elif right:
        kept.add(judged(result, "hit_good", hit=right[0]))
    else:
        kept.add(judged(result, "hit_bad", hit=1))


def _document(name: str) -> str:
    return name.partition("#")[2]


def _figures(before: Sequence[float], after: Sequence[float]) -> dict[str, Any]:
    moved = (np.array(after) - np.array(before)).tolist()
    return {
        "questions": len(before),
        "before": round(fmean(before), 4),
        "after": round(fmean(after), 4),
        "interval": [round(end, 4) for end in interval(moved) or ()],
        "worse": sum(each < 0 for each in moved),
    }


def _beir(path: Path, work: Path) -> Path:
    """A SQuAD file as a BEIR folder: a question is answered by each paragraph of which it was asked
    with an answer.
    """
    folder = work / "sets" / path.name.partition(".")[0]
    folder.mkdir(parents=True, exist_ok=True)
    answered: dict[str, set[str]] = {}
    for article in json.loads(gzip.decompress(path.read_bytes()))["data"]:
        for paragraph in article["paragraphs"]:
            for each in paragraph["qas"]:
                if not each.get("is_impossible"):
                    answered.setdefault(each["question"].strip(), set()).add(paragraph["context"])
    texts = sorted({text for found in answered.values() for text in found})
    number = {text: str(at) for at, text in enumerate(texts)}
    rows = [{"_id": number[text], "title": "", "text": text} for text in texts]
    asked = [{"_id": f"q{at}", "text": each} for at, each in enumerate(sorted(answered))]
    for name, lines in (("corpus.jsonl", rows), ("queries.jsonl", asked)):
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    judged_rows = [
        f"q{at}\t{number[text]}\t1\n"
        for at, each in enumerate(sorted(answered))
        for text in sorted(answered[each])
    ]
    told = "query-id\tcorpus-id\tscore\n" + "".join(judged_rows)
    (folder / "qrels.tsv").write_text(told, "utf-8")
    return folder


def summarise(report: Mapping[str, Any]) -> str:
    """The figures as a table."""
    rows = []
    for name, told in report["sets"].items():
        for kind in ("marked again", "not marked"):
            each = told[kind]
            ends = " to ".join(f"{100 * end:+.1f}" for end in each["interval"])
            gain = 100 * (each["after"] - each["before"])
            rows.append(
                [
                    f"{name}, {kind}",
                    str(each["questions"]),
                    f"{each['before']:.3f}",
                    f"{each['after']:.3f}",
                    f"{gain:+.1f}",
                    ends,
                    str(each["worse"]),
                    ", ".join(told["used"]) or "none",
                ]
            )
    after = []
    for name, told in report["sets"].items():
        before = told["not marked"]["before"]
        row = [name, f"{before:.3f}"]
        for each in ("best words", "map"):
            now, *ends = told["hindsight"][each]
            row += [f"{100 * (now - before):+.1f}"]
            row += [" to ".join(f"{100 * end:+.1f}" for end in ends)]
        after.append(row)
    head = ["", "questions", "before", "after", "points", "95 %", "worse", "steps used"]
    return (
        f"Users who mark one passage each of {report['marks']} questions, by the judgements of a "
        f"set, and {report['noise']:.0%} of the time any that is shown; nDCG@10 of documents, "
        f"{'with' if report['rerank'] else 'without'} the judge. Marked again: the same questions, "
        "whose marks are remembered. Not marked: others of the set, which only what was learnt "
        "can move.\n\n"
        + table(head, rows)
        + "\nWithout gates, on the questions that nobody marked: the share of words that is best "
        "for these very questions, and the map of questions that all marks teach.\n\n"
        + table(["", "before", "best words", "95 %", "map", "95 %"], after)
    )
