"""Chunking: every word in some passage, exact offsets, the budget kept, no top heading crossed."""

# ruff: noqa: RUF001 - signs that look alike are meant
from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from lepton_local.corpus.chunk import chunk
from lepton_local.corpus.formats.markdown import parse_markdown
from lepton_local.corpus.pieces import blank_rules
from lepton_local.corpus.sentences import sentences
from lepton_local.models.resolve import BUNDLED_ENCODER
from lepton_local.types import Document, Mark, Passage, Source
from tests import parsing
from tests.parsing import quick

TOKENIZER = Tokenizer.from_file(str(BUNDLED_ENCODER / "tokenizer.json"))
TOKENIZER.no_padding()
TOKENIZER.no_truncation()


def spans(text: str) -> npt.NDArray[np.int64]:
    """The word pieces of the bundled encoder."""
    found = TOKENIZER.encode(text, add_special_tokens=False).offsets
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def document(text: str, path: str = "a.md") -> Document:
    return parsing.document(path, text)


def passages(text: str, *, tokens: int = 40, overlap: int = 8, path: str = "a.md") -> list[Passage]:
    return list(chunk(document(text, path), quick, tokens=tokens, overlap=overlap))


LINES = st.sampled_from(
    [
        *(
            "",
            "",
            "# One",
            "## Two",
            "### Three",
            "#### Four",
            "Title\n=====",
            "+---+=====+",
            "." * 200,
            "Part\n----",
        ),
        *("```", "- an item of a list", "1. first", "| a | b |", "    x = f(y)", "> quoted"),
        *("A sentence. Another one! Is it? Yes, e.g. Mr. Smith.", "wrapped prose that goes on and"),
        *("日本語の文。もう一つの文！", "x" * 300, "a.b " * 90, "\u3000 ideographic space \x1d"),
        *("\t\ttabs", "no end", "An emoji 🤖 and a family 👨‍👩‍👧."),
    ]
)

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60)


@settings(max_examples=150, deadline=None)
@given(
    lines=st.lists(st.one_of(LINES, TEXT), max_size=40),
    tokens=st.integers(1, 60),
    overlap=st.integers(0, 20),
)
def test_laws(lines: list[str], tokens: int, overlap: int) -> None:
    (whole,) = parse_markdown(Source("/", "a.md", 1, 1), "\n".join(lines).encode())
    found = list(chunk(whole, quick, tokens=tokens, overlap=min(overlap, tokens - 1)))
    pieces = quick(blank_rules(whole.text))
    covered = np.zeros(len(whole.text), dtype=bool)
    for passage in found:
        assert passage.text == whole.text[passage.start : passage.end]
        assert passage.text == passage.text.strip() != ""
        covered[passage.start : passage.end] = True
        within = (pieces[:, 1] > passage.start) & (pieces[:, 0] < passage.end)
        assert within.sum() <= tokens
        before = whole.text[: passage.start]
        assert passage.line == before.count("\n") + 1
        assert passage.column == len(before) - (before.rfind("\n") + 1) + 1
    left = {whole.text[at] for at in np.flatnonzero(~covered)}
    assert all(sign.isspace() or sign == "\ufeff" for sign in left)
    for one, two in pairwise(found):
        assert one.start < two.start
        assert one.end < two.end
        repeated = (pieces[:, 0] >= two.start) & (pieces[:, 1] <= one.end)
        assert repeated.sum() <= overlap
    for mark in whole.marks:
        if re.match(r"##? ", mark.label):
            for passage in found:
                above = whole.text[passage.start : mark.start]
                only_headings = re.fullmatch(r"(\s*#{1,2} .*|.*\n *(=+|-+) *|\s*)*", above)
                assert not passage.start < mark.start < passage.end or only_headings


LABELS = st.sampled_from(
    [
        *("# A", "## B", "### C", "######", "page 3", "cell 4", "00:12:31", "def f", "class A.b"),
        *("key a", "section b", "", "sheet Data!A1", "module level"),
    ]
)
SCRAPS = st.sampled_from(
    [
        *("Words here.", "\n", "\n\n", " ", "A", "def f():", "    x = 1\n", "日本語。", "a:"),
        *("Note\n\n", "\ufeff", "x" * 60, "e\u0301", "🤖", "\u2028", "====\n", "# A\n"),
    ]
)


