"""An index learns from what was said of its answers, only what wins, and forgets it on demand."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.optimize import isotonic_regression  # type: ignore[import-untyped]

from lepton_local.cli import index as index_command
from lepton_local.cli import train as train_command
from lepton_local.config import SearchConfig
from lepton_local.indexing import builder
from lepton_local.learning.change import GAP, least_change
from lepton_local.learning.held import Held
from lepton_local.learning.ladder import Climbed, learn
from lepton_local.learning.marks import OF_EACH, folds, lessons_of
from lepton_local.learning.moves import moved
from lepton_local.learning.threshold import Marked, fitted, isotonic, worth
from lepton_local.learning.trial import Trial
from lepton_local.search.lessons import Lessons, lessons, likeness, used
from lepton_local.search.marked import rows_of
from lepton_local.search.searcher import Searcher
from lepton_local.store import learnt
from lepton_local.store.feedback import Event, Feedback, Judged
from lepton_local.store.index import Index
from lepton_local.store.learnt import Learnt
from tests.conftest import WordEncoder

PLAIN = SearchConfig(rerank=False, answer=False, feedback=False)
FLOWERS = 31


def flower(number: int) -> str:
    """A name that is no misspelling of another one's."""
    return (
        hashlib.sha256(bytes([number]))
        .hexdigest()
        .translate(str.maketrans("0123456789", "ghijklmnop"))[:9]
    )


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Of each question many documents have three words, and the right one has the telling one:
    words ought to count for more than they do.
    """
    place = tmp_path_factory.mktemp("garden")
    docs = place / "docs"
    docs.mkdir()
    for number in range(FLOWERS):
        (docs / f"{number:02}.txt").write_text(f"{flower(number)} needs a bed.\n")
    for number in range(25):
        (docs / f"soil{number}.txt").write_text(
            f"Which soil feeds the many good beds {number} here.\n"
        )
    return builder.build(docs, place / "index", encoder=WordEncoder()).index


def asking(index: Index) -> Searcher:
    return Searcher(index, encoder=WordEncoder(), config=PLAIN)


def question(number: int) -> str:
    return f"which soil feeds {flower(number)}"


def mark(searcher: Searcher, asked: str, name: str, action: str = "hit_good") -> Event:
    """That a file's passage is good or bad for a question, wherever it was found."""
    hits = searcher.search(flower(int(name[:2])), k=3)
    passage = next(hit.passage for hit in hits if hit.path == name)
    judged = Judged(passage.digest, passage.document, passage.start, passage.end, 1)
    return Event(action, "2026-01-31T10:00:00+00:00", asked, 1, (), judged)


def right(searcher: Searcher) -> list[Event]:
    return [mark(searcher, question(n), f"{n:02}.txt") for n in range(FLOWERS)]


def climbed(index: Index, events: list[Event]) -> Climbed:
    return learn(asking(index), events, remember=8)


def order(searcher: Searcher, asked: str) -> list[str]:
    return [hit.path for hit in searcher.search(asked, k=50)]


def test_what_wins_on_marks_held_back_is_used_and_undone(garden: Index) -> None:
    searcher = asking(garden)
    assert order(searcher, question(3))[0].startswith("soil")
    found = climbed(garden, right(searcher))
    weights, questions, threshold, adapters = found.steps
    assert not weights.refused
    assert weights.after > weights.before + 0.1
    assert weights.remembered[1] > weights.remembered[0] - 0.005
    assert (questions.needed, threshold.needed, adapters.needed) == (100, 30, 300)
    assert "takes 100" in questions.refused
    assert found.learnt is not None
    learnt.write(garden.path, found.learnt)
    told = Searcher(garden, encoder=WordEncoder(), config=replace(PLAIN, feedback=True))
    assert order(told, question(3))[0] == "03.txt"
    assert order(searcher, question(3))[0].startswith("soil"), (
        "a search without feedback is as before"
    )
    assert learnt.remove(garden.path)
    assert order(told, question(3))[0].startswith("soil")


