"""Questions through the front door: filters, phrases, exclusions, spellings, true citations."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_local.config import SearchConfig
from lepton_local.corpus.language import identify
from lepton_local.corpus.read import read as corpus_read
from lepton_local.errors import InputError, VersionError
from lepton_local.indexing import builder
from lepton_local.models.calibration import Answer, Calibration
from lepton_local.models.roles import PassageText, Reading, Span
from lepton_local.search import sources
from lepton_local.search.answer import LONGEST_QUOTE, quote
from lepton_local.search.follow import complete
from lepton_local.search.record import result_record
from lepton_local.search.searcher import Searcher
from lepton_local.search.session import Session
from lepton_local.types import Source
from tests.conftest import WordEncoder

PLAIN = SearchConfig(rerank=False, answer=False)


class Needle:
    """A reader and reranker that knows one answer, wherever it stands."""

    name = "needle"
    digest = "sha256:needle"
    languages: frozenset[str] = frozenset()
    calibration = Calibration(answer=Answer(gain=1.0))  # it is to be believed

    def __init__(self, words: str) -> None:
        self.words = words

    def score(self, question: str, passages: Sequence[PassageText]) -> np.ndarray:
        return np.array([9.0 if self.words in p.text else -9.0 for p in passages], dtype=np.float32)

    def read(self, question: str, passages: Sequence[PassageText]) -> list[Reading]:
        found = []
        for passage, logit in zip(passages, self.score(question, passages), strict=True):
            at = passage.text.find(self.words)
            spans = (Span(at, at + len(self.words), 9.0),) if at >= 0 else ()
            found.append(Reading(0.0, spans, float(logit)))
        return found


@pytest.fixture
def searcher(tmp_path: Path, notes: Path, encoder: WordEncoder) -> Searcher:
    (notes / "deep").mkdir()
    (notes / "deep" / "pflanzen.txt").write_text(
        "Die Tomaten wurden am dritten Mai gepflanzt und jeden Abend mit viel Wasser gegossen. "
        "Niemals sollte man sie am Mittag gießen, denn dann verbrennen die Blätter in der Sonne.\n"
    )
    (notes / "code.py").write_text("def readWholeFile(path):\n    return open(path).read()\n")
    index = builder.build(notes, tmp_path / "index", encoder=encoder).index
    return Searcher(index, encoder=encoder, config=PLAIN)


def found(searcher: Searcher, question: str, *filters: str) -> set[str]:
    return {hit.passage.document for hit in searcher.search(question, k=50, filters=filters)}


def test_filters_choose_documents(searcher: Searcher) -> None:
    assert found(searcher, "tomatoes", "type:txt") == {"garden.txt", "deep/pflanzen.txt"}
    assert found(searcher, "tomatoes", "path:deep/*") == {"deep/pflanzen.txt"}
    assert found(searcher, "tomatoes", "path:deep") == {"deep/pflanzen.txt"}
    assert found(searcher, "tomatoes", "lang:de") == {"deep/pflanzen.txt"}
    assert found(searcher, "water", "title:heron") == {"rows.jsonl#b"}
    assert found(searcher, "water", "type:txt", "-path:deep") == {"garden.txt"}
    assert found(searcher, "water", "before:1999-01-01") == set()
    assert len(found(searcher, "water", "after:1999-01-01")) == 6


def test_phrases_must_stand_and_excluded_words_must_not(searcher: Searcher) -> None:
    assert found(searcher, '"hold hands"') == {"rows.jsonl#a"}
    assert found(searcher, '"hands hold"') == set()
    assert found(searcher, '"planted on 3 MAY"') == {"garden.txt"}
    assert "rows.jsonl#a" not in found(searcher, "animals -otter")
    assert "rows.jsonl#a" not in found(searcher, "animals -hands")
    assert "rows.jsonl#b" in found(searcher, "animals -otter")


def test_identifiers_are_found_whole_and_in_parts(searcher: Searcher) -> None:
    lexical = Searcher(
        searcher.index, config=SearchConfig(mode="lexical", rerank=False, answer=False)
    )
    for question in ("readWholeFile", "whole file", "readwholefile"):
        assert found(lexical, question) == {"code.py"}


def test_a_misspelt_word_is_matched_and_told(searcher: Searcher) -> None:
    result = searcher.answer("sourdoughh starter")
    assert result.corrections == {"sourdoughh": "sourdough"}
    assert result.hits[0].path == "bread.md"
    assert searcher.answer("sourdough starter").corrections == {}


@pytest.mark.parametrize("question", ["", "   ", "?!", '""', "-word"])
def test_a_question_without_words_is_refused(searcher: Searcher, question: str) -> None:
    with pytest.raises(InputError, match="asks nothing"):
        searcher.search(question)


def test_bad_values_are_named(searcher: Searcher) -> None:
    with pytest.raises(InputError, match="k is 0, expected at least 1"):
        searcher.search("bread", k=0)
    with pytest.raises(InputError, match=r"'colour:red' is unknown, expected one of path:, type:"):
        searcher.search("bread", filters=["colour:red"])
    with pytest.raises(InputError, match="'title:!!' has no word"):
        searcher.search("bread", filters=["title:!!"])
    with pytest.raises(InputError, match="expected a day such as 2026-01-31"):
        searcher.search("bread", filters=["after:tomorrow"])
    with pytest.raises(InputError, match="mode 'psychic' is unknown"):
        Searcher(searcher.index, config=SearchConfig(mode="psychic"))


def test_another_encoder_is_refused(searcher: Searcher) -> None:
    class Other(WordEncoder):
        digest = "sha256:other"

    with pytest.raises(VersionError, match=r"was encoded by words .* not by words"):
        Searcher(searcher.index, encoder=Other())


def test_the_reranker_decides_among_the_best(searcher: Searcher, encoder: WordEncoder) -> None:
    needle = Needle("noon")
    judged = Searcher(
        searcher.index, encoder=encoder, reranker=needle, config=SearchConfig(answer=False)
    )
    plain = searcher.search("bake bread loaf water", k=6)
    first = judged.search("bake bread loaf water", k=6)
    assert plain[0].path == "bread.md"
    assert [vote.stage for vote in first[0].why] == ["dense", "lexical", "fused", "rerank"]
    by_path = {hit.passage.document: hit for hit in first}
    assert by_path["garden.txt"].why[-1].rank == 1
    assert [hit.score for hit in first] == sorted((hit.score for hit in first), reverse=True)


def test_answers_stand_where_they_say(searcher: Searcher, encoder: WordEncoder) -> None:
    needle = Needle("forty minutes")
    reading = Searcher(searcher.index, encoder=encoder, reranker=needle, reader=needle)
    result = reading.answer("how long is the loaf baked?")
    answer = result.answer
    assert answer is not None
    assert answer.text == "forty minutes"
    source = answer.hit.source
    text = Path(source.root, source.path).read_text()
    assert text[answer.start : answer.end] == answer.text
    line = text.splitlines()[answer.line - 1]
    assert line[answer.column - 1 :].startswith(answer.text)
    assert answer.mark == "## Baking"
    assert answer.quote == "Bake the loaf for forty minutes at 230 degrees."
    others = sum(each.confidence for each in result.answers)
    assert result.null_confidence == pytest.approx(1 - answer.confidence - others)
    nothing = Needle("kangaroo")
    silent = Searcher(searcher.index, encoder=encoder, reranker=nothing, reader=nothing)
    assert silent.answer("how long is the loaf baked?").answer is None


def test_citations_are_proved_against_the_files(searcher: Searcher, encoder: WordEncoder) -> None:
    needle = Needle("forty minutes")
    reading = Searcher(searcher.index, encoder=encoder, reranker=needle, reader=needle)
    result = reading.verify(reading.answer("how long is the loaf baked?", k=6))
    assert all(hit.verified and not hit.stale for hit in result.hits)
    assert result.answer is not None
    assert result.answer.hit.verified
    root = Path(result.answer.hit.root)
    bread = root / "bread.md"
    bread.write_text(bread.read_text().replace("forty", "fifty"))
    (root / "garden.txt").unlink()
    os.utime(root / "code.py", ns=(1, 1))  # touched, not changed
    result = reading.verify(reading.answer("how long is the loaf baked?", k=6))
    told = {hit.passage.document: (hit.stale, hit.verified) for hit in result.hits}
    assert result.answer is not None
    assert (result.answer.hit.stale, result.answer.hit.verified) == (True, False)
    assert told["garden.txt"] == (True, False)
    assert told["code.py"] == (False, True)
    assert told["rows.jsonl#a"] == (False, True)


def test_a_file_that_was_touched_is_hashed_once(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def counted(source: Source) -> tuple[Source, bytes]:
        read.append(source.path)
        return corpus_read(source)

    monkeypatch.setattr(sources, "read", counted)
    root = Path(searcher.index.manifest.roots[0])
    for path in (root / "bread.md", root / "garden.txt"):
        os.utime(path, ns=(1, 1))
    for _ in range(2):
        assert not any(hit.stale for hit in searcher.answer("bread tomatoes", k=6).hits)
    assert sorted(read) == ["bread.md", "garden.txt"]
    (root / "bread.md").write_text((root / "bread.md").read_text().replace("rye", "oat"))
    assert [hit.path for hit in searcher.search("bread", k=6) if hit.stale] == ["bread.md"] * 2
    os.remove(root / "garden.txt")
    os.mkfifo(root / "garden.txt")
    assert {hit.path for hit in searcher.search("bread", k=9) if hit.stale} >= {"garden.txt"}


def test_similar_leaves_out_the_document_itself(searcher: Searcher) -> None:
    hits = searcher.similar("garden.txt", k=3)
    assert "garden.txt" not in {hit.path for hit in hits}
    assert len({hit.passage.document for hit in hits}) == 3
    assert searcher.similar("rows.jsonl#a", k=1)[0].passage.document != "rows.jsonl#a"
    with pytest.raises(InputError, match=r"nowhere\.txt is not in the index"):
        searcher.similar("nowhere.txt")


def test_the_record_is_the_contract(searcher: Searcher, encoder: WordEncoder) -> None:
    needle = Needle("forty minutes")
    reading = Searcher(searcher.index, encoder=encoder, reranker=needle, reader=needle)
    result = reading.answer("how long is the loaf baked?", k=2)
    record = json.loads(json.dumps(result_record(result, id="q1")))
    assert record.keys() >= {
        *("schema", "id", "question", "index", "generation", "answer", "answers"),
        *("null_confidence", "hits", "seconds", "standalone", "carried", "terms", "indexes"),
    }
    where = str(searcher.index.path)
    assert (record["index"], record["generation"], record["carried"]) == (where, 1, [])
    assert record["indexes"] == [{"index": where, "generation": 1}]
    assert record["standalone"] == record["question"] == "how long is the loaf baked?"
    (loaf,) = (term for term in record["terms"] if "loaf" in term["forms"])
    assert loaf["passages"] == 1
    assert loaf["weight"] == max(term["weight"] for term in record["terms"] if term["passages"])
    assert record["answer"].keys() == {
        *("text", "confidence", "path", "document", "title", "mark", "line", "column", "start"),
        *(
            "end",
            "quote",
            "kind",
            "items",
            "digest",
            "stale",
            "verified",
            "index",
            "root",
            "passage",
        ),
        "file",
    }
    assert record["hits"][0].keys() >= {
        *("rank", "score", "path", "document", "title", "mark", "line", "start", "end", "text"),
        *("stale", "why", "index", "root", "passage"),
    }
    assert {hit["index"] for hit in record["hits"]} == {where}
    assert (Path(record["hits"][0]["root"]) / record["hits"][0]["path"]).exists()
    names = {hit["passage"] for hit in record["hits"]}
    assert len(names) == 2
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in names)
    assert record["answer"]["passage"] in names
    assert record["answer"]["verified"] is None
    assert record["answer"]["digest"].startswith("sha256:")


def test_a_follow_up_is_completed_from_the_question_before(searcher: Searcher) -> None:
    session = Session(searcher)
    session.ask("how is the sourdough starter fed?")
    result = session.ask("and when is it baked?")
    assert result.question == "and when is it baked?"
    assert result.standalone == complete("and when is it baked?", result.carried)
    assert "when is sourdough starter baked" in result.standalone
    assert {"sourdough", "starter"} <= set(result.carried)
    assert [each.word for each in result.origins] == list(result.carried)
    assert ("starter", 1, "question") in [(o.word, o.turn, o.of) for o in result.origins]
    assert session.ask("how do otters sleep?").standalone == "how do otters sleep?"


def test_models_are_not_asked_in_a_language_they_were_not_made_for(
    searcher: Searcher, encoder: WordEncoder
) -> None:
    class EnglishNeedle(Needle):
        languages = frozenset({"en"})

    needle = EnglishNeedle("viel Wasser")
    reading = Searcher(searcher.index, encoder=encoder, reranker=needle, reader=needle)
    english = reading.answer("when were the Tomaten planted in the garden this year?")
    assert english.answer is not None
    assert english.notes == ()
    german = reading.answer(
        "Wann wurden die Tomaten gepflanzt und wie oft soll man sie gießen, damit die Blätter in "
        "der Sonne nicht verbrennen und die Früchte im Sommer schnell reif werden?"
    )
    assert german.answer is None
    assert german.hits[0].passage.document == "deep/pflanzen.txt"
    assert "rerank" not in [vote.stage for vote in german.hits[0].why]
    assert "(de)" in german.notes[0]


def test_words_count_for_more_where_the_encoder_does_not_know_the_language(
    tmp_path: Path,
) -> None:
    class OneMind(WordEncoder):
        """Takes every question for one about the mill."""

        def encode(self, texts: Sequence[str], **how: Any) -> np.ndarray:
            asked = how.get("kind") == "question"
            return super().encode(["mill wheel corn flour"] * len(texts) if asked else texts, **how)

    folder, encoder = tmp_path / "docs", OneMind()
    folder.mkdir()
    french = (
        "Où est-ce que les loutres dorment pendant la nuit, au bord de la rivière, quand les gens "
        "du village sont rentrés chez eux et que tout le monde se repose ?"
    )
    english = (
        "where do the loutres of the rivière dorment, and what do they do in the nuit when all of "
        "the people in the village have gone home and nobody is there to see them any more?"
    )
    (folder / "mill.txt").write_text("mill wheel corn flour")
    (folder / "otter.txt").write_text(french)
    for number in range(8):
        (folder / f"{number}.txt").write_text(f"quay lantern {number} ferry")
    index = builder.build(folder, tmp_path / "index", encoder=encoder).index
    searcher = Searcher(index, encoder=encoder, config=PLAIN)
    assert [identify(each) for each in (french, english)] == ["fr", "en"]
    assert searcher.search(english)[0].path == "mill.txt"
    assert searcher.search(french)[0].path == "otter.txt"


def test_similar_fills_its_list_past_a_long_neighbour(tmp_path: Path, encoder: WordEncoder) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    line = "otter river stone willow moss rain ferry lantern. "
    (folder / "asked.txt").write_text(line)
    (folder / "long.txt").write_text("\n\n".join(line * 4 for _ in range(400)))
    (folder / "other.txt").write_text("otter river and something else entirely.")
    index = builder.build(folder, tmp_path / "index", encoder=encoder).index
    hits = Searcher(index, encoder=encoder).similar("asked.txt", k=2)
    assert [hit.path for hit in hits] == ["long.txt", "other.txt"]


def test_a_depth_below_nothing_is_refused(searcher: Searcher) -> None:
    with pytest.raises(InputError, match="rerank depth is -1"):
        Searcher(searcher.index, config=SearchConfig(rerank_depth=-1))


def test_an_answer_may_be_the_first_words_under_a_heading(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    """Outside Markdown the signs of a heading's level stand in its mark alone."""
    (notes / "shop.html").write_text("<h1>Shop</h1><h3>Price</h3><p>42 crowns for an otter.</p>")
    index = builder.build(notes, tmp_path / "index", encoder=encoder).index
    reader = Needle("42 crowns")
    searcher = Searcher(index, encoder=encoder, reranker=reader, reader=reader)
    answer = searcher.answer("what is the price of an otter?").answer
    assert answer is not None
    assert (answer.text, answer.mark) == ("42 crowns", "### Price")
    for words in ("Price", "Starter"):
        reader.words = words
        assert searcher.answer("what is an otter?").answer is None


@given(st.text("ab c.\n", max_size=900), st.integers(0, 900), st.integers(1, 40))
def test_a_quote_holds_the_answer_and_is_short(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    end = min(start + length, len(text))
    quoted = quote(text, start, end)
    assert text[start:end].strip() in quoted
    assert quoted in text
    assert len(quoted) <= LONGEST_QUOTE + 2
