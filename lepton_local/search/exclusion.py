"""A word that a question leaves out: does it stand in a text?

It does as a word of its own, in any of its forms. "JavaScript" holds no "Java", "can't" no "can",
and "you tube" no "YouTube": what the parts of a word are is asked where words are looked for, not
here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lepton_local.corpus.words import APOSTROPHE, SYLLABLE, plain, stem, written
from lepton_local.search.phrase import apart

Holds = Callable[[str, str], bool]  # (text, its language) -> whether the word stands in it


def holder(word: str) -> Holds:
    """Tells of a text whether a word stands in it."""
    word = re.sub(rf"(?<=.){APOSTROPHE}[sS]$", "", plain(word))
    if written(word) != [word]:
        pattern = _pattern(word)
        return lambda text, _: pattern.search(plain(text)) is not None

    forms: dict[str, _Forms] = {}

    def holds(text: str, language: str) -> bool:
        if language not in forms:
            forms[language] = _Forms(word, language)
        return any(map(forms[language].__getitem__, written(plain(text))))

    return holds


class _Forms(dict[str, bool]):
    """Word -> whether it is a form of one word in a language; words repeat."""

    def __init__(self, word: str, language: str) -> None:
        self._language, self._stem = language, stem(word, language=language)

    def __missing__(self, other: str) -> bool:
        self[other] = found = stem(other, language=self._language) == self._stem
        return found


def _pattern(word: str) -> re.Pattern[str]:
    """A word of several parts ("O'Brien", "C++"), or in a script that does not part words.

    A Korean word may have particles behind it; where it is one syllable, these cannot be told from
    other words.
    """
    body = apart(re.sub(APOSTROPHE, APOSTROPHE, re.escape(word)), word[0], word[-1])
    if re.match(SYLLABLE, word[0]):
        body = f"(?<!{SYLLABLE}){body}" + f"(?!{SYLLABLE})" * (len(word) == 1)
    return re.compile(body, re.IGNORECASE)
