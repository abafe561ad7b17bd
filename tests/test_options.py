"""Who asks for an option of a command finds what the command's own document says of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from lepton_local.config import SearchConfig
from lepton_local.indexing import builder
from lepton_local.search.first import judgeable
from lepton_local.search.searcher import Searcher
from tests.conftest import WordEncoder
from tests.test_search import PLAIN, Needle

FIRE = """\
<h1>kiln-fire(1)</h1><p>kiln fire [-q] [-Q] [--no-smoke] burns what is in the oven, by fire.</p>
<h2>Options</h2>
<dl><dt>-q</dt><dt>--quick</dt><dd><p>Burn at once.</p></dd></dl>
<h2>Further</h2>
<dl><dt>-Q</dt><dd><p>Say nothing of the fire of the kiln.</p></dd></dl>
<h2>More</h2>
<dl><dt>--[no-]smoke</dt><dd><p>Whether the chimney is open.</p></dd></dl>
"""
FILES = {
    "kiln-fire.html": FIRE,
    "kiln.html": "<h1>kiln</h1><dl><dt>-q</dt><dd>Kiln, kiln: fire of an oven.</dd></dl>",
    "talk.md": "# kiln fire -q\n\nkiln fire -q does what kiln fire -q does, --no-smoke as well.\n",
    "cool.1": ".TH COOL 1\n.SH NAME\ncool \\- cool it\n.SH OPTIONS\n.TP\n\\fB\\-w\\fR\nWait.\n",
}


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    folder, encoder = tmp_path_factory.mktemp("options"), WordEncoder()
    (folder / "docs").mkdir()
    for name, text in FILES.items():
        (folder / "docs" / name).write_text(text)
    index = builder.build(folder / "docs", folder / "index", encoder=encoder).index
    with Searcher(index, encoder=encoder, config=PLAIN) as opened:
        yield opened


@pytest.mark.parametrize(
    ("asked", "path", "line"),
    [
        ("kiln fire -q", "kiln-fire.html", "-q"),
        ("what does kiln-fire -q do?", "kiln-fire.html", "-q"),
        ("-q of kiln fire", "kiln-fire.html", "-q"),
        ("how does kiln fire burn with `--quick`", "kiln-fire.html", "--quick"),
        ("kiln fire -Q", "kiln-fire.html", "-Q"),
        ("kiln fire --no-smoke", "kiln-fire.html", "--[no-]smoke"),
        ("kiln fire --smoke", "kiln-fire.html", "--[no-]smoke"),
        ("kiln -q", "kiln.html", "-q"),
        ("cool -w", "cool.1", "-w"),
    ],
)
def test_its_entry_comes_first(searcher: Searcher, asked: str, path: str, line: str) -> None:
    hit = searcher.search(asked)[0]
    assert hit.path == path
    assert hit.passage.text.split("\n")[hit.line - hit.passage.line].strip().startswith(line)
    assert any(vote.stage == "symbol" for vote in hit.why)


@pytest.mark.parametrize("asked", ["oven -q", "kiln fire", "kiln fire -z", "talk a-q", "kiln - q"])
def test_no_command_or_no_option_changes_nothing(searcher: Searcher, asked: str) -> None:
    assert not any(vote.stage == "symbol" for hit in searcher.search(asked) for vote in hit.why)


def test_the_best_by_words_is_judged(searcher: Searcher) -> None:
    """However little the encoder makes of a word that one passage alone has."""

    class Blind(WordEncoder):
        def encode(self, texts, **kwargs):  # type: ignore[no-untyped-def]
            return super().encode([text.replace("chimney", "") for text in texts], **kwargs)

    config = SearchConfig(answer=False, rerank_depth=1)
    asked = "chimney kiln kiln"
    plain = Searcher(searcher.index, encoder=Blind(), config=PLAIN).search(asked)
    assert "chimney" not in plain[0].passage.text
    judge = Needle("chimney")
    judged = Searcher(searcher.index, encoder=Blind(), reranker=judge, config=config)
    assert "chimney" in judged.search(asked)[0].passage.text


def test_few_candidates_are_judged_as_they_stand() -> None:
    scores, words = np.array([0.9, 0.5, 0.4]), np.array([0.0, 0.0, 2.0])
    assert judgeable(scores, words, 0) is scores
    assert judgeable(scores, words, 3) is scores
    assert judgeable(scores, words * 0, 2) is scores
    assert judgeable(scores, words, 2).argsort()[::-1].tolist() == [0, 2, 1]
