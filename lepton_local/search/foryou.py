"""What somebody may want to read next: of each of their interests the documents nearest to it, and
a few documents of other topics.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lepton_local.models.roles import Encoder
from lepton_local.search.asked import Asked, spread, stored
from lepton_local.search.conditions import Masks, document_rows
from lepton_local.search.filters import Filter
from lepton_local.search.hits import rank
from lepton_local.search.profile import SAME, Profile, Thing, centre, likeness, profile_of
from lepton_local.search.similar import similar, unit
from lepton_local.store.feedback import Event
from lepton_local.store.index import Index
from lepton_local.types import Hit, Passage

TOPICS = 2_000  # documents that other topics are looked for in
PASSAGES = 16  # of each of these
LEAST = 0.2  # cosine of what is suggested and the interest that it is near to


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A document, and why it is suggested."""

    hit: Hit
    action: str  # of the event that it is near to; "" of another topic
    question: str = ""  # of that event
    time: str = ""
    topic: int = 0  # documents of that other topic


def for_you(
    index: Index,
    encoder: Encoder,
    events: Sequence[Event],
    *,
    now: datetime.datetime,
    k: int = 10,
    explore: float = 0.1,
    within: Sequence[Filter] = (),
    without: Sequence[Filter] = (),
) -> list[Suggestion]:
    """`k` documents that are not known, of those for which the filters `within` hold; a share
    `explore` of them of other topics. without: filters, each on documents that are neither
    suggested nor counted. Gives none where nothing of `events` is of this index.
    """
    left_out = [document_rows(index, [each]) for each in without]
    profile = profile_of(index, encoder, events, left_out, now=now)
    if not profile.interests:
        return []
    allowed = document_rows(index, within)
    for masks in (profile.known, *left_out):
        allowed = [mask & ~out for mask, out in zip(allowed, masks, strict=True)]
    others = _others(index, profile, allowed, round(explore * k))
    near = _nearest(index, profile, allowed, k - len(others))
    return [*near, *others]


def _nearest(index: Index, profile: Profile, allowed: Masks, k: int) -> list[Suggestion]:
    """The documents nearest to each interest, as many of each as it is strong."""
    found = [_like(index, things, allowed, k) for things in profile.interests]
    chosen: dict[tuple[str, str], Suggestion] = {}
    taken = [0] * len(found)
    while len(chosen) < k and any(found):
        # The one that is owed most (D'Hondt).
        shares = zip(profile.worths, taken, found, strict=True)
        owed = [worth / (many + 1) if left else -1.0 for worth, many, left in shares]
        best = int(np.argmax(owed))
        each = found[best].pop(0)
        name = each.hit.root, each.hit.passage.document
        if name not in chosen:
            taken[best] += 1
            chosen[name] = each
    return list(chosen.values())


def _like(index: Index, things: Sequence[Thing], allowed: Masks, k: int) -> list[Suggestion]:
    """The documents most like the things of an interest, each with the thing that it is like."""
    nothing = [np.zeros(len(mask), dtype=bool) for mask in allowed]
    weighed = np.array([each.worth * each.vector for each in things])

    def numbered(number: int) -> Passage:
        return Passage("", number, number, "")

    hits = similar(index, Asked(weighed, nothing, numbered), allowed, k=k)
    least = likeness(index, LEAST)
    told = []
    for hit in hits:
        assert hit.like is not None
        if hit.score < least:
            continue
        thing = things[hit.like.start]
        like = stored(index, thing.row) if thing.row >= 0 else None
        event = thing.event
        action = event.action if thing.row >= 0 else "asked"
        told.append(Suggestion(replace(hit, like=like), action, event.question, event.time))
    return told


def _others(index: Index, profile: Profile, allowed: Masks, k: int) -> list[Suggestion]:
    """Of the largest topics that are near no interest the documents in their middles."""
    if not k:
        return []
    rows, means = _means(index, allowed)
    centres = [centre(each) for each in profile.interests]
    same = likeness(index, SAME)
    strange = (means @ np.array(centres).T).max(axis=1) < same
    rows, means = rows[strange], means[strange]
    topics: list[list[int]] = []
    leaders: list[np.ndarray] = []
    for number, mean in enumerate(means):
        cosines = [float(leader @ mean) for leader in leaders]
        best = int(np.argmax(cosines)) if cosines else -1
        if best >= 0 and cosines[best] >= same:
            topics[best].append(number)
        else:
            topics.append([number])
            leaders.append(mean)
    topics.sort(key=len, reverse=True)
    found = []
    for topic in topics[:k]:
        middle = unit(means[topic].sum(axis=0))
        central = max(topic, key=lambda number: float(means[number] @ middle))
        score = np.array([float(means[central] @ middle)])
        hits, _ = rank(index, rows[central : central + 1], score, {}, most=1)
        found.append(Suggestion(replace(hits[0], relevance=0.0), "", topic=len(topic)))
    return found


def _means(index: Index, allowed: Masks) -> tuple[np.ndarray, np.ndarray]:
    """The first row of each document that has an allowed one, (n,), and the mean vectors, (n, dim);
    of many documents those at equal distances.
    """
    firsts: list[tuple[int, int]] = []
    for segment, mask, offset in zip(index.segments, allowed, index.offsets.tolist(), strict=False):
        ends = np.cumsum(segment.document_rows)
        there = np.flatnonzero(mask[ends - segment.document_rows])
        counts = segment.document_rows[there].tolist()
        starts = (ends[there] - segment.document_rows[there] + offset).tolist()
        firsts += zip(starts, counts, strict=True)
    chosen = [firsts[at] for at in spread(len(firsts), TOPICS)] if firsts else []
    means = [
        unit(index.take_vectors(first + spread(many, PASSAGES)).astype(np.float64).sum(axis=0))
        for first, many in chosen
    ]
    dim = index.manifest.encoder.dim
    return np.array([first for first, _ in chosen], dtype=np.int64), np.array(means).reshape(
        -1, dim
    )
