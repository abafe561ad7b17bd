"""Words of a talk that a question leans on are asked along with it, and no others."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning  # type: ignore[import-untyped]
from sklearn.neural_network import MLPClassifier  # type: ignore[import-untyped]

from lepton_local.search.follow import MOST_WORDS, Net, Turn, carry, complete
from lepton_local.searched import Origin


def told(question: str, *talk: Turn | str) -> set[str]:
    turns = [Turn(each) if isinstance(each, str) else each for each in talk]
    return {each.word.lower() for each in carry(question, turns)}


def test_a_question_that_points_back_takes_what_was_asked_about() -> None:
    assert told("Is it treatable?", "What is throat cancer?") == {"throat", "cancer"}
    origins = carry("Is it treatable?", [Turn("What is throat cancer?")])
    assert origins == (Origin("throat", 1, "question"), Origin("cancer", 1, "question"))
    assert complete("Is it treatable?", ["throat", "cancer"]) == "Is throat cancer treatable?"


def test_after_another_subject_this_is_what_is_meant() -> None:
    talk = ["What is throat cancer?", "Is it treatable?", "Tell me about lung cancer."]
    found = told("What are its symptoms?", *talk)
    assert "lung" in found
    assert "throat" not in found
    assert all(each.turn == 3 for each in carry("Can it spread?", [Turn(one) for one in talk]))


def test_names_in_answers_are_taken_too() -> None:
    turn = Turn("What group disbanded?", "Zappa and the Mothers of Invention", "Frank Zappa")
    origins = carry("When did they disband?", [turn])
    assert "Zappa" in {each.word for each in origins}
    assert {each.of for each in origins} <= {"answer", "title"}


@pytest.mark.parametrize(
    ("question", "before"),
    [
        ("how do otters sleep?", "how is the sourdough starter fed?"),
        ("who planted the tomatoes?", "sourdough bread"),
        ("wie lange dauert der Urlaub bei Krankheit?", "what is the notice period?"),
        ("通知期限是多久？", "what is the notice period?"),  # noqa: RUF001
        ("How many days of parental leave does a manager get?", "what is a stale hit?"),
    ],
)
def test_a_question_that_stands_alone_takes_nothing(question: str, before: str) -> None:
    assert told(question, before) == set()
    assert told(question) == set()


def test_the_same_talk_gives_the_same_words_and_never_many() -> None:
    words = " ".join(f"harbour{number} barge{number}" for number in range(40))
    talk = [Turn(f"Tell me about {words}", f"the {words}", words)] * 30
    once = carry("and when were they built?", talk)
    assert once == carry("and when were they built?", talk)
    assert len(once) <= MOST_WORDS


def test_a_net_gives_what_the_library_it_was_trained_by_gives() -> None:
    rng = np.random.default_rng(0)
    table = rng.integers(0, 5, (64, 6)).astype(float)
    wanted = table[:, 0] > table[:, 1]
    logs = np.log1p(table)
    mean, scale = logs.mean(0), logs.std(0)
    other = MLPClassifier((4,), max_iter=20, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        other.fit((logs - mean) / scale, wanted)
    (hidden, out), (bias, base) = other.coefs_, other.intercepts_
    net = Net(mean, scale, hidden, bias, out[:, 0], float(base[0]))
    expected = other.predict_proba((logs - mean) / scale)[:, 1]
    np.testing.assert_allclose(net(table), expected)
