"""What tells whether a word of a talk is meant by the next question: the signs that a small network
weighs (`search/follow.py`). Pure functions over words.

Each row is a word; its columns are of the word (where in the talk it stands, how often, in what
company) and then of the question, which are the same in every row.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise

import numpy as np

from lepton_local.corpus.words import terms

# Words that are never taken along.
PLAIN = frozenset(
    """
    i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she
    her hers herself it its itself they them their theirs themselves what which who whom whose this
    that these those am is are was were be been being have has had having do does did doing done a
    an the and but if or because as until while of at by for with about against between into
    through during before after above below to from up down in out on off over under again further
    then once here there when where why how all any both each few more most other some such no nor
    not only own same so than too very s t can could will would shall should may might must just
    don now d ll m o re ve y also tell give show please many much one ones else another let us get
    got like
    """.split()
)
_POINTS = tuple(  # words that point back, by what they point to
    frozenset(each.split())
    for each in (
        *("it its itself", "they them their theirs themselves", "he him his himself"),
        *("she her hers herself", "this that", "these those", "there here then", "one ones"),
        *("other others another else", "also more too further", "same similar"),
    )
)
_STRONG = frozenset().union(*_POINTS[:6])
_OPENINGS = tuple(
    frozenset(each.split())
    for each in (
        *("and but so or also", "what", "how", "why", "who whom whose", "when", "where", "which"),
        "did does do is are was were has have had can could will would should",
        "tell give show describe explain",
    )
)
_LINKS = frozenset(
    "of about in on for between with from to by at as into against versus vs".split()
)
_HELPERS = frozenset(
    "did does do is are was were has have had can could will would should may might must".split()
)
_WHOSE = frozenset("this that these those its their his her".split())
_ASKED = frozenset("what which many much whose".split())
_AFTER = frozenset("of in on for about between".split())
_ON = ("what about", "how about", "why not", "which one", "which ones")
_ENDINGS = ("s", "ing", "ed", "ly")
_FAR = 20  # where a word stands in no question, or no answer
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a talk."""

    text: str
    low: str
    stem: str

    @property
    def plain(self) -> bool:
        """Whether it tells nothing by itself."""
        return self.low in PLAIN or len(self.low) < 2


@dataclass(frozen=True, slots=True)
class Said:
    """A turn in words: the question, what answered, and the title of the document."""

    question: tuple[Word, ...]
    answer: tuple[Word, ...]
    title: tuple[Word, ...]


@dataclass(slots=True)
class _Seen:
    """Where one word stands in a talk, by the number of the turn."""

    text: str
    questions: list[int]
    answers: list[int]
    titled: bool = False
    capital: bool = False
    asked: bool = False  # `company` is that of a question
    company: tuple[float, ...] = (0.0,) * 17


@lru_cache(1 << 14)
def _stem(word: str) -> str:
    return next(iter(terms(word)), word.casefold())


def words(text: str) -> tuple[Word, ...]:
    """The words of a text, in order."""
    return tuple(Word(each, each.lower(), _stem(each)) for each in _WORD.findall(text))


def signs(
    question: Sequence[Word], talk: Sequence[Said], before: Collection[str]
) -> tuple[list[str], list[str], np.ndarray]:
    """Stems, words as they were written, and signs (words, signs) float64 of what may be taken
    along. talk: the turns so far, not none; before: stems that the last question took along.
    """
    asked = {word.stem for word in question}
    last = len(talk) - 1
    leaning = [_leaning(said.question) for said in talk]
    whole = next((at for at in range(last, -1, -1) if not leaning[at]), 0)
    seen = _seen(asked, talk)
    rows = []
    of_question = _of_question(question, talk)
    for stem, each in seen.items():
        low, mine = each.text.lower(), set(each.questions)
        back = last - each.questions[-1] if mine else _FAR
        rows.append(
            [
                each.titled,
                back,
                last - each.answers[-1] if each.answers else _FAR,
                each.questions[0] if mine else _FAR,
                len(mine),
                len(mine) / len(talk),
                0 in mine,
                len(set(each.answers)),
                whole in mine,
                last - whole,
                stem in before,
                stem in before or back == 0,
                len(before),
                each.capital,
                any(sign.isdigit() for sign in each.text),
                len(each.text),
                *(low.endswith(ending) for ending in _ENDINGS),
                each.asked,
                *each.company,
                sum(not leaning[at] for at in mine),
                bool(each.questions) and not leaning[each.questions[0]],
                *of_question,
            ]
        )
    width = len(rows[0]) if rows else 0
    table = np.array(rows, dtype=np.float64).reshape(len(rows), width)
    return list(seen), [each.text for each in seen.values()], table


