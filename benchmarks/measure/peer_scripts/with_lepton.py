"""lepton-local itself as a library, in the environment that runs the bench.

`model` is how questions are asked: dense, hybrid, or answer (hybrid, reranked and read).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from driver import Documents, main

import lepton_local as lepton

PASSAGES = 50  # asked for, so that documents of several passages leave enough of the others
WAYS = {
    "dense": lepton.SearchConfig(mode="dense", rerank=False, answer=False),
    "hybrid": lepton.SearchConfig(rerank=False, answer=False),
    "answer": lepton.SearchConfig(),
}


def writer(model: str, index: str) -> Callable[[Documents], None]:
    """An index is built by the command, which reads the files itself."""
    raise SystemExit("lepton-index build TEXTS --out INDEX")


def opened(model: str, index: str) -> Callable[[str, int], Documents]:
    """A document ranks by its best passage."""
    searcher = lepton.Searcher.open(index, config=WAYS[model])

    def search(question: str, k: int) -> Documents:
        hits = searcher.answer(question, k=PASSAGES).hits
        found: dict[str, str] = {}
        for hit in hits:
            found.setdefault(PurePosixPath(hit.path).name, hit.passage.text)
        return list(found.items())[:k]

    return search


if __name__ == "__main__":
    main(writer, opened)
