"""Span decoding against a brute-force search, and the windows it works on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from lepton_local.errors import ModelError
from lepton_local.models import judge
from lepton_local.models.judge import readings, relevances
from lepton_local.models.resolve import BUNDLED_PAIR
from lepton_local.models.roles import PassageText, Span
from lepton_local.models.spans import LONGEST, Logits, decode, trimmed, within_word
from lepton_local.models.tokens import QUESTION_TOKENS, Row, Tokens, Window

WORDS = st.lists(
    st.sampled_from(["tea", "a", "(b", "c)", "—", "東京", "10", "%", '"x"', "D.", "."]), max_size=60
)


@st.composite
def windows(draw: st.DrawFn) -> tuple[str, list[Logits]]:
    """A text cut into pieces of one to three characters, and two windows that overlap."""
    text = " ".join(draw(WORDS))
    cuts, place = [], 0
    while place < len(text):
        end = min(place + draw(st.integers(1, 3)), len(text))
        cuts.append((place, end))
        place = end
    offsets = np.array(cuts, dtype=np.int32).reshape(-1, 2)
    middle = len(offsets) // 2

    def logits(part: NDArray[np.int32]) -> Logits:
        size = st.lists(st.integers(-3, 3), min_size=len(part), max_size=len(part))
        start, end = (np.array(draw(size), dtype=np.float32) for _ in "se")
        return Logits(part, start, end)

    return text, [logits(offsets[: middle + 4]), logits(offsets[max(middle - 4, 0) :])]


def _brute(text: str, parts: list[Logits]) -> list[tuple[int, int, float]]:
    """Every pair of pieces of every window, by definition."""
    best: dict[tuple[int, int], float] = {}
    for offsets, start, end in parts:
        for i in range(len(offsets)):
            for j in range(i, min(i + LONGEST, len(offsets))):
                low, high = int(offsets[i, 0]), int(offsets[j, 1])
                if within_word(text, low) or within_word(text, high):
                    continue
                place = trimmed(text, low, high)
                if place[0] < place[1]:
                    best[place] = max(best.get(place, -1e9), float(start[i] + end[j]))
    ranked = sorted((-score, place) for place, score in best.items())
    return [(place[0], place[1], -score) for score, place in ranked]


@given(windows(), st.integers(1, 30))
@settings(max_examples=150, deadline=None)
def test_decoding_is_the_best_of_all_spans(case: tuple[str, list[Logits]], limit: int) -> None:
    text, parts = case
    spans = decode(text, parts, limit=limit)
    assert [tuple(span) for span in spans] == _brute(text, parts)[:limit]
    assert list(decode(text, parts[::-1], limit=limit)) == list(spans)


@given(st.text(alphabet='ab1 .,()[]"-—D東', max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_trimming_narrows_and_is_done(text: str, start: int, end: int) -> None:
    low, high = trimmed(text, min(start, len(text)), min(end, len(text)))
    if low < high:
        assert min(start, end) <= low < high <= max(start, end)
        assert trimmed(text, low, high) == (low, high)
        assert text[low:high] == text[low:high].strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (' "March 1889", ', "March 1889"),
        ("(in 1889)", "in 1889"),
        ("1889)", "1889"),
        ("Eiffel (the engineer)", "Eiffel (the engineer)"),
        ("(a) and (b)", "(a) and (b)"),
        ("Washington, D.C.", "Washington, D.C."),
        ("the end.", "the end"),
        ("-5 degrees", "-5 degrees"),
        ("--json,", "--json"),
        ("- item", "item"),
        (".gitignore", ".gitignore"),
        ("「東京」。", "東京"),
        ("40%", "40%"),
        ("…", ""),
    ],
)
def test_edges_of_an_answer(text: str, expected: str) -> None:
    start, end = trimmed(text, 0, len(text))
    assert text[start:end] == expected


@pytest.mark.parametrize(
    ("text", "place", "inside"),
    [
        ("tea", 1, True),
        ("tea", 0, False),
        ("tea", 3, False),
        ("a tea", 2, False),
        ("well-read", 5, False),
        ("1889", 2, True),
        ("東京", 1, False),
        ("กขค", 1, False),
        ("café", 3, True),
    ],
)
def test_places_within_a_word(text: str, place: int, inside: bool) -> None:
    assert within_word(text, place) is inside


def test_the_least_sure_window_speaks_for_a_passage() -> None:
    passage = PassageText("", "one two")
    offsets = np.array([[0, 3], [4, 7]], dtype=np.int32)
    row = Row([0, 1, 2], [0, 1, 1])
    both = [Window(0, row, 1, offsets), Window(0, row, 1, offsets)]
    results: list[judge.Output] = [
        {
            "start": np.array([4, 1, 0], dtype=np.float32),
            "end": np.array([4, 0, 0], dtype=np.float32),
            "relevance": np.array(-1, dtype=np.float32),
        },
        {
            "start": np.array([-1, 0, 2], dtype=np.float32),
            "end": np.array([0, 0, 3], dtype=np.float32),
            "relevance": np.array(2, dtype=np.float32),
        },
    ]
    relevance = relevances(both, results, 1)
    reading = readings([passage], both, results, relevance)[0]
    assert relevance.tolist() == [2]
    assert reading.null == -1
    assert reading.relevance == 2
    assert reading.spans[0] == Span(4, 7, 5)


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    return Tokens.load(BUNDLED_PAIR / "tokenizer.json", 40)


def test_windows_cover_every_piece_and_point_into_the_text(tokens: Tokens) -> None:
    text = " ".join(f"word{n}" for n in range(60))
    passages = [PassageText("Title > Part", text), PassageText("", "short"), PassageText("T", "")]
    found = tokens.windows("what is it?", passages, heading=True)
    assert {window.passage for window in found} == {0, 1, 2}
    covered: set[tuple[int, int]] = set()
    for window in found:
        ids, types = window.row
        assert len(ids) == len(types) <= 40
        assert (ids[0], ids[-1]) == (101, 102)
        assert types == [0] * (ids.index(102) + 1) + [1] * (len(ids) - ids.index(102) - 1)
        assert window.first + len(window.offsets) == len(ids) - 1
        own = passages[window.passage].text
        pieces = [own[start:end] for start, end in window.offsets.tolist()]
        again = Tokens.load(BUNDLED_PAIR / "tokenizer.json", 512).rows([" ".join(pieces)])
        if window.passage == 1:
            assert again[0].ids[1:-1] == ids[window.first : -1]
        if window.passage == 0:
            covered |= {tuple(pair) for pair in window.offsets.tolist()}
    assert covered == {tuple(pair) for pair in tokens.spans(text).tolist()}
    assert sum(window.passage == 0 for window in found) > 3


def test_a_heading_is_read_and_never_an_answer(tokens: Tokens) -> None:
    passage = PassageText("Paris", "It is old.")
    with_heading = tokens.windows("what?", [passage], heading=True)[0]
    without = tokens.windows("what?", [passage], heading=False)[0]
    assert len(with_heading.row.ids) == len(without.row.ids) + 1
    assert with_heading.offsets.tolist() == without.offsets.tolist()
    assert with_heading.first == without.first + 1


def test_a_long_question_leaves_room() -> None:
    wide = Tokens.load(BUNDLED_PAIR / "tokenizer.json", 256)
    window = wide.windows("why " * 500, [PassageText("", "because")], heading=False)[0]
    assert len(window.row.ids) == QUESTION_TOKENS + 4
    with pytest.raises(ModelError, match="no room"):
        Tokens.load(BUNDLED_PAIR / "tokenizer.json", 60).windows(
            "why " * 500, [PassageText("", "because")], heading=False
        )


def test_the_frame_is_the_tokenizers_own(tmp_path: Path) -> None:
    """RoBERTa lays two separators between segments and gives both the type 0."""
    words = {"<s>": 0, "<pad>": 1, "</s>": 2, "tea": 3, "milk": 4}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<pad>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    own = Tokens.load(tmp_path / "tokenizer.json", 16)
    window = own.windows("tea", [PassageText("", "milk milk")], heading=False)[0]
    assert window.row == Row([0, 3, 2, 2, 4, 4, 2], [0] * 7)
    assert (window.first, window.offsets.tolist()) == (4, [[0, 4], [5, 9]])
    assert own.rows(["tea"])[0].ids == [0, 3, 2]
