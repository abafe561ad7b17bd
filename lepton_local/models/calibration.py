"""How far a judge's logits are to be trusted: a few numbers, fitted once, beside its weights.

A network knows how sure it is, but not how often it is right when it is that sure. That depends on
how it was trained, so these numbers belong to its folder, as `calibration.json`:
    {"rerank": {"share": …, "temperature": …, "certain": …},
     "answer": {"gain": …, "score": …, …, "bias": …, "threshold": …}}
A folder without the file has the defaults below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from lepton_local.errors import ModelError
from lepton_local.models.folder import is_number, read_json

CALIBRATION = "calibration.json"

# What each number can be; any other is a logit, or what one is multiplied by.
_MOST, LEAST = 1000.0, 1e-4
_BOUNDS = {
    "share": (0.0, 1.0),
    "temperature": (LEAST, _MOST),
    "gain": (LEAST, _MOST),
    "threshold": (0.0, 1.0),
}

T = TypeVar("T", "Rerank", "Answer")


@dataclass(frozen=True, slots=True)
class Rerank:
    """What a relevance logit counts in the final score of a passage."""

    share: float = 1 / 6  # of the judgement in the final score at most; the rest is the retrievers'
    temperature: float = 3.0  # divides the logit: trained on easy negatives, it is too sure
    certain: float = 0.0  # the best passage's logit at which the judgement has half of its share


@dataclass(frozen=True, slots=True)
class Answer:
    """From a span to the odds of its being right.

    Its strength, in logits, is `bias` and the sum of what `Signs` say of it, each times its weight.
    """

    gain: float = 0.28
    score: float = 11.0
    named: float = 0.0
    other: float = 0.0
    record: float = 0.0
    column: float = 0.0
    meant: float = 0.0
    fits: float = 0.0
    unfit: float = 0.0
    tabular: float = 0.0
    heading: float = -4.0
    quoted: float = 0.0
    void: float = 0.0
    sentence: float = 0.0
    absent: float = 0.0
    opposed: float = 0.0
    common: float = 0.0
    bias: float = -7.3
    threshold: float = 0.22  # an answer less probable than this is not given


class Signs(NamedTuple):
    """What speaks for a span and against it; all but the first two are 0 to 1."""

    gain: float  # logits by which its score lies above its passage's null score
    score: float  # the final score of its passage, 0 to 1
    named: float = 0.0  # share of the question's identifiers that its record is about
    other: float = 0.0  # and of those in whose place it holds another one
    record: float = 0.0  # share of the question's words, by weight, in the rest of its record
    column: float = 0.0  # and in what names it there
    meant: float = 0.0  # likeness of that to the question, above the other columns of its record
    fits: float = 0.0  # it has the shape that is asked for: a date, a number, a name
    unfit: float = 0.0  # it has not
    tabular: float = 0.0  # it stands in a row, or in a line of "name: value"
    heading: float = (
        0.0  # it is of a heading or names a column: mostly announces an answer, is none
    )
    quoted: float = 0.0  # it stands in a quoted line of a mail
    void: float = 0.0  # its passage says of itself that it is superseded, withdrawn or a draft
    sentence: float = 0.0  # share of the question's words in the rest of its sentence or row
    absent: float = 0.0  # and of the question's names that stand nowhere around it
    opposed: float = 0.0  # its sentence says the opposite of a word of the question
    common: float = 0.0  # share of the passages that hold all of it, or nearly


def strength(how: Answer, signs: Signs) -> float:
    """How much speaks for a span, in logits."""
    total = how.bias
    for name, value in signs._asdict().items():
        total += float(getattr(how, name)) * value
    return total


@dataclass(frozen=True, slots=True)
class Calibration:
    """The numbers of one model: of its relevance, and of its spans."""

    rerank: Rerank = field(default_factory=Rerank)
    answer: Answer = field(default_factory=Answer)

    def record(self) -> dict[str, Any]:
        """As `calibration.json` holds it."""
        return asdict(self)


def read_calibration(folder: Path) -> Calibration:
    """The calibration of the model in `folder`; ModelError for a file that does not hold one."""
    path = folder / CALIBRATION
    if not path.exists():
        return Calibration()
    return calibration(read_json(path), path)


def calibration(told: Any, path: Path) -> Calibration:
    """The calibration that the content of the file at `path` tells; ModelError for one that would
    make probabilities of nothing.
    """
    if not isinstance(told, Mapping):
        raise _refusal(path, told)
    return Calibration(
        rerank=_part(Rerank, told.get("rerank", {}), path),
        answer=_part(Answer, told.get("answer", {}), path),
    )


def _part(kind: type[T], told: Any, path: Path) -> T:
    names = {each.name for each in fields(kind)}
    if not isinstance(told, Mapping) or not names.issuperset(told):
        raise _refusal(path, told)
    for name, value in told.items():
        low, high = _BOUNDS.get(name, (-_MOST, _MOST))
        if not is_number(value) or not low <= value <= high:
            raise _refusal(path, {name: value})
    return kind(**told)


def _refusal(path: Path, told: object) -> ModelError:
    return ModelError(
        f"{path}: {told!r:.80} is no calibration",
        advice=(
            "delete the file, or make it anew: lepton-train calibrate MODEL QUESTIONS.json "
            "--index INDEX"
        ),
    )
