"""Crawling: which files are found, in which order, what is passed over and what is named."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from lepton_local.corpus.crawl import crawl
from lepton_local.corpus.read import read
from lepton_local.errors import InputError, SourceError
from lepton_local.types import Skipped, Source


def grow(root: Path, **files: str) -> Path:
    """Write files; `__` in a name is a `/`, and `_dot_` a `.`."""
    for name, text in files.items():
        path = root / name.replace("_dot_", ".").replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def found(root: Path, **options: object) -> list[str]:
    """Paths that are found, in order."""
    return [item.path for item in crawl([root], **options) if isinstance(item, Source)]  # type: ignore[arg-type]


def skipped(root: Path, **options: object) -> dict[str, str]:
    """Paths that are named as skipped, and why."""
    every = crawl([root], **options)  # type: ignore[arg-type]
    return {item.source.path: item.reason for item in every if isinstance(item, Skipped)}


def test_sorted_by_path_with_forward_slashes(tmp_path: Path) -> None:
    grow(tmp_path, b_dot_md="x", a__z_dot_txt="x", a_dot_txt="x", B_dot_md="x")
    (tmp_path / "a-b").mkdir()
    (tmp_path / "a-b" / "c.md").write_text("x")
    assert found(tmp_path) == sorted(["a-b/c.md", "a.txt", "a/z.txt", "B.md", "b.md"])


def test_unknown_formats_and_hidden_names_are_passed_over(tmp_path: Path) -> None:
    grow(tmp_path, a_dot_exe="x", _dot_hidden_dot_md="x", _dot_git__config_dot_md="x", README="x")
    assert found(tmp_path) == ["README"]
    assert skipped(tmp_path) == {}


def test_include_and_exclude(tmp_path: Path) -> None:
    grow(tmp_path, a_dot_md="x", a_dot_dat="x", sub__b_dot_md="x", sub__c_dot_txt="x")
    assert found(tmp_path, include=["*.dat", "sub/*.txt"]) == ["a.dat", "sub/c.txt"]
    assert found(tmp_path, exclude=["sub/"]) == ["a.md"]
    assert found(tmp_path, include=["*.md"], exclude=["a.*"]) == ["sub/b.md"]


def test_a_root_that_is_a_file(tmp_path: Path) -> None:
    path = grow(tmp_path, odd_dot_dat="x", other_dot_md="x") / "odd.dat"
    (only,) = crawl([path])
    assert only == Source(str(tmp_path), "odd.dat", 1, path.stat().st_mtime_ns)


def test_several_roots_and_the_same_twice(tmp_path: Path) -> None:
    grow(tmp_path, one__a_dot_md="x", two__b_dot_md="x")
    roots = [tmp_path / "two", tmp_path / "one", tmp_path / "two" / "." / ""]
    places = [
        (Path(item.root).name, item.path) for item in crawl(roots) if isinstance(item, Source)
    ]
    assert places == [("two", "b.md"), ("one", "a.md")]


def test_ignore_files(tmp_path: Path) -> None:
    grow(
        tmp_path,
        _dot_gitignore="# a comment\n*.log\n!keep.log\n/build/\ndocs/**/draft.md\n",
        a_dot_log="x",
        keep_dot_log="x",
        build__a_dot_md="x",
        sub__build__a_dot_md="x",
        docs__x__y__draft_dot_md="x",
        docs__draft_dot_txt="x",
        sub___dot_gitignore="!a.log\nlocal.md",
        sub__a_dot_log="x",
        sub__local_dot_md="x",
        local_dot_md="x",
        _dot_leptonignore="local.md\n",
    )
    assert found(tmp_path) == ["docs/draft.txt", "keep.log", "sub/a.log", "sub/build/a.md"]


def test_an_ignored_folder_cannot_be_opened_again_from_within(tmp_path: Path) -> None:
    grow(tmp_path, _dot_gitignore="out\n", out___dot_gitignore="!a.md\n", out__a_dot_md="x")
    assert found(tmp_path) == []


def test_a_broken_ignore_line_does_no_harm(tmp_path: Path) -> None:
    grow(tmp_path, _dot_gitignore="a.md\n!\n///\n\\\n[z-a]\n", a_dot_md="x", b_dot_md="x")
    assert found(tmp_path) == ["b.md"]


def test_links(tmp_path: Path) -> None:
    grow(tmp_path, out__secret_dot_md="x", root__a__note_dot_md="x")
    root = tmp_path / "root"
    (root / "a" / "up").symlink_to(root)  # a loop
    (root / "a" / "self").symlink_to("self")  # a link to itself
    (root / "b").symlink_to(root / "a")  # within the root: followed once
    (root / "c").symlink_to(root / "a")
    (root / "leak").symlink_to(tmp_path / "out")
    (root / "leak.md").symlink_to(tmp_path / "out" / "secret.md")
    (root / "same.md").symlink_to(root / "a" / "note.md")
    (root / "gone.md").symlink_to(root / "nothing.md")
    assert found(root) == ["a/note.md", "b/note.md", "same.md"]
    assert list(skipped(root)) == ["gone.md"]
    (tmp_path / "door").symlink_to(root)  # the root itself may be a link
    assert found(tmp_path / "door") == ["a/note.md", "b/note.md", "same.md"]


def test_empty_oversized_and_odd_files_are_named(tmp_path: Path) -> None:
    grow(tmp_path, empty_dot_md="", large_dot_md="x" * 2000)
    os.mkfifo(tmp_path / "pipe.md")
    assert skipped(tmp_path, max_bytes=1000) == {
        "empty.md": "empty",
        "large.md": "2,000 bytes; files of up to 1,000 are indexed",
        "pipe.md": "not a regular file",
    }


def test_an_unreadable_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(tmp_path, a__b_dot_md="x", c_dot_md="x")
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).rstrip("/").endswith("a"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)  # the tests may run as root, who may read all
    assert skipped(tmp_path) == {"a": "permission denied"}
    assert found(tmp_path) == ["c.md"]


def test_a_name_that_is_no_text_is_named(tmp_path: Path) -> None:
    with open(os.path.join(os.fsencode(tmp_path), b"caf\xe9.md"), "w") as file:
        file.write("x")
    assert skipped(tmp_path) == {"caf\ufffd.md": "its name is not valid UTF-8; rename it"}


def test_a_missing_root_and_a_bad_pattern(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file or folder at .*nowhere"):
        crawl([tmp_path / "nowhere"])
    with pytest.raises(InputError, match=r"not a pattern"):
        crawl([tmp_path], include=["!"])
    with pytest.raises(InputError, match=r"not a pattern"):
        crawl([tmp_path], exclude=["[z-a]"])


def test_read_gives_the_digest_of_its_bytes(tmp_path: Path) -> None:
    grow(tmp_path, a_dot_md="words")
    (source,) = crawl([tmp_path])
    assert isinstance(source, Source)
    whole, data = read(source)
    assert data == b"words"
    assert (whole.size, whole.path) == (5, "a.md")
    assert whole.digest == "sha256:" + hashlib.sha256(b"words").hexdigest()


def test_read_says_why_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(str(tmp_path), "a.md", 1, 1)
    with pytest.raises(SourceError, match="gone"):
        read(source)
    (tmp_path / "a.md").mkdir()
    with pytest.raises(SourceError, match="is a directory"):
        read(source)
    grow(tmp_path, b_dot_md="x")
    state = os.fstat

    def write_meanwhile(number: int) -> os.stat_result:
        with open(tmp_path / "b.md", "a") as file:
            file.write("more")
        return state(number)

    monkeypatch.setattr(os, "fstat", write_meanwhile)
    with pytest.raises(SourceError, match="changed while it was read"):
        read(Source(str(tmp_path), "b.md", 1, 1))
