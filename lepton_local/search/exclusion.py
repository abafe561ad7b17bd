"""A word that a question leaves out: does it stand in a text?

It does as a word of its own, in any of its forms. "JavaScript" holds no "Java", "can't" no "can",
and "you tube" no "YouTube": what the parts of a word are is asked where words are looked for, not
here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lepton_local.corpus.words import APOSTROPHE, SYLLABLE, plain, stem, written
from lepton_local.search.question import apart

Holds = Callable[[str, str], bool]  # (text, its language) -> whether the word stands in it


def holder(word: str) -> Holds:
    """Tells of a text whether a word stands in it."""
    word = re.sub(rf"(?<=.){APOSTROPHE}[sS]$", "", plain(word))
    if written(word) != [word]:
        pattern = _pattern(word)
        return lambda text, _: pattern.search(plain(text)) is not None

    def holds(text: str, language: str) -> bool:
        wanted = stem(word, language=language)
        return any(stem(each, language=language) == wanted for each in set(written(plain(text))))

    return holds


def _pattern(word: str) -> re.Pattern[str]:
    """A word of several parts ("O'Brien", "C++"), or in a script that does not part words.

    A Korean word may have particles behind it; where it is one syllable, these cannot be told from
    other words.
    """
    body = apart(re.sub(APOSTROPHE, APOSTROPHE, re.escape(word)), word[0], word[-1])
    if re.match(SYLLABLE, word[0]):
        body = f"(?<!{SYLLABLE}){body}" + f"(?!{SYLLABLE})" * (len(word) == 1)
    return re.compile(body, re.IGNORECASE)
