"""lepton-local: offline semantic search and question answering for the documents on your own disk.

    import lepton_local as lepton

    index = lepton.build("corpora/guide", "indexes/guide")
    result = lepton.Searcher.open("indexes/guide").answer("how do I keep an index fresh?")

Each name below is loaded when it is first used, so that importing the package, or one file of it,
costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lepton_local.config import BuildConfig, SearchConfig
    from lepton_local.errors import LeptonError
    from lepton_local.evaluation.evaluate import evaluate
    from lepton_local.indexing.library import build, compact, update
    from lepton_local.progress import ProgressBar
    from lepton_local.search.record import result_record
    from lepton_local.search.searcher import Searcher
    from lepton_local.search.session import Session
    from lepton_local.store.index import Index
    from lepton_local.types import Answer, Document, Hit, Passage, Result

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "BuildConfig",
    "Document",
    "Hit",
    "Index",
    "LeptonError",
    "Passage",
    "ProgressBar",
    "Result",
    "SearchConfig",
    "Searcher",
    "Session",
    "__version__",
    "build",
    "compact",
    "evaluate",
    "result_record",
    "update",
]

_HOMES = {
    "lepton_local.config": ("BuildConfig", "SearchConfig"),
    "lepton_local.errors": ("LeptonError",),
    "lepton_local.evaluation.evaluate": ("evaluate",),
    "lepton_local.indexing.library": ("build", "compact", "update"),
    "lepton_local.progress": ("ProgressBar",),
    "lepton_local.search.record": ("result_record",),
    "lepton_local.search.searcher": ("Searcher",),
    "lepton_local.search.session": ("Session",),
    "lepton_local.store.index": ("Index",),
    "lepton_local.types": ("Answer", "Document", "Hit", "Passage", "Result"),
}


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module 'lepton_local' has no attribute {name!r}")
