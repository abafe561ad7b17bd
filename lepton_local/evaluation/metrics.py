"""Measures of rankings, answers and confidences, as the field counts them; all from 0 to 1.

- Of rankings (best first; a grade of 0 or less is not relevant): `ndcg`, `average_precision`,
  `reciprocal_rank` and `recall`, as trec_eval, https://github.com/usnistgov/trec_eval
- Of answers: `exact_match` and `f1`, on words as SQuAD v2.0's script,
  https://rajpurkar.github.io/SQuAD-explorer/, on Chinese text as CMRC 2018's,
  https://arxiv.org/abs/1810.07366
- Of confidences: `auroc`, Hanley and McNeil 1982, https://doi.org/10.1148/radiology.143.1.7063747
- `calibration_error`, Guo et al. 2017, https://arxiv.org/abs/1706.04599
- `risk_coverage`, El-Yaniv and Wiener 2010, https://jmlr.org/papers/v11/el-yaniv10a.html
"""

from __future__ import annotations

import math
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def ndcg(grades: Sequence[float], judged: Sequence[float], k: int) -> float:
    """nDCG@k with linear gain, as trec_eval's `ndcg_cut` (and so BEIR) counts it.

    `grades` are those of the ranked documents, in order; `judged` those of all documents judged for
    the question, in any order. Järvelin and Kekäläinen 2002, https://doi.org/10.1145/582415.582418.
    0 when nothing is relevant.
    """
    ideal = _dcg(sorted(judged, reverse=True)[:k])
    return _dcg(grades[:k]) / ideal if ideal else 0.0


def _dcg(grades: Sequence[float]) -> float:
    return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades, 1) if grade > 0)


def average_precision(relevant: Sequence[bool], total: int) -> float:
    """The mean over all `total` relevant documents of the precision at each one's rank.

    A document that is not ranked adds 0.
    """
    found, precisions = 0, 0.0
    for rank, hit in enumerate(relevant, 1):
        if hit:
            found += 1
            precisions += found / rank
    return precisions / total if total else 0.0


def reciprocal_rank(relevant: Sequence[bool], k: int) -> float:
    """One over the rank of the first relevant document, 0 when none stands in the first `k`."""
    return next((1 / rank for rank, hit in enumerate(relevant[:k], 1) if hit), 0.0)


def recall(relevant: Sequence[bool], total: int, k: int) -> float:
    """The share of all `total` relevant documents that stands in the first `k`."""
    return sum(relevant[:k]) / total if total else 0.0


def noise(relevant: Sequence[bool], k: int) -> float:
    """The share of the first `k` that is not relevant; 0 when nothing is found. What nobody judged
    counts as noise, so it compares settings on one set, not sets.
    """
    return 1 - sum(relevant[:k]) / len(relevant[:k]) if relevant else 0.0


def normalise_answer(text: str) -> str:
    """As SQuAD compares answers: lower case, no ASCII punctuation, articles, or needless blanks."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def han_segments(text: str) -> list[str]:
    """As CMRC 2018 compares answers: lower case, no punctuation, each Han character for itself.

    Runs of other characters between them are split at white space only.
    """
    kept = "".join(c for c in text.lower() if unicodedata.category(c)[0] not in "PS")
    return HAN.sub(lambda match: f" {match.group()} ", kept).split()


def exact_match(answer: str, accepted: Sequence[str], *, chinese: bool = False) -> bool:
    """Whether `answer` equals an `accepted` one once normalised; with none, whether it is empty."""
    if chinese:
        ours = han_segments(answer)
        return any(ours == han_segments(gold) for gold in accepted or [""])
    return normalise_answer(answer) in {normalise_answer(gold) for gold in accepted or [""]}


def f1(answer: str, accepted: Sequence[str], *, chinese: bool = False) -> float:
    """The best F1 of `answer` against an `accepted` one.

    It counts shared words, in Chinese text the longest shared run of characters. With none
    accepted, 1 when `answer` is empty and 0 otherwise.
    """
    score = _chinese_f1 if chinese else _word_f1
    return max(score(answer, gold) for gold in accepted or [""])


def _word_f1(answer: str, gold: str) -> float:
    ours, theirs = normalise_answer(answer).split(), normalise_answer(gold).split()
    return _f1((Counter(ours) & Counter(theirs)).total(), len(ours), len(theirs))


def _chinese_f1(answer: str, gold: str) -> float:
    ours, theirs = han_segments(answer), han_segments(gold)
    return _f1(_longest_run(ours, theirs), len(ours), len(theirs))


def _f1(shared: int, ours: int, theirs: int) -> float:
    if not ours or not theirs:
        return float(ours == theirs)
    return 2 * shared / (ours + theirs)


def _longest_run(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """The length of the longest contiguous run that both have; O(len(ours) * len(theirs))."""
    best, row = 0, [0] * (len(theirs) + 1)
    for one in ours:
        row = [0] + [row[i] + 1 if one == other else 0 for i, other in enumerate(theirs)]
        best = max(best, max(row))
    return best


def contains_answer(text: str, accepted: Sequence[str], *, chinese: bool = False) -> bool:
    """Whether one of the `accepted` answers occurs in `text`: normalised, as whole words.

    Chen et al. 2017, https://arxiv.org/abs/1704.00051, count retrieval so where no passage is
    labelled.
    """
    if chinese:
        inside = "".join(han_segments(text))
        return any(gold in inside for gold in map("".join, map(han_segments, accepted)) if gold)
    inside = f" {normalise_answer(text)} "
    return any(f" {gold} " in inside for gold in map(normalise_answer, accepted) if gold)


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """The area under the ROC curve: the probability that a positive scores above a negative.

    A tie counts half. By ranks: (sum of the positives' mean ranks - n(n + 1)/2) / (n * m). None
    when either side is empty.
    """
    n, m = len(positive), len(negative)
    if not n or not m:
        return None
    _, place, count = np.unique(
        np.concatenate([positive, negative]), return_inverse=True, return_counts=True
    )
    rank = np.cumsum(count) - (count - 1) / 2
    return float((rank[place[:n]].sum() - n * (n + 1) / 2) / (n * m))


def calibration_error(
    confidence: Sequence[float], correct: Sequence[bool], *, bins: int = 10
) -> float:
    """Expected calibration error over bins of equal width.

    The mean of |share correct - mean confidence|, each bin weighing as much as it holds. A bin
    takes its upper edge, the first one 0 too. 0 when there is nothing to judge.
    """
    if not len(confidence):
        return 0.0
    scores, truth = np.asarray(confidence, np.float64), np.asarray(correct, np.float64)
    bucket = np.clip(np.ceil(scores * bins).astype(int) - 1, 0, bins - 1)
    return float(np.abs(np.bincount(bucket, truth - scores, bins)).sum() / len(scores))


def risk_coverage(
    confidence: Sequence[float], correct: Sequence[bool]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Coverage and risk, each (n,), when only the 1, 2 … n most confident answers are given.

    Coverage is the share of questions answered, risk the share wrong among those. Answers of equal
    confidence share the mean of their mistakes, so their order in the input does not matter.
    """
    scores, wrong = np.asarray(confidence, np.float64), 1 - np.asarray(correct, np.float64)
    _, place, count = np.unique(-scores, return_inverse=True, return_counts=True)
    mean = np.bincount(place, wrong, len(count)) / count
    given = np.arange(1, len(scores) + 1)
    return given / max(len(scores), 1), np.cumsum(np.repeat(mean, count)) / given
