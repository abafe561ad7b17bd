"""What a person can set. `BuildConfig` is written into the index; `SearchConfig` belongs to a
searcher.
"""

from __future__ import annotations

from dataclasses import dataclass

# all-MiniLM-L6-v2 as it was published: the bundled encoder before there was one of our own.
MINILM = "minilm"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TABLE_DEPTH = 4  # passages of each document that are judged for a cell of a table


@dataclass(frozen=True, slots=True)
class BuildConfig:
    """How an index is made."""

    encoder: str = "bundled"  # `bundled`, a folder, or a name that the Hugging Face cache holds
    further: tuple[str, ...] = ()  # encoders whose vectors are fields, searched with the first
    device: str = "auto"  # auto, cpu, cuda
    faiss: str = "auto"  # auto, flat, hnsw, ivf, or a FAISS factory string
    recall: float = 0.98  # recall@10 against exact search that an approximate index is tuned to
    chunk_tokens: int = 180  # word pieces a passage, at most
    overlap_tokens: int = (
        24  # word pieces of whole sentences that a passage repeats from the one before
    )
    workers: int = 1  # processes that parse
    include: tuple[str, ...] = ()  # glob patterns; empty means every file of a known format
    exclude: tuple[str, ...] = ()
    text_fields: tuple[str, ...] = ()  # of a row of data that are its text; empty: see table.py
    pictures: bool = False  # pictures are documents of their own, in documents as well
    max_bytes: int = 64 << 20  # larger files are skipped
    libreoffice: bool = False  # files that it can read, and no parser here, are converted by it
    acl: str = "none"  # posix: who may read each file is told by the index, too
    allow_download: bool = False


@dataclass(frozen=True, slots=True)
class SearchConfig:
    """How a question is answered."""

    mode: str = "hybrid"  # hybrid, dense, lexical
    # Whose vectors are searched; their likenesses are averaged. Empty: as the index was built.
    fields: tuple[str, ...] = ()
    rerank: bool = True
    answer: bool = True
    feedback: bool = True  # what a person has said of answers counts, and what was learnt from it
    reranker: str = "bundled"
    reader: str = "bundled"
    device: str = "auto"
    candidates: int = 200  # passages that each retriever hands to fusion
    rerank_depth: int = 24  # passages that the pair model judges
    per_file: int = 0  # passages of one file that are listed, at most; 0: any number
    min_score: float = 0.0  # how relevant a passage must be to be listed, 0 to 1
    recent: float = 0.0  # days in which the worth of a passage halves; 0: its day does not matter
    sort: str = "score"  # score, or date: of those listed, the newest first
    fold: bool = True  # copies that leave out or add sentences are one hit
    before: int = 0  # lines of the document above that of a hit that come with it
    after: int = 0  # and below it
    threads: int = 0  # 0: as many as there are cores
    allow_download: bool = False
