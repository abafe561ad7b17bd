"""Text -> the terms that BM25 counts: a pure function of the text and its language.

Words are stemmed where Snowball has a stemmer for the language, and Latin ones lose their accents.
Scripts without spaces become single characters and pairs of them; Korean becomes pairs. Identifiers
(`HTTPServer`, `snake_case`, `os.path`) are split, and kept whole as well. There is no list of stop
words: BM25's idf makes them weigh next to nothing.
"""

# ruff: noqa: RUF001 - signs that look alike are meant
from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import chain

import Stemmer  # type: ignore[import-not-found]

from lepton_local.scripts import UNSPACED

# ISO 639-1 -> Snowball algorithm, https://snowballstem.org/algorithms/
_ALGORITHMS = {
    pair[:2]: pair[3:]
    for pair in (
        "ar:arabic ca:catalan da:danish de:german el:greek en:english es:spanish eu:basque "
        "fi:finnish fr:french ga:irish hi:hindi hu:hungarian hy:armenian id:indonesian "
        "it:italian lt:lithuanian ne:nepali nl:dutch no:norwegian pt:portuguese ro:romanian "
        "ru:russian sr:serbian sv:swedish ta:tamil tr:turkish yi:yiddish"
    ).split()
}
_HANGUL = "\u1100-\u11ff\uac00-\ud7ff"
# Python's \w lacks the vowel signs and points that stand inside the words of many scripts.
_SIGNS = "\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff\u200c\u200d"
# ASCII first, for speed: most words of most texts are.
_WORD = rf"(?:[A-Za-z0-9_]++|[^\W{UNSPACED}{_HANGUL}]|[{_SIGNS}])++"
_TOKEN = (
    r"(?:[A-Za-z]\.){{2,}}(?![\w.])|\d{{1,3}}(?:,\d{{3}})+(?![\w,])|{0}(?:['’.]{0})*(?:\+\+|\#)?"
)
_ASCII_TOKEN = re.compile(_TOKEN.format(r"\w++"), re.ASCII)
# What words are made of: an apostrophe, any sign, one of a script that parts words, a Korean one.
APOSTROPHE = "['’]"
SIGN = rf"[\w{_SIGNS}]"
LETTER = rf"(?:[^\W{UNSPACED}{_HANGUL}]|[{_SIGNS}])"
SYLLABLE = f"[{_HANGUL}]"
_ASCII_WRITTEN = re.compile(r"\w++(?:(?<=[nN])'[tT]\b)?", re.ASCII)
_WHOLE_RUN = re.compile(rf"(?P<unspaced>[{UNSPACED}])|(?P<hangul>[{_HANGUL}])")
# A word that some write in one, and some in two parts: "e-mail", "DEC-0054", also at a line end.
_COMPOUND = re.compile(
    r"(?<![\w\u2010-])([^\W_]+)[-\u2010](?:[ \t]*\n[ \t]*)?([^\W_]+)(?![\w\u2010-])"
)
# A number whose thousands are set apart by points, spaces or apostrophes.
_GROUPED = re.compile(r"(?<![\w.,])\d{1,3}(?:([.'\u2019 ])\d{3})(?:\1\d{3})*(?![\w]|[.,]\d)")
# Letters that are no accented ones to Unicode, and are typed without.
_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
)
# What nobody sees within a word: the soft hyphen and the word joiner.
_UNSEEN = str.maketrans("", "", "\u00ad\u2060")
_ACRONYM = re.compile(r"(?:[A-Za-z]\.){2,}")
_BETWEEN = re.compile(r"[._+#]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LATIN = re.compile("[\u00c0-\u024f\u1e00-\u1eff\u0307]")  # the last: of "\u0130" in lower case
# Longer runs are hashes and base64: nobody types them, and whole they would fill the vocabulary.
_LONGEST = 64
_CACHED = 1 << 18


def terms(text: str, *, language: str = "en") -> list[str]:
    """The terms of a text in its language (ISO 639-1), in order, repeated as they occur."""
    ascii_ = text.isascii()
    text = text if ascii_ else plain(text)
    tokens = _ASCII_TOKEN.findall(text) if ascii_ else _any_token().findall(text)
    expand = _expander(language)
    return [*chain.from_iterable(map(expand.__getitem__, tokens)), *_joined(text, expand)]


def _joined(text: str, expand: _Expander) -> Iterator[str]:
    """The words and numbers of a text that stand there in parts, in one."""
    if "-" in text or "\u2010" in text:
        for first, second in _COMPOUND.findall(text):
            if len(first) + len(second) <= _LONGEST and not _WHOLE_RUN.match(first + second):
                yield expand.stem(first + second)
    for found in _GROUPED.finditer(text):
        yield re.sub(r"\D", "", found[0])


def spelt(word: str, *, language: str) -> list[set[str]]:
    """The terms by which a passage may hold a written word: all of any of these sets.

    Where it has parts ("os.path"), they count: in a passage it may be part of a longer one
    ("os.path.join"). One with a hyphen may be written without.
    """
    parts = _COMPOUND.fullmatch(plain(word))
    if parts is not None:
        whole = f"{parts[1]} {parts[2]}", f"{parts[1]}{parts[2]}"
        return [set(terms(each, language=language)) for each in whole]
    found = terms(word, language=language)
    return [set(found[1:] or found)]


def plain(text: str) -> str:
    """A text with one code for what looks alike, and without what nobody sees."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text.translate(_UNSEEN))


def written(text: str) -> list[str]:
    """The words of a plain text in scripts that part words, as they are written: "snake_case" and
    "can't" are one each, "O'Brien" and "os.path" two.
    """
    return (_ASCII_WRITTEN if text.isascii() else _any_written()).findall(text)


def stem(word: str, *, language: str) -> str:
    """What the forms of a written word have in common, whatever its parts."""
    return _expander(language).stem(word)


class _Expander(dict[str, tuple[str, ...]]):
    """Token -> its terms, computed once: words repeat, and a stemmer call costs ten look-ups."""

    def __init__(self, language: str) -> None:
        algorithm = _ALGORITHMS.get(language)
        self._stemmer = Stemmer.Stemmer(algorithm, 0) if algorithm is not None else None
        # English is typed without its few accents, so they go before they can change the stem.
        self._before = fold if language == "en" else str.casefold
        self._lock = threading.Lock()  # a Stemmer must not be called by two threads at once

    def __missing__(self, token: str) -> tuple[str, ...]:
        found = tuple(term for term in self._expand(token) if term)
        # A run without spaces is a sentence: it is rare.
        if len(token) <= _LONGEST and not _WHOLE_RUN.match(token):
            if len(self) >= _CACHED:
                self.clear()
            self[token] = found
        return found

    def _expand(self, token: str) -> list[str]:
        run = _WHOLE_RUN.match(token)
        if run is not None:
            return _grams(token, single=run["unspaced"] is not None)
        if _ACRONYM.fullmatch(token):
            return [token.replace(".", "").casefold()]
        if "," in token:
            return [token.replace(",", "")]
        found: list[str] = []
        pieces = token.replace("’", "'").split("'")
        if len(pieces) > 1 and pieces[-1] in ("s", "S"):
            pieces.pop()
        for piece in pieces:
            found += self._identifier(piece)
        return found

    def _identifier(self, token: str) -> list[str]:
        """The whole, if it has parts, and the parts."""
        names = [name for name in _BETWEEN.split(token) if name]
        stems: list[str] = []
        for name in names:
            parts = _HUMP.split(name)
            # Letters and digits alone: the whole is stemmed, to equal its other spellings.
            stems += map(self.stem, parts if len(parts) == 1 else [name, *parts])
        if names == [token]:
            return stems
        return [fold(token)[:_LONGEST], *stems] if stems else []

    def stem(self, word: str) -> str:
        """A word without its ending, its capitals and its accents."""
        low = self._before(word)
        if self._stemmer is not None and len(low) <= _LONGEST:
            with self._lock:
                low = self._stemmer.stemWord(low)
        return fold(low)[:_LONGEST]


@cache
def _any_token() -> re.Pattern[str]:
    """Compiled for the first text that is not ASCII: that takes 8 ms, and many questions are."""
    return re.compile(rf"{_TOKEN.format(_WORD)}|[{UNSPACED}]+|[{_HANGUL}]+")


@cache
def _any_written() -> re.Pattern[str]:
    return re.compile(rf"{_WORD}(?:(?<=[nN]){APOSTROPHE}[tT]\b)?")


@cache
def _expander(language: str) -> _Expander:
    return _Expander(language)


def _grams(run: str, *, single: bool) -> list[str]:
    """Pairs of neighbouring characters, each after its first character alone if `single`."""
    if len(run) == 1:
        return [run]
    pairs = [run[at : at + 2] for at in range(len(run) - 1)]
    if not single:
        return pairs
    return [*chain.from_iterable(zip(run, pairs, strict=False)), run[-1]]


def fold(word: str) -> str:
    """Lower case, and Latin letters without their accents ("Beyoncé" is asked for as "beyonce")."""
    low = word.casefold()
    if not _LATIN.search(low):
        return low
    parts = unicodedata.normalize("NFD", low.translate(_LETTERS))
    return "".join(sign for sign in parts if not unicodedata.combining(sign))
