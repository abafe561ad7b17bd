"""What speaks for a span and against it, beyond the reader's logits: its record, the shape of its
words, the place it stands in.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lepton_local.corpus.words import terms
from lepton_local.models.calibration import Signs
from lepton_local.models.records import around, heads
from lepton_local.models.roles import Span
from lepton_local.search.expected import fits, identifiers, named, names
from lepton_local.types import Hit, Mark, Passage

_VOID = re.compile(
    r"\b(?:superseded|withdrawn|repealed|obsolete|no longer (?:valid|in force)|not approved)\b"
    r"|\bDRAFT\b|\b[Ss]tatus: draft\b"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and what of it can be looked for around a span."""

    text: str
    identifiers: dict[str, str]
    shares: dict[str, float]  # each of its terms, with its share of their weight
    names: tuple[frozenset[str], ...]  # the terms of each
    held: tuple[frozenset[str], ...]  # the terms of each passage that is read


def asked(question: str, hits: Sequence[Hit]) -> Asked:
    """A question as the passages that are read see it: what few of them hold weighs most."""
    words = dict.fromkeys(terms(question))
    held = tuple(
        frozenset(terms(f"{hit.title}\n{hit.passage.heading}\n{hit.passage.text}")) for hit in hits
    )
    weights = {
        word: math.log(1 + len(held) / (1 + sum(word in each for each in held))) for word in words
    }
    total = sum(weights.values()) or 1.0
    return Asked(
        question,
        identifiers(question),
        {word: weight / total for word, weight in weights.items()},
        tuple(frozenset(terms(name)) for name in names(question)),
        held,
    )


def signs(question: Asked, hit: Hit, marks: Sequence[Mark], span: Span, *, gain: float) -> Signs:
    """What speaks for a span of a hit's passage. marks: of its document, sorted."""
    passage = hit.passage
    words = passage.text[span.start : span.end]
    near = around(passage.text, span.start, span.end)
    title = f"{hit.title}\n{passage.heading}"
    scopes = (near.name, near.record, passage.text, title, hit.path)
    own, other = named(question.identifiers, scopes)
    fit = fits(question.text, words)
    return Signs(
        gain=gain,
        score=hit.score,
        named=own,
        other=other,
        record=_share(question, near.record.replace(words, "", 1)),
        column=_share(question, near.name),
        fits=float(fit is True),
        unfit=float(fit is False),
        tabular=float(near.tabular),
        heading=float(
            bool(heading(passage, passage.start + span.start, marks))
            or heads(passage.text, span.start, span.end)
        ),
        quoted=float(near.record.lstrip().startswith(">")),
        void=float(_VOID.search(f"{title}\n{passage.text}") is not None),
    )


def heading(passage: Passage, place: int, marks: Sequence[Mark]) -> str:
    """The words of the heading that a place in a document lies in, which its mark repeats; else "".

    The label begins with "#" signs, which only Markdown writes into the text as well.
    """
    mark = next((mark for mark in reversed(marks) if mark.start <= place), None)
    if mark is None or not mark.label.startswith("#"):
        return ""
    words = mark.label.lstrip("# ")
    signed = passage.text.startswith("#", max(0, mark.start - passage.start))
    end = mark.start + len(mark.label if signed else words)
    return words if place < end else ""


def _share(question: Asked, text: str) -> float:
    """How much of a question's weight a text holds."""
    there = set(terms(text)) if text else set()
    return sum(share for word, share in question.shares.items() if word in there)
