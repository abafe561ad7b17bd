"""Copies that leave out or add sentences are one hit; what changes a word is another."""

from __future__ import annotations

from pathlib import Path

import pytest

from lepton_local.cli.show import hit_lines
from lepton_local.config import SearchConfig
from lepton_local.indexing import builder
from lepton_local.search.alike import copies, told
from lepton_local.search.record import hit_record
from lepton_local.search.searcher import Searcher
from lepton_local.types import Hit
from tests.conftest import WordEncoder

STORY = [
    "The council of Welham has voted for a new bridge over the river.",
    "It is to be built of oak, and to carry carts of 7 tonnes.",
    "The mayor, Ada Lark, spoke of a good day for the town.",
    "Work begins in the spring, when the floods are over.",
]
MORE = "Fishermen had feared for the salmon of the river."
PLAIN = SearchConfig(rerank=False, answer=False)


def story(*changes: tuple[str, str]) -> str:
    text = " ".join(STORY)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


SAME = {
    "shortened": " ".join(STORY[:3]),
    "with one more": f"{story()} {MORE}",
    "in another order": " ".join([*STORY[2:], *STORY[:2]]),
    "with its place": f"WELHAM (made up) - {story()}",
    "cut in a sentence": story()[:-20],
    "in capitals": story().upper(),
}
OTHER = {
    "another number": story(("7 tonnes", "9 tonnes")),
    "a number in words": story(("7 tonnes", "seven tonnes")),
    "another name": story(("Ada Lark", "Bo Finch")),
    "a word left out": story((" new", "")),
    "no more than a sentence": f"{STORY[0]} {MORE} Otters hold hands while they sleep at night.",
    "nothing": "",
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_copies_are_known(text: str) -> None:
    assert copies(told(story()), told(text))
    assert copies(told(text), told(story()))


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_what_says_something_else_is_none(text: str) -> None:
    assert not copies(told(story()), told(text))


def test_each_paper_has_a_headline_of_its_own() -> None:
    one, other = f"# Bridge voted for\n\n{story()}", f"# Council votes for bridge\n\n{story()}"
    assert not copies(told(one), told(other))
    assert copies(told(one, "Bridge voted for"), told(other, "News > Council votes for bridge"))


def test_the_day_of_a_row_is_no_sentence() -> None:
    one, other = f"{story()}\n\ndate: 2026-11-26", f"{story()}\n\ndate: 27 November 2026"
    assert copies(told(one), told(other))
    due = f"{story()}\n\ndue on 2026-11-26", f"{story()}\n\ndue on 2026-11-27"
    assert not copies(*map(told, due))


def test_short_sentences_are_nobodys() -> None:
    assert not copies(told("Yes, at all times. No."), told("Yes, at all times."))


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alike")
    texts = {**{f"same {name}": text for name, text in SAME.items()}, "bridge": story()}
    for name, text in {**texts, "other": OTHER["another number"], "salmon": MORE}.items():
        path = folder / "news" / f"{name}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    for name in ("a", "b"):
        (folder / "news" / f"{name}.py").write_text(f'"""{story()} {name}"""\n\nimport {name}\n')
    builder.build([folder / "news"], folder / "index", encoder=WordEncoder())
    return folder / "index"


def asked(where: Path, config: SearchConfig = PLAIN, *, k: int = 9, skip: int = 0) -> list[Hit]:
    with Searcher.open(where, config) as opened:
        searcher = Searcher(opened.index, encoder=WordEncoder(), config=config)
        return searcher.search("has the council voted for a new bridge?", k=k, skip=skip)


def test_copies_are_one_hit_with_their_places(where: Path) -> None:
    hits = asked(where)
    first = next(hit for hit in hits if hit.near)
    assert {first.path, *(place.path for place in first.near)} == {
        "bridge.txt",
        *(f"same {name}.txt" for name in SAME),
    }
    assert sorted(hit.path for hit in hits if not hit.near) == [
        "a.py",  # code is not folded
        "b.py",
        "other.txt",
        "salmon.txt",
    ]
    record = hit_record(first, 1)["near"]
    assert len(record) == len(SAME)
    assert record[0].keys() >= {"index", "path", "document", "line", "start", "end"}
    assert any("nearly the same in: " in line for line in hit_lines(first, 1, index="", why=False))


def test_others_take_the_places_of_copies(where: Path) -> None:
    first, second = asked(where, k=1), asked(where, k=2, skip=1)
    assert [hit.passage for hit in [*first, *second]] == [hit.passage for hit in asked(where, k=3)]
    assert len(second) == 2


def test_copies_stand_one_by_one_where_that_is_wanted(where: Path) -> None:
    hits = asked(where, SearchConfig(rerank=False, answer=False, fold=False), k=50)
    assert len(hits) == len(SAME) + 5
    assert not any(hit.near for hit in hits)
    with Searcher.open(where, PLAIN) as opened:
        searcher = Searcher(opened.index, encoder=WordEncoder(), config=PLAIN)
        assert len(searcher.ranking("the council", k=50)) == len(hits)
