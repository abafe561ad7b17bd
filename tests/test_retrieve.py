"""Candidates against a slow reference: every row scored, every text read, then the best ones."""

from __future__ import annotations

import random
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lepton_local.indexing import builder
from lepton_local.search.conditions import BLOCK, Conditions, document_rows, pools
from lepton_local.search.filters import parse_filter
from lepton_local.search.lexical import counted, weigh, worth_scoring
from lepton_local.search.phrase import phrase_pattern, phrase_sieve
from lepton_local.search.question import parse_question
from lepton_local.search.retrieve import retrieve
from lepton_local.search.sieve import sieve
from lepton_local.search.words import question_words
from lepton_local.store.index import Index
from tests.conftest import WordEncoder

# Of a few common words and many rare ones, as in any language.
WORDS = [f"{a}{b}" for a in ("mo", "ri", "sta", "wel", "quo") for b in ("ss", "ver", "ne", "low")]
SHARES = [1 / (place + 1) for place in range(len(WORDS))]
# Each with what must stand in a passage, and what must not, as plain regular expressions.
QUESTIONS: list[tuple[str, str, str]] = [
    ("moss", "", ""),
    ("moss mover mone molow", "", ""),
    ("quolow quone moss river", "", ""),
    ("stalow welver moss mover riss", "", ""),
    ('"moss mover"', r"(?i)\bmoss\W+mover\b", ""),
    ('"mone moss" river', r"(?i)\bmone\W+moss\b", ""),
    ('"Moss mover, moss" quone', r"(?i)\bmoss\W+mover\W+moss\b", ""),
    ("river moss -mover", "", r"(?i)\bmovers?\b"),
    ("moss mover -moss", "", r"(?i)\bmoss\b"),
    ('"moss mover" -river -quoss', r"(?i)\bmoss\W+mover\b", r"(?i)\b(river|quoss)s?\b"),
    ('"quolow welne"', r"(?i)\bquolow\W+welne\b", ""),
    ("nothing of these stands anywhere", "", ""),
    ("river moss OR quolow", r"(?i)\b(moss|quolow)s?\b", ""),
    ('"moss mover" OR "mone moss" OR quone', r"(?i)\b(moss\W+mover|mone\W+moss|quone)\b", ""),
    ("river sta*", r"(?i)\bsta", ""),
    ("quo* OR welne riss", r"(?i)\b(quo|welne\b)", ""),
    (r"river /mo(ss|ver) [rs]/", r"mo(ss|ver) [rs]", ""),
    (r"moss /^m.*[^w]\.$/i -riss", r"(?im)^m.*[^w]\.$", r"(?i)\briss\b"),
    ("river moss -sta*", "", r"(?i)\bsta"),
    ('moss -"moss mover" -/mone (moss|riss)/', "", r"(?i:\bmoss\W+mover\b)|mone (moss|riss)"),
]
FILTERS: list[tuple[tuple[str, ...], str]] = [  # and the paths that they leave
    ((), ""),
    (("type:md",), r"\.md$"),
    (("path:0*", "-type:txt"), r"^0.*\.md$"),
    (("title:none",), r"none"),
    (("path:docs/0*,docs/1*", "type:csv,md"), r"^[01].*\.md$"),
    (("-date:today,2001",), r"none"),
]


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
    assert sum(not live.all() for live in found.live) == 2
    return found


def best(scores: np.ndarray, n: int) -> set[int]:
    """The rows of the best `n` scores, and of what ties with the last of them."""
    last = np.sort(scores)[-min(n, len(scores))] if len(scores) else 0.0
    return set(np.flatnonzero((scores > 0) & (scores >= last - 1e-12)).tolist())


@pytest.mark.parametrize("n", [1, 7, 40])
@pytest.mark.parametrize(("filters", "paths"), FILTERS)
@pytest.mark.parametrize(("asked", "must", "must_not"), QUESTIONS)
def test_candidates_are_those_of_reading_everything(
    index: Index, asked: str, must: str, must_not: str, filters: tuple[str, ...], paths: str, n: int
) -> None:
    question = parse_question(asked)
    within = document_rows(index, [parse_filter(each) for each in filters])
    vector = WordEncoder().encode([question.text])[0]
    terms = weigh(index.statistics, question_words(index, question.words, question.prefixes)[0])
    allowed_pools = pools(index, question.conditions, within)
    found = retrieve(index, allowed_pools, vectors={"text": vector}, terms=terms, n=n)

    texts, allowed = [], []
    for segment, live in zip(index.segments, index.live, strict=True):
        names = segment.documents.table(["path"]).column(0).to_pylist()
        passages = segment.passages.table(["document", "text"]).to_pylist()
        for row, alive in zip(passages, live.tolist(), strict=True):
            texts.append(row["text"])
            passed = re.search(paths, names[row["document"]]) and re.search(must, row["text"])
            barred = must_not and re.search(must_not, row["text"])
            allowed.append(bool(alive and passed and not barred))
    asked_words = [rf"{word}\b" for word in re.findall(r"\w+", question.words.lower())]
    asked_words += [rf"{prefix}\w*" for prefix in question.prefixes]
    scores = np.where(allowed, bm25(asked_words, texts, index), 0.0)
    stored = np.concatenate([segment.text.vectors for segment in index.segments]).astype(np.float64)
    cosines = np.where(allowed, stored @ vector.astype(np.float64), 0.0)
    rows = sorted(best(scores, n) | best(cosines, n))
    assert found.rows.tolist() == rows
    assert found.lexical == pytest.approx(scores[rows], abs=1e-9)
    assert found.cosines["text"] == pytest.approx(cosines[rows], abs=1e-9)


def bm25(asked: list[str], texts: list[str], index: Index) -> np.ndarray:
    """Every text by the formula, over those that are alive."""
    alive = np.concatenate(index.live)
    texts = [text.lower() for text in texts]
    # A file's name counts as well: "000.md", "000" and "md".
    lengths = np.array([len(re.findall(r"\w+", text)) + 3 for text in texts])
    norm = 0.9 * (0.6 + 0.4 * lengths / lengths[alive].mean())
    scores = np.zeros(len(texts))
    for word in asked:
        counts = np.array([len(re.findall(rf"\b{word}", text)) for text in texts])
        holders = np.count_nonzero(counts[alive])
        idf = np.log(1 + (alive.sum() - holders + 0.5) / (holders + 0.5))
        scores += idf * counts / (counts + norm)
    return scores


def test_common_words_are_not_scored_everywhere(index: Index) -> None:
    """Of a rare word and common ones, the rows of the rare one are enough."""
    terms = weigh(index.statistics, question_words(index, "quolow moss mover")[0])
    words = counted(index.segments[0].lexical, terms, index.statistics)
    rows = worth_scoring(words, index.live[0].copy(), 3)
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
        assert (
            sieve(pa.table({"text": [text], "heading": [""]}), phrase_sieve(phrase))[0] >= matches
        )


def test_phrases_are_read_in_blocks(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    segment, rows = index.segments[0], np.arange(index.manifest.segments[0].rows)
    conditions = Conditions(parse_question('"moss mover" river -riss').conditions)
    whole = conditions.hold(segment, rows)
    assert 0 < whole.sum() < len(rows)
    assert len(rows) < BLOCK
    monkeypatch.setattr("lepton_local.search.conditions.BLOCK", 50)
    monkeypatch.setattr("lepton_local.search.proof.FEW", 20)
    assert np.array_equal(conditions.hold(segment, rows), whole)
