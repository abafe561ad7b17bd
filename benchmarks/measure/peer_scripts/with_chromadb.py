"""chromadb: a persistent collection with sentence-transformers as its embedding function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import chromadb  # type: ignore[import-not-found]
from chromadb.utils.embedding_functions import (  # type: ignore[import-not-found]
    SentenceTransformerEmbeddingFunction,
)
from driver import Documents, main

NAME = "documents"


def writer(model: str, index: str) -> Callable[[Documents], None]:
    """Add documents to a new collection, as many at a time as the client takes."""
    client: Any = chromadb.PersistentClient(path=index)
    embed = SentenceTransformerEmbeddingFunction(model_name=model)
    collection = client.create_collection(NAME, embedding_function=embed)

    def add(documents: Documents) -> None:
        size = client.get_max_batch_size()
        for first in range(0, len(documents), size):
            names, texts = zip(*documents[first : first + size], strict=True)
            collection.add(ids=list(names), documents=list(texts))

    return add


def opened(model: str, index: str) -> Callable[[str, int], Documents]:
    """Query the collection."""
    client: Any = chromadb.PersistentClient(path=index)
    embed = SentenceTransformerEmbeddingFunction(model_name=model)
    collection = client.get_collection(NAME, embedding_function=embed)

    def search(question: str, k: int) -> Documents:
        found = collection.query(query_texts=[question], n_results=k)
        return list(zip(found["ids"][0], found["documents"][0], strict=True))

    return search


if __name__ == "__main__":
    main(writer, opened)
