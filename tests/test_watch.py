"""Watching: what changes is taken in within seconds, whatever goes wrong meanwhile; and whoever
searches at the same time sees whole generations.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import watchfiles
from click.testing import CliRunner

from lepton_local.cli.index import main as index_command
from lepton_local.config import BuildConfig, SearchConfig
from lepton_local.errors import InputError, LockedError, NoIndexError
from lepton_local.indexing import builder, watch
from lepton_local.indexing.commit import writer_lock
from lepton_local.indexing.report import Report
from lepton_local.search.searcher import Searcher
from lepton_local.store.folder import Folder
from lepton_local.store.index import Index
from lepton_local.types import Skipped, Source
from tests.conftest import WordEncoder

LONG = 60.0  # seconds: a sweep that must not be what finds a change


class Watched:
    """An index under watch, and how its updates went."""

    def __init__(self, corpus: Path, index: Path, encoder: WordEncoder, **times: float) -> None:
        self.calls = 0
        self.encoder = encoder
        self.index = builder.build(corpus, index, encoder=encoder).index.path
        self.outcomes = watch.updates(self.index, self._update, **{"sweep": LONG, **times})

    def _update(self) -> Report:
        self.calls += 1
        return builder.update(self.index, encoder=self.encoder)

    def report(self) -> Report:
        """What came of the next update, which must not have failed."""
        outcome = next(self.outcomes)
        assert isinstance(outcome, Report), outcome
        return outcome


@pytest.fixture
def times() -> dict[str, float]:
    return {}


@pytest.fixture
def watched(
    tmp_path: Path, notes: Path, encoder: WordEncoder, times: dict[str, float]
) -> Iterator[Watched]:
    made = Watched(notes, tmp_path / "index", encoder, **times)
    yield made
    made.outcomes.close()  # type: ignore[attr-defined]


def test_each_change_is_taken_in(watched: Watched, notes: Path) -> None:
    (notes / "before.txt").write_text("Written while nobody watched.\n")
    assert watched.report().added == 1
    (notes / "garden.txt").write_text("The beans were planted in June.\n")
    assert watched.report().changed == 1
    (notes / "bread.md").rename(notes / "loaf.md")
    assert watched.report().moved == 1
    (notes / "deep" / "down").mkdir(parents=True)
    (notes / "deep" / "down" / "new.txt").write_text("A kite needs wind.\n")
    assert watched.report().added == 1
    (notes / "deep" / "down" / "new.txt").unlink()
    assert watched.report().removed == 1
    (notes / ".gitignore").write_text("garden.txt\n")
    assert watched.report().removed == 1
    assert watched.calls == 6


def test_many_changes_at_once_are_few_updates(watched: Watched, notes: Path) -> None:
    watched.report()
    for i in range(50):
        (notes / f"{i}.txt").write_text(f"Note {i}.\n")
    added = 0
    while added < 50:
        added += watched.report().added
    assert watched.calls <= 4, "two, unless the machine is slow"


@pytest.mark.parametrize("times", [{"sweep": 3.0}])
def test_the_index_and_hidden_files_wake_nobody(
    notes: Path, encoder: WordEncoder, times: dict[str, float]
) -> None:
    watched = Watched(notes, notes / "index", encoder, **times)
    (notes / "new.txt").write_text("An update that writes.\n")
    watched.report()
    began = time.monotonic()
    (notes / ".hidden.txt").write_text("No document.\n")
    (notes / ".git").mkdir()
    (notes / ".git" / "note.txt").write_text("No document.\n")
    assert watched.report().added == 0
    assert time.monotonic() - began > 2.5, "the sweep, and no event"


@pytest.mark.parametrize("times", [{"sweep": 1.0}])
def test_a_sweep_finds_what_events_miss(
    watched: Watched, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_events(*paths: str, **options: Any) -> Iterator[set[Any]]:
        while True:
            yield set()
            time.sleep(0.1)

    monkeypatch.setattr(watch, "watch", no_events)
    watched.report()
    (notes / "far.txt").write_text("Written on another machine.\n")
    assert watched.report().added == 1


def test_files_are_looked_at_where_there_are_no_events(
    watched: Watched, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def used_up(*paths: str, **options: Any) -> Iterator[set[Any]]:
        if not options["force_polling"]:
            raise OSError("OS file watch limit reached.")
        return watchfiles.watch(*paths, **{**options, "poll_delay_ms": 100})

    monkeypatch.setattr(watch, "watch", used_up)
    watched.report()
    (notes / "new.txt").write_text("A kite needs wind.\n")
    assert watched.report().added == 1


def test_a_root_that_is_one_file(tmp_path: Path, encoder: WordEncoder) -> None:
    file = tmp_path / "diary.txt"
    file.write_text("Monday.\n")
    watched = Watched(file, tmp_path / "index", encoder)
    watched.report()
    for day in ("Tuesday", "Wednesday"):  # as editors save: a new file takes the place of the old
        (tmp_path / "draft").write_text(f"Today is {day}.\n")
        (tmp_path / "draft").replace(file)
        assert watched.report().changed == 1


def test_a_name_that_is_no_text_does_not_end_it(watched: Watched, notes: Path) -> None:
    watched.report()
    with open(os.path.join(os.fsencode(notes), b"caf\xe9.md"), "w") as file:
        file.write("x")
    assert [each.reason for each in watched.report().skipped] == [
        "its name is not valid UTF-8; rename it"
    ]
    (notes / "new.txt").write_text("A kite needs wind.\n")
    assert watched.report().added == 1


def test_a_folder_whose_name_is_no_text_does_not_end_it(
    notes: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    """The system's events break off at it, as soon as they begin."""
    os.mkdir(os.path.join(os.fsencode(notes), b"caf\xe9"))
    watched = Watched(notes, tmp_path / "index", encoder)
    watched.report()
    (notes / "new.txt").write_text("A kite needs wind.\n")
    while not (told := watched.report()).added:
        assert watched.calls < 9
    assert told.added == 1


