"""Words that stand one after the other, as patterns."""

from __future__ import annotations

import re

from lepton_local.corpus.words import LETTER


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
