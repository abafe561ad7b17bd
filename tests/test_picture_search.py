"""Words find pictures, pictures find pictures: by a tiny CLIP that knows a few drawn shapes."""

from __future__ import annotations

import io
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import docx
import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image
from starlette.testclient import TestClient

from lepton_local.cli.index import main as index_main
from lepton_local.cli.search import main as search_main
from lepton_local.config import BuildConfig, SearchConfig
from lepton_local.indexing import builder
from lepton_local.indexing.album import add_pictures
from lepton_local.indexing.check import check
from lepton_local.indexing.roots import Change
from lepton_local.models.pictures import PictureEncoder
from lepton_local.search.searcher import Searcher
from lepton_local.serve import app as doors
from lepton_local.serve.live import Live
from lepton_local.store.index import Index
from tests.test_fields import vectors_of
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
    builder.build(album, out)
    assert Index.open(out).documents == 1
    report = add_pictures(out, str(clip), device="cpu")
    assert report.encoded == len(NAMES)
    return out


def named(colour: str, shape: str) -> str:
    number = NAMES.index((colour, shape))
    return f"dsc{number:02}.{FORMS[number % len(FORMS)]}"


def ask(*arguments: str) -> Result:
    return CliRunner().invoke(search_main, list(arguments))


def test_words_find_pictures(index: Path) -> None:
    searcher = Searcher(Index.open(index), config=SEEN)
    found = [searcher.search(f"a {colour} {shape}", k=1)[0].path for colour, shape in NAMES]
    right = sum(path == named(*each) for path, each in zip(found, NAMES, strict=True))
    assert right >= len(NAMES) - 1  # by chance it would be one
    assert len(searcher.search("a red circle", k=100)) == len(NAMES)  # and no note


def test_words_and_pictures_together(index: Path) -> None:
    """Neither a judge nor a reader of texts has a say in what is seen."""
    both = SearchConfig(fields=("text", "pictures"))
    result = Searcher(Index.open(index), config=both).answer("where is the red circle painted?")
    assert result.answer is not None
    assert "gate" in result.answer.text
    assert [hit.path for hit in result.hits[:2]] == ["note.txt", named("red", "circle")]
    stages = {vote.stage for vote in result.hits[1].why}
    assert "pictures" in stages
    assert "rerank" not in stages


def test_a_picture_finds_pictures(index: Path, tmp_path: Path) -> None:
    searcher = Searcher(Index.open(index), config=PLAIN)
    stranger = tmp_path / "photo.jpg"
    drawn("blue", "cross", (300, 200), chance=random.Random(9)).save(stranger)
    assert searcher.similar(stranger, k=3)[0].path == named("blue", "cross")
    alike = searcher.similar(named("green", "cross"), k=3)
    assert named("green", "cross") not in {hit.path for hit in alike}
    assert "note.txt" not in {hit.path for hit in searcher.similar(stranger, k=100)}


def test_the_commands(index: Path, album: Path) -> None:
    asked = ("query", str(index), "a yellow cross", "--fields", "pictures")
    first = json.loads(ask(*asked, "--json").stdout)["hits"][0]
    assert (first["kind"], first["path"]) == ("picture", named("yellow", "cross"))
    assert (first["picture"]["width"], first["picture"]["height"]) == (120, 90)
    shown = ask(*asked, "-k", "1")
    assert shown.exit_code == 0
    assert shown.stdout.startswith(f" 1  {named('yellow', 'cross')}, 120 x 90")
    assert "No answer" not in shown.stdout
    alike = ask("similar", str(index), str(album / named("red", "stripes")), "--json")
    assert {each["kind"] for each in json.loads(alike.stdout)["hits"]} == {"picture"}
    told = CliRunner().invoke(index_main, ["info", str(index)]).stdout
    assert f"{len(NAMES)} of {len(NAMES)} pictures" in told


def test_the_page_shows_what_was_found(index: Path) -> None:
    with TestClient(doors.app(Live([index]), cores=1)) as client:
        page = client.get("/", params={"q": "dsc00"}).text
        assert 'src="/v1/pictures/dsc00.png.png"' in page
        picture = client.get("/v1/pictures/dsc00.png.png")
        assert picture.headers["content-type"] == "image/png"
        with Image.open(io.BytesIO(picture.content)) as image:
            assert image.size == (120, 90)
        for gone in ("note.txt", "dsc99.png"):
            assert client.get(f"/v1/pictures/{gone}.png").status_code == 404


def test_a_question_needs_neither_torch_nor_pillow(index: Path) -> None:
    program = (
        "import sys\nfrom lepton_local.config import SearchConfig\n"
        "from lepton_local.search.searcher import Searcher\n"
        "config = SearchConfig(fields=('text', 'pictures'), rerank=False, answer=False)\n"
        "searcher = Searcher.open(sys.argv[1], config)\n"
        "assert searcher.search('a red circle')\nprint(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(index)], capture_output=True, text=True, check=True
    )
    assert not {"torch", "transformers", "PIL", "onnx"} & set(done.stdout.split())


def test_the_index_is_whole(index: Path) -> None:
    assert all(finding.ok for finding in check(index, sources=True))


def test_the_life_of_a_field(
    album: Path, index: Path, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Renamed, copied, changed, new in a document, and gone; as a rebuild makes it."""
    corpus, out = tmp_path / "album", tmp_path / "index"
    shutil.copytree(album, corpus)
    shutil.copytree(index, out)
    builder.update(out, change=Change(moved={str(album): str(corpus)}))
    seen: list[int] = []
    see = PictureEncoder.see

    def counted(self: PictureEncoder, pictures: Sequence[np.ndarray]) -> np.ndarray:
        seen.append(len(pictures))
        return see(self, pictures)

    monkeypatch.setattr(PictureEncoder, "see", counted)
    (corpus / "dsc00.png").rename(corpus / "gate.png")
    shutil.copy(corpus / "dsc01.jpg", corpus / "copy.jpg")
    assert builder.update(out).moved == 1
    assert not sum(seen)
    (corpus / "dsc02.webp").unlink()
    chance = random.Random(8)
    drawn("blue", "circle", (90, 90), chance=chance).save(corpus / "dsc03.gif")
    canal = docx.Document()
    with io.BytesIO() as file:
        drawn("yellow", "circle", (80, 80), chance=chance).save(file, "PNG")
        canal.add_picture(file)
    canal.save(str(corpus / "canal.docx"))
    index_now = builder.update(out).index
    assert sum(seen) == 2
    found = vectors_of(index_now, "pictures")
    assert len(found) == len(NAMES) + 1
    assert vectors_of(builder.compact(out).index, "pictures") == found
    assert all(finding.ok for finding in check(out))
    fresh = tmp_path / "fresh"
    builder.build(corpus, fresh, BuildConfig(pictures=True))
    assert vectors_of(add_pictures(fresh, str(clip), device="cpu").index, "pictures") == found
    hits = Searcher(Index.open(out), config=SEEN).search("a yellow circle", k=2)
    assert {hit.passage.document for hit in hits} == {
        "canal.docx#picture 1",
        named("yellow", "circle"),
    }


def test_what_cannot_see_is_refused(index: Path) -> None:
    done = CliRunner().invoke(
        index_main, ["add-field", str(index), "--encoder", "bundled", "--pictures"]
    )
    assert done.exit_code == 2
    assert done.stderr.count("\n") <= 2
    assert "expected a folder of CLIP or SigLIP" in done.stderr
