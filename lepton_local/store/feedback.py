"""What a person has said of answers and hits: a file of lines beside an index, never in it.

Each line is an event in the names of User Behavior Insights 1.3.0 (https://o19s.github.io/ubi),
with the question that it belongs to. Passages are named by the digests of their texts, so a
judgement holds for as long as its passage does, whatever is updated or moved.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lepton_local.errors import InputError, LockedError, StoreError
from lepton_local.searched import Condition
from lepton_local.store import files
from lepton_local.store.beside import ALONE, FEEDBACK, beside, check_own
from lepton_local.store.place import decrypted, stored_at
from lepton_local.store.typed import parsed, typed
from lepton_local.types import Result

if TYPE_CHECKING:
    from lepton_local.store.encrypted import Encrypted

HIT_GOOD, HIT_BAD = "hit_good", "hit_bad"
ANSWER_GOOD, ANSWER_BAD = "answer_good", "answer_bad"
OPENED, COPIED = "opened", "copied"  # told only where use is recorded, and no judgement
ACTIONS = (HIT_GOOD, HIT_BAD, ANSWER_GOOD, ANSWER_BAD, OPENED, COPIED)
JUDGEMENTS = {"hit": (HIT_BAD, HIT_GOOD), "answer": (ANSWER_BAD, ANSWER_GOOD)}  # [is good]
_APPLICATION = "lepton-local"
_WAIT = 5.0  # seconds for another writer
_MOST = 1 << 28  # bytes that are read


@dataclass(frozen=True, slots=True)
class Judged:
    """What an event is about: a passage, by the digest of its text, where it stood, and its place
    among the hits (from 1); of an answer, also its words.
    """

    passage: str
    document: str
    start: int
    end: int
    rank: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a person did with a result."""

    action: str  # one of ACTIONS
    time: str  # ISO 8601
    question: str  # as it was searched, completed by a talk
    generation: int
    hits: tuple[str, ...]  # digests of the passages that were shown, in order
    what: Judged | None = None  # None: that there was no answer
    said: str = ""  # the right answer, in the person's words
    comment: str = ""
    filters: tuple[str, ...] = ()  # that the question was asked with, as `asked_with` gives them

    @property
    def query_id(self) -> str:
        """The name of the question with what was found for it."""
        return query_id(self.question, self.hits)


class Feedback:
    """The events of one index, oldest first."""

    def __init__(self, index: str | Path) -> None:
        """index: its folder, or its place elsewhere: then the file is among the user's own."""
        self.path = beside(index, FEEDBACK)
        self._index = index
        self._lock = self.path.with_name(f".{self.path.name.removesuffix('.jsonl')}.lock")

    def add(self, event: Event) -> None:
        """Keep an event; on the disk when this returns. Raises StoreError for a file that is not
        one's own, LockedError.
        """
        line = json.dumps(event_record(event), ensure_ascii=False).encode(errors="replace")
        if self._encrypted is not None:
            line = self._encrypted.seal(line)
        with self._writing():
            files.append(self.path, line, mode=ALONE)

    def events(self) -> list[Event]:
        """All that can be read; the line that a dying process left torn is not."""
        return [event for event, _ in self._lines() if event is not None]

    def forget(self, gone: Callable[[Event], bool]) -> int:
        """Remove events; how many there were. Without any the file goes too."""
        with self._writing():
            every = list(self._lines())
            kept = [line for event, line in every if event is None or not gone(event)]
            if len(kept) == len(every):
                return 0
            if kept:
                with files.writing(self.path, mode=ALONE) as file:
                    file.writelines(line + b"\n" for line in kept)
            else:
                files.remove(self.path)
            return len(every) - len(kept)

    def rewrite(self, read: Callable[[bytes], bytes], write: Callable[[bytes], bytes]) -> None:
        """Write what each line says in another way; one that cannot be read stays as it is."""
        with self._writing():
            every = [line for _, line in self._lines()]
            for at, line in enumerate(every):
                with contextlib.suppress(ValueError, StoreError):
                    every[at] = write(read(line))
            if every:
                with files.writing(self.path, mode=ALONE) as file:
                    file.writelines(line + b"\n" for line in every)

    @cached_property
    def _encrypted(self) -> Encrypted | None:
        """What encrypts the index, and so what is said of it."""
        return decrypted(stored_at(self._index))

    def _lines(self) -> Iterator[tuple[Event | None, bytes]]:
        try:
            check_own(self.path)
        except FileNotFoundError:
            return
        for line in filter(None, files.read(self.path, _MOST).split(b"\n")):
            event = None
            with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
                clear = line if self._encrypted is None else self._encrypted.unseal(line)
                event = _event(parsed(clear))
            yield event, line

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        with contextlib.suppress(FileNotFoundError):
            check_own(self.path)
        files.make_folder(self.path.parent, mode=0o700)
        try:
            with FileLock(self._lock, timeout=_WAIT, mode=ALONE):
                yield
        except Timeout:
            raise LockedError(
                f"{self.path} is being written by another process, expected one writer at a time",
                advice="wait for it, then type it again",
            ) from None


