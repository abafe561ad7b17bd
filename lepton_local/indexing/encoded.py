"""What of a passage is counted, and what tells passages apart: digest and words are functions of it
and of nothing else. What is encoded, models/headed.py says.
"""

from __future__ import annotations

import hashlib

from lepton_local.corpus.words import terms
from lepton_local.types import Document, Passage


def text_digest(heading: str, text: str) -> bytes:
    """16 bytes that two passages share when, and only when, the same is encoded for them. `text` is
    without its rules.
    """
    return hashlib.blake2b(f"{heading}\0{text}".encode(), digest_size=16).digest()


def words(document: Document, passage: Passage) -> list[str]:
    """What BM25 sees: the document's name with its folders, the heading path and the text. Names
    cost no vector, so they count whatever title stands in the document.
    """
    parts = (document.id, passage.heading, passage.text)
    return terms("\n".join(parts), language=document.language)
