"""A training of the pair model as a person asks for it: from files, on the cores that are there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lepton_local.models.processor import cores
from lepton_local.train.checkpoint import State
from lepton_local.train.data import Group, hold_back, read_groups, to_remember
from lepton_local.train.machine import use_threads
from lepton_local.train.pair import train_pair
from lepton_local.train.recipe import TAG, Recipe
from lepton_local.train.start import start
from lepton_local.train.team import Team, gathered, team_size
from lepton_local.types import Progress


@dataclass(frozen=True, slots=True)
class PairRun:
    """What `lepton-train pair` was told. Each process of a team is given it, and reads the files
    itself.
    """

    data: tuple[Path, ...]
    validation: Path | None
    remember: Path | None
    base: Path
    out: Path
    recipe: Recipe
    device: str
    max_tokens: int
    resume: bool

    def run(self, *, threads: int, progress: Progress | None = None) -> State:
        """Train on so many cores, 0 meaning all: on a CPU, in as many processes as are worth it."""
        groups, held, remembered = self._questions()
        count = threads or cores()
        size = 1
        if self.device == "cpu":
            questions = len(groups) + len(remembered)
            size = team_size(count, batch=self.recipe.batch, questions=questions)
        use_threads(count // size)
        with gathered(size, partial(_help, self, count // size)) as team:
            return self._train(groups, held, remembered, team, progress)

    def _questions(self) -> tuple[list[Group], list[Group], list[Group]]:
        groups = read_groups(self.data)
        remembered = to_remember(self.remember) if self.remember else []
        if self.validation:
            return groups, read_groups([self.validation]), remembered
        return *hold_back(groups), remembered

    def _train(
        self,
        groups: list[Group],
        held: list[Group],
        remembered: list[Group],
        team: Team,
        progress: Progress | None = None,
    ) -> State:
        begun = start(
            self.base,
            seed=self.recipe.seed,
            dropout=self.recipe.dropout,
            max_tokens=self.max_tokens,
            tags=self.recipe.task == TAG,
        )
        return train_pair(
            begun,
            groups,
            held,
            self.recipe,
            self.out,
            remembered=remembered,
            device=self.device,
            resume=self.resume,
            progress=progress,
            team=team,
        )


def _help(run: PairRun, threads: int, team: Team) -> None:
    use_threads(threads)
    run._train(*run._questions(), team)
