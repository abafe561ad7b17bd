"""The roots of an index: folders are added and removed, and found again where they have moved."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from lepton_local.cli import roots as roots_of
from lepton_local.cli.index import main as index_command
from lepton_local.errors import InputError
from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.indexing.roots import Change
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index
from tests.conftest import WordEncoder
from tests.test_cli import complaint, lepton_index, lepton_search
from tests.test_update import answers


@pytest.fixture
def made(tmp_path: Path, notes: Path, encoder: WordEncoder) -> Path:
    """`here/idx`, of `here/notes` and of the file `here/more/letter.md`."""
    here = tmp_path / "here"
    (here / "more").mkdir(parents=True)
    shutil.move(notes, here / "notes")
    (here / "more" / "letter.md").write_text("# Letter\n\nThe ferry leaves at noon.\n")
    roots = [here / "notes", here / "more" / "letter.md"]
    builder.build(roots, here / "idx", encoder=encoder)
    return here


def found(index: Path, words: str, encoder: WordEncoder) -> list[str]:
    """The files of the passages that have these words, each as it lies on the disk."""
    hits = Searcher(Index.open(index), encoder=encoder).search(f'"{words}"')
    assert not any(hit.stale for hit in hits)
    return [f"{hit.root}/{hit.path}" for hit in hits]


def test_index_and_documents_that_move_together_cost_nothing(
    made: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    there = tmp_path / "stick" / "backup"
    there.parent.mkdir()
    made.rename(there)
    before = len(encoder.encoded)
    report = builder.update(there / "idx", encoder=encoder)
    assert len(encoder.encoded) == before
    assert (report.unchanged, report.passages) == (4, 0)
    roots = report.index.manifest.roots
    assert roots == (f"{there}/notes", f"{there}/more/letter.md")
    assert report.followed == {str(made / "notes"): roots[0], f"{made}/more/letter.md": roots[1]}
    assert found(there / "idx", "ferry leaves", encoder) == [roots[1]]
    assert found(there / "idx", "hold hands", encoder) == [f"{there}/notes/rows.jsonl"]
    assert all(finding.ok for finding in check(there / "idx", sources=True))


def test_where_documents_are_by_now_can_be_told(
    made: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    shutil.move(made / "notes", tmp_path / "archive")
    with pytest.raises(InputError, match="is not there") as told:
        builder.update(made / "idx", encoder=encoder)
    assert f"lepton-index move {made / 'idx'} {made / 'notes'} FOLDER" in told.value.advice
    moved = lepton_index("move", made / "idx", made / "notes", tmp_path / "archive", "--json")
    assert moved.exit_code == 0, moved.output
    record = json.loads(moved.stdout)
    assert record["followed"] == {str(made / "notes"): str(tmp_path / "archive")}
    assert (record["unchanged"], record["added"], record["removed"]) == (4, 0, 0)
    shutil.move(tmp_path / "archive", tmp_path / "again")  # and once more
    change = Change(moved={str(tmp_path / "archive"): str(tmp_path / "again")})
    builder.update(made / "idx", change=change, encoder=encoder)
    assert found(made / "idx", "hold hands", encoder) == [f"{tmp_path}/again/rows.jsonl"]
    (tmp_path / "again" / "new.md").write_text("# New\n\nA heron eats frogs.\n")
    builder.update(made / "idx", encoder=encoder)
    before = Index.open(made / "idx").manifest.segments
    assert [dict(each.moved) for each in before] == [
        {str(made / "notes"): str(tmp_path / "again")},
        {},
    ]
    builder.compact(made / "idx")  # what is written anew says it itself
    assert not Index.open(made / "idx").manifest.segments[0].moved
    assert found(made / "idx", "hold hands", encoder) == [f"{tmp_path}/again/rows.jsonl"]


def test_what_has_moved_ranks_as_if_it_was_built_there(
    made: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    shutil.move(made / "notes", tmp_path / "archive")
    change = Change(moved={str(made / "notes"): str(tmp_path / "archive")})
    (tmp_path / "archive" / "new.md").write_text("# New\n\nOtters and herons share the river.\n")
    builder.update(made / "idx", change=change, encoder=encoder)
    fresh = [tmp_path / "archive", made / "more" / "letter.md"]
    builder.build(fresh, tmp_path / "fresh", encoder=encoder)
    moved, built = Index.open(made / "idx"), Index.open(tmp_path / "fresh")
    assert answers(moved, encoder) == answers(built, encoder)


def test_roots_come_and_go(made: Path, tmp_path: Path, encoder: WordEncoder) -> None:
    index = made / "idx"
    change = Change(removed=[str(made / "more" / "letter.md")])
    assert builder.update(index, change=change, encoder=encoder).removed == 1
    assert found(index, "ferry leaves", encoder) == []
    change = Change(added=[str(made / "more")])
    assert builder.update(index, change=change, encoder=encoder).added == 1
    assert found(index, "ferry leaves", encoder) == [f"{made}/more/letter.md"]
    assert Index.open(index).manifest.roots == (str(made / "notes"), str(made / "more"))
    shutil.rmtree(made / "notes")  # gone, and no longer wanted
    gone = lepton_index("remove", index, made / "notes")
    assert gone.exit_code == 0, gone.output
    assert "3 removed" in gone.stdout


def test_what_cannot_be_is_one_line(made: Path) -> None:
    index = made / "idx"
    said = complaint(lepton_index("remove", index, made))
    assert f"{made} is no root of {index}, expected one of these: {made}/notes, " in said
    assert "is in the index already" in complaint(lepton_index("add", index, made / "notes"))
    assert "is not there" in complaint(lepton_index("add", index, made / "nowhere"))
    said = complaint(lepton_index("remove", index, *Index.open(index).manifest.roots))
    assert "would have no root left" in said


def test_a_build_of_fewer_folders_drops_none_in_silence(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, letter = made / "idx", made / "more" / "letter.md"
    said = complaint(lepton_index("build", letter, "--out", index))
    assert f"is of {made}/notes (3 files) as well, which this build would drop" in said
    assert f"lepton-index add {index} {letter} keeps both" in said

    monkeypatch.setattr("lepton_local.cli.roots.at_terminal", lambda: True)
    asked: list[str] = []

    def confirm(text: str, **_: object) -> bool:
        asked.append(text)
        return len(asked) > 1

    monkeypatch.setattr("click.confirm", confirm)
    with pytest.raises(InputError, match="nothing was changed"):
        roots_of.check_left_out([str(letter)], str(index))
    roots_of.check_left_out([str(letter)], str(index))  # the second answer is yes
    assert asked[0].endswith("which this build would drop. Drop it?")


def test_a_build_of_the_same_or_of_more_does_not_ask(made: Path, tmp_path: Path) -> None:
    given = [str(made / "notes"), str(made / "more")]
    roots_of.check_left_out(given, str(made / "idx"))
    roots_of.check_left_out([str(made)], str(made / "idx"))
    roots_of.check_left_out(given, str(tmp_path / "new"))
    made.rename(tmp_path / "there")
    there = tmp_path / "there"
    moved = [str(there / "notes"), str(there / "more" / "letter.md")]
    roots_of.check_left_out(moved, str(there / "idx"))


@pytest.mark.parametrize("kind", ["folder", "file", "foreign manifest"])
def test_no_advice_makes_an_index_among_documents(notes: Path, kind: str) -> None:
    place = notes / "garden.txt" if kind == "file" else notes
    if kind == "foreign manifest":
        (notes / "manifest.json").write_text("{}")
    said = complaint(lepton_search("query", place, "otters"))
    assert said.endswith(f": lepton-index build {place}\n")


def test_a_question_before_its_index_is_told(made: Path) -> None:
    (made / "an empty one").mkdir()
    empty = CliRunner().invoke(index_command, ["info", str(made / "an empty one")])
    assert empty.stderr.endswith(f"lepton-index build FOLDER --out '{made}/an empty one'\n")
    mistyped = CliRunner().invoke(index_command, ["info", "no such folder"])
    assert mistyped.stderr.endswith(": lepton-index list, or lepton-index build FOLDER\n")
    swapped = lepton_search("query", "who is x?", made / "idx")
    assert swapped.exit_code == 2
    assert f"lepton-search query {made / 'idx'} 'who is x?'" in swapped.stderr
