"""Stored questions have vectors of their own in the index: none is made when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from lepton_local.config import BuildConfig, SearchConfig
from lepton_local.errors import InputError
from lepton_local.indexing import builder, fields
from lepton_local.indexing.check import check
from lepton_local.search.faq import Entry, plainly, reply
from lepton_local.search.searcher import Searcher
from lepton_local.search.stored import near_duplicates
from lepton_local.store.index import Index
from lepton_local.store.names import QUESTION
from lepton_local.store.union import union
from tests.conftest import WordEncoder
from tests.test_fields import Letters

ASKED = ("is there any way to return a book", "opening hours", "what of the garden", "pay by card?")


class Telling(WordEncoder):
    """Keeps the questions that it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: list[str] = []

    def encode(
        self,
        texts: Sequence[str],
        *,
        kind: str = "passage",
        progress: Callable[[int], None] | None = None,
    ) -> np.ndarray:
        if kind == "question":
            self.questions.extend(texts)
        return super().encode(texts, kind=kind, progress=progress)


@pytest.fixture
def help_desk(tmp_path: Path) -> Path:
    folder = tmp_path / "help"
    folder.mkdir()
    (folder / "desk.csv").write_text(
        "question,answer\nCan I return a book?,Within thirty days.\n"
        "Can I pay by card?,Yes.\nMay I pay by card?,Yes.\n"
    )
    (folder / "hours.md").write_text(
        "# Hours\n\nWe are a shop.\n\n## When do you open?\n\nAt nine, but for Sunday.\n"
    )
    (folder / "garden.txt").write_text("The garden is behind the house.\n")
    return folder


def asked(
    index: str | Index, encoder: WordEncoder, words: str, **fields: WordEncoder
) -> list[tuple[str, str, float, str]]:
    index = Index.open(index) if isinstance(index, str) else index
    config = plainly(SearchConfig(), index)
    with Searcher(index, encoder=encoder, config=config, fields=fields) as searcher:
        return [told(each) for each in reply(searcher, words, k=9).entries]


def told(entry: Entry) -> tuple[str, str, float, str]:
    return entry.question, entry.answer, entry.score, entry.hit.passage.document


def same(one: list[tuple[str, str, float, str]], other: list[tuple[str, str, float, str]]) -> bool:
    """Vectors in an index have 16 bits a number, those that are made when asked 32."""
    return all(
        a[:2] == b[:2] and a[3] == b[3] and abs(a[2] - b[2]) < 1e-3
        for a, b in zip(one, other, strict=True)
    )


def all_well(place: Path) -> bool:
    return all(finding.ok for finding in check(place))


def test_a_question_is_the_only_thing_that_is_encoded_when_it_is_asked(
    help_desk: Path, tmp_path: Path
) -> None:
    encoder = Telling()
    index = builder.build([help_desk], tmp_path / "index", encoder=encoder).index
    (segment,) = index.segments
    assert len(segment.fields[QUESTION].rows()) == 4  # the shop and the garden stand below none
    assert index.manifest.encoders[QUESTION] == index.manifest.encoder
    for question in ASKED:
        encoder.questions.clear()
        assert asked(index.place, encoder, question)
        assert encoder.questions == [question]
    encoder.questions.clear()
    ((likeness, one, other),) = near_duplicates(Index.open(index.place), encoder, least=0.7)
    assert {one.question, other.question} == {"Can I pay by card?", "May I pay by card?"}
    assert likeness == pytest.approx(0.8, abs=0.01)
    assert not encoder.questions
    assert all_well(tmp_path / "index")


def test_an_index_without_them_is_asked_as_before(
    help_desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = Telling()
    new = builder.build([help_desk], tmp_path / "new", encoder=encoder).index
    with monkeypatch.context() as patch:
        patch.setattr(builder, "with_questions", lambda storage, written, *_: written)
        old = builder.build([help_desk], tmp_path / "old", encoder=encoder).index
    assert QUESTION not in old.manifest.encoders
    for question in ASKED:
        assert same(asked(new.place, encoder, question), asked(old.place, encoder, question))
    pairs = [near_duplicates(Index.open(each.place), encoder, least=0.5) for each in (new, old)]
    assert [each[1:] for each in pairs[0]] == [each[1:] for each in pairs[1]]
    # Some rows have a vector once it is updated, and the others are asked in the old way.
    (help_desk / "more.csv").write_text("question,answer\nDo you sell maps?,We do.\n")
    mixed = builder.update(old.place, encoder=encoder).index
    fresh = builder.build([help_desk], tmp_path / "fresh", encoder=encoder).index
    for question in (*ASKED, "maps for sale"):
        assert same(asked(mixed.place, encoder, question), asked(fresh.place, encoder, question))
    joined = builder.compact(mixed.place).index
    assert len(joined.segments[0].fields[QUESTION].rows()) == 1
    assert all_well(tmp_path / "old")


def test_updates_and_joins_keep_them(help_desk: Path, tmp_path: Path) -> None:
    encoder = Telling()
    place = builder.build([help_desk], tmp_path / "index", encoder=encoder).index.place
    (help_desk / "more.csv").write_text("question,answer\nDo you sell maps?,We do.\n")
    (help_desk / "hours.md").unlink()
    encoder.questions.clear()
    builder.update(place, encoder=encoder)
    assert encoder.questions == ["Do you sell maps?"]
    index = builder.compact(place).index
    assert len(index.segments[0].fields[QUESTION].rows()) == 4
    fresh = builder.build([help_desk], tmp_path / "fresh", encoder=encoder).index
    for question in (*ASKED, "maps for sale"):
        assert asked(place, encoder, question) == asked(fresh.place, encoder, question)
    assert all_well(tmp_path / "index")
    for name in ("more.csv", "desk.csv"):
        (help_desk / name).unlink()
    builder.update(place, encoder=encoder, allow_deletions=True)
    index = builder.compact(place).index
    assert QUESTION not in index.manifest.encoders
    assert not asked(place, encoder, "maps for sale")
    assert all_well(tmp_path / "index")


def test_several_indexes_are_asked_by_what_all_of_them_have(
    help_desk: Path, tmp_path: Path
) -> None:
    encoder = Telling()
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "note.txt").write_text("Nothing here asks.\n")
    one = builder.build([help_desk], tmp_path / "one", encoder=encoder).index
    bare = builder.build([tmp_path / "bare"], tmp_path / "two", encoder=encoder).index
    alone = asked(one.place, encoder, ASKED[0])
    both = asked(union([one, bare]), encoder, ASKED[0])
    assert [each[0] for each in alone] == [each[0] for each in both]


def test_somebody_elses_field_of_that_name_stays_theirs(help_desk: Path, tmp_path: Path) -> None:
    encoder, letters = Telling(), Letters()
    config = BuildConfig(further=("models/question",))
    made = {"question": letters}
    index = builder.build(
        [help_desk], tmp_path / "index", config, encoder=encoder, fields=made
    ).index
    assert index.manifest.encoders[QUESTION].digest == letters.digest
    assert asked(index, encoder, ASKED[0], question=letters)[0][0] == "Can I return a book?"
    bare = builder.build([help_desk / "garden.txt"], tmp_path / "bare", encoder=encoder).index
    with pytest.raises(InputError, match="cannot be the name of a field"):
        fields.add(bare.place, "letters", name=QUESTION, encoder=letters)
