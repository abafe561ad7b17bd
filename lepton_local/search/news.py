"""What dated documents tell since a day: copies of one story together, stories by topic, each with
one of its own sentences.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np

from lepton_local.corpus.sentences import sentences
from lepton_local.errors import InputError
from lepton_local.models.roles import Encoder
from lepton_local.search.alike import Told, copies, told
from lepton_local.search.asked import MOST, spread
from lepton_local.search.filters import document_mask, parse_filter
from lepton_local.search.moments import since_day
from lepton_local.search.profile import likeness
from lepton_local.search.similar import unit
from lepton_local.store.index import Index

SAME = 0.85  # cosine of two texts that tell one story, such as copies of an agency's
LIKELY = 0.6  # of two texts that are compared sentence by sentence
NEAR = 0.35  # of two stories of a topic
BEFORE = 30  # days in which a story that is told again was told already
_FIRST = 8  # sentences of a text that one is chosen from
_WORDS = 5  # that such a sentence has, at least
_EARLIER = 0.01  # of likeness that each sentence before one is worth: news say first what is new
_COLUMNS = ["root", "path", "key", "title", "date", "first_row", "rows"]


@dataclass(frozen=True, slots=True)
class Story:
    """Documents that tell the same, the newest first, and the sentence that says most of it."""

    title: str
    sentence: str
    date: str
    documents: tuple[str, ...]
    again: bool  # it was told before the day that was asked for


@dataclass(frozen=True, slots=True)
class Topic:
    """Stories that are near one another, the ones that most documents tell first."""

    stories: tuple[Story, ...]


@dataclass(frozen=True, slots=True)
class _Dated:
    """Documents and the means of their passages' vectors, (n, dim), unit rows."""

    rows: list[dict[str, Any]]
    vectors: np.ndarray


def news(index: Index, encoder: Encoder, since: str, *, filters: Sequence[str] = ()) -> list[Topic]:
    """The topics of the documents that are dated from `since` on, the most told first. Raises
    InputError for what is no day, or an unknown filter.
    """
    try:
        first = since_day("since", since)
    except InputError:
        raise InputError(
            f"--since {since!r} is no day, expected yesterday, 2026-01-31, or 7d for a week",
            advice="lepton-search news INDEX --since 7d",
        ) from None
    found = _dated(index, f"date:{first}/", filters)
    if not found.rows:
        return []
    earlier = first - datetime.timedelta(days=BEFORE), first - datetime.timedelta(days=1)
    old = _dated(index, f"date:{earlier[0]}/{earlier[1]}", filters)
    same = likeness(index, SAME)
    groups = _together(index, found, same)
    means = np.array([unit(found.vectors[each].sum(axis=0)) for each in groups])
    stories = [
        _story(index, encoder, found, group, mean, again=bool((old.vectors @ mean >= same).any()))
        for group, mean in zip(groups, means, strict=True)
    ]
    topics = [
        Topic(tuple(sorted((stories[each] for each in group), key=_told)))
        for group in _led(means, [_told(story) for story in stories], likeness(index, NEAR))
    ]
    return sorted(
        topics, key=lambda topic: (-sum(map(_size, topic.stories)), _told(topic.stories[0]))
    )


def _dated(index: Index, day: str, filters: Sequence[str]) -> _Dated:
    """The live documents of these days, the newest first."""
    chosen = [parse_filter(each) for each in (day, *filters)]
    rows: list[dict[str, Any]] = []
    vectors = []
    for number, (segment, live) in enumerate(
        zip(index.segments, index.live_documents, strict=True)
    ):
        mask = live & document_mask(chosen, segment.column, segment.entry.documents)
        for row in segment.documents.take(np.flatnonzero(mask), _COLUMNS).to_pylist():
            own = int(index.offsets[number]) + row["first_row"] + spread(row["rows"], MOST)
            vectors.append(unit(index.take_vectors(own).astype(np.float64).sum(axis=0)))
            rows.append({**row, "rows": own})
    order = sorted(range(len(rows)), key=lambda at: (rows[at]["path"], rows[at]["key"]))
    order.sort(key=lambda at: rows[at]["date"], reverse=True)
    dim = index.manifest.encoder.dim
    return _Dated(
        [rows[at] for at in order], np.array([vectors[at] for at in order]).reshape(-1, dim)
    )


