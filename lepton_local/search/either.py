"""Whether a question may be meant of one of two subjects alike: "how large is it?", after one that
named two of them. Pure functions over words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, groupby, pairwise

from lepton_local.search.follow_signs import Word, names_in

ALIKE = 0.7  # of the likelier one's probability, for the other to be as likely
_ONE = frozenset("it its he him his she her that this".split())
_SEVERAL = frozenset("they them their these those both each either".split())
_JOINED = frozenset("and or versus vs than".split())
_ARTICLES = frozenset("a an the".split())


def either(
    asked: Sequence[Word], last: Sequence[Word], sure: Mapping[str, float], *, least: float
) -> tuple[frozenset[str], frozenset[str]] | None:
    """The stems of two subjects of the last question, the likelier one first, where this question
    points to one thing and either is as likely; None where that is not so, as mostly.

    sure: how probably each word is meant; least: how probable a subject must be.
    """
    low = {word.low for word in asked}
    if not low & _ONE or low & _SEVERAL:
        return None
    likely = [
        (max(sure[stem] for stem in stems), stems, place)
        for place in sorted(set(_subjects(last)))
        if (stems := frozenset(word.stem for word in last[slice(*place)])) <= sure.keys()
    ]
    likely = [each for each in likely if each[0] >= least]
    for one, other in combinations(sorted(likely, key=lambda each: -each[0]), 2):
        alike = other[0] >= ALIKE * one[0] and not one[1] & other[1]
        if alike and _apart(last, one[2], other[2]):
            return one[1], other[1]
    return None


def _subjects(text: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Where names stand, and what is on both sides of an "or"."""
    yield from names_in(text)
    telling = groupby(range(len(text)), key=lambda at: not text[at].plain)
    runs = [(min(run), max(run) + 1) for mark, each in telling if mark for run in [list(each)]]
    for one, other in pairwise(runs):
        if _joined(text[one[1] : other[0]]):
            yield one
            yield other


def _apart(text: Sequence[Word], one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether they are no parts of one name ("Jan van Eyck")."""
    first, second = sorted((one, other))
    between = text[first[1] : second[0]]
    return second[0] >= first[1] and (len(between) > 1 or _joined(between))


def _joined(between: Sequence[Word]) -> bool:
    low = [word.low for word in between]
    return bool(low) and low[0] in _JOINED and set(low[1:]) <= _ARTICLES
