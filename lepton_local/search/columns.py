"""Which column a question asks about: "how much was spent" of Trips and Spent (EUR).

A head shares few words with the question, and the reader sees the row more than the column. So the
encoder says how like each head is to the question, without the words that say which row it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lepton_local.corpus.words import terms
from lepton_local.models.records import around, columns
from lepton_local.types import Hit

MOST_COLUMNS = 30

Alike = Callable[[str, Sequence[str]], np.ndarray]  # a text, others -> their likeness to it (n,)
Span = tuple[Hit, int, int]  # start and end in the text of its passage


def meant(question: str, spans: Sequence[Span], alike: Alike) -> list[float]:
    """How much more like the question the head of each span's column is than those beside it are in
    the mean; 0 where it has none.
    """
    heads = [_heads(*each) for each in spans]
    told: set[str] = set()  # by the passages, whatever the column
    for (hit, _, _), names in zip(spans, heads, strict=True):
        if names:
            text = f"{hit.title}\n{hit.passage.heading}\n{hit.passage.text}"
            for name in names:
                text = text.replace(name, " ")
            told.update(terms(text))
    every = list(dict.fromkeys(name for names in heads for name in names))
    if not every:
        return [0.0] * len(spans)
    words = [word for word in question.split() if not told.issuperset(terms(word) or ("",))]
    likeness = dict(zip(every, alike(" ".join(words) or question, every).tolist(), strict=True))
    return [
        likeness[names[0]] - float(np.mean([likeness[name] for name in names])) if names else 0.0
        for names in heads
    ]


def _heads(hit: Hit, start: int, end: int) -> list[str]:
    """The head of a span's column, and those of the columns beside it; none where it has none."""
    text = hit.passage.text
    own = around(text, start, end).name.strip(" |:*#\t")
    beside = (name.strip(" |:*#\t") for name in columns(text, start, end))
    return [name for name in dict.fromkeys((own, *beside)) if name][:MOST_COLUMNS] if own else []
