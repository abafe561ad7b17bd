"""What was asked: the words to search by, and the conditions on passages that stand beside them.

`"exact phrase"` must stand in a passage, and `-word` must not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lepton_local.errors import InputError

_PHRASE = re.compile(r'"([^"]*\w[^"]*)"')
# A phrase, or a word left out; a dash inside a phrase belongs to the phrase.
_MARKED = re.compile(_PHRASE.pattern + r"|(?<!\S)-([^\W\d_]\w*)(?!\S)")
_SURROGATE = re.compile("[\ud800-\udfff]")  # what a terminal makes of bytes that are no UTF-8


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart. `text` is what the models read: no quotes, no excluded words."""

    text: str
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


def parse_question(asked: str) -> Question:
    """Take a question apart. Raises InputError when nothing is left to search by."""
    asked = _SURROGATE.sub("\ufffd", asked)
    marked = _MARKED.findall(asked)
    phrases = tuple(phrase for phrase, _ in marked if phrase)
    excluded = tuple(word for _, word in marked if word)
    text = " ".join(_MARKED.sub(lambda match: match[1] or " ", asked).split())
    if not re.search(r"\w", text):
        raise InputError(
            f"{asked!r} asks nothing, expected words to search by",
            advice="lepton-search query INDEX QUESTION",
        )
    return Question(text, phrases, excluded)


def phrase_pattern(phrase: str) -> re.Pattern[str]:
    """Matches the phrase's words in order, whatever the case, white space and punctuation between
    them.
    """
    words = re.findall(r"\w+", phrase)
    body = r"\W+".join(map(re.escape, words))
    # Scripts without spaces have no word boundary: there the phrase may stand inside a longer run.
    before = r"(?<!\w)" if _spaced(words[0][0]) else ""
    after = r"(?!\w)" if _spaced(words[-1][-1]) else ""
    return re.compile(before + body + after, re.IGNORECASE)


def phrase_sieve(phrase: str) -> str:
    """A pattern for RE2, Arrow's quick engine, that lets every text through that `phrase_pattern`
    matches, and few others.

    The two differ in what they know of Unicode: so letters beyond ASCII are any sign, or part of
    what may stand between words.
    """
    words = re.findall(r"\w+", phrase)
    letters = [
        ["[iI\u0130\u0131]" if c in "iI" else c if c.isascii() else "." for c in w] for w in words
    ]
    return "(?is)" + "[^a-zA-Z0-9_]+".join(map("".join, letters))


def _spaced(letter: str) -> bool:
    return letter < "\u0e00" or "\u1e00" <= letter < "\u2e80"
