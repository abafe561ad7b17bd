"""Words find pictures, pictures find pictures: by a tiny CLIP that knows a few drawn shapes."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from lepton_local.cli.index import main as index_main
from lepton_local.cli.search import main as search_main
from lepton_local.config import SearchConfig
from lepton_local.indexing import builder
from lepton_local.indexing.album import add_pictures
from lepton_local.indexing.check import check
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index
from tests.conftest import WordEncoder
from tests.tiny_clip import COLOURS, SHAPES, clip_folder, drawn

PLAIN = SearchConfig(rerank=False, answer=False)
SEEN = SearchConfig(fields=("pictures",))
FORMS = ("png", "jpg", "webp", "gif", "tiff", "bmp")
NAMES = [(colour, shape) for colour in COLOURS for shape in SHAPES]


@pytest.fixture(scope="module", autouse=True)
def alone() -> Iterator[None]:
    """One thread for torch, which else fights for the cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a CLIP that knows the shapes."""
    return clip_folder(tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of each shape in each colour, of all formats, with names that tell nothing."""
    folder, chance = tmp_path_factory.mktemp("album"), random.Random(5)
    for number, each in enumerate(NAMES):
        made = drawn(*each, (120, 90), chance=chance)
        made.save(folder / f"dsc{number:02}.{FORMS[number % len(FORMS)]}")
    (folder / "note.txt").write_text("The red circle is painted on the gate of the harbour.\n")
    return folder


@pytest.fixture(scope="module")
def index(album: Path, clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the album whose pictures have vectors."""
    out = tmp_path_factory.mktemp("indexes") / "album"
    builder.build(album, out, encoder=WordEncoder())
    assert Index.open(out).documents == 1
    report = add_pictures(out, str(clip), encoder=WordEncoder(), device="cpu")
    assert report.encoded == len(NAMES)
    return out


def named(colour: str, shape: str) -> str:
    number = NAMES.index((colour, shape))
    return f"dsc{number:02}.{FORMS[number % len(FORMS)]}"


def ask(*arguments: str) -> Result:
    return CliRunner().invoke(search_main, list(arguments))


def test_words_find_pictures(index: Path) -> None:
    searcher = Searcher(Index.open(index), encoder=WordEncoder(), config=SEEN)
    for colour, shape in NAMES:
        hits = searcher.search(f"a {colour} {shape}", k=3)
        assert hits[0].path == named(colour, shape)
    assert len(searcher.search("a red circle", k=100)) == len(NAMES)  # and no note


def test_words_and_pictures_together(index: Path) -> None:
    both = SearchConfig(fields=("text", "pictures"), rerank=False, answer=False)
    hits = Searcher(Index.open(index), encoder=WordEncoder(), config=both).search("a red circle")
    assert {hit.path for hit in hits[:4]} >= {"note.txt", named("red", "circle")}


def test_a_picture_finds_pictures(index: Path, tmp_path: Path) -> None:
    searcher = Searcher(Index.open(index), encoder=WordEncoder(), config=PLAIN)
    stranger = tmp_path / "photo.jpg"
    drawn("blue", "cross", (300, 200), chance=random.Random(9)).save(stranger)
    assert searcher.similar(stranger, k=3)[0].path == named("blue", "cross")
    alike = searcher.similar(named("green", "square"), k=3)
    assert named("green", "square") not in {hit.path for hit in alike}
    assert "note.txt" not in {hit.path for hit in searcher.similar(stranger, k=100)}


def test_the_commands(index: Path, album: Path) -> None:
    found = ask("query", str(index), "a yellow cross", "--fields", "pictures", "--json")
    first = json.loads(found.stdout)["hits"][0]
    assert (first["kind"], first["path"]) == ("picture", named("yellow", "cross"))
    assert (first["picture"]["width"], first["picture"]["height"]) == (120, 90)
    alike = ask("similar", str(index), str(album / named("red", "stripes")), "--json")
    assert {each["kind"] for each in json.loads(alike.stdout)["hits"]} == {"picture"}


def test_the_index_is_whole(index: Path) -> None:
    assert all(finding.ok for finding in check(index, sources=True))


def test_what_cannot_see_is_refused(index: Path) -> None:
    done = CliRunner().invoke(
        index_main, ["add-field", str(index), "--encoder", "bundled", "--pictures"]
    )
    assert done.exit_code == 2
    assert done.stderr.count("\n") <= 2
    assert "expected a folder of CLIP or SigLIP" in done.stderr
