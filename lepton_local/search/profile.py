"""What somebody is interested in, by what they marked, opened and asked. A profile is made when it
is asked for, from the events beside an index, and kept nowhere.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lepton_local.models.roles import Encoder
from lepton_local.models.scale import Scale, on_own_scale
from lepton_local.search.conditions import Masks
from lepton_local.search.marked import rows_of
from lepton_local.search.similar import unit
from lepton_local.store.feedback import ANSWER_GOOD, COPIED, HIT_GOOD, OPENED, Event
from lepton_local.store.index import Index

# What an event says of its passage; those of use are told only where use is recorded.
WORTH: Mapping[str, float] = {HIT_GOOD: 1.0, ANSWER_GOOD: 1.0, COPIED: 0.8, OPENED: 0.5}
ASKED = 0.3  # what a question says of itself, whatever came of it
HALF_LIFE = 30.0  # days in which an event's worth halves
SAME = 0.35  # cosine from which two things belong to one interest
MOST = 8  # interests
EVENTS = 500  # that are looked at, the last


@dataclass(frozen=True, slots=True)
class Thing:
    """A passage or a question that somebody was interested in."""

    event: Event
    vector: np.ndarray  # (dim,) float64, a unit vector
    worth: float
    row: int  # of the passage; -1 of a question


@dataclass(frozen=True, slots=True)
class Profile:
    """The interests of somebody, the strongest first, and the documents that they know."""

    interests: Sequence[Sequence[Thing]]
    known: Masks

    @property
    def worths(self) -> list[float]:
        """How strong each interest is."""
        return [sum(each.worth for each in things) for things in self.interests]


def profile_of(
    index: Index,
    encoder: Encoder,
    events: Sequence[Event],
    left_out: Sequence[Masks] = (),
    *,
    now: datetime.datetime,
) -> Profile:
    """The interests that the last of these events show, without those in documents left out."""
    events = events[-EVENTS:]
    rows: dict[str, list[int]] = {}
    for found, name in rows_of(index, _passages(events)):
        rows.setdefault(name, []).append(found)
    hidden = np.zeros(index.rows, dtype=bool)
    for masks in left_out:
        hidden |= np.concatenate(masks)
    things: dict[int, Thing] = {}
    questions: dict[str, Event] = {}
    known = np.zeros(index.rows, dtype=bool)
    for event in events:
        places = rows.get(event.what.passage, []) if event.what is not None else []
        known[places] = True
        row = next((each for each in places if not hidden[each]), -1)
        if row >= 0 or not places:
            questions[event.question] = event
        if row < 0:
            continue
        things.pop(row, None)  # of several events of a passage the last counts
        if event.action in WORTH:
            vector = index.take_vectors(np.array([row]))[0].astype(np.float64)
            things[row] = Thing(event, vector, WORTH[event.action] * faded(event, now), row)
    encoded = encoder.encode(list(questions), kind="question").astype(np.float64)
    asked = [
        Thing(event, vector, ASKED * faded(event, now), -1)
        for event, vector in zip(questions.values(), encoded, strict=True)
    ]
    same = likeness(index, SAME)
    return Profile(_interests(list(things.values()), asked, same), _documents(index, known))


def _passages(events: Sequence[Event]) -> set[str]:
    return {event.what.passage for event in events if event.what is not None}


def faded(event: Event, now: datetime.datetime) -> float:
    """What is left of an event's worth."""
    try:
        age = (now - datetime.datetime.fromisoformat(event.time)).total_seconds() / 86_400
    except (ValueError, TypeError):  # a file may say anything
        return 0.0
    return float(0.5 ** (max(age, 0.0) / HALF_LIFE))


def likeness(index: Index, cosine: float) -> float:
    """What the encoder of an index says where the bundled one says `cosine`."""
    made = index.manifest.encoder
    return on_own_scale(cosine, Scale(made.unrelated, made.related))


def _interests(things: Sequence[Thing], asked: Sequence[Thing], same: float) -> list[list[Thing]]:
    """Things that are near one another, together. A question joins an interest, or is one where
    nothing else is known. same: the least cosine of these.
    """
    groups: list[list[Thing]] = []
    centres: list[np.ndarray] = []
    for thing in [*sorted(things, key=lambda each: -each.worth), *asked]:
        cosines = [float(centre @ thing.vector) for centre in centres]
        best = int(np.argmax(cosines)) if cosines else -1
        if best >= 0 and cosines[best] >= same:
            groups[best].append(thing)
            centres[best] = centre(groups[best])
        elif thing.row >= 0 or not things:
            groups.append([thing])
            centres.append(thing.vector)
    groups.sort(key=lambda group: -sum(each.worth for each in group))
    return groups[:MOST]


def centre(things: Sequence[Thing]) -> np.ndarray:
    """The direction of an interest."""
    return unit(np.sum([each.worth * each.vector for each in things], axis=0))


def _documents(index: Index, known: np.ndarray) -> Masks:
    """All rows of the documents that have a known row, by segment."""
    masks = []
    for segment, offset in zip(index.segments, index.offsets.tolist(), strict=False):
        own = known[offset : offset + segment.entry.rows]
        first = np.cumsum(segment.document_rows) - segment.document_rows
        masks.append(np.repeat(np.logical_or.reduceat(own, first), segment.document_rows))
    return masks
