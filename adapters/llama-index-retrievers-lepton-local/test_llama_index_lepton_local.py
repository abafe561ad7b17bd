"""Against a real index of three short files, with the bundled models."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from llama_index.core.schema import MetadataMode
from llama_index_lepton_local import LeptonQueryEngine, LeptonRetriever

import lepton_local as lepton

TEXTS = {
    "otters.md": "# Otters\n\nAn otter sleeps in a holt, which it digs into the bank of a river.\n",
    "bees.md": "# Bees\n\nA bee sleeps in its hive. The hive holds forty thousand bees.\n",
    "rent.txt": "The rent is due on the third of each month. It is paid to the bank.\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("adapter")
    (folder / "docs").mkdir()
    for name, text in TEXTS.items():
        (folder / "docs" / name).write_text(text)
    lepton.build(folder / "docs", folder / "index")
    return str(folder / "index")


def test_a_node_says_where_it_stands(index: str) -> None:
    retriever = LeptonRetriever(index, k=2)
    first, second = retriever.retrieve("Where does an otter sleep?")
    assert first.score > second.score
    path = Path(first.metadata["file"])
    assert path.name == "otters.md"
    node = first.node
    assert path.read_text()[node.start_char_idx : node.end_char_idx] == node.text
    read = node.get_content(metadata_mode=MetadataMode.LLM)
    assert "otters.md" in read
    assert "digest" not in read
    (only,) = LeptonRetriever(index, filters=["type:text"]).retrieve("Where does an otter sleep?")
    assert only.metadata["path"] == "rent.txt"


def test_the_engine_answers_and_says_when_it_cannot(index: str) -> None:
    engine = LeptonQueryEngine(LeptonRetriever(index))
    told = engine.query("When is the rent due?")
    assert "third of each month" in str(told)
    assert told.metadata["answer"]["path"] == "rent.txt"
    assert told.source_nodes[0].metadata["path"] == "rent.txt"
    assert str(engine.query("Who wrote the opera Carmen?")) == "The documents do not say."
    again = asyncio.run(engine.aquery("When is the rent due?"))
    assert str(again) == str(told)