@settings(max_examples=200, deadline=None)
@given(
    parts=st.lists(st.one_of(SCRAPS, st.text(max_size=8)), max_size=60),
    marks=st.lists(st.tuples(st.floats(0, 1), LABELS), max_size=20),
    exact=st.booleans(),
    tokens=st.integers(1, 40),
    overlap=st.integers(0, 10),
)
def test_any_marks_leave_nothing_out(
    parts: list[str], marks: list[tuple[float, str]], exact: bool, tokens: int, overlap: int
) -> None:
    text = "".join(parts)
    places = sorted((min(int(at * len(text)), max(0, len(text) - 1)), label) for at, label in marks)
    whole = Document(
        source=Source("/", "a", 1, 1),
        text=text,
        title="A",
        titled=True,
        marks=tuple(Mark(start, label) for start, label in places),
        exact=exact,
    )
    found = list(chunk(whole, quick, tokens=tokens, overlap=min(overlap, tokens - 1)))
    covered = set[int]()
    pieces = quick(blank_rules(text))
    for passage in found:
        assert passage.text == text[passage.start : passage.end]
        within = (pieces[:, 1] > passage.start) & (pieces[:, 0] < passage.end)
        assert within.sum() <= tokens
        covered.update(range(passage.start, passage.end))
    assert all(
        at in covered or sign.isspace() or (at == 0 and sign == "\ufeff")
        for at, sign in enumerate(text)
    )


def test_equal_calls_give_equal_passages() -> None:
    text = "# A\n\n" + "One sentence here. Another sentence there. " * 50
    assert passages(text) == passages(text)


