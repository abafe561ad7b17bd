"""Documents that LibreOffice converts: by a script that stands in for it, and by itself where it is
installed.
"""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path
from threading import Event

import docx
import pytest

from lepton_local.corpus import converter
from lepton_local.corpus.cage import landlock
from lepton_local.corpus.converter import converted, target_of
from lepton_local.corpus.isolate import parse_source
from lepton_local.corpus.read import read
from lepton_local.errors import SourceError
from lepton_local.types import Source
from tests.office import odf
from tests.test_cli import lepton_index, lepton_search

OLD = b"\xd0\xcf\x11\xe0" + bytes(60)
SLIDES = odf(
    '<office:presentation><draw:page><draw:frame presentation:class="title"><draw:text-box>'
    "<text:p>Harbour plans</text:p></draw:text-box></draw:frame><draw:frame><draw:text-box>"
    "<text:p>The crane moves to shed 9 in May.</text:p></draw:text-box></draw:frame></draw:page>"
    "</office:presentation>"
)
# Copies what lies beside it to --outdir; tries to write elsewhere, which must not happen.
SCRIPT = """#!/bin/sh
touch "{outside}" 2>/dev/null
while [ $# -gt 1 ]; do
  [ "$1" = --outdir ] && out=$2
  [ "$1" = --convert-to ] && form=$2
  shift
done
{then}
"""


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a soffice that gives the same slides for any file."""
    place = tmp_path / "bin"
    place.mkdir()
    (place / "answer").write_bytes(SLIDES)
    say(place, f'/bin/cat "{place}/answer" > "$out/given.$form"')
    monkeypatch.setenv("PATH", str(place))
    return place


def say(place: Path, then: str) -> None:
    program = place / "soffice"
    program.write_text(SCRIPT.format(outside=place.parent / "outside", then=then))
    program.chmod(0o755)


def test_a_converted_file_is_cited_as_itself(office: Path, tmp_path: Path) -> None:
    notes, out = tmp_path / "notes", tmp_path / "index"
    notes.mkdir()
    (notes / "deck.ppt").write_bytes(OLD)
    (notes / "a.txt").write_text("Plain words.")
    built = lepton_index("build", notes, "--out", out, "--with-libreoffice")
    assert built.exit_code == 0, built.stderr
    found = lepton_search("query", out, "where does the crane move", "--json", "--verify")
    hit = json.loads(found.stdout)["hits"][0]
    assert (hit["path"], hit["verified"]) == ("deck.ppt", True)
    assert hit["mark"].startswith("slide 1")
    shown = lepton_index("explain", out, notes / "deck.ppt").stdout
    assert "ppt, told by its suffix, and converted by LibreOffice" in shown
    (notes / "deck.ppt").write_bytes(OLD + b"more")
    (office / "soffice").unlink()
    kept = lepton_index("update", out)
    assert "is read by LibreOffice, which is not there: apt install" in kept.stderr
    assert "deck.ppt" in lepton_search("query", out, "crane", "--paths").stdout
    if landlock():
        assert not (tmp_path / "outside").exists()


def test_without_it_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "a.txt").write_text("Plain words.")
    monkeypatch.setenv("PATH", str(tmp_path))
    done = lepton_index("build", notes, "--out", tmp_path / "index", "--with-libreoffice")
    assert done.exit_code == 2
    assert "there is no soffice on the PATH" in done.stderr
    assert "apt install libreoffice" in done.stderr


@pytest.mark.parametrize("then", ["exit 3", 'ln -s /etc/passwd "$out/given.$form"', "kill -9 $$"])
def test_what_it_does_not_convert_is_refused(office: Path, then: str) -> None:
    say(office, then)
    with pytest.raises(SourceError, match="does not convert"):
        converted("a.ppt", OLD)


def test_nobody_waits_for_what_hangs(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    say(office, "/bin/sleep 600")
    stop = Event()
    threading.Timer(0.3, stop.set).start()
    with pytest.raises(SourceError, match="stopped"):
        converted("a.ppt", OLD, stop)
    monkeypatch.setattr(converter, "CLOCK", 0.3)
    with pytest.raises(SourceError, match="took longer"):
        converted("a.ppt", OLD)


def test_a_key_is_no_document(office: Path) -> None:
    assert target_of("id_rsa.pub") == "pdf"
    with pytest.raises(SourceError, match="does not begin"):
        converted("id_rsa.pub", b"ssh-rsa AAAA")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_itself(tmp_path: Path) -> None:
    letter = docx.Document()
    letter.add_paragraph("The crane moves to shed 9 in May.")
    letter.save(str(tmp_path / "letter.wps"))  # it looks at what a file holds
    source, _ = read(Source(str(tmp_path), "letter.wps", 0, 0))
    parsed = parse_source(source)
    assert [each.text for each in parsed.documents] == ["The crane moves to shed 9 in May."]
