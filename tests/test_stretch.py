"""Answers of whole sentences, steps and code, where a question wants them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import numpy as np
import pytest

from lepton_local.cli.show import result_lines
from lepton_local.config import SearchConfig
from lepton_local.indexing import builder
from lepton_local.models.roles import PassageText
from lepton_local.search.record import result_record
from lepton_local.search.searcher import Searcher
from lepton_local.search.wants import PHRASE, SENTENCES, wanted
from lepton_local.serve.page import result_page
from lepton_local.store.index import Index
from lepton_local.types import Answer
from tests.conftest import WordEncoder
from tests.test_search import Needle

ROOF = """# Roof

The roof of the boathouse leaks in every storm from the west.
Water comes in because the slates have slipped from the battens.
They slipped since the nails have rusted through in the salt air.
A new roof costs nine hundred crowns with the labour.
"""
OVEN = """# Oven

The bakers light it at four in the morning, every day but Sunday. To light the oven:

1. Open the damper of the oven as far as it goes.
2. Lay dry birch on the grate of the oven,
   which was split a year ago.
3. Close the damper to a finger's width.

The oven was built by the brothers Holm long ago.
"""
BOAT = """# Boat

The hull of the boat is made of larch, and the mast of fir. To build the boat, type this:

```
make hull
make mast
```

