"""A question that is a file's name finds that file first, and no other question is touched."""

from __future__ import annotations

import random

import pytest

from lepton_local.config import SearchConfig
from lepton_local.indexing import builder
from lepton_local.search.named import named
from lepton_local.search.searcher import Searcher
from tests.conftest import WordEncoder
from tests.test_search import Needle

WORDS = "otter river stone willow moss rain ferry lantern shopping list report notes".split()
FILES = {
    "Shopping list.md": "# Errands\n\nMilk and bread.\n",
    "zebrawood-report.md": "# Summary\n\nSales rose.\n",
    "starlette/middleware/cors.py": "class Middleware:\n    allow = True\n",
    "starlette/cors_test.py": "import cors\n",
    "a/README.md": "# A\n\nThe first one.\n",
    "b/readme.md": "# B\n\nThe second one.\n",
    "Übersicht 2026.txt": "Der Fluss steigt.\n",
    "rows.jsonl": '{"id": "1", "text": "rows of otters"}\n{"id": "2", "text": "more rows"}\n',
}
ASKED = {
    "shopping list": {"Shopping list.md"},
    "Shopping_List.md": {"Shopping list.md"},
    "shopping-list": {"Shopping list.md"},
    "zebrawood report": {"zebrawood-report.md"},
    "zebrawod report": {"zebrawood-report.md"},
    "cors.py": {"starlette/middleware/cors.py"},
    "cors": {"starlette/middleware/cors.py"},
    "starlette/middleware/cors.py": {"starlette/middleware/cors.py"},
    "middleware cors": {"starlette/middleware/cors.py"},
    "readme": {"a/README.md", "b/readme.md"},
    "b/readme": {"b/readme.md"},
    "ubersicht 2026": {"Übersicht 2026.txt"},
}


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    """The files, among notes that repeat the words of their names, in two segments."""
    folder = tmp_path_factory.mktemp("named")
    docs, chance, encoder = folder / "docs", random.Random(3), WordEncoder()
    for number in range(120):
        path = docs / "other" / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(" ".join([*chance.choices(WORDS, k=12), "cors readme zebrawood 2026"]))
        if number == 60:
            builder.build(docs, folder / "index", encoder=encoder)
    for name, text in FILES.items():
        (docs / name).parent.mkdir(parents=True, exist_ok=True)
        (docs / name).write_text(text)
    return Searcher(builder.update(folder / "index", encoder=encoder).index, encoder=encoder)


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
@pytest.mark.parametrize("judged", [False, True])
def test_the_file_of_that_name_is_first(searcher: Searcher, mode: str, judged: bool) -> None:
    needle = Needle("otter river") if judged else None
    config = SearchConfig(mode=mode, rerank=judged, answer=False, candidates=5, rerank_depth=3)
    asking = Searcher(
        searcher.index, encoder=searcher.encoder, reranker=needle, reader=needle, config=config
    )
    for asked, paths in ASKED.items():
        hits = asking.search(asked, k=5)
        assert {hit.path for hit in hits[: len(paths)]} == paths, asked
        assert [vote.score for vote in hits[0].why if vote.stage == "name"] == [1.0]
        assert not any(vote.stage == "name" for hit in hits[len(paths) :] for vote in hit.why)
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_conditions_hold_of_a_named_file_too(searcher: Searcher) -> None:
    asking = Searcher(
        searcher.index,
        encoder=searcher.encoder,
        config=SearchConfig(rerank=False, answer=False),
    )
    assert asking.search("zebrawood report")[0].path == "zebrawood-report.md"
    for asked in ("zebrawood report -sales", "zebrawood report -path:zebrawood-report.md"):
        assert "zebrawood-report.md" not in {hit.path for hit in asking.search(asked, k=50)}


@pytest.mark.parametrize(
    "asked",
    ["what is in the shopping list?", "list", "rows", "report", "middleware", "otter", "md", "?!x"],
)
def test_other_questions_are_not_touched(searcher: Searcher, asked: str) -> None:
    config = SearchConfig(rerank=False, answer=False)
    result = Searcher(searcher.index, encoder=searcher.encoder, config=config).answer(asked)
    assert named(searcher.index, asked, result.terms, result.corrections) == []
    assert all(vote.stage != "name" for hit in result.hits for vote in hit.why)
