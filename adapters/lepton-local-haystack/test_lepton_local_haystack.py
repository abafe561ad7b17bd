"""Against a real index of three short files, with the bundled models."""

from __future__ import annotations

from pathlib import Path

import pytest
from haystack import Pipeline
from lepton_local_haystack import LeptonRetriever

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


@pytest.fixture(scope="module")
def pipeline(index: str) -> Pipeline:
    made = Pipeline()
    made.add_component("search", LeptonRetriever(index, top_k=2))
    return made


def test_documents_and_answers(pipeline: Pipeline) -> None:
    told = pipeline.run({"search": {"query": "When is the rent due?"}})["search"]
    documents, answers = told["documents"], told["answers"]
    assert len(documents) == 2
    assert documents[0].score > documents[1].score
    path = Path(documents[0].meta["file"])
    start, end = documents[0].meta["start"], documents[0].meta["end"]
    assert path.name == "rent.txt"
    assert path.read_text()[start:end] == documents[0].content
    best = answers[0]
    assert "third of each month" in best.data
    span = best.document_offset
    assert best.document.content[span.start : span.end] == best.data
    assert best.document.id == documents[0].id


def test_nothing_is_answered_that_is_not_there(pipeline: Pipeline) -> None:
    told = pipeline.run({"search": {"query": "Who wrote the opera Carmen?"}})["search"]
    assert told["answers"] == []


def test_what_is_asked_for_counts(pipeline: Pipeline) -> None:
    asked = {"query": "Where does an otter sleep?", "top_k": 5, "filters": ["type:text"]}
    told = pipeline.run({"search": asked})["search"]
    assert [each.meta["path"] for each in told["documents"]] == ["rent.txt"]


def test_a_pipeline_is_written_and_read(pipeline: Pipeline) -> None:
    again = Pipeline.loads(pipeline.dumps(), allowed_modules=["lepton_local_haystack"])
    question = {"search": {"query": "Where does an otter sleep?"}}
    told, before = again.run(question)["search"], pipeline.run(question)["search"]
    assert [each.id for each in told["documents"]] == [each.id for each in before["documents"]]
    assert again.get_component("search").to_dict() == pipeline.get_component("search").to_dict()
