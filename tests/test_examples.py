"""The small collections that the guide works through say what it says they do."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from lepton_local.store.feedback import Feedback
from tests.test_cli import lepton_index, lepton_search
from tests.test_guide import GUIDE, fences

EXAMPLES = GUIDE.parent / "examples"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a person stands who builds the three."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copytree(EXAMPLES, folder / "corpora" / "examples")
    for name in ("help.csv", "news", "recipes"):
        out = folder / "indexes" / name.removesuffix(".csv")
        done = lepton_index(
            "build", folder / "corpora" / "examples" / name, "--out", out, "--quiet"
        )
        assert done.exit_code == 0, done.output
    return folder


def shown_after(page: str, command: str) -> str:
    """What the guide shows below a command, on one line."""
    blocks = [block for _, block in fences(GUIDE / page)]
    at = next(n for n, block in enumerate(blocks) if block.rstrip().endswith(command))
    return _flat(blocks[at + 1])


def _flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("page", "command"),
    [
        ("often-asked.md", 'faq indexes/help "how do I update my index after files changed?"'),
        ("often-asked.md", 'faq indexes/help "do you ship to France?"'),
        ("often-asked.md", "faq-check indexes/help"),
        ("news.md", "news indexes/news --since 2026-11-24"),
    ],
)
def test_the_guide_shows_what_comes(place: Path, page: str, command: str) -> None:
    words = re.findall(r'"[^"]*"|\S+', command)
    typed = [
        str(place / word) if word.startswith("indexes/") else word.strip('"') for word in words
    ]
    assert _flat(lepton_search(*typed).stdout) == shown_after(page, f"lepton-search {command}")


def test_marked_recipes_lead_to_others(place: Path) -> None:
    index = place / "indexes" / "recipes"
    question = "which soup can I make from the store cupboard?"
    marked = lepton_search("rate", index, question, "--good", "--hit", "1")
    assert marked.exit_code == 0, marked.output
    day = Feedback(index).events()[0].time[:10]
    found = lepton_search("for-you", index, "-k", "3", "--explore", "0.34")
    command = "lepton-search for-you indexes/recipes -k 3 --explore 0.34"
    assert _flat(found.stdout).replace(day, "2026-11-27") == shown_after("feedback.md", command)