def test_too_few_marks_teach_nothing(garden: Index) -> None:
    found = climbed(garden, right(asking(garden))[:29])
    assert found.learnt is None
    assert [step.marks for step in found.steps] == [29, 29, 0, 29]


def test_one_document_voted_up_for_everything_teaches_nothing(garden: Index) -> None:
    searcher = asking(garden)
    bought = [mark(searcher, question(n), "30.txt") for n in range(FLOWERS)]
    assert climbed(garden, bought).learnt is None
    found = climbed(garden, [*right(searcher), *bought])
    assert found.learnt is not None
    learnt.write(garden.path, found.learnt)
    told = Searcher(garden, encoder=WordEncoder(), config=replace(PLAIN, feedback=True))
    assert order(told, question(3))[0] == "03.txt"
    assert learnt.remove(garden.path)


def test_bad_votes_teach_nothing(garden: Index) -> None:
    searcher = asking(garden)
    voted = [mark(searcher, question(n), f"{n:02}.txt", "hit_bad") for n in range(FLOWERS)]
    assert climbed(garden, voted).learnt is None


def test_a_passage_counts_for_few_questions_and_the_last_mark_holds() -> None:
    def event(asked: str, passage: str, action: str = "hit_good") -> Event:
        return Event(action, "2026-01-01", asked, 1, (), Judged(passage, "a", 0, 1, 1))

    events = [event(f"question {n}", "aa") for n in range(9)]
    assert len(lessons_of(events, {"aa"})) == OF_EACH
    assert lessons_of(events, set()) == []
    once, more = event("One?", "aa"), event("one", "bb", "hit_bad")
    (told,) = lessons_of([once, more], {"aa", "bb"})
    assert (told.question, told.good, told.bad) == ("One?", frozenset(["aa"]), frozenset(["bb"]))
    assert lessons_of([once, event("one", "aa", "hit_bad")], {"aa"}) == []


def test_questions_that_ask_the_same_are_held_back_together() -> None:
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(40, 8))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    part = folds(np.concatenate([rows, rows]), 5)
    assert (part[:40] == part[40:]).all()
    assert set(part.tolist()) == set(range(5))


def test_the_least_change_puts_the_good_passage_above_the_others() -> None:
    draw = np.random.default_rng(1)
    asked, good, *others = draw.normal(size=(7, 32)) / 6
    change = least_change(asked, good, np.array(others))
    assert ((asked + change) @ (good - np.array(others)).T >= GAP - 1e-6).all()
    one = np.array(others[:1])
    apart = good - others[0]
    alone = least_change(asked, good, one)
    lacking = max(0.0, GAP - float(asked @ apart))
    assert np.allclose(alone, lacking / (apart @ apart) * apart), "of one it is the projection"


def test_a_question_moves_with_those_that_it_is_like() -> None:
    asked = np.eye(4)[:1]
    told = Lessons(asked=asked, moves=np.eye(4)[1:2], width=0.1, encoder="e")
    near, far = told.moved(np.eye(4)[0], "e"), told.moved(np.eye(4)[2], "e")
    assert near[1] == pytest.approx(2**-0.5)
    assert far[1] < 1e-4
    assert np.linalg.norm(near) == pytest.approx(1)
    assert (told.moved(np.eye(4)[0], "another") == np.eye(4)[0]).all()
    assert likeness(np.array([1.0]), 0.4) == 1


def test_isotonic_is_that_of_scipy_and_the_threshold_parts_right_from_wrong() -> None:
    draw = np.random.default_rng(2)
    for size in (1, 2, 9, 40):
        values = (draw.random(size) < np.linspace(0.1, 0.9, size)).astype(float)
        assert np.allclose(isotonic(values.tolist()), isotonic_regression(values).x)
    marks = [Marked(str(n), n / 10, n >= 5) for n in range(10)]
    assert fitted(marks, 0.22) == pytest.approx(0.45)
    assert fitted(marks[5:], 0.22) == fitted(marks[:5], 0.22) == 0.22
    assert [worth(marks[9], 0.45), worth(marks[0], 0.45), worth(marks[4], 0.3)] == [1, 0, -1]


