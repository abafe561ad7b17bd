"""Candidates against a slow reference: every row scored, every text read, then the best ones."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lepton_local.indexing import builder
from lepton_local.search.conditions import BLOCK, document_rows, holding, row_masks
from lepton_local.search.filters import parse_filter
from lepton_local.search.lexical import lexical_scores, question_words, weigh, worth_scoring
from lepton_local.search.question import (
    parse_question,
    phrase_pattern,
    phrase_sieve,
)
from lepton_local.search.retrieve import retrieve
from lepton_local.search.sieve import sieve
from lepton_local.store.index import Index
from tests.conftest import WordEncoder

# Of a few common words and many rare ones, as in any language.
WORDS = [f"{a}{b}" for a in ("mo", "ri", "sta", "wel", "quo") for b in ("ss", "ver", "ne", "low")]
SHARES = [1 / (place + 1) for place in range(len(WORDS))]
QUESTIONS = [
    "moss",
    "moss mover mone molow",
    "quolow quone moss river",
    "stalow welver moss mover riss",
    '"moss mover"',
    '"mone moss" river',
    '"Moss mover, moss" quone',
    "river moss -mover",
    '"quolow welne"',
    "nothing of these stands anywhere",
]
FILTERS: list[tuple[str, ...]] = [(), ("type:md",), ("path:0*", "-type:txt"), ("title:none",)]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Three segments, with rows that are gone in two of them."""
    folder = tmp_path_factory.mktemp("retrieve")
    docs, chance, encoder = folder / "docs", random.Random(4), WordEncoder()
    docs.mkdir()

    def write(first: int, many: int) -> None:
        for number in range(first, first + many):
            words = chance.choices(WORDS, SHARES, k=chance.randint(5, 60))
            name = f"{number:03}{chance.choice(['.txt', '.md'])}"
            (docs / name).write_text(" ".join(words).capitalize() + ".\n")

    write(0, 160)
    builder.build(docs, folder / "index", encoder=encoder)
    for first in (160, 220):
        for path in chance.sample(sorted(docs.iterdir()), 20):
            path.unlink()
        write(first, 60)
        builder.update(folder / "index", encoder=encoder)
    found = Index.open(folder / "index")
    assert len(found.segments) == 3
    assert sum(len(rows) > 0 for rows in found.deleted) == 2
    return found


def best(scores: np.ndarray, n: int) -> set[int]:
    """The rows of the best `n` scores, and of what ties with the last of them."""
    last = np.sort(scores)[-min(n, len(scores))] if len(scores) else 0.0
    return set(np.flatnonzero(scores >= max(last, np.nextafter(0, 1))).tolist())


@pytest.mark.parametrize("n", [1, 7, 40])
@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("asked", QUESTIONS)
def test_candidates_are_those_of_reading_everything(
    index: Index, asked: str, filters: tuple[str, ...], n: int
) -> None:
    question = parse_question(asked)
    within = document_rows(index, [parse_filter(each) for each in filters])
    vector = WordEncoder().encode([question.text])[0]
    found = retrieve(index, question, vector, row_masks(index, question, within), n=n, lexical=True)

    texts = index.take_passages(np.arange(index.offsets[-1]), ["text"]).column(0).to_pylist()
    patterns = [phrase_pattern(phrase) for phrase in question.phrases]
    allowed = np.concatenate(within) & [
        all(pattern.search(text) for pattern in patterns)
        and not any(word in text.lower().strip(".\n").split() for word in question.excluded)
        for text in texts
    ]
    words = weigh(index, question_words(index, question.text)[0])
    scores, cosines = (
        np.where(allowed, np.concatenate(each), 0.0)
        for each in zip(
            *(
                (
                    lexical_scores(index, i, words, np.arange(len(mask))),
                    segment.cosines(vector, np.arange(len(mask))),
                )
                for i, (segment, mask) in enumerate(zip(index.segments, within, strict=True))
            ),
            strict=True,
        )
    )
    rows = sorted(best(scores, n) | best(cosines, n))
    assert found.rows.tolist() == rows
    assert found.lexical.tolist() == scores[rows].tolist()
    assert found.dense.tolist() == cosines[rows].tolist()


def test_common_words_are_not_scored_everywhere(index: Index) -> None:
    """Of a rare word and common ones, the rows of the rare one are enough."""
    words = weigh(index, question_words(index, "quolow moss mover")[0])
    rows = worth_scoring(index, 0, words, index.live[0].copy(), 3)
    holders = index.segments[0].lexical.rows_of("quolow")[0]
    assert 3 <= len(rows) <= len(holders) < 0.5 * len(index.live[0])


@example("i", "\u0130")
@example("ISK", "\u0131\u017f\u212a")
@example("a b", "A\u00e9B a\u2014\nB")
@given(
    st.text("aiIsSk_\u0130\u0131\u017f\u212a\u00e9\u4e2d .-"),
    st.text("aiIsSk_\u0130\u0131\u017f\u00e9\u4e2d .-\n"),
)
def test_the_sieve_lets_every_match_through(phrase: str, text: str) -> None:
    if any(sign.isalnum() or sign == "_" for sign in phrase):
        matches = phrase_pattern(phrase).search(text) is not None
        kept = sieve(pa.table({"text": [text], "heading": [""]}), [phrase_sieve(phrase)])
        assert len(kept) >= matches


def test_phrases_are_read_in_blocks(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    segment, rows = index.segments[0], np.arange(index.manifest.segments[0].rows)
    whole = holding(segment, ["moss mover"], rows)
    assert 0 < whole.sum() < len(rows)
    assert len(rows) < BLOCK
    monkeypatch.setattr("lepton_local.search.conditions.BLOCK", 50)
    monkeypatch.setattr("lepton_local.search.conditions.FEW", 20)
    assert np.array_equal(holding(segment, ["moss mover"], rows), whole)
