"""Passages of the days that a question names in words, for as long as one of them fits.

"What was decided this week?" is asked of this week's documents, but "how much leave do I have this
year?" of a handbook, whenever it was written. So days in words only choose where that leaves what
fits, and what was done with them is said. A filter on days in the question overrules them.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from functools import partial

from lepton_local.config import SearchConfig
from lepton_local.search.asking import Asking
from lepton_local.search.fields import Fields
from lepton_local.search.filters import DATES
from lepton_local.search.listing import weighed
from lepton_local.search.lookup import Finder, Lookup
from lepton_local.search.moments import Moment, moment
from lepton_local.search.sought import Sought, sought
from lepton_local.searched import Condition
from lepton_local.store.index import Index

FITS = 0.5  # relevance from which a passage is likelier asked for than not
EVERY = "after:1900"  # what overrules days in words


def timely(
    index: Index,
    fields: Fields,
    config: SearchConfig,
    ask: Asking,
    filters: tuple[Condition, ...],
    look: Finder,
    *,
    most: int,
) -> Sought:
    """The best candidates of the days that a question names, if these fit, else of all.

    filters: in the question, and beside it; look: who looks for them; most: how many hits are
    shown or passed over.
    """
    day = datetime.date.today()
    find = partial(sought, index, fields, config, ask, filters, most=most)
    lookup = Lookup(
        tuple(ask.question.conditions),
        filters,
        day,
        ask.vectors,
        ask.terms if config.mode != "dense" else None,
        (*ask.names, *ask.places, *ask.marks),
        ask.only,
    )
    within = look(lookup)
    overruled = any(part.kind in DATES for each in filters for part in each.parts)
    when = None if overruled else moment(ask.question.plain, day)
    if when is None:
        return find(within)
    then = look(replace(lookup, moment=when.condition))
    if (left := then.count()) == within.count():
        return find(within)  # it leaves nothing out, so there is nothing to say
    if not left:
        return replace(find(within), notes=_nothing(when, "no document is of"))
    chosen = find(then)
    if _fit(chosen, config) < FITS:
        every = find(within)
        if _fit(every, config) >= FITS or not chosen.hits:
            return replace(every, notes=_nothing(when, "nothing that fits is of"))
    note = f"“{when.said}” was taken for {_named(when)}; add {EVERY} to search every day"
    return replace(chosen, moment=when.condition, notes=(note,))


def _fit(found: Sought, config: SearchConfig) -> float:
    """The relevance of the best candidate, before it is judged."""
    return max(
        (hit.relevance for hit in weighed(found.hits[:1], mode=config.mode, judged=False)),
        default=0.0,
    )


def _named(when: Moment) -> str:
    dated, *told = when.condition.parts
    return f"date:{dated.value}{' or what tells of it' if told else ''}"


def _nothing(when: Moment, why: str) -> tuple[str, ...]:
    """A date in full that no document is of is most likely what the documents tell of."""
    if when.told:
        return ()
    return (f"{why} “{when.said}” ({_named(when)}), so every day was searched",)
