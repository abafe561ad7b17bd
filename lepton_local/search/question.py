"""What was asked: the words to search by, and the conditions on passages that stand beside them.

`"exact phrase"` must stand in a passage, and `-word` must not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lepton_local.corpus.halves import whole
from lepton_local.corpus.words import APOSTROPHE, LETTER, SIGN
from lepton_local.errors import InputError

_PHRASE = re.compile(r'"([^"]*\w[^"]*)"')
# A word left out begins with a letter, and may have parts: "O'Brien", "os.path", "C++".
_EXCLUDED = rf"(?<!\S)-((?=[^\W\d_]){SIGN}+(?:(?:{APOSTROPHE}|\.){SIGN}+)*(?:\+\+|\#)?)(?!\S)"
# A phrase, or a word left out; a dash inside a phrase belongs to the phrase.
_MARKED = re.compile(f"{_PHRASE.pattern}|{_EXCLUDED}")
_SIGNS = re.compile(r'"|(?<!\S)-(?=\w)')


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart. `text` is what the models read: no quotes, no excluded words."""

    text: str
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


def parse_question(asked: str) -> Question:
    """Take a question apart. Raises InputError when nothing is left to search by."""
    asked = whole(asked)
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


def without_conditions(asked: str) -> str:
    """A question of a test set, whose author meant none."""
    return _SIGNS.sub(" ", asked)


def phrase_pattern(phrase: str) -> re.Pattern[str]:
    """Matches the phrase's words in order, whatever the case, white space and punctuation between
    them; where it has a hyphen, there may be nothing.
    """
    words, gaps = _parted(phrase)
    pairs = zip(words, gaps, strict=True)
    body = "".join(re.escape(word) + _between(gap, r"\W") for word, gap in pairs)
    return re.compile(apart(body, words[0][0], words[-1][-1]), re.I)


def phrase_sieve(phrase: str) -> str:
    """A pattern for RE2, Arrow's quick engine, that lets every text through that `phrase_pattern`
    matches, and few others.

    The two differ in what they know of Unicode: so letters beyond ASCII are any sign, or part of
    what may stand between words.
    """
    found = "(?is)"
    for word, gap in zip(*_parted(phrase), strict=True):
        for sign in word:
            found += "[iI\u0130\u0131]" if sign in "iI" else sign if sign.isascii() else "."
        found += _between(gap, "[^a-zA-Z0-9_]")
    return found


def _parted(phrase: str) -> tuple[list[str], list[str]]:
    """The words of a phrase, and what stands behind each: nothing behind the last."""
    pieces = re.split(r"(\W+)", re.sub(r"^\W+|\W+$", "", phrase))
    return pieces[::2], [*pieces[1::2], ""]


def _between(gap: str, sign: str) -> str:
    """A pattern for what stands between two words of a phrase, or behind its last one."""
    return f"{sign}*" if gap in ("-", "\u2010") else f"{sign}+" if gap else ""


def apart(pattern: str, first: str, last: str) -> str:
    """A pattern of words, from the sign `first` to `last`, that are no parts of longer words.

    Scripts without spaces have no end of a word that could be told.
    """
    before = f"(?<!{LETTER})" if re.match(LETTER, first) else ""
    after = f"(?!{LETTER})" if re.match(LETTER, last) else ""
    return before + pattern + after
