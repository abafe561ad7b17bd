"""The same text in many places is one hit with all its places, and counts once for an answer."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
import pytest

from lepton_local.cli.screen import columns
from lepton_local.cli.show import hit_lines, paths
from lepton_local.config import SearchConfig
from lepton_local.evaluation.evaluate import evaluate
from lepton_local.indexing import builder
from lepton_local.models.calibration import Calibration
from lepton_local.models.roles import PassageText, Reading, Span
from lepton_local.search.copies import copies
from lepton_local.search.record import hit_record
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index
from tests.conftest import WordEncoder
from tests.test_update import alike

OTTER = "# Otter\n\nOtters hold hands while they sleep on the river.\n"


def searcher(index: Index, encoder: WordEncoder, mode: str = "hybrid") -> Searcher:
    return Searcher(
        index, encoder=encoder, config=SearchConfig(mode=mode, rerank=False, answer=False)
    )


@pytest.fixture
def index(tmp_path: Path, notes: Path, encoder: WordEncoder) -> Index:
    """The notes, with copies of one more file."""
    for name in ("otter.md", "copy of otter.md", "deep/otter.md", "old.md", "older.md", "z.md"):
        (notes / name).parent.mkdir(exist_ok=True)
        (notes / name).write_text(OTTER)
    return builder.build(notes, tmp_path / "index", encoder=encoder).index


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_copies_are_one_hit_with_all_its_places(
    index: Index, encoder: WordEncoder, mode: str
) -> None:
    hits = searcher(index, encoder, mode).search("otters sleep river", k=4)
    found = hits[0]
    places = {found.path, *(place.path for place in found.also)}
    assert places == {
        "otter.md", "copy of otter.md", "deep/otter.md", "old.md", "older.md", "z.md"
    }  # fmt: skip
    assert list(found.also) == sorted(found.also, key=lambda place: (place.path, place.start))
    texts = [(hit.passage.heading, hit.passage.text) for hit in hits]
    assert len(set(texts)) == len(texts), "k counts passages that differ"
    assert encoder.encoded.count(f"{found.passage.heading}\n{found.passage.text}") == 1


def test_a_passage_that_a_document_repeats_is_one_hit(tmp_path: Path, encoder: WordEncoder) -> None:
    lines = "".join(
        f'{{"_id": "{i}", "text": "The heron stands still."}}\n' for i in ("a", "b", "c")
    )
    (tmp_path / "rows.jsonl").write_text(lines)
    index = builder.build(tmp_path / "rows.jsonl", tmp_path / "index", encoder=encoder).index
    (hit,) = searcher(index, encoder).search("heron")
    assert hit.passage.document == "rows.jsonl#a"
    assert [place.document for place in hit.also] == ["rows.jsonl#b", "rows.jsonl#c"]


def test_the_same_words_under_another_heading_are_another_hit(
    tmp_path: Path, encoder: WordEncoder
) -> None:
    """ "Yes." answers two questions in two ways."""
    (tmp_path / "a.md").write_text("# May dogs come in?\n\nYes, at all times.\n")
    (tmp_path / "b.md").write_text("# May guests smoke?\n\nYes, at all times.\n")
    index = builder.build(tmp_path, tmp_path / "index", encoder=encoder).index
    hits = searcher(index, encoder).search("yes at all times")
    assert sorted(hit.path for hit in hits) == ["a.md", "b.md"]
    assert not any(hit.also for hit in hits)


def test_equal_vectors_are_not_taken_for_equal_texts(tmp_path: Path, encoder: WordEncoder) -> None:
    """The encoder counts words: another order of them gives the same vector."""
    (tmp_path / "a.txt").write_text("the dog bites the man")
    (tmp_path / "b.txt").write_text("the man bites the dog")
    (tmp_path / "c.txt").write_text("the dog bites the man")
    index = builder.build(tmp_path, tmp_path / "index", encoder=encoder).index
    assert copies(index, np.arange(3)).tolist() == [0, 1, 0]
    hits = searcher(index, encoder, "dense").search("dog man")
    assert [len(hit.also) for hit in hits] == [1, 0]


def test_many_copies_do_not_crowd_out_the_rest(tmp_path: Path, encoder: WordEncoder) -> None:
    """More copies of the best passage than there are candidates: `k` passages are found even so."""
    for i in range(50):
        (tmp_path / f"copy{i:02}.txt").write_text("The ferry leaves the quay at noon.")
    for i in range(5):
        (tmp_path / f"other{i}.txt").write_text(f"The ferry needs {i} hours, more or less.")
    index = builder.build(tmp_path, tmp_path / "index", encoder=encoder).index
    config = SearchConfig(rerank=False, answer=False, candidates=10)
    hits = Searcher(index, encoder=encoder, config=config).search("ferry quay noon", k=4)
    assert len(hits) == 4
    assert hits[0].path == "copy00.txt"
    assert len(hits[0].also) == 49


def test_filters_hold_for_the_other_places_too(index: Index, encoder: WordEncoder) -> None:
    found = searcher(index, encoder).search("otters sleep", filters=["path:old*", "-path:older.md"])
    assert [(hit.path, hit.also) for hit in found] == [("old.md", ())]


def test_segments_make_no_difference(tmp_path: Path, notes: Path, encoder: WordEncoder) -> None:
    (notes / "one.md").write_text(OTTER)
    builder.build(notes, tmp_path / "updated", encoder=encoder)
    (notes / "two.md").write_text(OTTER)
    (notes / "again.md").write_text(OTTER)
    updated = builder.update(tmp_path / "updated", encoder=encoder).index
    fresh = builder.build(notes, tmp_path / "fresh", encoder=encoder).index
    assert len(updated.segments) == 2

    def shown(index: Index) -> str:
        hits = searcher(index, encoder).search("otters river", k=9)
        return json.dumps(alike([hit_record(hit, rank) for rank, hit in enumerate(hits, 1)]))

    assert shown(updated) == shown(fresh)


def test_similar_names_each_document_once(index: Index, encoder: WordEncoder) -> None:
    hits = searcher(index, encoder).similar("otter.md", k=3)
    assert hits[0].path == "copy of otter.md"
    assert len(hits[0].also) == 4
    named = [hit.passage.document for hit in hits]
    named += [place.document for hit in hits for place in hit.also]
    assert len(named) == len(set(named))


class EchoReader:
    """A reader that is equally sure of one word wherever it stands."""

    name, digest = "echo", "sha256:echo"
    languages = frozenset({"en"})
    calibration = Calibration()

    def read(self, question: str, passages: Sequence[PassageText]) -> list[Reading]:
        found = []
        for passage in passages:
            at = passage.text.find("hands")
            spans = (Span(at, at + 5, 4.0),) if at >= 0 else ()
            found.append(Reading(0.0, spans))
        return found


def test_copies_do_not_make_an_answer_surer(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    (notes / "otter.md").write_text(OTTER)
    builder.build(notes, tmp_path / "index", encoder=encoder)

    def confidence() -> float:
        index = builder.update(tmp_path / "index", encoder=encoder).index
        config = SearchConfig(mode="dense", rerank=False)
        asked = Searcher(index, encoder=encoder, reader=EchoReader(), config=config)
        result = asked.answer("What do otters hold?")
        return 1 - result.null_confidence

    alone = confidence()
    assert 0 < alone < 1
    for i in range(9):
        (notes / f"copy{i}.md").write_text(OTTER)
    assert confidence() == alone


def test_a_copy_is_found_by_its_own_id(tmp_path: Path, encoder: WordEncoder) -> None:
    """A test set may call any of two equal documents the relevant one."""
    folder = tmp_path / "set"
    (folder / "qrels").mkdir(parents=True)
    rows = [("d1", "A heron stands still."), ("d2", "A heron stands still."), ("d3", "A mill.")]
    (folder / "corpus.jsonl").write_text(
        "".join(json.dumps({"_id": i, "title": "", "text": t}) + "\n" for i, t in rows)
    )
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "heron stands"}\n')
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\td2\t1\n")
    index = builder.build(folder / "corpus.jsonl", tmp_path / "index", encoder=encoder).index
    measured = evaluate(searcher(index, encoder), folder)
    assert (measured["recall@100"], measured["mrr@10"]) == (1.0, 0.5)


def test_the_terminal_names_three_other_places(index: Index, encoder: WordEncoder) -> None:
    (hit,) = searcher(index, encoder).search("otters sleep river", k=1)
    said = [click.unstyle(line) for line in hit_lines(hit, 1, index="ix", why=False)]
    told = " ".join(line.strip() for line in said).split("also in: ")[1]
    names = [f"{each.document}:{each.line}" for each in hit.also]
    assert told == f"{', '.join(names[:3])}, and 2 more"
    assert all(len(line) <= columns() for line in said)


def test_paths_are_named_once_each_with_copies_behind(
    index: Index, notes: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(notes)
    hits = searcher(index, encoder).search("otters sleep river", k=9)
    named = list(paths(hits))
    assert len(named) == len(set(named)) == 9
    assert named[: len(hits[0].also) + 1] == [
        os.path.normpath(name) for name in (hits[0].path, *(each.path for each in hits[0].also))
    ]


def test_json_tells_every_place(index: Index, encoder: WordEncoder) -> None:
    (hit,) = searcher(index, encoder).search("otters sleep river", k=1)
    record = json.loads(json.dumps(hit_record(hit, 1)))
    assert len(record["also"]) == 5
    assert record["also"][0].keys() == {
        *("index", "root", "path", "document", "mark", "line", "start", "end")
    }
    for each in record["also"]:
        text = (Path(each["root"]) / each["path"]).read_text()
        assert text[each["start"] : each["end"]] == record["text"]
