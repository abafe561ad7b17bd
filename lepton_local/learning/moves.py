"""Where questions are moved to, in closed form: by the least change that puts what was marked above
what was not. Vectors of documents stay as they are.

The change of one question is the shortest vector that lifts its good passage above every other one
that was shown (Kaczmarz' projections onto those half spaces). A new question moves along with those
that it is like, by kernel ridge regression (Saunders, Gammerman and Vovk 1998) of these changes;
what is like none of them stays.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lepton_local.learning.held import Held
from lepton_local.search.lessons import Lessons, likeness

WIDTH = 0.4  # of the likeness: at a cosine of .6 a question moves a third as far
RIDGE = 8.0


def moved(held: Held, some: np.ndarray, lessons: Lessons) -> Lessons:
    """The same, with a map of questions that these (numbers of them) teach."""
    asked, changes = held.vectors[some], held.changes[some]
    near = likeness(asked @ asked.T, WIDTH)
    moves = np.linalg.solve(near + RIDGE * np.eye(len(near)), changes)
    encoder = held.trial.searcher.encoder.digest
    return replace(lessons, asked=asked, moves=moves, width=WIDTH, encoder=encoder)