def _seen(asked: Collection[str], talk: Sequence[Said]) -> dict[str, _Seen]:
    """The telling words of a talk that the question lacks, by stem, in the order of the talk."""
    seen: dict[str, _Seen] = {}
    for turn, said in enumerate(talk):
        titles = said.title if turn == len(talk) - 1 else ()
        for kind, text in (("title", titles), ("question", said.question), ("answer", said.answer)):
            telling = [at for at, word in enumerate(text) if not word.plain]
            names = names_in(text)
            name = {at: each for each in names for at in range(*each)}
            for number, at in enumerate(telling):
                word = text[at]
                if word.stem in asked:
                    continue
                each = seen.setdefault(word.stem, _Seen(word.text, [], []))
                if kind == "question":
                    each.questions.append(turn)
                elif kind == "answer":
                    each.answers.append(turn)
                else:
                    each.titled = True
                if word.text[0].isupper() and (at > 0 or kind == "title"):
                    each.capital, each.text = True, word.text
                if kind == "question" or not each.asked:
                    each.company = (
                        *_of_name(text, name.get(at, (at, at)), len(names)),
                        *_company(text, at, number, len(telling)),
                    )
                each.asked = each.asked or kind == "question"
    return seen


def _company(text: Sequence[Word], at: int, number: int, telling: int) -> tuple[float, ...]:
    """How a word stands in its sentence: where, in a run of how many telling words, after what."""
    first = last = at
    while first > 0 and not text[first - 1].plain:
        first -= 1
    while last + 1 < len(text) and not text[last + 1].plain:
        last += 1
    before = text[first - 1].low if first else ""
    return (
        float(before in _ASKED),
        float(number),
        float(telling - number),
        float(telling),
        at / max(1, len(text)),
        float(at - first),
        float(last - at),
        float(before in _LINKS),
        float(before in ("the", "a", "an")),
        float(before in ("to", "they", "he", "she", "it") or before in _HELPERS),
        float(before == "about"),
        float(before == "of"),
        float(last == len(text) - 1),
        float(first == 0),
    )


def _of_name(text: Sequence[Word], name: tuple[int, int], names: int) -> tuple[float, float, float]:
    """How long the name is that a word stands in, of how many, and whether it follows an "of" or
    "in"; a word that is in none is a name of length 0.
    """
    begin, end = name
    return float(end - begin), float(names), float(begin > 0 and text[begin - 1].low in _LINKS)


def names_in(text: Sequence[Word]) -> list[tuple[int, int]]:
    """Where names stand: runs of words with a capital or a digit, but for the word that opens."""
    marks = [at > 0 and not w.plain and not w.text[0].islower() for at, w in enumerate(text)]
    runs = [list(run) for mark, run in groupby(range(len(text)), key=marks.__getitem__) if mark]
    return [(run[0], run[-1] + 1) for run in runs]


def _of_question(question: Sequence[Word], talk: Sequence[Said]) -> list[float]:
    """What of a question tells whether it leans on a talk, and on what of it."""
    low = [word.low for word in question]
    stems = {word.stem for word in question if not word.plain}
    asked = [_stems(said.question) for said in talk]
    every = set().union(*asked)
    answers = set().union(*(_stems(said.answer) for said in talk))
    title = _stems(talk[-1].title)
    pairs = list(pairwise(question))
    new = stems - every - answers - title
    return [
        *(float(not points.isdisjoint(low)) for points in _POINTS),
        *(float(bool(low) and low[0] in each) for each in _OPENINGS),
        float(" ".join(low[:2]) in _ON[:2]),
        len(low),
        len(stems),
        sum(word.text[0].isupper() for word in question[1:]),
        len(stems & every),
        len(stems & asked[-1]),
        len(stems & answers),
        len(stems & title),
        len(new) / max(1, len(stems)),
        len(stems - every),
        _followed(pairs, {"the"}, every),
        _followed(pairs, _WHOSE, ()),
        _followed(pairs, _AFTER, ()),
        float(bool(question) and question[-1].plain),
        float(any(sign.isdigit() for word in question for sign in word.text)),
        max((len(word.low) for word in question if not word.plain), default=0),
        len(talk),
        float(bool(title)),
        float(any(said.answer for said in talk)),
    ]


def _followed(
    pairs: Iterable[tuple[Word, Word]], first: Collection[str], known: Collection[str]
) -> float:
    """1.0 where one of these words stands before a telling word that is not known."""
    return float(any(a.low in first and not b.plain and b.stem not in known for a, b in pairs))


def _stems(text: Iterable[Word]) -> set[str]:
    return {word.stem for word in text if not word.plain}


def points_back(question: Sequence[Word]) -> bool:
    """Whether a question says by its words that it goes on with a talk."""
    low = [word.low for word in question]
    opening = " ".join(low[:2]) in _ON or (bool(low) and low[0] in _OPENINGS[0])
    return opening or not _STRONG.isdisjoint(low) or "there" in low[-1:]


def _leaning(question: Sequence[Word]) -> bool:
    """Whether a question cannot be understood alone, by its words."""
    telling = sum(not word.plain for word in question)
    return telling < 2 or any(word.low in _STRONG for word in question)
