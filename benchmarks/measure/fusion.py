"""How the final score is made up: what each part is worth, and constants that hold on other sets.

Every question is asked once, its best passages are judged, and the scores of all stages are kept;
the rules are then compared on these. A rule's parameters are chosen on all sets but one and scored
on that one, for each in turn: `cross-validated`. Of its settings, those that cost a set more than
a point are passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import click
import numpy as np
from support.record import new_record, table, write_json
from support.sets import NOT_ENGLISH, index_of

from lepton_local.config import SearchConfig
from lepton_local.errors import InputError
from lepton_local.evaluation import metrics
from lepton_local.evaluation.datasets import RetrievalSet, load_dataset
from lepton_local.evaluation.evaluate import PASSAGES, questions_of
from lepton_local.models.calibration import Rerank
from lepton_local.models.load import load_reader
from lepton_local.models.roles import Reader, Reading
from lepton_local.search import fuse
from lepton_local.search.hits import passage_text
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index
from lepton_local.types import Hit

WORDS = (0.2, 0.25, 0.3)  # weights of BM25 beside the cosine
SHARES = (0.0, 0.05, 0.1, 1 / 6, 0.25, 0.33, 0.4, 0.5, 1.0)
TEMPERATURES = (2.0, 3.0, 4.0, 5.0)
ALWAYS = -100.0  # below every logit: a judge that is believed however unsure it is
CERTAIN = (ALWAYS, 3.0, 4.0, 5.0, 6.0)
LOSS = 0.01  # of nDCG@10 against hybrid; a set that loses more is harmed
EVIDENCES = (0.0, 0.15, 0.3)


class Setting(NamedTuple):
    """The words' weight, what `calibration.Rerank` holds, and how much of what the best span lies
    above the null score is added to the relevance.
    """

    words: float = fuse.LEXICAL_WEIGHT
    share: float = 0.0
    temperature: float = TEMPERATURES[0]
    certain: float = ALWAYS
    evidence: float = 0.0


PLAIN = Setting()  # hybrid, not reranked


@dataclass(frozen=True, slots=True)
class Asked:
    """What one question found: of each document's passage the gain and the scores of all stages.

    Arrays (n,) in the order of the hybrid score, but for `logits` and `spans`, relevance and what
    the best span lies above the null score: (depth,) of the first ones.
    """

    documents: np.ndarray  # numbers, equal for passages of one document
    gains: np.ndarray
    cosines: np.ndarray
    words: np.ndarray  # BM25 as `fuse.matched` scales it
    logits: np.ndarray
    spans: np.ndarray
    grades: tuple[int, ...]  # of all judged documents


def run(
    data: Path,
    work: Path,
    *,
    sets: Sequence[str],
    sample: int | None,
    seed: int,
    depth: int,
    reranker: str,
    name: str,
) -> Path:
    """Ask every set, compare the rules; return the folder of the record."""
    chosen = list(sets) or sorted(each.name for each in data.iterdir() if each.is_dir())
    chosen = [each for each in chosen if each not in NOT_ENGLISH]
    record = new_record(name)
    judge = load_reader(reranker)
    asked: dict[str, list[Asked]] = {}
    for each in chosen:
        index = index_of(data / each, work / each)
        asked[each] = ask(index, data / each, judge, depth=depth, sample=sample, seed=seed)
        click.echo(f"{each}: {len(asked[each])} questions asked", err=True)
    found = compare(asked)
    summary = {"sample": sample, "seed": seed, "depth": depth, "reranker": reranker, **found}
    write_json(record / "summary.json", summary)
    (record / "summary.md").write_text(summarise(summary), encoding="utf-8")
    return record


def ask(
    index: Index, folder: Path, judge: Reader, *, depth: int, sample: int | None, seed: int
) -> list[Asked]:
    """The questions of a set, with the scores of their best passages."""
    data = load_dataset(folder)
    if not isinstance(data, RetrievalSet):
        raise InputError(f"{folder}: expected a BEIR folder: bench.py fusion --data FOLDER")
    searcher = Searcher(index, config=SearchConfig(rerank=False, answer=False))
    rows = []
    for _, text, grades in questions_of(data, sample=sample, seed=seed):
        hits = searcher.search(text, k=PASSAGES)
        readings = judge.read(text, [passage_text(hit) for hit in hits[:depth]])
        # A text that stands in several documents is found in each of them.
        places = [(i, name) for i, hit in enumerate(hits) for name in _names(hit)]
        numbers = {name: number for number, (_, name) in enumerate(places)}
        rank = np.array([i for i, _ in places], dtype=np.int64)
        cosines, fused = (np.array([_vote(hit, of) for hit in hits]) for of in ("dense", "fused"))
        words = (fused - (1 - fuse.LEXICAL_WEIGHT) * cosines) / fuse.LEXICAL_WEIGHT
        judged = rank[rank < len(readings)]
        rows.append(
            Asked(
                documents=np.array([numbers[name] for _, name in places], dtype=np.int64),
                gains=np.array([grades.get(name, 0) for _, name in places]),
                cosines=cosines[rank],
                words=words[rank],
                logits=np.array([each.relevance for each in readings])[judged],
                spans=np.array([_gain(each) for each in readings])[judged],
                grades=tuple(grades.values()),
            )
        )
    return rows


def _vote(hit: Hit, stage: str) -> float:
    return next(vote.score for vote in hit.why if vote.stage == stage)


def _gain(reading: Reading) -> float:
    return reading.spans[0].score - reading.null if reading.spans else 0.0


def _names(hit: Hit) -> list[str]:
    documents = [hit.passage.document, *(place.document for place in hit.also)]
    return [document.partition("#")[2] for document in documents]


def ndcg(row: Asked, setting: Setting) -> float:
    """nDCG@10 of one question under a rule; a document ranks by its best passage."""
    how = Rerank(setting.share, setting.temperature, setting.certain)
    score = (1 - setting.words) * row.cosines + setting.words * row.words
    score = fuse.judged(score, row.logits + setting.evidence * row.spans, how=how)
    order = np.argsort(-score, kind="stable")
    _, first = np.unique(row.documents[order], return_index=True)
    gains = row.gains[order][np.sort(first)]
    return metrics.ndcg(gains.tolist(), list(row.grades), 10)


def compare(asked: Mapping[str, Sequence[Asked]]) -> dict[str, Any]:
    """Each rule's figures, with parameters chosen on all sets, and cross-validated."""
    grid = [Setting(*each) for each in product(WORDS, SHARES, TEMPERATURES, CERTAIN, EVIDENCES)]
    scores = {
        setting: {name: fmean(ndcg(row, setting) for row in rows) for name, rows in asked.items()}
        for setting in {*grid, PLAIN}
    }
    families: dict[str, Callable[[Setting], bool]] = {
        "hybrid": lambda s: s.share == 0,
        "judgement alone": lambda s: s[:2] == (PLAIN.words, 1) and s[3:] == (ALWAYS, 0),
        "hybrid and relevance": lambda s: s.words == PLAIN.words and s[3:] == (ALWAYS, 0),
        "the same, as far as the judge is sure": lambda s: (
            s.words == PLAIN.words and not s.evidence
        ),
        "the same, and reading": lambda s: s.words == PLAIN.words,
        "the same, and the words' weight": lambda s: True,
    }
    rules: dict[str, Any] = {}
    for name, belongs in families.items():
        settings = [setting for setting in grid if belongs(setting)]
        held = {each: _best(settings, scores, set(asked) - {each}) for each in asked}
        best = _best(settings, scores, set(asked))
        rules[name] = {
            "chosen": best._asdict(),
            "sets": {each: round(scores[best][each], 4) for each in asked},
            "mean": round(fmean(scores[best].values()), 4),
            "cross-validated": round(fmean(scores[held[each]][each] for each in asked), 4),
            "held out": {each: round(scores[held[each]][each], 4) for each in asked},
        }
    temperature = rules["the same, as far as the judge is sure"]["chosen"]["temperature"]
    curve = {
        f"{share:.3g}, {certain:g}": round(
            fmean(scores[Setting(PLAIN.words, share, temperature, certain)].values()), 4
        )
        for share, certain in product(SHARES, CERTAIN)
    }
    plain = {each: round(scores[PLAIN][each], 4) for each in asked}
    return {"plain": plain, "rules": rules, "share, certain": curve}


