"""What reranking and reading share: a network that sees a question and a passage together, and its
windows through a runtime.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lepton_local.models.calibration import Calibration
from lepton_local.models.roles import Floats, PassageText, Reading, Runtime
from lepton_local.models.spans import Logits, Tags, decode, tagged
from lepton_local.models.tokens import Tokens, Window, padded

Output = dict[str, Floats]


@dataclass(eq=False, kw_only=True)
class Judge:
    """A network over a question and a passage; rerankers and readers are made of it."""

    name: str
    digest: str
    languages: frozenset[str]
    tokens: Tokens
    runtime: Runtime
    heading: bool  # whether a passage's heading stands before its words
    calibration: Calibration = field(default_factory=Calibration)

    def windows(self, question: str, passages: Sequence[PassageText]) -> list[Window]:
        """What the network is shown of them."""
        return self.tokens.windows(question, passages, heading=self.heading)


def outputs(runtime: Runtime, windows: Sequence[Window]) -> list[Output]:
    """Run windows in batches of like length; gives each its own outputs, padding left off."""
    out: list[Output] = [{}] * len(windows)
    order = sorted(range(len(windows)), key=lambda i: -len(windows[i].row.ids))
    for first in range(0, len(order), runtime.batch):
        chosen = order[first : first + runtime.batch]
        arrays = runtime.run(*padded([windows[i].row for i in chosen]))
        for place, i in enumerate(chosen):
            length = len(windows[i].row.ids)
            out[i] = {
                name: array[place, :length] if array.ndim == 2 else array[place]
                for name, array in arrays.items()
            }
    return out


def relevances(windows: Sequence[Window], results: Sequence[Output], count: int) -> Floats:
    """The best relevance logit of each passage's windows, (count,)."""
    best = np.full(count, -np.inf, dtype=np.float32)
    for window, result in zip(windows, results, strict=True):
        best[window.passage] = max(best[window.passage], result["relevance"])
    return best


def readings(
    passages: Sequence[PassageText],
    windows: Sequence[Window],
    results: Sequence[Output],
    relevance: Floats | None = None,
) -> list[Reading]:
    """Decode the spans of each passage. Its null logit is the lowest of its windows'.

    A window that does not hold the answer says "none here" whatever stands in the next one, so the
    one that is least sure of that speaks for the passage (as the official SQuAD 2 evaluation of
    BERT does).
    """
    nulls = [float("inf")] * len(passages)
    logits: list[list[Logits]] = [[] for _ in passages]
    tags: list[list[Tags]] = [[] for _ in passages]
    for window, result in zip(windows, results, strict=True):
        own = slice(window.first, window.first + len(window.offsets))
        start, end = result["start"], result["end"]
        logits[window.passage].append(Logits(window.offsets, start[own], end[own]))
        if "tag" in result:
            tags[window.passage].append(Tags(window.offsets, result["tag"][own]))
        nulls[window.passage] = min(nulls[window.passage], float(start[0] + end[0]))
    return [
        Reading(
            null=nulls[i],
            spans=decode(passage.text, logits[i]),
            relevance=None if relevance is None else float(relevance[i]),
            tags=tagged(passage.text, tags[i]) if tags[i] else None,
        )
        for i, passage in enumerate(passages)
    ]
