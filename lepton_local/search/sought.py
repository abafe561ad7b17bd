"""What the retrievers found for a question, before it is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lepton_local.config import SearchConfig
from lepton_local.search.alike import folded
from lepton_local.search.asking import Asking
from lepton_local.search.fields import Fields
from lepton_local.search.first import in_order
from lepton_local.search.listing import at_most, weighed
from lepton_local.search.lookup import Look
from lepton_local.search.newest import AHEAD, worth_judging
from lepton_local.searched import Condition
from lepton_local.store.index import Index
from lepton_local.types import Hit


@dataclass(frozen=True, slots=True)
class Sought:
    """Candidates as hits, and what was asked of them."""

    ask: Asking
    filters: Sequence[Condition]  # in the question, and beside it
    hits: list[Hit]
    rows: Sequence[int]  # of the hits
    depth: int  # how many of them are to be judged
    left: bool  # see Candidates
    missing: float  # see Candidates
    seconds: Mapping[str, float]
    moment: Condition | None = None  # days that the question names in words, where they chose
    notes: tuple[str, ...] = ()  # of these

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All that chose which passages may be found."""
        named = () if self.moment is None else (self.moment,)
        return (*self.ask.question.conditions, *self.filters, *named)


def sought(
    index: Index,
    fields: Fields,
    config: SearchConfig,
    ask: Asking,
    filters: Sequence[Condition],
    look: Look,
    *,
    most: int,
) -> Sought:
    """The best candidates, as many as are to be shown or judged. filters: in the question, and
    beside it; look: who finds them; most: how many hits are shown or passed over.
    """
    clock = dict(ask.seconds)
    depth = config.rerank_depth if ask.judged else 0
    newest = ask.question.newest
    n = max(config.candidates, most) * (AHEAD if newest else 1)
    while True:
        found = look.find(n)
        every = config.per_file or config.recent or newest  # one that comes late may be listed
        taken = len(found.rows) if every else max(most, depth)
        hits, rows = in_order(index, fields, found, ask, config=config, most=taken)
        if config.fold and len(kept := folded(hits)) < len(hits):
            if taken < len(found.rows):  # others take the places of copies
                hits, rows = in_order(
                    index, fields, found, ask, config=config, most=len(found.rows)
                )
                kept = folded(hits)
            hits, rows = [hit for _, hit in kept], [rows[at] for at, _ in kept]
        if len(at_most(hits, config.per_file)) >= most or len(found.rows) < n:
            break
        n *= 4  # copies of a few passages fill the candidates
    if newest:
        fit = weighed(hits, mode=config.mode, judged=False)
        order = worth_judging(fit, depth)
        hits, rows = [hits[at] for at in order], [rows[at] for at in order]
    clock.update(found.seconds)
    return Sought(ask, filters, hits, rows, depth, found.left, found.missing, clock)
