"""All that an index learns from what was said of its answers, and what each step was worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lepton_local.evaluation.rows import Ranking
from lepton_local.learning import adapters
from lepton_local.learning.adapt import STEPS, Ladder, Step, climb, too_few
from lepton_local.learning.answers import NEEDED, marked_answers, surer
from lepton_local.learning.held import Held
from lepton_local.learning.marks import lessons_of
from lepton_local.learning.remembered import Remembered, remembered
from lepton_local.learning.threshold import Marked
from lepton_local.learning.trial import Trial
from lepton_local.search.lessons import NONE, Lessons
from lepton_local.search.marked import rows_of
from lepton_local.search.searcher import Searcher
from lepton_local.store import learnt
from lepton_local.store.feedback import ANSWER_BAD, ANSWER_GOOD, Event
from lepton_local.store.learnt import Learnt
from lepton_local.types import Progress


@dataclass(frozen=True, slots=True)
class Climbed:
    """What came of it. before, after: the rankings of marked questions, held back."""

    learnt: Learnt | None
    judge: Path | None  # the folder of the model that was taught, if it is used
    marks: int
    questions: int  # with a good passage that is there
    gone: int  # marks of passages that are not
    drafted: int  # questions that were to be remembered
    sentences: int  # and sentences
    steps: Sequence[Step]
    before: Sequence[Ranking]
    after: Sequence[Ranking]
    curve: Sequence[tuple[float, float]]  # questions that were learnt from, and mean nDCG@10


def learn(
    searcher: Searcher,
    events: Sequence[Event],
    *,
    remember: int = 60,
    teach: adapters.Teach | str = "",
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Climbed:
    """Try every step for which there are marks enough. searcher: one that uses no feedback;
    remember: questions of the documents that must still find them; teach: who trains a judge, in
    `folder`, or why nobody does.
    """
    named = {event.what.passage for event in events if event.what is not None}
    there = {name for _, name in rows_of(searcher.index, named)}
    marks = lessons_of(events, there)
    enough = min(needed for _, needed, _ in STEPS)
    trial = Trial(searcher, progress)
    told = Remembered([], [])
    found = Ladder(NONE, too_few(len(marks)), [], [], [])
    answers: list[Marked] = []
    if sum(event.action in (ANSWER_BAD, ANSWER_GOOD) for event in events) >= NEEDED:
        answers = marked_answers(searcher, events, progress)
    if len(marks) >= enough or len(answers) >= NEEDED:
        told = remembered(searcher, n=remember, progress=progress)
    judge, last = None, _untaught(len(marks), teach)
    if len(marks) >= enough:
        held = Held(trial, marks)
        found = climb(held, told.asked)
        if not last.refused and folder is not None and callable(teach):
            judge, last = adapters.taught(
                held, found.lessons, told.asked, told.drafted, teach, folder
            )
    lessons, step = surer(searcher, answers, told.drafted, found.lessons)
    return Climbed(
        _kept(searcher, lessons, len(marks), taught=judge is not None),
        judge,
        len(events),
        len(marks),
        sum(e.what is not None and e.what.passage not in there for e in events),
        len(told.drafted),
        len(told.asked) - len(told.drafted),
        [*found.steps, step, last],
        found.before,
        found.after,
        found.curve,
    )


def _untaught(marks: int, teach: adapters.Teach | str) -> Step:
    """The step of the judge as far as it can be told before it is taught."""
    refused = f"it takes {adapters.NEEDED} marked questions" * (marks < adapters.NEEDED)
    if not refused and not callable(teach):
        refused = teach or "nobody teaches it here"
    return Step(adapters.NAME, adapters.NEEDED, marks, refused=refused)


def _kept(searcher: Searcher, lessons: Lessons, marks: int, *, taught: bool) -> Learnt | None:
    """As it lies beside the index; None where nothing was learnt."""
    if lessons is NONE and not taught:
        return None
    told = None
    if lessons.asked is not None and lessons.moves is not None:
        told = learnt.moved(lessons.asked, lessons.moves, lessons.width)
    since = datetime.now(UTC).isoformat(timespec="seconds")
    encoder = searcher.encoder.digest
    numbers = lessons.lexical, lessons.judge, lessons.threshold
    return Learnt(since, marks, encoder, *numbers, told, adapters=taught)
