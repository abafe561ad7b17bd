"""Filters choose documents by what these are, however their files are named."""

from __future__ import annotations

import gzip
import unicodedata
from typing import Literal

import pytest

from lepton_local.corpus.suffixes import SUFFIXES
from lepton_local.errors import InputError
from lepton_local.indexing import builder
from lepton_local.search.filters import parse_filter
from lepton_local.search.searcher import Searcher
from tests.archives import tarred, zipped
from tests.conftest import WordEncoder
from tests.messages import mailbox, message
from tests.test_update import PLAIN

WORDS = "Otters sleep in a holt by the river."


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    folder = tmp_path_factory.mktemp("filters")
    docs, encoder = folder / "docs", WordEncoder()
    (docs / "deep").mkdir(parents=True)
    letter = message("Otters", f"{WORDS} One.")
    letter.add_attachment(
        b"animal,n\notters,1\n", maintype="text", subtype="csv", filename="rows.csv"
    )
    files: dict[str, bytes | str] = {
        "a.yml": "otter: 2",
        "b.yaml": "otter: 3",
        "c.md": f"# C\n\n{WORDS} 4.",
        "d.mkd": f"# D\n\n{WORDS} 5.",
        "e.txt": f"{WORDS} 6.",
        "f.TXT.gz": gzip.compress(f"{WORDS} 7.".encode()),
        "README": f"{WORDS} 8.",
        "g.zip": zipped({"x/h.md": f"# H\n\n{WORDS} 9.", "i.txt": f"{WORDS} 10."}),
        "j.tgz": gzip.compress(tarred({"k.yml": "otter: 11"})),
        "l.eml": letter.as_bytes(),
        "m.mbox": mailbox(message("Holt", f"{WORDS} 12.").as_bytes()),
        "n.py": "def otter():\n    return 13\n",
        "o.htm": f"<p>{WORDS} 14.</p>",
        unicodedata.normalize("NFD", "deep/café.txt"): f"{WORDS} 15.",
        unicodedata.normalize("NFC", "deep/thé.txt"): f"{WORDS} 16.",
    }
    for name, data in files.items():
        (docs / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    index = builder.build(docs, folder / "index", encoder=encoder).index
    assert not index.manifest.skipped
    return Searcher(index, encoder=encoder, config=PLAIN)


def found(searcher: Searcher, *filters: str) -> set[str]:
    hits = searcher.search("otters in the river", k=50, filters=filters)
    return {unicodedata.normalize("NFC", hit.passage.document) for hit in hits}


TEXTS = {"e.txt", "f.TXT.gz", "README", "g.zip#i.txt", "deep/café.txt", "deep/thé.txt"}
TYPES: dict[str, set[str]] = {
    "yaml": {"a.yml", "b.yaml", "j.tgz#k.yml"},
    "yml": {"a.yml", "b.yaml", "j.tgz#k.yml"},
    "Markdown": {"c.md", "d.mkd", "g.zip#x/h.md"},
    ".mkd": {"c.md", "d.mkd", "g.zip#x/h.md"},
    "txt": TEXTS,
    "text": TEXTS,
    "zip": {"g.zip#x/h.md", "g.zip#i.txt"},
    "tar": {"j.tgz#k.yml"},
    "csv": {"l.eml#rows.csv/1"},
    "mail": {"l.eml", "l.eml#rows.csv/1", "m.mbox#1"},
    "eml": {"l.eml", "l.eml#rows.csv/1", "m.mbox#1"},
    "mbox": {"m.mbox#1"},
    "python": {"n.py"},
    "code": {"n.py"},
    "data": {"a.yml", "b.yaml", "j.tgz#k.yml"},
    "html": {"o.htm"},
    "image": set(),
    "nonsense": set(),
}


@pytest.mark.parametrize("word", TYPES)
def test_a_type_is_what_a_document_was_read_as(searcher: Searcher, word: str) -> None:
    assert found(searcher, f"type:{word}") == TYPES[word]
    everything = found(searcher)
    assert found(searcher, f"-type:{word}") == everything - TYPES[word]


def test_every_ending_is_of_one_format() -> None:
    endings = [ending for each in SUFFIXES.values() for ending in each]
    assert len(endings) == len(set(endings))


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_are_compared_as_they_look(searcher: Searcher, form: Literal["NFC", "NFD"]) -> None:
    def typed(name: str) -> str:
        return unicodedata.normalize(form, name)

    for name in ("café", "thé"):
        path = f"deep/{name}.txt"
        assert found(searcher, typed(f"path:{path}")) == {path}
        assert found(searcher, typed(f"path:*{name}*")) == {path}
        assert found(searcher, typed(f"title:{name}")) == {path}
        others = searcher.similar(typed(path), k=20)
        assert path not in {unicodedata.normalize("NFC", hit.path) for hit in others}


@pytest.mark.timeout(30)
def test_a_pattern_that_no_path_could_match_is_refused_at_once() -> None:
    with pytest.raises(InputError, match="has 50,000 characters, expected at most 4,096"):
        parse_filter("path:" + 50_000 * "[")
    parse_filter("path:" + 4096 * "[")
