"""Linked questions on one article, made of the questions that people wrote for it: the first names
its subject, the later ones point back to it, or leave it out.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from support.talks import Source, Step, Talk, grams

from lepton_local.search.follow_signs import Word, words

LINKED = 2  # questions after the first
_NEAR = 120  # letters after a subject, in which a word that points back points to it
_LINKS = frozenset("of in for about with from to on by at".split())
_VERBS = frozenset(
    "is was are were did does do has had have will can could should would may might that if when "
    "where why how before after because".split()
)
_DETERMINED = frozenset("a an and any few many more most no one or other s same some the".split())
_POINTING = {  # as who or what does something, to whom it is done, and whose something is
    "he": ("he", "him", "his"),
    "she": ("she", "her", "her"),
    "it": ("it", "it", "its"),
    "they": ("they", "them", "their"),
}
_KIND = {form: kind for kind, forms in _POINTING.items() for form in forms}
_POINTS = re.compile(rf"\b({'|'.join(_KIND)})\b", re.IGNORECASE)

Named = tuple[tuple[str, ...], int, int]  # stems, and where they stand among the words


@dataclass(frozen=True, slots=True)
class Follow:
    """A question that leans on one before it. whole: as it was written, to be asked alone."""

    asked: str
    whole: str
    answer: str


@dataclass(frozen=True, slots=True)
class Linked:
    """A talk about one subject of an article."""

    article: str
    first: str
    later: tuple[Follow, ...]


def linked(
    sources: Sequence[Source], texts: Mapping[str, str], *, most: int, rng: random.Random
) -> Iterator[Linked]:
    """Up to `most` talks an article, of other subjects and questions each; long names first.
    texts: of the articles, which tell whether a subject is a he or an it.
    """
    for article, questions in sources:
        holding: dict[tuple[str, ...], list[tuple[str, Named, str]]] = defaultdict(list)
        for question, answer in questions:
            for each in _names(words(question)):
                holding[each[0]].append((question, each, answer))
        used: set[str] = set()
        talks = 0
        for _, held in sorted(holding.items(), key=lambda each: (-len(each[0]), each[0])):
            forms = _POINTING[_kind(held[0][0], held[0][1], texts[article])]
            follows = [
                Follow(asked, question, answer)
                for question, each, answer in held
                if question not in used and (asked := _leaning(question, each, forms, rng))
            ]
            firsts = [question for question, _, _ in held if question not in used]
            if talks == most or len(follows) < LINKED or len(firsts) <= LINKED:
                continue
            later = rng.sample(follows, LINKED)
            rest = [each for each in firsts if each not in {follow.whole for follow in later}]
            talk = Linked(article, rng.choice(rest), tuple(later))
            used |= {talk.first, *(each.whole for each in talk.later)}
            talks += 1
            yield talk


def played(
    sources: Sequence[Source], texts: Mapping[str, str], *, most: int, rng: random.Random
) -> list[tuple[str, Talk]]:
    """Linked questions as talks, with their article: some with another question of the article
    among them, which leans on nothing; some go on about another subject; some have no answers.
    """
    every = list(linked(sources, texts, most=most, rng=rng))
    questions = dict(sources)
    talks = []
    for each in every:
        steps = _steps(each, questions, rng)
        if rng.random() < 0.4:
            steps += _steps(rng.choice(every), questions, rng)
        kept = rng.choice((0.0, 0.0, 0.9))
        talk = [replace(s, answer=s.answer if rng.random() < kept else "") for s in steps]
        talks.append((each.article, talk))
    return talks


def _steps(
    talk: Linked, questions: Mapping[str, list[tuple[str, str]]], rng: random.Random
) -> Talk:
    steps = [Step(talk.first, talk.first)]
    steps += [Step(each.asked, each.whole, each.answer) for each in talk.later]
    if rng.random() < 0.5:
        question, answer = rng.choice(questions[talk.article])
        steps.insert(rng.randint(1, len(steps)), Step(question, question, answer))
    return steps


def _names(said: Sequence[Word]) -> Iterator[Named]:
    """Runs of words with a capital, numbers and "of" among them, but the word that begins."""
    for gram, first, end in grams(said):
        run = said[first:end]
        if first and run[0].text[0].isupper() and all(_of_name(each) for each in run):
            yield gram, first, end


def _of_name(word: Word) -> bool:
    return word.low == "of" or (not word.plain and not word.text[0].islower())


def _kind(question: str, named: Named, text: str) -> str:
    """What most often points back soon after a name in the text of its article."""
    first, last = _span(question, named)
    name = question[first:last]
    counted: Counter[str] = Counter()
    for found in re.finditer(re.escape(name), text):
        counted.update(
            _KIND[each.lower()] for each in _POINTS.findall(text, found.end(), found.end() + _NEAR)
        )
    if name.endswith("s") and counted["they"] * 2 > sum(counted.values()):
        return "they"
    for person in ("he", "she"):
        if counted[person] > max(1, counted["it"]):
            return person
    return "it"


def _span(question: str, named: Named) -> tuple[int, int]:
    places = [match.span() for match in re.finditer(r"\w+", question)]
    return places[named[1]][0], places[named[2] - 1][1]


def _leaning(
    question: str, named: Named, forms: tuple[str, str, str], rng: random.Random
) -> str | None:
    """The question with a word that points back in place of the name, or nothing; None where that
    is no question that somebody would ask.
    """
    gram, first, last = named
    said = words(question)
    begin, end = _span(question, named)
    own = question[end : end + 2] in ("'s", "\u2019s")
    after = said[last + own] if last + own < len(said) else None
    if not question.endswith("?") or question[begin - 1] != " " or question[end : end + 1] in "-)(":
        return None
    if after is not None and not own and (not after.plain or after.low in ("of", "and", "or")):
        return None  # it is a part of a longer name
    head = first - (said[first - 1].low == "the")
    before = said[head - 1]
    longer = before.low == "of" and head > 1 and said[head - 2].text[0].isupper()
    if head == 0 or longer or not before.plain or before.low in _DETERMINED:
        return None
    begin = question.index(said[head].text, _ends(question)[head - 1])
    if own:
        instead, end = forms[2], end + 2
    elif before.low in _LINKS and head > 1 and rng.random() < 0.5:
        instead, begin = "", question.rindex(before.text, 0, begin)
    else:
        instead = forms[0] if before.low in _VERBS else forms[1]
    left = re.sub(r"\s+", " ", f"{question[:begin]}{instead}{question[end:]}").replace(" ?", "?")
    told = {word.stem for word in words(left) if not word.plain}
    return left if told and not told & set(gram) and len(words(left)) > 2 else None


def _ends(question: str) -> list[int]:
    return [match.end() for match in re.finditer(r"\w+", question)]
