"""Documents like another: as a whole, each unlike the others, with two passages that say why."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lepton_local.errors import InputError
from lepton_local.indexing import builder
from lepton_local.search.searcher import Searcher
from tests.conftest import WordEncoder
from tests.test_cli import complaint, lepton_index, lepton_search

RIVER = "Otters swim in the river and catch fish under the willow.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "otter.md").write_text(
        f"# Otter\n\n{RIVER}\n# Bread\n\nKnead the dough and bake the loaf in a hot oven.\n"
    )
    (folder / "river.md").write_text(f"# River\n\n{RIVER}The ferry crosses at noon.\n")
    (folder / "river copy.md").write_text(f"# River\n\n{RIVER}The ferry crosses at one.\n")
    (folder / "oven.txt").write_text("Bake the loaf in a hot oven for an hour.\n")
    (folder / "tax.txt").write_text("The form is due in May.\n")
    return folder


@pytest.fixture
def searcher(tmp_path: Path, folder: Path, encoder: WordEncoder) -> Searcher:
    index = builder.build(folder, tmp_path / "index", encoder=encoder).index
    return Searcher(index, encoder=encoder)


def test_the_pair_of_passages_says_why(searcher: Searcher) -> None:
    hits = {hit.path: hit for hit in searcher.similar("otter.md", k=4)}
    assert hits.keys() == {"river.md", "river copy.md", "oven.txt", "tax.txt"}
    like = hits["oven.txt"].like
    assert like is not None
    assert (like.document, like.line) == ("otter.md", 5)
    assert "Knead the dough" in like.text
    assert hits["river.md"].like is not None
    assert "Otters swim" in hits["river.md"].like.text


def test_likeness_is_that_of_the_means(searcher: Searcher, encoder: WordEncoder) -> None:
    (hit,) = searcher.similar("tax.txt", k=1, filters=["path:oven.txt"])
    one, other = encoder.encode(["The form is due in May.", hit.passage.text])
    assert hit.score == pytest.approx(float(one @ other), abs=2e-3)
    assert hit.why[0].score == pytest.approx(hit.score, abs=2e-3)
    assert hit.relevance == hit.score


def test_what_is_shown_already_gives_way(searcher: Searcher) -> None:
    asked, others = f"{RIVER} Bake the loaf in a hot oven.", ["-path:otter.md"]
    hits = searcher.similar(asked, text=True, k=3, filters=others)
    assert [hit.path for hit in hits][1] == "oven.txt", "else two of the river stand first"
    assert hits[1].score < hits[2].score


def test_a_file_outside_and_a_text_are_like_what_is_in_the_index(
    searcher: Searcher, tmp_path: Path
) -> None:
    (tmp_path / "new.html").write_text(f"<h1>New</h1><p>{RIVER}</p>")
    hits = searcher.similar(tmp_path / "new.html", k=1)
    assert hits[0].path.startswith("river")
    assert hits[0].like is not None
    assert hits[0].like.document == "new.html"
    texts = searcher.similar(RIVER, text=True, k=1)
    assert texts[0].passage == hits[0].passage
    with pytest.raises(InputError, match="expected words"):
        searcher.similar(" ", text=True)
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.4 no more")
    with pytest.raises(InputError, match=r"bad\.pdf cannot be read"):
        searcher.similar(tmp_path / "bad.pdf")


def test_a_long_document_is_compared_by_passages_from_all_of_it(
    tmp_path: Path, encoder: WordEncoder, folder: Path
) -> None:
    (folder / "long.txt").write_text("\n\n".join(f"Entry {n}. {RIVER}" * 9 for n in range(900)))
    index = builder.build(folder, tmp_path / "long", encoder=encoder).index
    hits = Searcher(index, encoder=encoder).similar("long.txt", k=2)
    assert {hit.path for hit in hits} & {"river.md", "river copy.md"}
    assert np.isfinite([hit.score for hit in hits]).all()


def test_the_command_takes_a_document_a_file_a_text_and_standard_input(folder: Path) -> None:
    index = folder.parent / "real"
    assert lepton_index("build", folder, "--out", index).exit_code == 0
    asked = ("-k", "1", "--json")
    text = "an otter catching fish"
    for found in (
        lepton_search("similar", index, folder / "river.md", *asked, "--filter", "path:otter.md"),
        lepton_search("similar", index, text, "--text", *asked),
        lepton_search("similar", index, "-", *asked, stdin=text),
    ):
        (hit,) = json.loads(found.stdout)["hits"]
        assert "Otters swim" in hit["like"]["text"] or hit["like"]["text"] == text
        assert "Otters swim" in hit["text"]
    shown = lepton_search("similar", index, "otter.md", "--filter", "path:oven.txt").stdout
    assert "like line 5 of what was asked: # Bread Knead the dough" in shown
    named = lepton_search("similar", index, "otter.md", "--paths", "-0", "-k", "9").stdout
    assert named.count("\0") == 4
    assert lepton_search("similar", index, "otter.md", "--filter", "type:pdf").exit_code == 1
    said = complaint(lepton_search("similar", index, "nowhere.md"))
    assert "nowhere.md is not in the index, and no file either" in said
