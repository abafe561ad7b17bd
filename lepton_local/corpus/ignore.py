"""The rules of `.gitignore` and `.leptonignore` files, for a walk down from a root."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from lepton_local.corpus.glob import Patterns, read_patterns
from lepton_local.corpus.read import open_regular
from lepton_local.errors import SourceError

_FILES = (".gitignore", ".leptonignore")  # the later one has the last word
# Whoever hands over a folder writes its rules: they are read within bounds.
MOST_BYTES, MOST_LINES = 256 << 10, 10_000


@dataclass(frozen=True, slots=True)
class Ignored:
    """The rules in force in a folder: (the folder they were read in, rules), outermost first."""

    rules: tuple[tuple[str, Patterns], ...] = ()

    def within(self, folder: str, place: str, names: Sequence[str]) -> Ignored:
        """The rules with those of `folder` (relative to the root, ends in `/` unless empty), whose
        path is `place`.

        Raises OSError or SourceError for rules that cannot be read.
        """
        found = [(folder, _rules(place, name)) for name in _FILES if name in names]
        return Ignored((*self.rules, *found)) if found else self

    def holds(self, path: str) -> bool:
        """Whether `path` (relative to the root, folders end in `/`) is to be ignored: the innermost
        rule decides.
        """
        for folder, patterns in reversed(self.rules):
            verdict = patterns.say(path[len(folder) :])
            if verdict is not None:
                return verdict
        return False


def _rules(place: str, name: str) -> Patterns:
    try:
        with open_regular(os.path.join(place, name)) as file:
            data = file.read(MOST_BYTES + 1)
    except SourceError as error:
        raise SourceError(f"{name} is {error}") from None
    lines = data.decode("utf-8-sig", "replace").split("\n")
    if len(data) > MOST_BYTES or len(lines) > MOST_LINES:
        raise SourceError(
            f"{name} is too long: rules of up to {MOST_BYTES:,} bytes and {MOST_LINES:,} lines "
            "are obeyed"
        )
    return read_patterns(lines)
