"""Likeness on one scale. Cosines of different encoders say different things: of a question and a
passage that answers it .51 in the mean by all-MiniLM-L6-v2, and .84 by multilingual-e5-small, which
gives .75 to two that have nothing to do with each other.

So each encoder is asked once for the likeness of a hundred questions to their own passages and to
the others: these two means are what its scale is known by, and all-MiniLM-L6-v2's is the common
one. The texts were written for this and stand in `scale.tsv`: language, question, passage. Only
languages in which an encoder finds most of the passages count.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lepton_local.config import MINILM_SHA256
from lepton_local.models.roles import Encoder

_TEXTS = Path(__file__).parent / "scale.tsv"
FINDS = 0.8  # share of the questions whose own passage comes first, in a language that is known
FEW = 8  # questions of known languages, below which it is chance
LEAST = 0.01  # of what related texts lie above others: less is noise


@dataclass(frozen=True, slots=True)
class Scale:
    """Mean cosines of questions with passages of other questions, and with their own."""

    unrelated: float
    related: float


COMMON = Scale(
    unrelated=0.027, related=0.513
)  # all-MiniLM-L6-v2's, to which the weights are fitted


def scale_of(encoder: Encoder) -> Scale:
    """Measure an encoder; one that knows none of the languages is taken to have the common one."""
    if encoder.digest.startswith(f"sha256:{MINILM_SHA256}+"):
        return COMMON
    spoken, asked, told = zip(*texts(), strict=True)
    questions, passages = encoder.encode(asked, kind="question"), encoder.encode(told)
    cosines = questions.astype(np.float64) @ passages.T.astype(np.float64)
    languages = np.array(spoken)
    own, other = [], []
    for language in np.unique(languages):
        of = np.flatnonzero(languages == language)
        part = cosines[np.ix_(of, of)]
        if np.mean(part.argmax(axis=1) == np.arange(len(of))) >= FINDS:
            own.append(part.diagonal())
            other.append(part[~np.eye(len(of), dtype=bool)])
    if sum(map(len, own)) < FEW:
        return COMMON
    found = Scale(float(np.concatenate(other).mean()), float(np.concatenate(own).mean()))
    return found if found.related - found.unrelated >= LEAST else COMMON


def texts() -> list[tuple[str, str, str]]:
    """Language (ISO 639-1), question and passage each."""
    rows = []
    for line in _TEXTS.read_text(encoding="utf-8").splitlines():
        language, question, passage = line.split("\t")
        rows.append((language, question, passage.replace("\\n", "\n")))
    return rows


def on_common_scale(cosines: np.ndarray, scale: Scale) -> np.ndarray:
    """Cosines (n,) by an encoder of this scale, as the common one would have them."""
    if scale == COMMON:
        return cosines
    width = (COMMON.related - COMMON.unrelated) / (scale.related - scale.unrelated)
    return np.asarray(COMMON.unrelated + width * (cosines - scale.unrelated))


def on_own_scale(cosine: float, scale: Scale) -> float:
    """What an encoder of this scale says where the common one says `cosine`."""
    if scale == COMMON:
        return cosine
    width = (scale.related - scale.unrelated) / (COMMON.related - COMMON.unrelated)
    return scale.unrelated + width * (cosine - COMMON.unrelated)
