"""What is not there now, or cannot be read now, is not taken for deleted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import lepton_local as lepton
from lepton_local.cli.describe import report_lines, report_record
from lepton_local.cli.index import main as index_command
from lepton_local.corpus.isolate import Parsed, parse_source
from lepton_local.errors import InputError
from lepton_local.indexing import builder, crew
from lepton_local.indexing.report import Report
from lepton_local.indexing.vanished import FEWEST
from lepton_local.store.index import Index
from lepton_local.types import Skipped, Source
from tests.conftest import WordEncoder

FILES = 40


@pytest.fixture
def share(tmp_path: Path) -> Path:
    folder = tmp_path / "share"
    (folder / "reports").mkdir(parents=True)
    for i in range(FILES):
        (folder / "reports" / f"{i:02}.txt").write_text(f"Report number {i}.\n")
    return folder


@pytest.fixture
def index(tmp_path: Path, share: Path, encoder: WordEncoder) -> Path:
    return builder.build(share, tmp_path / "index", encoder=encoder).index.path


def refused(index: Path, encoder: WordEncoder) -> str:
    """Why an update does nothing; the index is as it was, to the generation."""
    before = Index.open(index).manifest
    with pytest.raises(InputError) as caught:
        builder.update(index, encoder=encoder)
    assert Index.open(index).manifest == before
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(f"lepton-index update {index} --allow-deletions")
    return message


def documents(index: Path) -> int:
    return Index.open(index).documents


def test_a_missing_root_is_not_a_deletion(
    index: Path, share: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    away = share.rename(tmp_path / "away")
    assert refused(index, encoder).startswith(
        f"{share} is not there, and its documents are kept (40 indexed files)"
    )
    away.rename(share)
    assert builder.update(index, encoder=encoder).unchanged == FILES


def test_one_of_two_roots_is_missing(tmp_path: Path, share: Path, encoder: WordEncoder) -> None:
    """Of the one that is there nothing is lost, whatever is allowed."""
    note = tmp_path / "note.txt"
    note.write_text("A single file is a root, too.\n")
    index = builder.build([share, note], tmp_path / "index", encoder=encoder).index.path
    note.unlink()
    assert f"{note} is not there, and its documents are kept (1 indexed file)" in refused(
        index, encoder
    )
    report = builder.update(index, encoder=encoder, allow_deletions=True)
    assert (report.removed, report.unchanged) == (1, FILES)
    note.write_text("It is back.\n")
    assert builder.update(index, encoder=encoder).added == 1


@pytest.mark.parametrize("files", [2, FILES])
def test_an_empty_mount_point_is_not_a_deletion(
    tmp_path: Path, share: Path, encoder: WordEncoder, files: int
) -> None:
    """However few files: they may be large."""
    for path in sorted((share / "reports").iterdir())[files:]:
        path.unlink()
    index = builder.build(share, tmp_path / "index", encoder=encoder).index.path
    shutil.rmtree(share / "reports")
    assert f"{share} has lost {files} of its {files} indexed files" in refused(index, encoder)
    report = builder.update(index, encoder=encoder, allow_deletions=True)
    assert (report.removed, report.index.documents) == (files, 0)


@pytest.mark.parametrize(
    ("left", "asks"), [(FILES // 2 - 1, True), (FILES // 2, False), (FILES, False)]
)
def test_more_than_half_at_once_is_asked_about(
    index: Path, share: Path, encoder: WordEncoder, left: int, asks: bool
) -> None:
    for path in sorted((share / "reports").iterdir())[left:]:
        path.unlink()
    if asks:
        assert f"has lost {FILES - left} of its 40 indexed files at once" in refused(index, encoder)
    else:
        assert builder.update(index, encoder=encoder).removed == FILES - left


def test_a_few_files_may_go_unasked(tmp_path: Path, notes: Path, encoder: WordEncoder) -> None:
    for i in range(FEWEST - 1):
        (notes / f"{i}.txt").write_text(f"Draft {i}.\n")
    index = builder.build(notes, tmp_path / "index", encoder=encoder).index.path
    for i in range(FEWEST - 1):
        (notes / f"{i}.txt").unlink()
    assert builder.update(index, encoder=encoder).removed == FEWEST - 1


def test_what_has_moved_or_is_ignored_is_not_lost(
    index: Path, share: Path, encoder: WordEncoder
) -> None:
    (share / "reports").rename(share / "archive")
    assert builder.update(index, encoder=encoder).moved == FILES
    (share / ".leptonignore").write_text("archive/\n")
    assert builder.update(index, encoder=encoder).removed == FILES


def test_the_command_and_the_library_allow_it(
    index: Path, share: Path, encoder: WordEncoder
) -> None:
    shutil.rmtree(share)
    done = CliRunner().invoke(index_command, ["update", str(index)])
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert "is not there, and its documents are kept" in done.stderr
    done = CliRunner().invoke(index_command, ["update", str(index), "--allow-deletions"])
    assert done.exit_code == 0, done.stderr
    assert "40 removed" in done.stdout
    assert lepton.update(index, allow_deletions=True).documents == 0


def test_a_folder_that_cannot_be_read_keeps_its_documents(
    index: Path, share: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).rstrip("/").endswith("reports"):
            raise OSError(5, "Input/output error")
        return scan(path)

    (share / "new.txt").write_text("All else goes on.\n")
    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse)
        report = builder.update(index, encoder=encoder)
    assert told(report) == (1, 0, FILES)
    assert [(s.source.path, s.reason) for s in report.skipped] == [
        ("reports", "input/output error")
    ]
    assert report.index.documents == FILES + 1
    (share / "reports" / "00.txt").unlink()
    healed = builder.update(index, encoder=encoder)
    assert (healed.removed, healed.kept, healed.skipped) == (1, 0, ())


def test_a_root_that_cannot_be_read_keeps_its_documents(
    index: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    assert told(builder.update(index, encoder=encoder)) == (0, 0, FILES)


def test_a_file_that_cannot_be_looked_at_keeps_its_documents(
    index: Path, share: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = os.stat

    def refuse(path: str, **options: Any) -> os.stat_result:
        if str(path).endswith("07.txt"):
            raise PermissionError(13, "Permission denied")
        return look(path, **options)

    monkeypatch.setattr(os, "stat", refuse)
    report = builder.update(index, encoder=encoder)
    assert told(report) == (0, FILES - 1, 1)
    assert report_record(report)["kept"] == 1
    assert "1 kept, cannot be read now; 0 passages encoded" in "\n".join(report_lines(report))


def test_a_changed_file_that_cannot_be_read_keeps_its_documents(
    index: Path, share: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried again at each update, and taken in when it can be read."""
    (share / "reports" / "07.txt").write_text("Report number 7, revised.\n")
    (share / "reports" / "08.txt").write_text("Report number 8, revised.\n")

    def parse(sources: Sequence[Source], *_: object) -> Generator[Parsed, None, None]:
        for source in sources:
            if source.path.endswith("07.txt"):
                yield Parsed(source, refused=(Skipped(source, "changed", unreadable=True),))
            else:
                yield parse_source(source)

    with monkeypatch.context() as patch:
        patch.setattr(crew, "parse_sources", parse)
        report = builder.update(index, encoder=encoder)
        assert (report.changed, *told(report)) == (1, 0, FILES - 2, 1)
        assert report.index.documents == FILES
        again = builder.update(index, encoder=encoder)
        assert again.index.manifest == report.index.manifest, "nothing new, no new generation"
    healed = builder.update(index, encoder=encoder)
    assert (healed.changed, healed.kept, healed.skipped) == (1, 0, ())


@pytest.mark.parametrize("change", ["emptied", "a link to itself", "too large"])
def test_a_file_that_is_something_else_now_is_dropped(
    index: Path, share: Path, encoder: WordEncoder, change: str
) -> None:
    file = share / "reports" / "07.txt"
    if change == "emptied":
        file.write_text("")
    elif change == "too large":
        with open(file, "wb") as grown:
            grown.truncate(65 << 20)
    else:
        file.unlink()
        file.symlink_to(file.name)
    report = builder.update(index, encoder=encoder)
    assert (report.removed, report.kept, len(report.skipped)) == (1, 0, 1)
    assert documents(index) == FILES - 1


def told(report: Report) -> tuple[int, int, int]:
    assert (report.removed, report.encoded) == (0, report.added + report.changed)
    return report.added, report.unchanged, report.kept
