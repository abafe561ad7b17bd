"""How well words that are taken along agree with those that people took: by Porter's stems, without
stop words, as Voskarides et al. count them (2020).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import Stemmer  # type: ignore[import-not-found]
from support.talks import Talk

from lepton_local.search.follow import Turn, carry

Carry = Callable[[str, Sequence[Turn]], Sequence[str]]

_STEMMER = Stemmer.Stemmer("porter")
_STOPS = frozenset(
    """
    i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she
    her hers herself it its itself they them their theirs themselves what which who whom this that
    these those am is are was were be been being have has had having do does did doing a an the and
    but if or because as until while of at by for with about against between into through during
    before after above below to from up down in out on off over under again further then once here
    there when where why how all any both each few more most other some such no nor not only own
    same so than too very s t can will just don should now d ll m o re ve y
    """.split()
)
_LEANS = re.compile(
    r"^\W*(and|but|so|also|what about|how about|why not|which ones?)\b"
    r"|\b(it|its|itself|they|them|their|theirs|he|him|his|she|her|hers|this|these|those)\b"
    r"|\b(that one|the same|there)\b",
    re.IGNORECASE,
)


def stems(text: str) -> set[str]:
    """The telling words of a text, by stem."""
    return {_STEMMER.stemWord(w) for w in re.findall(r"\w+", text.lower()) if w not in _STOPS}


def by_network(question: str, talk: Sequence[Turn]) -> list[str]:
    """What the engine takes along."""
    return [each.word for each in carry(question, talk)]


def by_rules(question: str, talk: Sequence[Turn]) -> list[str]:
    """What was taken along before there was a network: where the question points back, every
    telling word of the one before it as that was searched.
    """
    if not _LEANS.search(question):
        return []
    before = f"{talk[-1].question} {' '.join(talk[-1].carried)}"
    known = stems(question)
    return [word for word in re.findall(r"\w+", before) if stems(word) - known][:12]


def scored(talks: Sequence[Talk], taken: Carry) -> tuple[dict[str, Any], list[list[Any]]]:
    """The figures of all turns that have something before them and were rewritten; and these turns:
    question, words that people took, words that were taken here.
    """
    found: list[list[Any]] = []
    hits = guessed = wanted = 0
    whole = alone = leaning = noticed = 0
    for talk in talks:
        turns: list[Turn] = []
        for number, step in enumerate(talk):
            known = turns or ([Turn("", title=step.title)] if step.title else [])
            words = list(taken(step.asked, known)) if known else []
            turns.append(Turn(step.asked, step.answer, step.title, tuple(words)))
            if not known or step.whole is None:
                continue
            told = " ".join(f"{each.asked} {each.answer}" for each in talk[:number])
            asked = stems(step.asked)
            gold = (stems(step.whole) & stems(f"{told} {step.title}")) - asked
            mine = stems(" ".join(words)) - asked
            hits, guessed, wanted = (
                hits + len(gold & mine),
                guessed + len(mine),
                wanted + len(gold),
            )
            if stems(step.whole) <= asked:
                whole, alone = whole + 1, alone + (not mine)
            elif gold:
                leaning, noticed = leaning + 1, noticed + bool(mine)
            found.append([step.asked, sorted(gold), sorted(mine)])
    precision, recall = hits / max(1, guessed), hits / max(1, wanted)
    figures = {
        "turns": len(found),
        "precision": round(100 * precision, 1),
        "recall": round(100 * recall, 1),
        "F1": round(200 * precision * recall / max(1e-9, precision + recall), 1),
        "complete questions": whole,
        "left alone": round(100 * alone / max(1, whole), 1),
        "leaning questions": leaning,
        "noticed": round(100 * noticed / max(1, leaning), 1),
    }
    return figures, found
