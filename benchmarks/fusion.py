"""How the final score is made up: what each part is worth, and constants that hold on other sets.

Every question is asked once, its best passages are judged, and the scores of all stages are kept;
the rules are then compared on these. A rule's parameters are chosen on all sets but one and scored
on that one, for each in turn: `cross-validated`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import Any

import click
import numpy as np
from quality import NOT_ENGLISH, index_of
from record import new_record, table, write_json

from lepton_local.config import SearchConfig
from lepton_local.errors import InputError
from lepton_local.evaluation import metrics
from lepton_local.evaluation.datasets import RetrievalSet, load_dataset
from lepton_local.evaluation.evaluate import PASSAGES, questions_of
from lepton_local.models.calibration import Rerank
from lepton_local.search import fuse
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index

WORDS = (0.15, 0.2, 0.25, 0.3, 0.35)  # weights of BM25 beside the cosine
SHARES = (0.0, 0.05, 0.1, 1 / 6, 0.25, 0.33, 0.4, 0.5, 0.6, 0.75, 1.0)
TEMPERATURES = (1.0, 2.0, 3.0, 5.0)
PLAIN = (fuse.LEXICAL_WEIGHT, 0.0, 1.0)  # hybrid, not reranked

Setting = tuple[float, float, float]  # the words' weight, the judgement's share, its temperature


@dataclass(frozen=True, slots=True)
class Asked:
    """What one question found: of each passage its document's gain and the scores of all stages.

    Arrays (n,) in the order of the hybrid score; `logits` is NaN where nothing was judged.
    """

    documents: np.ndarray  # numbers, equal for passages of one document
    gains: np.ndarray
    cosines: np.ndarray
    words: np.ndarray  # BM25 as `fuse.matched` scales it
    logits: np.ndarray
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
    config = SearchConfig(answer=False, rerank_depth=depth, reranker=reranker)
    asked: dict[str, list[Asked]] = {}
    for each in chosen:
        index = index_of(data / each, work / each)
        asked[each] = ask(index, data / each, config, sample=sample, seed=seed)
        click.echo(f"{each}: {len(asked[each])} questions asked", err=True)
    found = compare(asked)
    summary = {"sample": sample, "seed": seed, "depth": depth, "reranker": reranker, **found}
    write_json(record / "summary.json", summary)
    (record / "summary.md").write_text(summarise(summary), encoding="utf-8")
    return record


def ask(
    index: Index, folder: Path, config: SearchConfig, *, sample: int | None, seed: int
) -> list[Asked]:
    """The questions of a set, with the scores of their best passages."""
    data = load_dataset(folder)
    if not isinstance(data, RetrievalSet):
        raise InputError(f"{folder}: expected a BEIR folder: bench.py fusion --data FOLDER")
    searcher = Searcher(index, config=config)
    rows = []
    for _, text, grades in questions_of(data, sample=sample, seed=seed):
        hits = searcher.search(text, k=PASSAGES)
        votes = [{vote.stage: vote.score for vote in hit.why} for hit in hits]
        keys = [hit.passage.document.partition("#")[2] for hit in hits]
        numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        cosines, fused = (np.array([v[stage] for v in votes]) for stage in ("dense", "fused"))
        rows.append(
            Asked(
                documents=np.array([numbers[key] for key in keys], dtype=np.int64),
                gains=np.array([grades.get(key, 0) for key in keys]),
                cosines=cosines,
                words=(fused - (1 - fuse.LEXICAL_WEIGHT) * cosines) / fuse.LEXICAL_WEIGHT,
                logits=np.array([v.get("rerank", np.nan) for v in votes]),
                grades=tuple(grades.values()),
            )
        )
    return rows


def ndcg(row: Asked, setting: Setting) -> float:
    """nDCG@10 of one question under a rule; a document ranks by its best passage."""
    words, share, temperature = setting
    how = Rerank(share=share, temperature=temperature)
    score = (1 - words) * row.cosines + words * row.words
    seen = ~np.isnan(row.logits)
    score[seen] = fuse.judged(score[seen], row.logits[seen], how=how)
    score[~seen] = fuse.unjudged(score[~seen], how=how)
    order = np.argsort(-score, kind="stable")
    _, first = np.unique(row.documents[order], return_index=True)
    gains = row.gains[order][np.sort(first)]
    return metrics.ndcg(gains.tolist(), list(row.grades), 10)


def compare(asked: Mapping[str, Sequence[Asked]]) -> dict[str, Any]:
    """Each rule's figures, with parameters chosen on all sets, and cross-validated."""
    grid = list(product(WORDS, SHARES, TEMPERATURES))
    scores = {
        setting: {name: fmean(ndcg(row, setting) for row in rows) for name, rows in asked.items()}
        for setting in {*grid, PLAIN}
    }
    families: dict[str, Callable[[Setting], bool]] = {
        "hybrid": lambda s: s[1] == 0 and s[2] == TEMPERATURES[0],
        "judgement alone": lambda s: s[1] == 1 and s[:1] == PLAIN[:1],
        "hybrid and judgement, words fixed": lambda s: s[0] == PLAIN[0],
        "hybrid and judgement": lambda s: True,
    }
    rules = {}
    for name, belongs in families.items():
        settings = [setting for setting in grid if belongs(setting)]
        held = {each: _best(settings, scores, set(asked) - {each}) for each in asked}
        best = _best(settings, scores, set(asked))
        rules[name] = {
            "chosen": best,
            "sets": {each: round(scores[best][each], 4) for each in asked},
            "mean": round(fmean(scores[best].values()), 4),
            "cross-validated": round(fmean(scores[held[each]][each] for each in asked), 4),
            "held out": {each: round(scores[held[each]][each], 4) for each in asked},
        }
    curve = {
        f"{share:.3g}, {temperature:g}": round(
            fmean(scores[(PLAIN[0], share, temperature)].values()), 4
        )
        for share, temperature in product(SHARES, TEMPERATURES)
    }
    plain = {each: round(scores[PLAIN][each], 4) for each in asked}
    return {"plain": plain, "rules": rules, "share, temperature": curve}


