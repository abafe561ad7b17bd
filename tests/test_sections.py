"""A document is cut a section at a time: the passages are those of the whole text, and few word
pieces are in memory at once.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_local.corpus import chunk as chunking
from lepton_local.corpus import pieces
from lepton_local.corpus.chunk import chunk
from lepton_local.corpus.pieces import Pieces
from lepton_local.types import Passage
from tests.parsing import document, quick
from tests.test_chunk import LINES, TEXT, spans

SMALL = 48 * 15  # characters of a section: no line below is half as long

Spans = Callable[[str], npt.NDArray[np.integer]]


def cut(text: str, path: str, spans: Spans, tokens: int, section: int) -> list[Passage]:
    """The passages of a text that is cut in sections of so many characters."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "SECTION", section)
        patch.setattr(chunking, "STRETCH", section)
        return list(chunk(document(path, text), spans, tokens=tokens, overlap=tokens // 5))


@settings(max_examples=100)
@given(
    lines=st.lists(st.one_of(LINES, TEXT), min_size=10, max_size=120),
    path=st.sampled_from(["a.md", "a.txt", "a.py"]),
    tokens=st.integers(1, 60),
    spans=st.sampled_from([quick, spans]),
)
def test_passages_are_those_of_the_whole_text(
    lines: list[str], path: str, tokens: int, spans: Spans
) -> None:
    text = "\n".join(["Words.", *lines])
    assert cut(text, path, spans, tokens, SMALL) == cut(text, path, spans, tokens, 1 << 20)


@pytest.mark.parametrize("join", [" ", "", "\u3000", "-"])
@pytest.mark.parametrize("word", ["otter", "漢", "ひらがな", "....", "é"])
def test_a_line_as_long_as_a_file(word: str, join: str) -> None:
    """Without white space it is cut where a section is full, and still read to its end."""
    text = join.join([word] * 4000)
    found = cut(text, "a.txt", spans, 40, SMALL)
    if not (join + word).isspace() and (join.isspace() or word == "漢"):
        assert found == cut(text, "a.txt", spans, 40, 1 << 20)
    assert (found[0].start, found[-1].end) == (0, len(text))
    for one, two in pairwise(found):
        assert text[one.end : two.start].strip() == ""
        assert one.start < two.start


@pytest.mark.parametrize("end", [".\n", ". ", " "])
def test_few_pieces_are_in_memory(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a few sections: of short lines, of one line, and of one sentence."""
    held: list[int] = []
    read = Pieces._read_section

    def told(each: Pieces) -> None:
        read(each)
        held.append(len(each._starts))

    monkeypatch.setattr(Pieces, "_read_section", told)
    text = f"The otter sleeps on the river bank, and the heron does not{end}" * 500
    cut(text, "a.txt", quick, 60, SMALL)
    assert len(held) > len(text) / SMALL
    assert max(held) < SMALL


def test_lines_without_pieces_are_as_few_in_a_passage() -> None:
    """As many tokenizers make of signs of no width."""
    text = "\u200b\n" * 50_000
    found = list(
        chunk(document("a.txt", text), lambda _: np.empty((0, 2), int), tokens=9, overlap=3)
    )
    assert max(passage.text.count("\n") for passage in found) < 5000
    assert len(found) < 20
    assert sum(passage.text.count("\u200b") for passage in found) == 50_000


def test_the_encoder_is_asked_for_a_section_at_a_time() -> None:
    asked: list[int] = []

    def told(text: str) -> npt.NDArray[np.integer]:
        asked.append(len(text))
        return quick(text)

    text = "Some words make a sentence of this length, and more follow. " * 5000
    list(chunk(document("a.txt", text), told, tokens=180, overlap=24))
    assert sum(asked) == len(text)
    assert max(asked) <= pieces.SECTION
