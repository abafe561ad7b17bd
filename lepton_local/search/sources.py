"""Hits held against the files as they are now: is the file the same, and does it still say so, to
the character?
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from lepton_local.config import BuildConfig
from lepton_local.corpus.how import How
from lepton_local.corpus.read import mtime_ns, read
from lepton_local.errors import SourceError
from lepton_local.search.document import Read
from lepton_local.store.index import Index
from lepton_local.types import Hit, Result, Source

STATES_KEPT = 4096  # of files, whose digests a searcher remembers


class Freshness:
    """Tells which files are no longer what was indexed.

    A file is read only if its time is another one while its size is the same, and each state of it
    once: a `git checkout` touches many files and changes few.
    """

    def __init__(self) -> None:
        self._digest = lru_cache(STATES_KEPT)(_digest)

    def marked(self, hits: Sequence[Hit]) -> list[Hit]:
        """The same hits, each marked `stale` when its file is gone or has other bytes than were
        indexed.
        """
        stale = {source: self.is_stale(source) for source in {hit.source for hit in hits}}
        return [replace(hit, stale=stale[hit.source]) for hit in hits]

    def is_stale(self, source: Source) -> bool:
        """Whether a file is no longer what it was."""
        try:
            now = (Path(source.root) / source.path).stat()
            if (now.st_size, mtime_ns(now)) == (source.size, source.mtime_ns):
                return False
            if now.st_size != source.size:
                return True
            return (
                self._digest(source.root, source.path, now.st_size, mtime_ns(now)) != source.digest
            )
        except (OSError, ValueError, SourceError):  # no name of a file holds a NUL
            return True


def _digest(root: str, path: str, size: int, mtime_ns: int) -> str:
    return read(Source(root, path, size, mtime_ns))[0].digest


def prove(hits: Sequence[Hit], configs: Mapping[str, BuildConfig]) -> list[Hit]:
    """The same hits, each marked `verified` by whether its document holds its text at its offsets
    today. configs: of the index of each, by its folder.
    """
    ways = {index: How.of(config) for index, config in configs.items()}
    asked = {(hit.source, ways[hit.index]) for hit in hits}
    texts = {each: _texts(*each) for each in asked}
    return [replace(hit, verified=_stands(hit, texts[hit.source, ways[hit.index]])) for hit in hits]


def prove_result(result: Result, index: Index) -> Result:
    """The same result of an index, its hits and the passages of its answers marked in this way."""
    sure = () if result.answer is None else (result.answer,)
    answers = (*sure, *result.answers)
    configs = {str(each.path): each.manifest.config for each in index.members}
    proved = prove([*result.hits, *(each.hit for each in answers)], configs)
    hits, behind = proved[: len(result.hits)], proved[len(result.hits) :]
    answers = tuple(replace(each, hit=hit) for each, hit in zip(answers, behind, strict=True))
    first = answers[0] if sure else None
    return replace(result, hits=tuple(hits), answer=first, answers=answers[len(sure) :])


def prove_lines(found: Read, index: Index, *, first: int, last: int) -> bool:
    """Whether the file of a document of an index holds these lines of it today, to the
    character.
    """
    (config,) = {
        each.manifest.config for each in index.members if str(each.path) == found.snapshot.index
    }
    told = found.told
    source = Source(told["root"], told["path"], told["size"], 0, told["digest"])
    now = _texts(source, How.of(config)).get(found.name, "").split("\n")
    asked = [(at, text) for at, text in found.lines if first <= at <= last]
    return all(at <= len(now) and text in now[at - 1] for at, text in asked)


def _stands(hit: Hit, texts: dict[str, str]) -> bool:
    passage = hit.passage
    return texts.get(passage.document, "")[passage.start : passage.end] == passage.text


def _texts(source: Source, how: How) -> dict[str, str]:
    from lepton_local.corpus.isolate import parse_source  # no question loads it unless it proves

    parsed = parse_source(source, how)
    return {document.id: document.text for document in parsed.documents}
