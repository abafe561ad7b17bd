"""Haystack: its in-memory document store, saved to a file, with sentence-transformers embedders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from driver import Documents, main
from haystack import Document  # type: ignore[import-not-found]
from haystack.components.retrievers.in_memory import (  # type: ignore[import-not-found]
    InMemoryEmbeddingRetriever,
)
from haystack.document_stores.in_memory import (  # type: ignore[import-not-found]
    InMemoryDocumentStore,
)
from haystack_integrations.components.embedders.sentence_transformers import (  # type: ignore[import-not-found]
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

FILE = "documents.json"


def writer(model: str, index: str) -> Callable[[Documents], None]:
    """Embed, write to the store, save."""
    embedder = SentenceTransformersDocumentEmbedder(model=model, progress_bar=False)
    embedder.warm_up()
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")

    def add(documents: Documents) -> None:
        made = [Document(content=text, meta={"name": name}) for name, text in documents]
        store.write_documents(embedder.run(documents=made)["documents"])
        Path(index).mkdir(parents=True)
        store.save_to_disk(str(Path(index, FILE)))

    return add


def opened(model: str, index: str) -> Callable[[str, int], Documents]:
    """Embed the question, retrieve by its embedding."""
    store = InMemoryDocumentStore.load_from_disk(str(Path(index, FILE)))
    embedder = SentenceTransformersTextEmbedder(model=model, progress_bar=False)
    embedder.warm_up()
    retriever = InMemoryEmbeddingRetriever(document_store=store)

    def search(question: str, k: int) -> Documents:
        embedding = embedder.run(text=question)["embedding"]
        found = retriever.run(query_embedding=embedding, top_k=k)["documents"]
        return [(each.meta["name"], each.content) for each in found]

    return search


if __name__ == "__main__":
    main(writer, opened)
