"""What each thing that happens to a file costs, and what the report says of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.store.index import Index
from tests.conftest import WordEncoder

BREAD = """# Bread

## Starter

Feed the sourdough starter with rye flour every morning.

## Baking

Bake the loaf for forty minutes at 230 degrees.
"""
COFFEE = "The café in the Rue de la Gare sells crème brûlée on Sundays.\n"
Change = Callable[[Path], object]


def write(name: str, text: str) -> Change:
    return lambda folder: (folder / name).write_text(text)


def rename(name: str, to: str) -> Change:
    def change(folder: Path) -> None:
        (folder / to).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).rename(folder / to)

    return change


def replaced_by_folder(folder: Path) -> None:
    (folder / "bread.md").rename(folder / "aside")
    (folder / "bread.md").mkdir()
    (folder / "aside").rename(folder / "bread.md" / "bread.md")


def replaced_by_file(folder: Path) -> None:
    shutil.rmtree(folder / "deep.txt")
    (folder / "deep.txt").write_text("A file where a folder was.\n")


def linked(to: str) -> Change:
    def change(folder: Path) -> None:
        target = folder / to
        (folder / "bread.md").rename(target)
        (folder / "bread.md").symlink_to(target)

    return change


def same_look(folder: Path) -> None:
    state = (folder / "bread.md").stat()
    (folder / "bread.md").write_text(BREAD.replace("forty", "fifty"))
    os.utime(folder / "bread.md", ns=(state.st_atime_ns, state.st_mtime_ns))


@dataclass
class Cost:
    """What an update encodes and writes, in passages, and counts, in files; all that is left out is
    0.
    """

    encoded: int = 0
    passages: int = 0
    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    unchanged: int = 0


# The corpus: bread.md (2 passages), coffee.txt (Latin-1), deep.txt/pond.txt, garden.txt.
TABLE: dict[str, tuple[Change, Cost]] = {
    "nothing": (lambda folder: None, Cost(unchanged=4)),
    "touched": (lambda folder: os.utime(folder / "bread.md"), Cost(passages=2, unchanged=4)),
    "mode changed": (lambda folder: (folder / "bread.md").chmod(0o600), Cost(unchanged=4)),
    "renamed": (rename("bread.md", "loaf.md"), Cost(passages=2, moved=1, unchanged=3)),
    "case changed": (rename("bread.md", "Bread.md"), Cost(passages=2, moved=1, unchanged=3)),
    "moved to another folder": (
        rename("bread.md", "new/folder/bread.md"),
        Cost(passages=2, moved=1, unchanged=3),
    ),
    "folder renamed": (rename("deep.txt", "deeper"), Cost(passages=1, moved=1, unchanged=3)),
    "one sentence edited": (
        write("bread.md", BREAD.replace("forty", "fifty")),
        Cost(encoded=1, passages=2, changed=1, unchanged=3),
    ),
    "appended": (
        write("bread.md", BREAD + "\n## Storing\n\nKeep the loaf in a linen bag.\n"),
        Cost(encoded=1, passages=3, changed=1, unchanged=3),
    ),
    "title edited": (  # it stands above every passage, and is encoded with each
        write("bread.md", BREAD.replace("# Bread", "# Rye bread")),
        Cost(encoded=2, passages=2, changed=1, unchanged=3),
    ),
    "another encoding of the same text": (
        lambda folder: (folder / "coffee.txt").write_text(COFFEE, encoding="utf-8"),
        Cost(passages=1, changed=1, unchanged=3),
    ),
    "other line ends": (
        lambda folder: (folder / "bread.md").write_text(BREAD, newline="\r\n"),
        Cost(passages=2, changed=1, unchanged=3),  # no passage here spans lines
    ),
    "copied": (
        lambda folder: shutil.copy(folder / "bread.md", folder / "copy.md"),
        Cost(passages=2, added=1, unchanged=4),
    ),
    "removed": (lambda folder: (folder / "bread.md").unlink(), Cost(removed=1, unchanged=3)),
    "replaced by a folder that holds it": (
        replaced_by_folder,
        Cost(passages=2, moved=1, unchanged=3),
    ),
    "folder replaced by a file": (
        replaced_by_file,
        Cost(encoded=1, passages=1, added=1, removed=1, unchanged=3),
    ),
    "replaced by a link to itself in the root": (
        linked("aside.md"),
        Cost(passages=2, added=1, unchanged=4),
    ),
    "replaced by a link to itself outside": (
        linked("../bread.md"),
        Cost(removed=1, unchanged=3),
    ),
    # Size and time are all that an update looks at; `check --sources` reads every file.
    "edited, with the same size and time": (same_look, Cost(unchanged=4)),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    (docs / "deep.txt").mkdir(parents=True)
    (docs / "bread.md").write_text(BREAD)
    (docs / "coffee.txt").write_text(COFFEE, encoding="latin-1")
    (docs / "deep.txt" / "pond.txt").write_text("The pond freezes in January.\n")
    (docs / "garden.txt").write_text("Water the tomatoes in the evening, never at noon.\n")
    return docs


@pytest.fixture
def index(tmp_path: Path, folder: Path, encoder: WordEncoder) -> Path:
    return builder.build(folder, tmp_path / "index", encoder=encoder).index.path


def cost(index: Path, encoder: WordEncoder) -> Cost:
    """What an update does now; the passages that were given to the encoder are counted there."""
    encoder.encoded.clear()
    report = builder.update(index, encoder=encoder)
    assert report.encoded == len(encoder.encoded)
    return Cost(**{name: getattr(report, name) for name in Cost.__dataclass_fields__})


def on_disk(index: Path) -> dict[str, tuple[int, int, int]]:
    """Every file of an index, and what tells whether it has been written anew."""
    return {
        str(path.relative_to(index)): (state.st_ino, state.st_mtime_ns, state.st_size)
        for path in sorted(index.rglob("*"))
        if path.is_file() and path.name != "lock" and (state := path.stat())
    }


@pytest.mark.parametrize("name", TABLE)
def test_each_change_costs_what_it_should(
    index: Path, folder: Path, encoder: WordEncoder, name: str
) -> None:
    change, expected = TABLE[name]
    change(folder)
    assert cost(index, encoder) == expected
    files = Index.open(index).documents
    written = on_disk(index)
    assert cost(index, encoder) == Cost(unchanged=files), "a second update finds nothing to do"
    assert on_disk(index) == written
    held = all(finding.ok for finding in check(index, sources=True))
    assert held == (change is not same_look)


def test_a_file_that_comes_back_is_not_encoded_again(
    index: Path, folder: Path, encoder: WordEncoder
) -> None:
    (folder / "garden.txt").rename(folder.parent / "garden.txt")
    assert cost(index, encoder) == Cost(removed=1, unchanged=3)
    (folder.parent / "garden.txt").rename(folder / "garden.txt")
    assert cost(index, encoder) == Cost(passages=1, added=1, unchanged=3)


def test_rows_of_a_table_are_encoded_one_by_one(
    index: Path, folder: Path, encoder: WordEncoder
) -> None:
    rows = '{"_id": "a", "text": "Otters hold hands."}\n{"_id": "b", "text": "Herons stand."}\n'
    (folder / "rows.jsonl").write_text(rows)
    assert cost(index, encoder) == Cost(encoded=2, passages=2, added=1, unchanged=4)
    (folder / "rows.jsonl").write_text(rows + '{"_id": "c", "text": "A stoat dances."}\n')
    assert cost(index, encoder) == Cost(encoded=1, passages=3, changed=1, unchanged=4)


def test_a_build_over_an_index_finds_its_vectors(
    index: Path, folder: Path, encoder: WordEncoder
) -> None:
    builder.compact(index)
    assert cost(index, encoder) == Cost(unchanged=4)
    encoder.encoded.clear()
    builder.build(folder, index, encoder=encoder)
    assert encoder.encoded == []


def test_an_edit_writes_its_own_document_and_no_other(tmp_path: Path, encoder: WordEncoder) -> None:
    """Bytes are counted: a segment that holds other documents stays as it is, to the inode."""
    folder = tmp_path / "docs"
    folder.mkdir()
    for i in range(200):
        lines = "\n\n".join(f"## Part {j}\n\nWord{i} and word{j} and more." for j in range(10))
        (folder / f"{i}.md").write_text(f"# Note {i}\n\n{lines}\n")
    index = builder.build(folder, tmp_path / "index", encoder=encoder).index.path
    whole = sum(size for _, _, size in on_disk(index).values())
    for i in range(5):
        before = on_disk(index)
        note = folder / f"{i}.md"
        note.write_text(note.read_text() + "\nOne more line.\n")
        assert cost(index, encoder).encoded == 1
        after = on_disk(index)
        written = {name for name in after if after[name] != before.get(name)}
        assert not written & before.keys() - {"manifest.json"}
        gone = before.keys() - after.keys()
        assert all(name.startswith("deleted/") for name in gone)
        assert sum(after[name][2] for name in written) < whole / 10
