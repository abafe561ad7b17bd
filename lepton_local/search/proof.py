"""Whether what a question asks for stands in passages: the text itself says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from lepton_local.corpus.words import fold, plain
from lepton_local.search.exclusion import holder
from lepton_local.search.phrase import phrase_pattern, phrase_sieve
from lepton_local.search.prefix import prefix_pattern, prefix_sieve
from lepton_local.searched import Part
from lepton_local.store.bridge import FEW, take

# (heading paths and texts of passages, the language of each) -> (n,) bool: in which it stands
Proof = Callable[[pa.Table, np.ndarray], np.ndarray]


def proof(part: Part) -> Proof:
    """How to tell whether it stands in passages. Raises InputError for what is no regular
    expression.
    """
    return _PROOFS[part.kind](part.value)


def _phrase(phrase: str) -> Proof:
    pattern = phrase_pattern(phrase)
    return _read(
        lambda text, _: pattern.search(text) is not None, phrase_sieve(phrase), joined=False
    )


def _prefix(prefix: str) -> Proof:
    pattern = prefix_pattern(prefix)
    return _read(
        lambda text, _: pattern.search(fold(plain(text))) is not None, prefix_sieve(prefix)
    )


def _word(word: str) -> Proof:
    return _read(holder(word))


def _regex(written: str) -> Proof:
    from lepton_local.search.sieve import Grep

    grep = Grep(written)
    return lambda table, _: grep.holds(table)


def _read(holds: Callable[[str, str], bool], pattern: str = "", *, joined: bool = True) -> Proof:
    """A proof by looking at the text of each passage, and the heading path above it, with its
    language.

    pattern: a sieve for RE2 that lets through whatever `holds`; joined: whether the two are looked
    at as one.
    """

    def stands(table: pa.Table, languages: np.ndarray) -> np.ndarray:
        found = np.zeros(len(table), dtype=bool)
        likely: Sequence[int] = range(len(table))
        if pattern and len(table) > FEW:
            from lepton_local.search.sieve import sieve  # as long to load as to read a few

            rows = np.flatnonzero(sieve(table, pattern))
            table, likely = take(table, rows), rows.tolist()
        pairs = zip(*(column.to_pylist() for column in table.columns), strict=True)
        for place, (heading, text) in zip(likely, pairs, strict=True):
            texts = [f"{heading}\n{text}"] if joined else [text, heading]
            found[place] = any(holds(each, str(languages[place])) for each in texts)
        return found

    return stands


_PROOFS: dict[str, Callable[[str], Proof]] = {
    "phrase": _phrase,
    "prefix": _prefix,
    "word": _word,
    "regex": _regex,
}
