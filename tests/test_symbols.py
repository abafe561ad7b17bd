"""Who asks for a name in code finds its definition first, what explains it next, then its uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from lepton_local.config import SearchConfig
from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.search.searcher import Searcher
from lepton_local.types import Hit
from tests.conftest import WordEncoder
from tests.test_search import Needle

KILN = '''\
"""Kilns and what they burn."""


class KilnOven:
    """Burns clay."""

    def set_heat(self, degrees):
        """Heat it."""
        self.degrees = degrees

    def session(self):
        return self.degrees


def main(parser):
    parser.add_argument("-q", "--quick-fire", help="Burn at once.")
'''
USES = "from kiln import KilnOven\n\n\ndef fire():\n    KilnOven().set_heat(KilnOven.session)\n" * 3
GUIDE = """\
# Guide

## KilnOven

How to use a kiln oven. Call set_heat as often as you like.

## Options

--quick-fire
    Burns at once, with --quick-fire --quick-fire twice as fast.

  oven.max_heat
    The most that it may have.

## Sessions

A session is a day at the oven: after a session comes a session, and before a session as well.
"""


@pytest.fixture
def searcher(tmp_path: Path, encoder: WordEncoder) -> Searcher:
    docs = tmp_path / "docs"
    (docs / "burning").mkdir(parents=True)
    (docs / "burning" / "kiln.py").write_text(KILN)
    for n in range(3):
        (docs / f"use{n}.py").write_text(f"# {n}\n{USES}")
    (docs / "guide.md").write_text(GUIDE)
    (docs / "talk.md").write_text("# Talk\n\nKilnOven, KilnOven, set_heat, --quick-fire, main.\n")
    (docs / "config.toml").write_text("[oven]\nmax_heat = 3\n\n[tool.kiln]\nfast = true\n")
    (docs / "rows.jsonl").write_text('{"text": "oven.max_heat\\nset_heat"}\n')
    index = builder.build(docs, tmp_path / "index", encoder=encoder).index
    assert all(finding.ok for finding in check(index.path))
    return Searcher(index, encoder=encoder, config=SearchConfig(rerank=False, answer=False))


def places(hits: list[Hit]) -> list[tuple[str, int]]:
    return [(hit.path, hit.line) for hit in hits]


@pytest.mark.parametrize(
    ("asked", "path", "line"),
    [
        ("KilnOven", "burning/kiln.py", 4),
        ("kilnoven", "burning/kiln.py", 4),
        ("class KilnOven:", "burning/kiln.py", 4),
        ("set_heat", "burning/kiln.py", 7),
        ("set_heat()", "burning/kiln.py", 7),
        ("KilnOven.set_heat", "burning/kiln.py", 7),
        ("KilnOven::set_heat", "burning/kiln.py", 7),
        ("burning.kiln.KilnOven", "burning/kiln.py", 4),
        ("def session(self)", "burning/kiln.py", 11),
        ("--quick-fire", "burning/kiln.py", 16),
        ("oven.max_heat", "guide.md", 12),
        ("tool.kiln", "config.toml", 4),
    ],
)
def test_a_definition_comes_first(searcher: Searcher, asked: str, path: str, line: int) -> None:
    assert places(searcher.search(asked))[0] == (path, line)


def test_then_what_explains_it_then_its_uses(searcher: Searcher) -> None:
    hits = searcher.search("KilnOven", k=20)
    assert [hit.path for hit in hits[:2]] == ["burning/kiln.py", "guide.md"]
    assert {hit.path for hit in hits[2:]} >= {"use0.py", "talk.md"}
    stages = [{vote.stage for vote in hit.why} for hit in hits]
    assert ["symbol" in each for each in stages[:3]] == [True, True, False]
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)


def test_no_judge_overrules_it(searcher: Searcher, encoder: WordEncoder) -> None:
    judge = Needle("from kiln import")
    judged = Searcher(
        searcher.index, encoder=encoder, reranker=judge, config=SearchConfig(answer=False)
    )
    assert places(judged.search("KilnOven"))[0] == ("burning/kiln.py", 4)
    assert judged.search("how is a KilnOven used", k=1)[0].path.startswith("use")


def test_a_question_and_a_plain_word_are_no_names(searcher: Searcher) -> None:
    for asked in ("how do I use KilnOven", "main", "KilnOven set_heat"):
        assert not any(vote.stage == "symbol" for h in searcher.search(asked) for vote in h.why)


def test_conditions_hold_and_updates_keep_it(
    searcher: Searcher, tmp_path: Path, encoder: WordEncoder
) -> None:
    found = searcher.search("KilnOven", filters=["-path:burning"])
    assert "burning/kiln.py" not in {hit.path for hit in found}
    (tmp_path / "docs" / "other.py").write_text("def unlike():\n    return 1\n")
    builder.update(searcher.index.path, encoder=encoder)
    index = builder.compact(searcher.index.path).index
    again = Searcher(index, encoder=encoder, config=searcher.config)
    assert places(again.search("KilnOven"))[0] == ("burning/kiln.py", 4)
    assert places(again.search("unlike"))[0] == ("other.py", 1)
    (tmp_path / "docs" / "burning" / "kiln.py").unlink()
    index = builder.update(index.path, encoder=encoder).index
    gone = Searcher(index, encoder=encoder, config=searcher.config).search("KilnOven")
    assert places(gone)[0][0] == "guide.md"
