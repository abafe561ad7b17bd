"""Indexes that are asked for hours, while others update them."""

from __future__ import annotations

import datetime
import hashlib
import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lepton_local.config import SearchConfig
from lepton_local.errors import DamagedError, InputError, NoIndexError, StoreError
from lepton_local.search.conditions import narrowed
from lepton_local.search.faq import plainly
from lepton_local.search.lookup import Finder, Spread
from lepton_local.search.searcher import Searcher
from lepton_local.serve.tokens import OWNER, Token
from lepton_local.store.index import Index
from lepton_local.store.manifest import current_seal
from lepton_local.store.names import is_far
from lepton_local.store.place import storage_at
from lepton_local.store.storage import Storage
from lepton_local.store.union import union

PATIENCE = 1.0  # seconds that whoever asks waits for a newer state that is being opened
KEPT = 32  # searchers of a state: of so many choices and rights
_WARMING = "What is this about?"


@dataclass(frozen=True, slots=True)
class Searchers:
    """Of the same indexes, as far as somebody may see them: `answering` reads passages for an
    answer, `listing` only finds them, `pairs` finds stored questions. `members` are the indexes by
    their names; `token` names their state.
    """

    answering: Searcher
    listing: Searcher
    pairs: Searcher
    members: Mapping[str, Index]
    token: str


class Snapshot:
    """One state of the indexes, each by its name. `token` names the state."""

    def __init__(
        self, members: Mapping[str, Index], config: SearchConfig, spread: Spread | None = None
    ) -> None:
        """spread: has others look through all of them, for whoever may see all. Raises VersionError
        where several encoders made them, ClusterError.
        """
        self.members = members
        whole = union(list(members.values()))
        self._whole: tuple[Index, Finder | None] = (whole, None) if not spread else spread(whole)
        self.seals = [each.manifest.seal for each in members.values()]
        self._config = config
        self._lock = threading.Lock()
        self._kept: OrderedDict[Any, Searchers] = OrderedDict()
        told = "\n".join(f"{each.place} {each.manifest.seal}" for each in members.values())
        self.token = hashlib.sha256(told.encode()).hexdigest()[:8]
        self.of()

    def of(self, names: Sequence[str] = (), *, who: Token = OWNER) -> Searchers:
        """Those of the indexes of these names, of all where none is named, as if they held nothing
        but what whoever asks may see. Raises InputError.
        """
        seen = [each for each in self.members if each in who.indexes or not who.indexes]
        for name in names:
            if name not in seen:
                raise InputError(f"index {name!r:.80} is not served, expected {' or '.join(seen)}")
        # In the order in which they are served, whoever asks: equal scores stand in it.
        chosen = tuple(each for each in seen if each in names or not names)
        today = datetime.date.today()  # "30d" is another time tomorrow
        key = (chosen, who.filters, who.person, today)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._made(chosen, who)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]

    def _made(self, names: Sequence[str], who: Token) -> Searchers:
        members = {each: narrowed(self.members[each], who.filters, who.person) for each in names}
        index, look = self._whole
        if members != self.members:  # who sees a part of them is answered here
            index, look = union(list(members.values())), None
        listing = replace(self._config, answer=False)
        return Searchers(
            Searcher(index, config=self._config, look=look),
            Searcher(index, config=listing, look=look),
            Searcher(index, config=plainly(self._config, index), look=look),
            members,
            self.token,
        )

    def warm(self) -> None:
        """Have all read that a first question would wait for. Raises LeptonError."""
        self.of().answering.answer(_WARMING, k=1)


class Live:
    """The newest snapshot of one or several indexes; safe for any number of threads."""

    def __init__(
        self,
        paths: Sequence[str | Path],
        config: SearchConfig | None = None,
        *,
        spread: Spread | None = None,
    ) -> None:
        """spread: see `Snapshot`. Raises StoreError for what is no index, InputError for settings
        that cannot be, ClusterError.
        """
        # One that lies elsewhere is asked by one connection, again and again.
        places = [storage_at(path) if is_far(str(path)) else path for path in paths]
        self._places = dict(zip(_names(paths), places, strict=True))
        self._config = config if config is not None else SearchConfig()
        self._spread = spread
        self._lock = threading.Lock()
        self._opener = ThreadPoolExecutor(1, "lepton-open")
        self._coming: Future[None] | None = None
        self._now = self._open()

    def now(self) -> Searchers:
        """All of the newest snapshot. Raises StoreError."""
        return self.newest().of()

    def newest(self) -> Snapshot:
        """The snapshot to ask. Where an index is another than it was, a new one is opened beside
        the old one, warmed, and takes its place; whoever asks meanwhile waits for it a moment, and
        then goes on with the old one. Models are kept. Raises StoreError where one cannot be
        opened.
        """
        known = zip(self._places.values(), self._now.seals, strict=True)
        seals = [_seal(place, before) for place, before in known]
        with self._lock:
            if seals == self._now.seals:
                return self._now
            if self._coming is None or self._coming.done():
                self._coming = self._opener.submit(self._renew)
            coming = self._coming
        with suppress(TimeoutError):
            coming.result(PATIENCE)
        return self._now

    def _open(self) -> Snapshot:
        members = {name: Index.open(path) for name, path in self._places.items()}
        return Snapshot(members, self._config, self._spread)

    def _renew(self) -> None:
        new = self._open()
        new.warm()
        self._now = new  # whoever asks the old one at this moment goes on with it


def _seal(place: str | Path | Storage, before: str) -> str:
    """The seal of an index. Of one that lies elsewhere, the one `before` where nobody answers: what
    is open is asked meanwhile.
    """
    try:
        return current_seal(storage_at(place))
    except (NoIndexError, DamagedError):
        raise
    except StoreError:
        if isinstance(place, str | Path):
            raise
        return before


def _names(paths: Sequence[str | Path]) -> list[str]:
    """What each index is called: the last part of its path, all of it where two share that."""
    short = [Path(path).resolve().name for path in paths]
    shared = {name for name, count in Counter(short).items() if count > 1}
    return [str(path) if name in shared else name for name, path in zip(short, paths, strict=True)]