def judged(
    result: Result,
    action: str,
    *,
    hit: int = 0,
    said: str = "",
    comment: str = "",
    skipped: int = 0,
) -> Event:
    """An event about a result: of its `hit` (from 1), else of its answer, or that it has none.

    skipped: hits before the first of these. Raises InputError for a hit that was not shown.
    """
    what = None
    if hit:
        if not 1 <= hit - skipped <= len(result.hits):
            raise InputError(
                f"hit {hit} was not shown, expected 1 to {len(result.hits) + skipped}",
                advice="lepton-search rate INDEX QUESTION --good --hit 1",
            )
        passage = result.hits[hit - skipped - 1].passage
        what = Judged(passage.digest, passage.document, passage.start, passage.end, hit)
    elif result.answer is not None:
        answer = result.answer
        digests = [each.passage.digest for each in result.hits]
        own = answer.hit.passage.digest
        rank = digests.index(own) + skipped + 1 if own in digests else 0
        what = Judged(own, answer.hit.passage.document, answer.start, answer.end, rank, answer.text)
    return Event(
        action=action,
        time=now(),
        question=result.standalone or result.question,
        generation=result.indexes[0].generation if result.indexes else 0,
        hits=tuple(each.passage.digest for each in result.hits),
        what=what,
        said=said,
        comment=comment,
        filters=asked_with(result.conditions),
    )


def now() -> str:
    """The time of an event that happens now."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def asked_with(conditions: Iterable[Condition]) -> tuple[str, ...]:
    """The filters among conditions, as an event keeps them."""
    return tuple(sorted({each.typed for each in conditions} - {""}))


def query_id(question: str, hits: Iterable[str]) -> str:
    """The name of a question with what was found for it: digests of passages, in order."""
    told = "\n".join([question, *hits])
    return hashlib.sha256(told.encode(errors="replace")).hexdigest()[:16]


def event_record(event: Event) -> dict[str, Any]:
    """What a line says of an event."""
    what = event.what
    thing = None
    if what is not None:
        thing = {
            "object_id": what.passage,
            "object_id_field": "passage",
            "document": what.document,
            "start": what.start,
            "end": what.end,
            "text": what.text,
        }
    return {
        "schema": 1,
        "application": _APPLICATION,
        "action_name": event.action,
        "timestamp": event.time,
        "query_id": event.query_id,
        "user_query": event.question,
        "query_attributes": {"generation": event.generation, "filters": list(event.filters)},
        "query_response_hit_ids": list(event.hits),
        "event_attributes": {
            "object": thing,
            "position": {"ordinal": what.rank} if what is not None else None,
            "answer": event.said,
        },
        "message": event.comment,
    }


def _event(line: Any) -> Event:
    """Raises one of several errors for what is no event."""
    told = line["event_attributes"]
    what = None
    if told["object"] is not None:
        thing = {k: v for k, v in told["object"].items() if not k.startswith("object_id")}
        rank = told["position"]["ordinal"]
        what = typed(Judged, {**thing, "passage": told["object"]["object_id"], "rank": rank})
    event = {
        "action": line["action_name"],
        "time": line["timestamp"],
        "question": line["user_query"],
        "generation": line["query_attributes"]["generation"],
        "hits": line["query_response_hit_ids"],
        "said": told["answer"],
        "comment": line["message"],
        "filters": line["query_attributes"].get("filters", []),
    }
    found = typed(Event, event)
    if found.action not in ACTIONS:
        raise ValueError(found.action)
    return replace(found, what=what)
