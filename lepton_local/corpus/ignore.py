"""The rules of `.gitignore` and `.leptonignore` files, for a walk down from a root."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pathspec import GitIgnoreSpec

_FILES = (".gitignore", ".leptonignore")  # the later one has the last word


@dataclass(frozen=True, slots=True)
class Ignored:
    """The rules in force in a folder: (the folder they were read in, rules), outermost first."""

    rules: tuple[tuple[str, GitIgnoreSpec], ...] = ()

    def within(self, folder: str, place: str, names: Sequence[str]) -> Ignored:
        """The rules with those of `folder` (relative to the root, ends in `/` unless empty), whose
        path is `place`.
        """
        rules = self.rules
        for name in _FILES:
            if name in names:
                with open(
                    os.path.join(place, name), encoding="utf-8-sig", errors="replace"
                ) as file:
                    rules = (*rules, (folder, _lenient(file.read().splitlines())))
        return Ignored(rules) if rules is not self.rules else self

    def holds(self, path: str) -> bool:
        """Whether `path` (relative to the root, folders end in `/`) is to be ignored: the innermost
        rule decides.
        """
        for folder, spec in reversed(self.rules):
            verdict = spec.check_file(path[len(folder) :]).include
            if verdict is not None:
                return verdict
        return False


def _lenient(lines: list[str]) -> GitIgnoreSpec:
    """Rules without the lines that are no patterns: Git passes over those as well."""
    try:
        return GitIgnoreSpec.from_lines(lines)
    except (ValueError, re.error):
        return GitIgnoreSpec.from_lines([line for line in lines if _is_pattern(line)])


def _is_pattern(line: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True
