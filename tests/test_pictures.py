"""Pages of PDFs as pictures: the words that were found are marked where they stand."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

import lepton_local as lepton
from lepton_local.corpus import cage
from lepton_local.corpus.picture import page_picture
from lepton_local.corpus.read import read
from lepton_local.errors import SourceError
from lepton_local.serve import app as doors
from lepton_local.serve.live import Live
from lepton_local.types import Source
from tests.pdfs import drawn

# The quote goes on in the next line.
PAGES = [
    [(100, 700, "The notice period is three"), (100, 686, "months to the end of a quar-")],
    [(100, 700, "The rent is 940 euros a month."), (100, 600, "Nothing else stands here.")],
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pictures")
    (place / "notes").mkdir()
    (place / "notes" / "lease.pdf").write_bytes(drawn(PAGES))
    (place / "notes" / "lease.txt").write_text("The rent is 940 euros a month.")
    (place / "notes" / "bad.pdf").write_bytes(b"%PDF-1.7\nnothing of the kind\n")
    return place


def source(folder: Path, name: str) -> Source:
    return read(Source(str(folder / "notes"), name, 1 << 20, 0))[0]


def marked(png: bytes) -> tuple[int, int, int, int] | None:
    """The rows and columns of a picture that are not grey, as shares of its sides."""
    dots = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    rows, columns = np.nonzero(dots.max(axis=2) - dots.min(axis=2) > 40)
    if not len(rows):
        return None
    height, width = dots.shape[:2]
    ends = (rows.min() / height, rows.max() / height, columns.min() / width, columns.max() / width)
    top, bottom, left, right = (round(100 * end) for end in ends)
    return top, bottom, left, right


def test_words_are_marked_where_they_stand(folder: Path) -> None:
    lease = source(folder, "lease.pdf")
    found = marked(page_picture(lease, 1, "three months to the end"))
    assert found is not None
    assert found[:3] == pytest.approx((17, 20, 17), abs=1)  # 700 and 686 points from below, of 850
    assert 30 < found[3] < 50
    assert marked(page_picture(lease, 1, "a quite different sentence")) is None
    # Of several sentences, those that are there.
    found = marked(page_picture(lease, 2, "The rent is 940 euros a month. It is paid by the bank."))
    assert found is not None
    assert (found[0], found[1]) == pytest.approx((17, 19), abs=1)


def test_what_cannot_be_drawn_is_said(folder: Path) -> None:
    lease = source(folder, "lease.pdf")
    with pytest.raises(SourceError, match="page 3 cannot be drawn"):
        page_picture(lease, 3)
    with pytest.raises(SourceError, match="page 1 cannot be drawn"):
        page_picture(source(folder, "bad.pdf"), 1)
    with pytest.raises(SourceError, match="changed since it was indexed"):
        page_picture(replace(lease, digest="sha256:other"), 1)


@pytest.mark.skipif(not cage.landlock(), reason="this kernel has no Landlock")
def test_the_process_that_draws_reads_no_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of somebody's own")
    code = (
        "import sys\n"
        "from lepton_local.corpus import drawer\n"
        "class Drawn:\n"
        "    def save(self, out, **_): out.write(open(sys.argv[1], 'rb').read() + b'drawn')\n"
        "drawer.draw = lambda *_, **__: Drawn()\n"
        "drawer.main(20, 2 << 30)"
    )
    asked = b'{"page": 1, "words": "", "small": false}\n'
    for path, told in (("/dev/null", (0, b"drawn")), (str(secret), (3, b""))):
        command = [sys.executable, "-c", code, path]
        done = subprocess.run(command, input=asked, capture_output=True, check=False)
        assert (done.returncode, done.stdout) == told


def test_the_page_shows_the_page(folder: Path) -> None:
    lepton.build(folder / "notes", folder / "index")
    with TestClient(doors.app(Live([folder / "index"]), cores=1)) as client:
        shown = client.get("/document", params={"name": "lease.pdf", "first": 3, "last": 3}).text
        address = shown.partition('<img src="')[2].partition('"')[0].replace("&amp;", "&")
        picture = client.get(address)
        assert picture.headers["content-type"] == "image/png"
        assert marked(picture.content) is not None
        for gone in ("/v1/pages/lease.txt/1.png", "/v1/pages/lease.pdf/9.png", "/v1/pages/x/1.png"):
            assert client.get(gone).status_code == 404
        text = client.get("/document", params={"name": "lease.txt", "first": 1, "last": 1}).text
        assert "<img" not in text
