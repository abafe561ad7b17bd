"""Questions about animals, small enough to be learnt in a second, for the tests of training."""

from __future__ import annotations

from pathlib import Path

from lepton_local.models.roles import PassageText
from lepton_local.train.data import Candidate, Group
from lepton_local.train.start import Start, start

ANIMALS = ("heron", "otter", "frog", "badger", "lynx", "mole", "swift", "newt")
FOODS = ("fish", "crabs", "flies", "worms", "hares", "grubs", "gnats", "snails")


def animal_groups() -> list[Group]:
    groups = []
    for number, (animal, food) in enumerate(zip(ANIMALS, FOODS, strict=True)):
        text = f"By the river the {animal} eats {food} every day."
        at = text.index(food)
        other = f"A {ANIMALS[number - 1]} sleeps all winter under the snow."
        groups.append(
            Group(
                f"what does the {animal} eat?",
                (
                    Candidate(PassageText("River", text), True, ((at, at + len(food)),)),
                    Candidate(PassageText("", other), False, ()),
                ),
            )
        )
    return groups


def tiny_start(base: Path, *, dropout: float = 0.0, seed: int = 1) -> Start:
    return start(base, seed=seed, dropout=dropout, max_tokens=64)