def _best(
    settings: Sequence[Setting], scores: Mapping[Setting, Mapping[str, float]], sets: set[str]
) -> Setting:
    """The setting with the best mean over some sets; of equals the first."""
    return max(settings, key=lambda setting: fmean(scores[setting][each] for each in sorted(sets)))


def summarise(summary: Mapping[str, Any]) -> str:
    """The rules as a table, and the mean by share and temperature."""
    sets = list(summary["plain"])
    lines = [
        ["hybrid as it is", *(f"{summary['plain'][each]:.4f}" for each in sets), "", "", ""],
    ]
    lines[0][-3] = f"{fmean(summary['plain'].values()):.4f}"
    for name, rule in summary["rules"].items():
        words, share, temperature = rule["chosen"]
        lines.append(
            [
                name,
                *(f"{rule['sets'][each]:.4f}" for each in sets),
                f"{rule['mean']:.4f}",
                f"{rule['cross-validated']:.4f}",
                f"{words:g}; {share:.3g}; {temperature:g}",
            ]
        )
    header = ["nDCG@10", *sets, "mean", "cross-validated", "words; share; temperature"]
    curve = summary["share, temperature"]
    steps = [
        [f"{share:.3g}", *(f"{curve[f'{share:.3g}, {t:g}']:.4f}" for t in TEMPERATURES)]
        for share in SHARES
    ]
    over = ["share \\ temperature", *(f"{t:g}" for t in TEMPERATURES)]
    return (
        f"The best {summary['depth']} passages are judged by `{summary['reranker']}`.\n\n"
        f"{table(header, lines)}\nMean by the judgement's share and temperature, words as they are:"
        f"\n\n{table(over, steps)}"
    )