def test_what_was_learnt_is_read_as_it_was_written(tmp_path: Path) -> None:
    asked = np.eye(3)[:2]
    told = Learnt("2026-01-01", 120, "e", 0.4, 0.2, None, learnt.moved(asked, -asked, 0.4))
    place = learnt.write(tmp_path / "index", told)
    assert place.stat().st_mode & 0o777 == 0o600
    assert learnt.read(tmp_path / "index") == told
    assert told.steps() == ["weights", "questions"]
    again = used(told)
    assert again.asked is not None
    assert again.moves is not None
    assert (again.asked == asked).all()
    assert (again.moves == -asked).all()


@pytest.mark.parametrize(
    "wrong",
    [b"", b"{", b"[]", b"{}", b'{"since": 1}', b'{"lexical": 7}', b'{"moved": {"asked": "!"}}'],
)
def test_a_file_that_holds_something_else_is_no_lesson(
    garden: Index, tmp_path: Path, wrong: bytes
) -> None:
    path = learnt.path_of(garden.path)
    good = json.dumps({"since": "", "marks": 1, "encoder": ""})
    told = {**json.loads(good), **json.loads(wrong)} if wrong[:1] + wrong[-1:] == b"{}" else None
    path.write_bytes(json.dumps(told).encode() if told and wrong != b"{}" else wrong)
    path.chmod(0o600)
    assert lessons(garden) is lessons(garden)
    assert lessons(garden).lexical is None
    assert learnt.remove(garden.path)


def test_the_commands_say_what_is_active_and_take_it_back(tmp_path: Path, notes: Path) -> None:
    index = str(tmp_path / "index")
    builder.build(notes, index)
    run = CliRunner().invoke
    nothing = run(train_command.main, ["adapt", index])
    assert nothing.exit_code == 2
    Feedback(index).add(Event("hit_good", "2026-01-01", "who?", 1, (), Judged("ab", "a", 0, 1, 1)))
    few = run(train_command.main, ["adapt", index, "--quiet"])
    assert few.exit_code == 1
    assert "1 mark of 0 questions, 1 of passages that are gone" in few.output
    assert "adapters    not tried: it takes 300 marked questions, and there are 0" in few.output
    learnt.write(index, Learnt("2026-01-01", 40, "e", 0.4))
    told = run(index_command.main, ["info", index]).output
    assert "learnt weights from 40 questions, since 2026-01-01" in told
    assert json.loads(run(index_command.main, ["info", index, "--json"]).output)["feedback"] == {
        "events": 1,
        "learnt": {"since": "2026-01-01", "marks": 40, "steps": ["weights"]},
    }
    undone = run(train_command.main, ["adapt", index, "--undo"])
    assert (undone.exit_code, "is removed" in undone.output) == (0, True)
    assert run(train_command.main, ["adapt", index, "--undo"]).exit_code == 1


def test_the_map_of_questions_lifts_what_was_marked(garden: Index) -> None:
    searcher = asking(garden)
    events = right(searcher)[:4]
    there = {event.what.passage for event in events if event.what is not None}
    held = Held(Trial(searcher), lessons_of(events, there))
    assert held.changes.shape == held.vectors.shape
    told = moved(held, held.all, Lessons())
    assert told.encoder == WordEncoder.digest
    for each, vector in zip(held.marks, held.vectors, strict=True):
        (row,) = (row for row, _ in rows_of(garden, each.good))
        passage = garden.take_vectors(np.array([row]))[0].astype(np.float64)
        assert told.moved(vector, told.encoder) @ passage > vector @ passage