def _together(index: Index, found: _Dated, least: float) -> list[list[int]]:
    """Rows that are linked by cosines of `least` or more, or are copies that leave out or add
    sentences; each group in the order of the rows.
    """
    vectors = found.vectors
    group = np.arange(len(vectors))
    text = lru_cache(None)(partial(_text, index, found))
    likely = likeness(index, LIKELY)
    for row, vector in enumerate(vectors):
        cosines = vectors[: row + 1] @ vector
        near = np.flatnonzero(cosines >= least)
        maybe = np.flatnonzero((cosines >= likely) & (cosines < least)).tolist()
        same = [other for other in maybe if copies(text(row), text(other))]
        linked = np.isin(group, group[[*near.tolist(), *same]])
        group[linked] = group[linked].min()
    return [np.flatnonzero(group == each).tolist() for each in np.unique(group)]


def _text(index: Index, found: _Dated, row: int) -> Told:
    """What a document says, as far as its passages are looked at."""
    document = found.rows[row]
    passages = index.take_passages(document["rows"], ["text", "heading"]).to_pylist()
    above = {document["title"], *(each["heading"] for each in passages)}
    return told("\n".join(each["text"] for each in passages), " > ".join(above))


def _led(means: np.ndarray, order: Sequence[Any], near: float) -> list[list[int]]:
    """Stories about the first of each topic: each goes to the nearest one that is near enough."""
    leaders: list[np.ndarray] = []
    topics: list[list[int]] = []
    for each in sorted(range(len(means)), key=order.__getitem__):
        cosines = np.array([leader @ means[each] for leader in leaders])
        if len(cosines) and cosines.max() >= near:
            best = int(cosines.argmax())
            topics[best].append(each)
            leaders[best] = unit(means[topics[best]].sum(axis=0))
        else:
            leaders.append(means[each])
            topics.append([each])
    return topics


def _story(
    index: Index,
    encoder: Encoder,
    found: _Dated,
    group: Sequence[int],
    mean: np.ndarray,
    *,
    again: bool,
) -> Story:
    central = found.rows[max(group, key=lambda at: float(found.vectors[at] @ mean))]
    passage = index.take_passages(np.array(central["rows"][:1]), ["text"]).to_pylist()[0]["text"]
    return Story(
        central["title"],
        _telling(passage, central["title"], mean, encoder),
        found.rows[group[0]]["date"],
        tuple(_name(found.rows[at]) for at in group),
        again,
    )


def _telling(text: str, title: str, mean: np.ndarray, encoder: Encoder) -> str:
    """Of the first sentences of a text, the one nearest to its story; "" where there is none."""
    said = []
    for start, end in sentences(text):
        words = " ".join(text[start:end].split())
        if len(words.split()) >= _WORDS and words.strip("# ") != title:
            said.append(words)
        if len(said) == _FIRST:
            break
    if not said:
        return ""
    near = encoder.encode(said).astype(np.float64) @ mean - _EARLIER * np.arange(len(said))
    return said[int(near.argmax())]


def _told(story: Story) -> tuple[int, int, str]:
    """The most told first, of these the newest, and then by name."""
    day = datetime.date.fromisoformat(story.date[:10]).toordinal()
    return -_size(story), -day, story.documents[0]


def _size(story: Story) -> int:
    return len(story.documents)


def _name(row: dict[str, Any]) -> str:
    return f"{row['path']}#{row['key']}" if row["key"] else str(row["path"])
