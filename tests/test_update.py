"""An index that was updated many times answers like one built afresh, and an update costs what
changed, no more.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lepton_local.config import BuildConfig, SearchConfig
from lepton_local.errors import LockedError
from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.indexing.commit import writer_lock
from lepton_local.search.record import result_record
from lepton_local.search.searcher import Searcher
from lepton_local.store.folder import Folder
from lepton_local.store.index import Index
from tests.conftest import WordEncoder

PLAIN = SearchConfig(rerank=False, answer=False)
WORDS = "otter heron river stone willow moss rain ferry lantern quay reed mill oar".split()
QUESTIONS = ["otter river", "where is the ferry", '"moss rain"', "lantern -quay", "mill reed oar"]


def text(chance: random.Random) -> str:
    lines = [
        " ".join(chance.choices(WORDS, k=12)).capitalize() + "."
        for _ in range(chance.randint(1, 60))
    ]
    return "# " + " ".join(chance.choices(WORDS, k=2)) + "\n\n" + "\n".join(lines) + "\n"


def answers(index: Index, encoder: WordEncoder) -> list[dict[str, Any]]:
    """What a user sees, without what may differ: the name of the index, its generation, and the
    clock.
    """
    searcher = Searcher(index, encoder=encoder, config=PLAIN)
    records = [result_record(searcher.answer(question, k=20)) for question in QUESTIONS]
    return [alike(record) for record in records]


def alike(record: Any) -> Any:
    """A record without what may differ."""
    if isinstance(record, list):
        return [alike(each) for each in record]
    if not isinstance(record, dict):
        return record
    differ = ("index", "generation", "indexes", "seconds")
    return {name: alike(value) for name, value in record.items() if name not in differ}


def edit(folder: Path, chance: random.Random) -> None:
    """One thing that happens to a folder of documents."""
    files = sorted(folder.rglob("*.md"))
    chosen = chance.choice(files)
    kind = chance.choice(["add", "change", "append", "remove", "move", "touch"])
    if kind == "add" or len(files) < 3:
        (folder / f"new{chance.randrange(10**6)}.md").write_text(text(chance))
    elif kind == "change":
        chosen.write_text(text(chance))
    elif kind == "append":
        chosen.write_text(chosen.read_text() + "\n## Later\n\n" + text(chance)[2:])
    elif kind == "remove":
        chosen.unlink()
    elif kind == "move":
        (folder / "moved").mkdir(exist_ok=True)
        chosen.rename(folder / "moved" / f"{chance.randrange(10**6)}.md")
    else:
        chosen.touch()


@pytest.mark.parametrize("seed", [1, 2])
def test_twenty_edits_equal_a_fresh_build(tmp_path: Path, encoder: WordEncoder, seed: int) -> None:
    chance = random.Random(seed)
    folder = tmp_path / "docs"
    folder.mkdir()
    for i in range(12):
        (folder / f"{i}.md").write_text(text(chance))
    builder.build(folder, tmp_path / "updated", encoder=encoder)
    for step in range(20):
        edit(folder, chance)
        index = builder.update(tmp_path / "updated", encoder=encoder).index
        if step == 9:
            index = builder.compact(tmp_path / "updated").index
    fresh = builder.build(folder, tmp_path / "fresh", encoder=encoder).index
    assert (index.documents, index.rows) == (fresh.documents, fresh.rows)
    assert json.dumps(answers(index, encoder)) == json.dumps(answers(fresh, encoder))
    assert all(finding.ok for finding in check(tmp_path / "updated", sources=True))
    compacted = builder.compact(tmp_path / "updated").index
    assert len(compacted.segments) == 1
    assert answers(compacted, encoder) == answers(fresh, encoder)


def test_a_report_tells_what_happened(tmp_path: Path, notes: Path, encoder: WordEncoder) -> None:
    first = builder.build(notes, tmp_path / "index", encoder=encoder)
    assert (first.added, first.passages, first.encoded) == (3, 5, 5)
    (notes / "bread.md").rename(notes / "loaf.md")
    (notes / "garden.txt").write_text("The beans were planted in June.\n")
    (notes / "rows.jsonl").unlink()
    (notes / "new.txt").write_text("A kite needs wind.\n")
    second = builder.update(tmp_path / "index", encoder=encoder)
    told = (second.added, second.changed, second.moved, second.removed, second.unchanged)
    assert told == (1, 1, 1, 1, 0)
    assert second.index.documents == 3
    third = builder.update(tmp_path / "index", encoder=encoder)
    assert third.unchanged == 3
    assert third.index.manifest.generation == second.index.manifest.generation


def test_of_two_copies_one_has_moved(tmp_path: Path, notes: Path, encoder: WordEncoder) -> None:
    builder.build(notes, tmp_path / "index", encoder=encoder)
    for name in ("loaf.md", "toast.md"):
        (notes / name).write_bytes((notes / "bread.md").read_bytes())
    (notes / "bread.md").unlink()
    told = builder.update(tmp_path / "index", encoder=encoder)
    assert (told.added, told.moved, told.removed, told.encoded) == (1, 1, 0, 0)


def test_a_file_of_unseen_blanks_is_skipped(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    (notes / "blank.txt").write_text(" \u00a0\u2003\n", encoding="utf-8")
    first = builder.build(notes, tmp_path / "index", encoder=encoder)
    assert [each.reason for each in first.skipped] == ["no text in it"]
    second = builder.update(tmp_path / "index", encoder=encoder)
    assert (second.added, second.unchanged, len(second.skipped)) == (0, 3, 1)


def test_many_updates_stay_few_segments(tmp_path: Path, notes: Path, encoder: WordEncoder) -> None:
    builder.build(notes, tmp_path / "index", encoder=encoder)
    for i in range(20):
        (notes / f"{i}.txt").write_text(f"Note {i} about {WORDS[i % len(WORDS)]}.")
        index = builder.update(tmp_path / "index", encoder=encoder).index
        assert len(index.segments) <= 8
    assert index.documents == 24
    folders = {path.name for path in (tmp_path / "index" / "segments").iterdir()}
    assert folders == {entry.name for entry in index.manifest.segments}


def test_a_segment_that_is_mostly_deleted_is_written_anew(
    tmp_path: Path, encoder: WordEncoder
) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    for i in range(10):
        (folder / f"{i}.txt").write_text(f"Note {i} about {WORDS[i]}.")
    builder.build(folder, tmp_path / "index", encoder=encoder)
    for i in range(5):
        (folder / f"{i}.txt").unlink()
    (entry,) = builder.update(tmp_path / "index", encoder=encoder).index.manifest.segments
    assert (entry.rows, entry.deleted_rows) == (10, 5)
    assert all(finding.ok for finding in check(tmp_path / "index"))
    deleted = tmp_path / "index" / entry.deleted
    whole = deleted.read_bytes()
    deleted.write_bytes(whole[:-8] + bytes(8))
    assert [finding.subject for finding in check(tmp_path / "index") if not finding.ok]
    deleted.write_bytes(whole)
    (folder / "5.txt").unlink()
    encoder.encoded.clear()
    (entry,) = builder.update(tmp_path / "index", encoder=encoder).index.manifest.segments
    assert (entry.rows, entry.deleted_rows) == (4, 0)
    assert encoder.encoded == []


def test_a_reader_keeps_its_snapshot(tmp_path: Path, notes: Path, encoder: WordEncoder) -> None:
    """Two readers while the index is updated, compacted and cleaned: each sees the generation it
    opened.
    """
    before = builder.build(notes, tmp_path / "index", encoder=encoder).index
    (notes / "kite.txt").write_text("A kite needs wind and string.\n")
    after = builder.update(tmp_path / "index", encoder=encoder).index
    (notes / "bread.md").unlink()
    builder.update(tmp_path / "index", encoder=encoder)
    builder.compact(tmp_path / "index")
    old = Searcher(before, encoder=encoder, config=PLAIN)
    new = Searcher(after, encoder=encoder, config=PLAIN)
    assert [hit.path for hit in old.search("sourdough starter rye", k=1)] == ["bread.md"]
    assert "kite.txt" not in {hit.path for hit in old.search("kite wind string", k=9)}
    assert [hit.path for hit in new.search("kite wind string", k=1)] == ["kite.txt"]


def test_everything_removed_leaves_an_empty_index(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    builder.build(notes, tmp_path / "index", encoder=encoder)
    for path in notes.iterdir():
        path.unlink()
    index = builder.update(tmp_path / "index", encoder=encoder, allow_deletions=True).index
    assert (index.documents, index.rows) == (0, 0)
    assert Searcher(index, encoder=encoder, config=PLAIN).search("bread") == []
    (notes / "back.txt").write_text("Bread again.\n")
    index = builder.update(tmp_path / "index", encoder=encoder).index
    assert [hit.path for hit in Searcher(index, encoder=encoder, config=PLAIN).search("bread")] == [
        "back.txt"
    ]


def test_one_writer_at_a_time(tmp_path: Path, notes: Path, encoder: WordEncoder) -> None:
    builder.build(notes, tmp_path / "index", encoder=encoder)
    with (
        writer_lock(Folder(tmp_path / "index")),
        pytest.raises(LockedError, match="another process"),
    ):
        builder.update(tmp_path / "index", encoder=encoder)


def test_processes_that_parse_make_the_same_index(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    one = builder.build(notes, tmp_path / "one", encoder=encoder).index
    two = builder.build(notes, tmp_path / "two", BuildConfig(workers=2), encoder=encoder).index
    assert answers(one, encoder) == answers(two, encoder)
    for a, b in zip(one.segments, two.segments, strict=True):
        assert np.array_equal(a.text.vectors[:], b.text.vectors[:])


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_many_segments_look_at_no_more_than_one(
    tmp_path: Path, encoder: WordEncoder, mode: str
) -> None:
    """More passages than candidates: the best of each segment must not be more than the best of
    all.
    """
    chance = random.Random(5)
    names = WORDS + [a + b for a in WORDS for b in WORDS[:6]]
    folder = tmp_path / "docs"
    folder.mkdir()
    for number in range(5):
        rows = [json.dumps({"text": " ".join(chance.choices(names, k=8))}) for _ in range(60)]
        (folder / f"{number}.jsonl").write_text("\n".join(rows))
        if not number:
            builder.build(folder, tmp_path / "updated", encoder=encoder)
    updated = builder.update(tmp_path / "updated", encoder=encoder).index
    fresh = builder.build(folder, tmp_path / "fresh", encoder=encoder).index
    assert len(updated.segments) > len(fresh.segments) == 1
    config = SearchConfig(mode=mode, rerank=False, answer=False, candidates=20)
    for _ in range(20):
        question = " ".join(chance.choices(WORDS, k=3))
        one, other = (
            Searcher(index, encoder=encoder, config=config).search(question, k=15)
            for index in (updated, fresh)
        )
        assert [(h.path, h.passage, h.score, h.why) for h in one] == [
            (h.path, h.passage, h.score, h.why) for h in other
        ]


def test_a_touched_file_counts_as_unchanged_and_takes_its_new_day(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    builder.build(notes, tmp_path / "index", encoder=encoder)
    os.utime(notes / "garden.txt", (0, 0))
    report = builder.update(tmp_path / "index", encoder=encoder)
    assert (report.changed, report.unchanged, report.encoded) == (0, 3, 0)
    found = Searcher(report.index, encoder=encoder, config=PLAIN)
    hits = found.search("tomatoes", filters=["before:1971-01-01"])
    assert [hit.path for hit in hits] == ["garden.txt"]
    assert builder.update(tmp_path / "index", encoder=encoder).passages == 0


def test_skipped_files_alone_make_no_new_generation(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    (notes / "a.pdf").write_bytes(b"no PDF")
    (notes / "b.txt").write_bytes(b"")
    first = builder.build(notes, tmp_path / "index", encoder=encoder).index
    second = builder.update(tmp_path / "index", encoder=encoder).index
    assert [each.source.path for each in first.manifest.skipped] == ["a.pdf", "b.txt"]
    assert second.manifest == first.manifest
