"""What others are to be like: a document of the index, a file outside it, or a text."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lepton_local.config import BuildConfig
from lepton_local.corpus.chunk import chunk
from lepton_local.corpus.how import AS_EVER, How
from lepton_local.corpus.isolate import Parsed, parse_source
from lepton_local.corpus.language import identify
from lepton_local.corpus.pieces import blank_rules
from lepton_local.corpus.read import mtime_ns
from lepton_local.errors import InputError
from lepton_local.models.headed import encoded_texts, room
from lepton_local.models.roles import Encoder
from lepton_local.search.conditions import Masks, document_rows
from lepton_local.search.filters import cited_by
from lepton_local.store.index import Index
from lepton_local.types import Document, Passage, Source

MOST = 512  # passages that are looked at of what was asked for, from all over it
_COLUMNS = ["document", "start", "end", "text", "mark", "heading", "line", "column"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Passages of what others are to be like."""

    vectors: np.ndarray  # (n, dim) float64, unit rows
    own: Masks  # which rows of the index are its own
    passage: Callable[[int], Passage]  # the n-th


def asked_path(index: Index, path: str | Path, encoder: Callable[[], Encoder]) -> Asked:
    """The document that results cite by this path, all documents of that file, or a file that is
    not in the index. Raises InputError where there is none, or none that can be read.
    """
    if not isinstance(path, str | Path):
        raise InputError(f"path is {path!r}, expected a string")
    own = document_rows(index, [cited_by(str(path))])
    rows = np.flatnonzero(np.concatenate([*own, np.empty(0, dtype=bool)]))
    if len(rows):
        rows = rows[spread(len(rows), MOST)]
        return Asked(
            index.take_vectors(rows).astype(np.float64), own, lambda n: stored(index, rows[n])
        )
    parsed = parsed_file(index, path)
    if not len(parsed.documents):
        reason = parsed.refused[0].reason if parsed.refused else "no text"
        raise InputError(f"{path} cannot be read ({reason}), expected a document")
    return _encoded(index, list(parsed.documents), encoder())


def parsed_file(index: Index, path: str | Path, how: How = AS_EVER) -> Parsed:
    """What a file outside the index gives. Raises InputError where there is none."""
    try:
        state = os.stat(path)
    except (OSError, ValueError):
        raise InputError(
            f"{path} is not in the index, and no file either, expected one of them",
            advice=f"lepton-index ls {index.place}",
        ) from None
    place = Path(os.path.abspath(path))
    return parse_source(Source(str(place.parent), place.name, state.st_size, mtime_ns(state)), how)


def asked_text(index: Index, text: str | Path, encoder: Callable[[], Encoder]) -> Asked:
    """A text that is no document. Raises InputError for a blank one."""
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"the text is {text!r}, expected words")
    source = Source("", "", 0, 0)
    document = Document(source, text, "", language=identify(text))
    return _encoded(index, [document], encoder())


def spread(count: int, most: int) -> np.ndarray:
    """Numbers below `count`, all or `most` of them at equal distances."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))


def _encoded(index: Index, documents: Sequence[Document], encoder: Encoder) -> Asked:
    config: BuildConfig = index.manifest.config
    tokens = max(1, min(config.chunk_tokens, room(encoder)))
    overlap = min(config.overlap_tokens, tokens // 2)
    found = [
        passage
        for document in documents
        for passage in chunk(document, encoder.spans, tokens=tokens, overlap=overlap)
    ]
    if not found:
        raise InputError("there are no words in it, expected a text")
    found = [found[n] for n in spread(len(found), MOST).tolist()]
    headings = [each.heading for each in found]
    texts = encoded_texts(headings, [blank_rules(each.text) for each in found], encoder)
    vectors = encoder.encode(texts, kind="passage").astype(np.float64)
    return Asked(
        vectors, [np.zeros(len(live), dtype=bool) for live in index.live], found.__getitem__
    )


def stored(index: Index, row: int) -> Passage:
    """A passage of the index."""
    (told,) = index.take_passages(np.array([row]), _COLUMNS).to_pylist()
    number = np.array([told.pop("document")])
    (document,) = index.take_documents(number, ["path", "key"]).to_pylist()
    path, key = document["path"], document["key"]
    return Passage(document=f"{path}#{key}" if key else path, **told)