def test_the_real_tokenizer_keeps_the_budget() -> None:
    text = (
        (Path(__file__).parent.parent / "pyproject.toml").read_text()
        + "\n\n"
        + "Ünïcödé 漢字 " * 400
    )
    for tokens in (16, 180):
        for passage in chunk(document(text, "a.txt"), spans, tokens=tokens, overlap=tokens // 8):
            assert len(spans(blank_rules(passage.text))) <= tokens


def test_overlap_repeats_whole_sentences() -> None:
    text = " ".join(f"Sentence number {n} says a little." for n in range(30))
    found = passages(text, overlap=16)
    assert len(found) > 3
    for one, two in pairwise(found):
        assert one.start < two.start < one.end
        assert two.text.startswith("Sentence number")
        assert len(quick(text[two.start : one.end])) <= 16


def test_no_overlap_over_a_top_heading() -> None:
    text = "# A\n\nOne short sentence.\n\n## B\n\nTwo.\n"
    assert [passage.text for passage in passages(text)] == [
        "# A\n\nOne short sentence.",
        "## B\n\nTwo.",
    ]


def test_a_heading_without_words_goes_with_the_one_below() -> None:
    (only,) = passages("# Guide\n\n## Install\n\nType this.\n")
    assert only.text.startswith("# Guide")
    assert only.mark == "## Install"
    assert only.heading == "Guide > Install"
    first, second = passages("Words.\n\n## A\n\n## B\n\nWords.\n")[1:]
    assert (first.text, second.text, second.heading) == ("## A", "## B\n\nWords.", "B")


def test_small_sections_below_the_top_share_a_passage() -> None:
    text = "# T\n\n### A\n\nAlpha is first.\n\n### B\n\nBeta is second.\n"
    (only,) = passages(text)
    assert only.text == text.strip()


def test_the_heading_names_the_title_once() -> None:
    text = "---\ntitle: Manual\n---\n\n# Manual\n\nIntro.\n\n"
    text += "## Use\n\nWords.\n\n### Deep\n\nMore words.\n"
    assert [passage.heading for passage in passages(text, tokens=12, overlap=0)] == [
        "Manual",
        "Manual > Use",
        "Manual > Use > Deep",
    ]
    assert passages("Some words.", path="made_from_name.txt")[0].heading == ""


def test_a_tiny_last_window_is_levelled() -> None:
    text = " ".join(f"This is sentence {n}." for n in range(17))  # 17 x 6 pieces: 36, 36, 30
    sizes = [len(quick(passage.text)) for passage in passages(text + " End now.", overlap=0)]
    assert min(sizes) >= 10


def test_a_long_sentence_is_cut_at_white_space_and_a_long_word_between_pieces() -> None:
    words = passages("word " * 100, overlap=0)
    assert all(set(passage.text.split()) == {"word"} for passage in words)
    assert "".join(passage.text for passage in passages("x" * 1000)) == "x" * 1000


def test_code_is_cut_between_lines() -> None:
    text = "".join(f'    value_{n} = f("A sentence. Another", {n})\n' for n in range(40))
    for passage in passages(f"def f():\n{text}", path="a.py", overlap=0):
        assert all(line.strip().endswith((")", ":")) for line in passage.text.split("\n"))


def test_a_passage_of_code_carries_its_name() -> None:
    text = "class Engine:\n    def run(self):\n" + "        self.step(1)\n" * 40
    found = passages(text, path="engine.py")
    assert found[-1].mark == "def Engine.run"
    assert found[-1].heading == "def Engine.run"


def test_five_megabytes_are_quick() -> None:
    text = "Some words make a sentence of this length, and more follow. " * 20000
    whole = document(text, "a.txt")
    found = list(chunk(whole, quick, tokens=180, overlap=24))
    assert found[-1].end == len(text.rstrip())
    assert sum(len(passage.text) for passage in found) < 1.3 * len(text)


@pytest.mark.parametrize("sign", [".", "!", '?"', "…", "(", " \n"])
def test_a_run_of_signs_as_long_as_a_file(sign: str) -> None:
    """It is gone through once, not once from each sign."""
    text = "Otters" + sign * 500_000 + "a"
    found = list(sentences(text))
    assert (found[0][0], found[-1][1]) == (0, len(text))


@pytest.mark.parametrize(("tokens", "overlap"), [(0, 0), (10, 10), (10, -1)])
def test_senseless_budgets(tokens: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="expected 0 <= overlap < tokens"):
        passages("Words.", tokens=tokens, overlap=overlap)


@pytest.mark.parametrize(
    "parts",
    [
        ["Dr. Smith met J. K. Rowling at 3 p.m. in St. Louis.", "They had plan B.", "It failed."],
        ["It cost $3.50 in the U.S. Army store in the U.S.", "The price rose."],
        ["He asked “Why?” and left.", "“Nobody knows!”", "She said so."],
        ["Use e.g. Python, i.e. a language.", "Wait… what?", "Yes."],
        ["是的。", "他说：“好！”", "然后走了。"],
        ["これは文です。", "次の文！"],
        ["यह एक वाक्य है।", "यह दूसरा है।"],
        ["Am 3. oktober kam er, z.B. mit Dr. Müller.", "Dann ging er."],
        ["See Fig. 3 and Eq. 2 in Smith et al. 2019 for more.", "It works."],
        ["Yahoo! is a company.", "So is Joe's."],
    ],
)
def test_sentences(parts: list[str]) -> None:
    glue = "" if "。" in parts[0] else " "
    text = glue.join(parts)
    assert [text[start:end] for start, end in sentences(text)] == parts


def test_sentences_of_lists_tables_and_wrapped_lines() -> None:
    text = (
        "A paragraph that an editor has wrapped\nat forty columns or so.\n"
        "1. First item\n2. Second item\n- third\n\n"
        "| a | b |\n| 1 | 2 |\n"
        "result = function_call(argument_one)\nother = second_call(argument_two)\n"
    )
    assert [text[start:end].replace("\n", "⏎") for start, end in sentences(text)] == [
        "A paragraph that an editor has wrapped⏎at forty columns or so.",
        *("1. First item", "2. Second item", "- third", "| a | b |", "| 1 | 2 |"),
        "result = function_call(argument_one)",
        "other = second_call(argument_two)",
    ]
