"""Files that chance has made, of every format: each is indexed or refused with a reason, and no
parser writes, hangs or takes anything down with it. Nor does what was made to break XML readers.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest

from lepton_local.corpus.isolate import Parsed, parse_source
from lepton_local.corpus.parse import PARSERS
from lepton_local.corpus.suffixes import format_named
from lepton_local.types import Source
from tests.archives import zipped
from tests.faults import mutations
from tests.parsing import documents, left_out
from tests.samples import samples

SECRET = "The safe opens at 31-7-24."
MARKUP = [name for name, data in samples().items() if data[:1] == b"<" or data[:2] == b"PK"]
NESTED = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 10))


def parsed(path: Path, data: bytes) -> Parsed:
    path.write_bytes(data)
    return parse_source(Source(str(path.parent), path.name, 1, 1))


def test_mutated_files(tmp_path: Path) -> None:
    fared = mutations(tmp_path, 400, seed=1)
    assert set(fared) == {"files", "indexed", "refused"}, "a parser took its process down"
    assert fared["files"] == 400 == fared["indexed"] + fared["refused"]
    assert min(fared.values()) > 100


def test_every_parser_has_a_sample() -> None:
    """So that a new one is mutated too; but for pictures, which an extra reads, slowly."""
    tried = {PARSERS.get(format_named(name)) for name in samples()}
    assert set(PARSERS.values()) - tried <= {PARSERS.get("png")}


@pytest.mark.parametrize("name", samples())
def test_samples_are_whole(tmp_path: Path, name: str) -> None:
    found = parsed(tmp_path / name, samples()[name])
    assert found.documents
    assert not found.refused


@pytest.mark.parametrize("name", samples())
def test_every_character_of_every_format_lies_in_some_passage(name: str) -> None:
    assert all(left_out(found) == "" for found in documents(name, samples()[name]))


@pytest.mark.parametrize("name", MARKUP)
def test_entities_do_nothing(tmp_path: Path, name: str) -> None:
    """Neither one that names a file, nor one that grows to ten thousand million letters."""
    (tmp_path / "secret.txt").write_text(SECRET)
    found = parsed(tmp_path / name, _armed(samples()[name], tmp_path / "secret.txt"))
    told = [found.source.path, *(each.reason for each in found.refused)]
    for document in found.documents:
        told += [document.text, document.title, *document.metadata.values()]
        told += [mark.label for mark in document.marks]
    assert SECRET not in "".join(told)
    assert not any(each.reason.startswith("the parser") for each in found.refused)
    assert len("".join(told)) < 1_000_000


def test_scripts_do_nothing(tmp_path: Path) -> None:
    page = (
        "<p>Seen</p><script>document.write('scripted')</script><noscript>Unscripted</noscript>"
        "<img src=x onerror=\"alert('scripted')\"><iframe srcdoc='scripted'></iframe>"
        "<style>p::after { content: 'scripted' }</style><template>scripted</template>"
    )
    (document,) = parsed(tmp_path / "a.html", page.encode()).documents
    assert "Seen" in document.text
    assert "scripted" not in document.text.replace("Unscripted", "")


def _armed(data: bytes, secret: Path) -> bytes:
    """Markup, or every markup in a ZIP file, that declares hostile entities and uses them."""
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            held = {name: archive.read(name) for name in archive.namelist()}
        return zipped(
            {
                name: _armed(each, secret) if each[:1] == b"<" else each
                for name, each in held.items()
            }
        )
    declared = (
        f'<!DOCTYPE x [<!ENTITY file SYSTEM "{secret.as_uri()}"><!ENTITY b0 "hahahahaha">{NESTED}'
        f'<!ENTITY % outer SYSTEM "{secret.as_uri()}">%outer;]>'
    ).encode()
    head = re.match(rb"\s*(<\?xml.*?\?>)?\s*", data)
    assert head is not None
    body = re.sub(rb">([^<>]*\w[^<>]*)<", rb">&file;&b9;\1<", data[head.end() :], count=20)
    return data[: head.end()] + declared + body
