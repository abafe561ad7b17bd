"""LEANN: a graph without its vectors: those of the nodes that a search visits are computed anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from driver import Documents, main
from leann import LeannBuilder, LeannSearcher  # type: ignore[import-not-found]

NAME = "documents.leann"


def writer(model: str, index: str) -> Callable[[Documents], None]:
    """Build the graph with the defaults of its HNSW backend."""
    builder = LeannBuilder(backend_name="hnsw", embedding_model=model)

    def add(documents: Documents) -> None:
        Path(index).mkdir(parents=True)
        for name, text in documents:
            builder.add_text(text, metadata={"name": name})
        builder.build_index(str(Path(index, NAME)))

    return add


def opened(model: str, index: str) -> Callable[[str, int], Documents]:
    """Search; the searcher starts a server that computes embeddings, which would stay and serve
    the next process too, so that none would begin cold.
    """
    searcher = LeannSearcher(str(Path(index, NAME)), use_daemon=False)

    def search(question: str, k: int) -> Documents:
        found = searcher.search(question, top_k=k)
        return [(each.metadata["name"], each.text) for each in found]

    return search


if __name__ == "__main__":
    main(writer, opened)