def _best(
    settings: Sequence[Setting], scores: Mapping[Setting, Mapping[str, float]], sets: set[str]
) -> Setting:
    """The setting with the best mean over some sets, of those that cost none of them more than
    LOSS, or else of all; of equals the first.
    """
    ordered = sorted(sets)
    harmless = [
        setting
        for setting in settings
        if all(scores[setting][each] >= scores[PLAIN][each] - LOSS for each in ordered)
    ]
    return max(
        harmless or settings, key=lambda setting: fmean(scores[setting][each] for each in ordered)
    )


def summarise(summary: Mapping[str, Any]) -> str:
    """The rules as a table, and the mean by share and certainty."""
    sets = list(summary["plain"])
    lines = [
        ["hybrid as it is", *(f"{summary['plain'][each]:.4f}" for each in sets), "", "", ""],
    ]
    lines[0][-3] = f"{fmean(summary['plain'].values()):.4f}"
    for name, rule in summary["rules"].items():
        setting = rule["chosen"].values()
        lines.append(
            [
                name,
                *(f"{rule['sets'][each]:.4f}" for each in sets),
                f"{rule['mean']:.4f}",
                f"{rule['cross-validated']:.4f}",
                "; ".join(f"{value:.3g}" for value in setting),
            ]
        )
    chosen = "words; share; temperature; certain; evidence"
    header = ["nDCG@10", *sets, "mean", "cross-validated", chosen]
    curve = summary["share, certain"]
    steps = [
        [f"{share:.3g}", *(f"{curve[f'{share:.3g}, {c:g}']:.4f}" for c in CERTAIN)]
        for share in SHARES
    ]
    over = ["share \\ certain", *("always" if c == ALWAYS else f"{c:g}" for c in CERTAIN)]
    return (
        f"The best {summary['depth']} passages are judged by `{summary['reranker']}`.\n\n"
        f"{table(header, lines)}\nMean by the judgement's share and the best logit at which it has"
        f" half of it, temperature as chosen, without reading:\n\n{table(over, steps)}"
    )
