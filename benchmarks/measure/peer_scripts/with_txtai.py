"""txtai: an embeddings index that keeps its texts."""

from __future__ import annotations

from collections.abc import Callable

from driver import Documents, main
from txtai import Embeddings  # type: ignore[import-not-found]


def writer(model: str, index: str) -> Callable[[Documents], None]:
    """Index and save."""
    embeddings = Embeddings(path=model, content=True)

    def add(documents: Documents) -> None:
        embeddings.index(documents)
        embeddings.save(index)

    return add


def opened(model: str, index: str) -> Callable[[str, int], Documents]:
    """Search a saved index; it remembers its model's folder."""
    embeddings = Embeddings()
    embeddings.load(index)

    def search(question: str, k: int) -> Documents:
        return [(each["id"], each["text"]) for each in embeddings.search(question, k)]

    return search


if __name__ == "__main__":
    main(writer, opened)
