"""Models of one's own: the least that does, in a build and a search; and slips that are named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lepton_local
from lepton_local.config import SearchConfig
from lepton_local.errors import InputError
from lepton_local.models.calibration import Calibration
from lepton_local.models.roles import (
    Encoder,
    Kind,
    PassageText,
    Reader,
    Reading,
    Reranker,
    Span,
)
from lepton_local.search.searcher import Searcher


class Least:
    """An encoder with what its Protocol asks for, and no more."""

    name = "least"
    digest = "least 1"
    languages: frozenset[str] = frozenset()
    dim = 4
    max_tokens = 64

    def encode(
        self,
        texts: Sequence[str],
        *,
        kind: Kind = "passage",
        progress: Callable[[int], None] | None = None,
    ) -> np.ndarray:
        rows = np.array([[len(text), text.count("a"), 1, 1] for text in texts], dtype=np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))

    def spans(self, text: str) -> np.ndarray:
        return np.array([(at, at + 1) for at in range(len(text))], dtype=np.int32).reshape(-1, 2)


class Judge:
    """A reranker and a reader likewise."""

    name = "judge"
    digest = "judge 1"
    languages: frozenset[str] = frozenset()
    calibration = Calibration()

    def score(self, question: str, passages: Sequence[PassageText]) -> np.ndarray:
        return np.array([float("herons" in each.text.lower()) for each in passages], np.float32)

    def read(self, question: str, passages: Sequence[PassageText]) -> list[Reading]:
        return [Reading(0.0, (Span(0, 7, 9.0),) if "heron" in p.text else ()) for p in passages]


def test_the_least_models_build_and_search(tmp_path: Path, notes: Path) -> None:
    encoder: Encoder = Least()
    reranker: Reranker = Judge()
    reader: Reader = Judge()
    index = lepton_local.build(notes, tmp_path / "index", encoder=encoder)
    (notes / "new.txt").write_text("Another heron came by in the morning.\n")
    index = lepton_local.update(tmp_path / "index", encoder=encoder, device="cpu")
    searcher = Searcher(index, encoder=encoder, reranker=reranker, reader=reader)
    result = searcher.answer("what does a heron do?", whole=False)
    assert result.answer is not None
    assert result.answer.text in ("A heron", "Another")
    assert {vote.stage for vote in result.hits[0].why} == {"dense", "lexical", "fused", "rerank"}
    assert searcher.similar("garden.txt", k=2)


@pytest.mark.parametrize("name", ["name", "digest", "languages", "dim", "max_tokens", "spans"])
def test_what_an_encoder_lacks_is_named(notes: Path, tmp_path: Path, name: str) -> None:
    index = lepton_local.build(notes, tmp_path / "index", encoder=Least())
    kept = {key: value for key, value in vars(Least).items() if key not in (name, "__dict__")}
    kept.pop("__weakref__")
    lacking: Any = type("Lacking", (), kept)()
    with pytest.raises(InputError, match=f"encoder Lacking has no {name}, expected "):
        Searcher(index, encoder=lacking)


SLIPS: list[tuple[dict[str, Any], str]] = [
    ({"question": 3}, "question is 3, expected a string"),
    ({"question": None}, "question is None, expected a string"),
    ({"question": b"bread"}, "question is b'bread', expected a string"),
    ({"question": ["bread"] * 99}, "question is "),
    ({"k": "3"}, "k is '3', expected a whole number"),
    ({"k": 2.5}, "k is 2.5, expected a whole number"),
    ({"k": True}, "k is True, expected a whole number"),
    ({"k": 0}, "k is 0, expected at least 1"),
    ({"filters": "type:md"}, "filters is 'type:md', expected a list of strings"),
    ({"filters": 3}, "filters is 3, expected a list of strings"),
    ({"filters": None}, "filters is None, expected a list of strings"),
    ({"filters": [3]}, "filter is 3, expected a string"),
    ({"filters": ["type"]}, "filter 'type' is unknown"),
]


@pytest.mark.parametrize(("given", "told"), SLIPS)
def test_a_slip_of_a_program_is_one_line(
    tmp_path: Path, notes: Path, given: dict[str, Any], told: str
) -> None:
    index = lepton_local.build(notes, tmp_path / "index", encoder=Least())
    searcher = Searcher(index, encoder=Least(), reranker=Judge(), reader=Judge())
    three: Any = np.int64(3)
    assert searcher.search("bread", k=three, filters=("type:md",))
    asked = {"question": "bread", **given}
    for ask in (searcher.search, searcher.answer, lepton_local.Session(searcher).ask):
        with pytest.raises(InputError) as caught:
            ask(**asked)
        assert str(caught.value).startswith(told)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 200
    if "k" in given:
        with pytest.raises(InputError, match="k is "):
            searcher.similar("garden.txt", k=given["k"])


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"mode": 3}, "mode is 3, expected a value of type str"),
        ({"mode": "psychic"}, "mode 'psychic' is unknown"),
        ({"rerank": "no"}, "rerank is 'no', expected a value of type bool"),
        ({"rerank_depth": "24"}, "rerank_depth is '24', expected a value of type int"),
        ({"candidates": 0}, "candidates is 0, expected at least 1"),
        ({"threads": True}, "threads is True, expected a value of type int"),
    ],
)
def test_settings_that_cannot_be_are_named(
    tmp_path: Path, notes: Path, wrong: dict[str, Any], told: str
) -> None:
    index = lepton_local.build(notes, tmp_path / "index", encoder=Least())
    with pytest.raises(InputError, match=told):
        Searcher(index, encoder=Least(), config=SearchConfig(**wrong))
    config: Any = {"mode": "dense"}
    with pytest.raises(InputError, match="expected a SearchConfig"):
        Searcher(index, encoder=Least(), config=config)