def test_no_watch_at_all_is_no_endless_haste(
    watched: Watched, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*paths: str, **options: Any) -> Iterator[set[Any]]:
        raise OSError("no watch")

    monkeypatch.setattr(watch, "watch", none)
    watched.report()
    (notes / "new.txt").write_text("A kite needs wind.\n")
    began = time.monotonic()
    assert watched.report().added == 1
    assert time.monotonic() - began > watch.QUIET / 1000 / 2


def test_a_root_that_is_gone_is_waited_for(watched: Watched, notes: Path) -> None:
    watched.report()
    away = notes.rename(notes.with_name("away"))
    outcome = next(watched.outcomes)
    assert isinstance(outcome, InputError)
    assert "is not there, and its documents are kept (3 indexed files)" in str(outcome)
    (away / "new.txt").write_text("A kite needs wind.\n")
    away.rename(notes)
    assert watched.report().added == 1
    (notes / "more.txt").write_text("It is watched as before.\n")
    assert watched.report().added == 1


@pytest.mark.parametrize("times", [{"retry": 0.2}])
def test_a_failed_update_is_tried_again(watched: Watched) -> None:
    with writer_lock(Folder(watched.index)):
        assert isinstance(next(watched.outcomes), LockedError)
        assert isinstance(next(watched.outcomes), LockedError)
    assert watched.report().unchanged == 3


def test_the_encoder_is_loaded_when_it_is_needed_and_kept(
    notes: Path, tmp_path: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []

    def make(name: str, *_: Any) -> WordEncoder:
        loaded.append(name)
        return encoder

    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    config = BuildConfig(encoder=str(model))
    monkeypatch.setattr("lepton_local.models.load._encoder", make)
    index = builder.build(notes, tmp_path / "index", config, encoder=encoder).index.path
    for edition in range(3):
        assert builder.update(index).added == bool(edition)
        assert loaded == [str(model)] * bool(edition)
        (notes / f"{edition}.txt").write_text(f"Edition {edition} of the news.\n")
    encoder.digest = "sha256:trained anew"
    (model / "config.json").write_text('{"trained": "anew"}')
    builder.build(notes, index, config, encoder=encoder)
    (notes / "last.txt").write_text("The last edition.\n")
    assert builder.update(index).added == 1
    assert len(loaded) == 2


def test_without_an_index_there_is_nothing_to_watch(tmp_path: Path) -> None:
    with pytest.raises(NoIndexError):
        next(watch.updates(tmp_path / "none", lambda: pytest.fail("no update")))


def test_the_command_tells_each_generation_and_each_failure_once(
    notes: Path, tmp_path: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = builder.build(notes, tmp_path / "index", encoder=encoder)
    (notes / "new.txt").write_text("A kite needs wind.\n")
    second = builder.update(tmp_path / "index", encoder=encoder)
    locked, full = LockedError("it is locked"), OSError(28, "No space left on device", "/index")
    bad = Skipped(Source(str(notes), "bad.pdf", 1, 1), "malformed PDF")
    second = replace(second, skipped=(bad,))
    third = replace(second, index=builder.compact(tmp_path / "index").index)
    outcomes = [first, first, locked, locked, full, second, locked, second, third]
    monkeypatch.setattr(watch, "updates", lambda index, update: iter(outcomes))
    done = CliRunner().invoke(index_command, ["update", str(tmp_path / "index"), "--watch"])
    assert done.stdout.count("documents, ") == 3
    assert done.stderr.splitlines() == [
        "lepton-index: it is locked",
        "lepton-index: /index: no space left on device",
        "1 file skipped:",
        "bad.pdf: malformed PDF",
        "lepton-index: it is locked",
    ]


def test_a_search_meanwhile_sees_whole_generations(tmp_path: Path, encoder: WordEncoder) -> None:
    """Every file says which edition it is of: a search must never find two editions, or too few."""
    folder, plain = tmp_path / "docs", SearchConfig(rerank=False, answer=False)
    folder.mkdir()

    def publish(edition: int) -> None:
        for book in range(6):
            (folder / f"{book}.txt").write_text(f"Book {book} is of edition number{edition}.\n")

    publish(0)
    builder.build(folder, tmp_path / "index", encoder=encoder)
    done, seen, wrong = threading.Event(), set(), []

    def search() -> None:
        while not done.is_set():
            try:
                searcher = Searcher(Index.open(tmp_path / "index"), encoder=encoder, config=plain)
                found = [hit.passage.text for hit in searcher.search("book edition", k=20)]
            except Exception as error:
                wrong.append(repr(error))
                return
            editions = {text.split("number")[1] for text in found}
            seen.update(editions)
            if len(found) != 6 or len(editions) != 1:
                wrong.append(str(found))

    readers = [threading.Thread(target=search) for _ in range(2)]
    for reader in readers:
        reader.start()
    for edition in range(1, 25):
        publish(edition)
        builder.update(tmp_path / "index", encoder=encoder)
    done.set()
    for reader in readers:
        reader.join()
    assert not wrong
    assert len(seen) > 2
