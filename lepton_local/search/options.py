"""A question that names a command and an option of it: what is said of that option in what is
written of that command comes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import numpy as np

from lepton_local.corpus.symbols import PREFIX
from lepton_local.search.named import Rows
from lepton_local.search.symbols import MOST
from lepton_local.store.index import Index
from lepton_local.store.segment import Segment

# What is added to scores, of which none is above 1: "git --version" is before a git-version.html.
ENTRY = 2.0
_OPTION = re.compile(r"(?<![^\s(\[`'\"])(--?[A-Za-z](?:[\w-]*\w)?)(?![\w/])")
_WORD = re.compile(r"[^\W_]+")


def entries(index: Index, asked: str) -> dict[Rows, float]:
    """The passages that explain the options in a question, of the commands named in it, and what is
    added to the score of each.

    A document is of the command that its file or its title is called by: git-commit.html and
    git-commit.1.gz are of "git commit". Of several commands, the one with most words is meant:
    "git commit -a" is about no option of git.
    """
    options = options_in(asked)
    if not options:
        return {}
    words = _words(_OPTION.sub(" | ", asked))
    found: dict[Rows, tuple[int, float]] = {}
    for segment, live, offset in zip(index.segments, index.live, index.offsets, strict=False):
        for option in options:
            rows = segment.lexical.rows_of(PREFIX + option)[0]
            rows = rows[live[rows]]
            # Names are found in whatever case; "-X" is another option than "-x".
            other = np.isin(rows, segment.lexical.rows_of(PREFIX + option.swapcase())[0])
            worth = np.where(other, ENTRY / 2, ENTRY).tolist()
            lengths = _lengths(segment, rows, words)
            for row, told in zip(rows.tolist(), zip(lengths, worth, strict=True), strict=True):
                place = (int(offset) + row, int(offset) + row + 1)
                found[place] = max(told, found.get(place, told))
    longest = max((length for length, _ in found.values()), default=0)
    meant = {place: worth for place, (length, worth) in found.items() if length == longest > 0}
    return meant if len(meant) <= MOST else {}


def options_in(asked: str) -> list[str]:
    """The options that a question names, each once."""
    return list(dict.fromkeys(_OPTION.findall(asked)))


def _lengths(segment: Segment, rows: np.ndarray, words: Sequence[str]) -> list[int]:
    """How many words the command has that the document of each of these rows (n,) is of; 0 if it is
    of none that is named by `words`.
    """
    documents = np.searchsorted(np.cumsum(segment.document_rows), rows, side="right")
    different, which = np.unique(documents, return_inverse=True)
    path, title = segment.column("path"), segment.column("title")
    lengths = []
    for each in different.tolist():
        names = _names(
            str(path.values[int(path.codes[each])]), str(title.values[int(title.codes[each])])
        )
        lengths.append(max((len(name) for name in names if _holds(words, name)), default=0))
    return [lengths[each] for each in which.tolist()]


def _names(path: str, title: str) -> Iterator[list[str]]:
    """The words of what a document may be called by: "python3.11.1.gz" is of "python3", too."""
    parts = PurePosixPath(path).name.split(".")
    for end in range(1, len(parts) + 1):
        yield _words(".".join(parts[:end]))
    yield _words(title.partition("(")[0])


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _holds(words: Sequence[str], name: Sequence[str]) -> bool:
    """Whether the words of a name stand side by side in a question."""
    size = len(name)
    return size > 0 and any(
        list(words[at : at + size]) == list(name) for at in range(len(words) - size + 1)
    )