Then the boat is launched with a bottle of cider.
"""


class Fond(Needle):
    """A judge and reader; the judge likes a text by the words of `liked` that stand in it."""

    def __init__(self, words: str, **liked: float) -> None:
        super().__init__(words)
        self.liked = liked

    def score(self, question: str, passages: Sequence[PassageText]) -> np.ndarray:
        told = [sum(n for w, n in self.liked.items() if w in p.text) for p in passages]
        return np.array(told, dtype=np.float32) - 9.0


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("harbour")
    for name, text in (("roof", ROOF), ("oven", OVEN), ("boat", BOAT)):
        (folder / "docs").mkdir(exist_ok=True)
        (folder / "docs" / f"{name}.md").write_text(text)
    with builder.build(folder / "docs", folder / "index", encoder=WordEncoder()).index as built:
        yield built


def asking(index: Index, model: Needle) -> Searcher:
    return Searcher(index, encoder=WordEncoder(), reranker=model, reader=model)


def stands(answer: Answer) -> bool:
    file = Path(os.path.join(answer.hit.root, answer.hit.path)).read_text()
    line = file.splitlines()[answer.line - 1]
    there = file[answer.start : answer.end] == answer.text
    return there and line[answer.column - 1 :].startswith(answer.text.splitlines()[0])


@pytest.mark.parametrize(
    "question",
    [
        "why does the roof leak?",
        "And how do I light the oven?",
        "Could you please explain the lease",
        "what does --also do?",
        "what does 'moot' mean?",
        "What are the steps to renew a passport?",
        "what should I do if the index is stale?",
        "Wie zündet man den Ofen an?",
        "Pourquoi le toit fuit-il ?",
        "¿Por qué gotea el techo?",
    ],
)
def test_how_and_why_want_sentences(question: str) -> None:
    assert wanted(question) == SENTENCES


@pytest.mark.parametrize(
    "question",
    [
        "who built the oven?",
        "how many boats are there?",
        "how long is the loaf baked?",
        "How likely is rain?",
        "how is the larger boat called?",
        "what is the rent?",
        "Wie viele Boote gibt es?",
        "Wie heißt der Hafen?",
        "the reason why nails rust",
        "explaining",
    ],
)
def test_what_a_phrase_answers_wants_none(question: str) -> None:
    assert wanted(question) == PHRASE


def test_a_reason_is_its_whole_sentence(index: Index) -> None:
    model = Fond("slates", because=16.0)
    result = asking(index, model).answer("why does the roof leak?")
    answer = result.answer
    assert answer is not None
    assert answer.text == "Water comes in because the slates have slipped from the battens."
    assert answer.kind == SENTENCES
    assert stands(answer)
    assert answer.quote == answer.text
    assert all(other.text not in answer.text for other in result.answers)
    assert result.null_confidence == pytest.approx(1 - answer.confidence)
    record = result_record(result)["answer"]
    assert (record["kind"], record["start"]) == (SENTENCES, answer.start)

    shown = [click.unstyle(line) for line in result_lines(result, index="i", answering=True)]
    assert shown[0] == answer.text
    assert sum(answer.text in line for line in shown[:4]) == 1
    assert result_page(result, skipped=0, k=10).count(f">{answer.text}<") == 1


def test_other_questions_get_a_phrase_and_so_does_whoever_wants_one(index: Index) -> None:
    searcher = asking(index, Fond("slates", because=16.0))
    for result in (
        searcher.answer("what leaks on the roof?"),
        searcher.answer("why does the roof leak?", whole=False),
    ):
        assert result.answer is not None
        assert (result.answer.text, result.answer.kind) == ("slates", PHRASE)


def test_a_stretch_grows_while_the_judge_likes_it_better(index: Index) -> None:
    model = Fond("slates", because=16.0, since=1.0)
    answer = asking(index, model).answer("why does the roof leak?").answer
    assert answer is not None
    assert answer.text.startswith("Water comes in because")
    assert answer.text.endswith("in the salt air.")
    assert stands(answer)
    model.liked["since"] = 0.4
    shorter = asking(index, model).answer("why does the roof leak?").answer
    assert shorter is not None
    assert shorter.text.endswith("from the battens.")


@pytest.mark.parametrize("liked", ["To light the oven:", "birch", "split a year", "finger's width"])
def test_steps_are_all_the_items_of_their_list(index: Index, liked: str) -> None:
    model = Fond("birch", **{liked: 16.0})
    answer = asking(index, model).answer("how do I light the oven?").answer
    assert answer is not None
    assert answer.text.startswith("To light the oven:\n\n1. Open")
    assert answer.text.endswith("3. Close the damper to a finger's width.")
    assert stands(answer)
    shown = asking(index, model).answer("how do I light the oven?")
    lines = [click.unstyle(line) for line in result_lines(shown, index="i", answering=True)]
    assert "3. Close the damper to a finger's width." in lines


def test_code_goes_with_the_sentence_that_announces_it(index: Index) -> None:
    model = Fond("make mast", **{"type this:": 16.0})
    result = asking(index, model).answer("how is the boat built?")
    answer = result.answer
    assert answer is not None
    assert answer.text == "To build the boat, type this:\n\n```\nmake hull\nmake mast\n```"
    assert stands(answer)
    lines = [click.unstyle(line) for line in result_lines(result, index="i", answering=True)]
    assert lines[lines.index("make hull") + 1] == "make mast"


def test_a_phrase_that_is_surer_gives_its_sentence(index: Index) -> None:
    answer = asking(index, Fond("salt air", launched=8.0)).answer("why does the roof leak?").answer
    assert answer is not None
    assert answer.text == "They slipped since the nails have rusted through in the salt air."
    assert answer.kind == SENTENCES
    assert stands(answer)


def test_sentences_that_are_not_sure_enough_are_a_guess(index: Index) -> None:
    result = asking(index, Fond("nowhere", because=11.0)).answer("why does the roof leak?")
    assert result.answer is None
    assert [each.text for each in result.guesses] == [
        "Water comes in because the slates have slipped from the battens."
    ]
    none = asking(index, Fond("nowhere")).answer("why does the roof leak?")
    assert (none.answer, none.guesses) == (None, ())


def test_without_a_judge_a_phrase_answers(index: Index) -> None:
    config = SearchConfig(rerank=False)
    searcher = Searcher(index, encoder=WordEncoder(), reader=Needle("slates"), config=config)
    answer = searcher.answer("why does the roof leak?").answer
    assert answer is not None
    assert (answer.text, answer.kind) == ("slates", PHRASE)
