"""Where in a text the phrases, prefixes, patterns and options stand that a question asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from lepton_local.search.options import options_in
from lepton_local.search.phrase import apart, phrase_pattern
from lepton_local.searched import Condition

Sight = Callable[[str], Iterator[tuple[int, int]]]  # text -> start and end of each


def sights(conditions: Sequence[Condition], text: str) -> list[Sight]:
    """How to find what was asked for, in conditions and in the text of the question; single words
    are found by their stems, elsewhere.
    """
    parts = (part for each in conditions if not each.excluded for part in each.parts)
    found = [_SIGHTS[part.kind](part.value) for part in parts if part.kind in _SIGHTS]
    return found + [_option(each) for each in options_in(text)]


def _of(pattern: re.Pattern[str]) -> Sight:
    return lambda text: (match.span() for match in pattern.finditer(text) if match[0])


def _prefix(prefix: str) -> Sight:
    begin = apart(re.escape(prefix), prefix[0], "")
    return _of(re.compile(rf"{begin}\w*", re.IGNORECASE))


def _option(option: str) -> Sight:
    """Where it is explained: at the beginning of a line, "-a, --all" and "--[no-]all" among
    others.
    """
    written = re.escape(option)
    if option.startswith("--"):
        no = option.startswith("--no-")
        name = re.escape(option.removeprefix("--no-").removeprefix("--"))
        written = (r"--(?:no-|\[no-\])" if no else r"--(?:\[no-\])?") + name
    pattern = re.compile(rf"^[ \t]*(?:-\w[ ,|]+)?({written})(?![\w-])", re.MULTILINE)
    return lambda text: (match.span(1) for match in pattern.finditer(text))


def _regex(written: str) -> Sight:
    from lepton_local.search.sieve import Grep

    return Grep(written).spans


_SIGHTS: dict[str, Callable[[str], Sight]] = {
    "phrase": lambda phrase: _of(phrase_pattern(phrase)),
    "prefix": _prefix,
    "regex": _regex,
}
