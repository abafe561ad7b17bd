"""Crawling: which files are found, in which order, what is passed over and what is named."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_local.corpus.crawl import crawl
from lepton_local.corpus.read import read
from lepton_local.errors import InputError, SourceError
from lepton_local.indexing.builder import build
from lepton_local.types import Skipped, Source
from tests.conftest import WordEncoder


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


def test_links_that_cross_each_other_end(tmp_path: Path) -> None:
    root = grow(tmp_path / "root", a__note_dot_md="x", b__note_dot_md="x")
    (root / "a" / "over").symlink_to(root / "b")
    (root / "b" / "over").symlink_to(root / "a")
    assert found(root) == ["a/note.md", "a/over/note.md", "b/note.md", "b/over/note.md"]


def test_a_chain_of_links_does_not_lead_out(tmp_path: Path) -> None:
    root = grow(tmp_path, out__secret_dot_md="x", root__note_dot_md="x") / "root"
    (root / "first").symlink_to("second")
    (root / "second").symlink_to("../out")
    (root / "first.md").symlink_to("second.md")
    (root / "second.md").symlink_to("../out/secret.md")
    (tmp_path / "rooted").mkdir()  # its name begins like the root's
    grow(tmp_path, rooted__secret_dot_md="x")
    (root / "third").symlink_to("../rooted")
    assert found(root) == ["note.md"]
    assert found(root, include=["*"]) == ["note.md"]


@given(st.lists(st.tuples(*[st.integers(0, 5)] * 2, st.booleans()), max_size=8))
@settings(deadline=None, max_examples=50)
def test_no_tangle_of_links_leads_out_or_goes_on(links: list[tuple[int, int, bool]]) -> None:
    """Six folders in a line, and links among them; some lead to the folder outside."""
    with tempfile.TemporaryDirectory() as made:
        folders = [Path(made) / "root"]
        for i in range(5):
            folders.append(folders[-1] / str(i))
        folders[-1].mkdir(parents=True)
        (Path(made) / "out").mkdir()
        for folder in (*folders, Path(made) / "out"):
            (folder / "note.md").write_text("x")
        for number, (at, to, outside) in enumerate(links):
            target = Path(made) / "out" if outside else folders[to]
            (folders[at] / f"link{number}").symlink_to(target)
        paths = found(folders[0])
        reals = [os.path.realpath(folders[0] / path) for path in paths]
        top = os.path.realpath(folders[0])
        assert all(real.startswith(f"{top}/") for real in reals)
        assert set(reals) == {os.path.realpath(folder / "note.md") for folder in folders}


def test_the_last_word_is_leptonignores(tmp_path: Path) -> None:
    grow(
        tmp_path,
        _dot_gitignore="*.md\n",
        _dot_leptonignore="!kept.md\nlocal.txt\n",
        kept_dot_md="x",
        other_dot_md="x",
        local_dot_txt="x",
        shared_dot_txt="x",
    )
    assert found(tmp_path) == ["kept.md", "shared.txt"]
    assert found(tmp_path, include=["*.md"]) == ["kept.md"], "a pattern opens nothing again"


def test_hidden_names_stay_out_whatever_is_included(tmp_path: Path) -> None:
    grow(tmp_path, a_dot_md="x", _dot_b_dot_md="x", _dot_c__d_dot_md="x")
    assert found(tmp_path, include=["*", ".*"]) == ["a.md"]


def test_the_size_limit_is_the_largest_size(tmp_path: Path) -> None:
    grow(tmp_path, a_dot_md="x" * 1000, b_dot_md="x" * 1001)
    assert found(tmp_path, max_bytes=1000) == ["a.md"]
    assert list(skipped(tmp_path, max_bytes=1000)) == ["b.md"]


def test_what_is_not_there_now_is_told_from_what_cannot_be_read_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(tmp_path, a_dot_md="x", b_dot_md="x")
    (tmp_path / "loop.md").symlink_to("loop.md")
    look = os.stat

    def refuse(path: str, **options: Any) -> os.stat_result:
        if str(path).endswith("b.md"):
            raise OSError(5, "Input/output error")
        return look(path, **options)

    monkeypatch.setattr(os, "stat", refuse)
    named = [item for item in crawl([tmp_path]) if isinstance(item, Skipped)]
    assert [(item.source.path, item.unreadable) for item in named] == [
        ("b.md", True),
        ("loop.md", False),
    ]


def test_empty_oversized_and_odd_files_are_named(tmp_path: Path) -> None:
    grow(tmp_path, empty_dot_md="", large_dot_md="x" * 2000)
    for name in ("pipe.md", "pipe.1"):  # of manual pages the beginning is looked at
        os.mkfifo(tmp_path / name)
    assert skipped(tmp_path, max_bytes=1000) == {
        "empty.md": "empty",
        "large.md": "2,000 bytes; files of up to 1,000 are indexed",
        "pipe.md": "not a regular file",
        "pipe.1": "not a regular file",
    }


def test_what_programs_write_is_passed_over_unless_it_is_named(tmp_path: Path) -> None:
    grow(
        tmp_path,
        real_dot_md="x",
        app_dot_min_dot_js="x",
        searchindex_dot_js="x",
        node_modules__a_dot_md="x",
        env__pyvenv_dot_cfg="x",
        env__lib__b_dot_md="x",
        old_dot_ppt="x",
        photo_dot_jpg="x",
    )
    assert found(tmp_path) == ["real.md"]
    reasons = {path: reason.partition(":")[0] for path, reason in skipped(tmp_path).items()}
    assert reasons == {
        "app.min.js": "generated",
        "searchindex.js": "generated",
        "node_modules": "generated",
        "env": "generated",
        "old.ppt": "a format that is not read",
    }
    assert found(tmp_path / "node_modules") == ["a.md"]
    assert found(tmp_path / "app.min.js") == ["app.min.js"]
    assert found(tmp_path, include=["*.js", "node_modules/**"]) == [
        "app.min.js",
        "node_modules/a.md",
        "searchindex.js",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.go", "// Code generated by mockgen. DO NOT EDIT.\npackage a\n"),
        ("a.py", '"""\n    Names.\n\n    This file is automatically generated by names.py.\n"""\n'),
        ("a.h", "/*\n * WARNING: do not edit!\n * Generated by Makefile from a.h.in\n */\n"),
        ("a.cs", "using System;\n// <auto-generated>\n"),
        ("a.rs", "//! Tables. @generated\n" * 2 + "// @generated\n"),
        ("a_pb2.py", "# -*- coding: utf-8 -*-\n# Generated by the protocol buffer compiler.\n"),
        ("a.js", "/*! (c) 2026 */\n" + "function a(b){return b};" * 200),
        ("a.css", ".a{color:red}" * 200 + "\n/*# sourceMappingURL=a.css.map */\n"),
    ],
)
def test_code_that_a_program_wrote_is_passed_over(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / name).write_text(text)
    assert skipped(tmp_path) == {f"src/{name}": "generated: a program wrote this code"}
    assert found(tmp_path / "src" / name) == [name]
    assert found(tmp_path, include=["src/"]) == [f"src/{name}"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", '"""Keys that are generated by the server, and never by hand."""\n'),
        ("b.py", "# Pickles that were\n# generated with Python 2.\ngenerated = 1\n"),
        ("c.py", "# Do not edit a row while it is locked.\n"),
        ("d.js", "const PICTURE = 'data:" + "x" * 900 + "';\n"),
        ("e.sql", "INSERT INTO t VALUES " + "(1, 'one')," * 400 + ";\n"),
        ("f.md", "Generated by hand.\n"),
        ("g.json", '{"generated by": "' + "word " * 400 + '"}'),
        ("h.py", "x = 1\n" * 20 + "# Code generated by nobody. DO NOT EDIT.\n"),
    ],
)
def test_code_that_a_person_wrote_is_found(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert found(tmp_path) == [name]
    assert skipped(tmp_path) == {}


def test_folders_that_a_build_fills_are_passed_over(tmp_path: Path) -> None:
    grow(
        tmp_path,
        app__package_dot_json="{}",
        app__build__a_dot_txt="x",
        app__dist__a_dot_md="x",
        crate__Cargo_dot_toml="x",
        crate__target__a_dot_md="x",
        crate__build__how_dot_md="x",
        build__plans_dot_md="x",
        out__letter_dot_md="x",
    )
    written = ["app/package.json", "build/plans.md", "crate/Cargo.toml", "crate/build/how.md"]
    assert found(tmp_path) == [*written, "out/letter.md"]
    assert list(skipped(tmp_path)) == ["app/build", "app/dist", "crate/target"]


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


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_root_whose_name_is_no_text_is_refused(tmp_path: Path, encoder: WordEncoder) -> None:
    """Before anything is read: no manifest could name it."""
    root = tmp_path / os.fsdecode(b"caf\xe9") / "notes"
    root.mkdir(parents=True)
    (root / "a.md").write_text("Otters sleep.")
    with pytest.raises(InputError, match="caf\ufffd/notes has a name that is not valid UTF-8"):
        build(root, tmp_path / "index", encoder=encoder)
    assert encoder.encoded == []
    assert not (tmp_path / "index").exists()


def test_a_missing_root_and_a_bad_pattern(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file or folder at .*nowhere"):
        crawl([tmp_path / "nowhere"])
    with pytest.raises(InputError, match=r"not a pattern"):
        crawl([tmp_path], include=["!"])
    with pytest.raises(InputError, match=r"not a pattern"):
        crawl([tmp_path], exclude=["[a"])


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
    with pytest.raises(SourceError, match="not a regular file"):
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
