"""Indexes that are asked for hours, while others update them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lepton_local.config import SearchConfig
from lepton_local.search.searcher import Searcher
from lepton_local.store.folder import storage_at
from lepton_local.store.manifest import load_manifest


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of the indexes: `answering` reads passages for an answer, `listing` only finds
    them. `token` names the state.
    """

    answering: Searcher
    listing: Searcher
    token: str


class Live:
    """The newest snapshot of one or several indexes; safe for any number of threads."""

    def __init__(self, paths: Sequence[str | Path], config: SearchConfig | None = None) -> None:
        """Raises StoreError for what is no index, InputError for settings that cannot be."""
        self._paths = list(paths)
        self._config = config if config is not None else SearchConfig()
        self._lock = threading.Lock()
        self._seals = self._read()
        self._now = self._open()

    def now(self) -> Snapshot:
        """The snapshot to ask: opened anew where an index is another than it was. Models are
        kept. Raises StoreError where one cannot be opened now.
        """
        with self._lock:
            seals = self._read()
            if seals != self._seals:
                # Whoever asks the old one at this moment goes on with it.
                self._seals, self._now = seals, self._open()
            return self._now

    def _read(self) -> list[str]:
        # An index that was built anew may have the generation of the one before it.
        return [load_manifest(storage_at(path)).seal for path in self._paths]

    def _open(self) -> Snapshot:
        answering = Searcher.open(self._paths, self._config)
        told = "\n".join(f"{each.path} {each.manifest.seal}" for each in answering.index.members)
        listing = replace(self._config, answer=False)
        return Snapshot(
            answering,
            Searcher(answering.index, config=listing),
            hashlib.sha256(told.encode()).hexdigest()[:8],
        )
