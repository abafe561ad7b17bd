"""What answers may not reach across or cut, and what questions expect of them."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_local.models.records import around, fences, within_token
from lepton_local.models.spans import Logits, decode
from lepton_local.search.expected import fits, identifiers, named

SHEET = """Boats

Boat | Berth | Fee (EUR)
Boat: Otter | Berth: B12 | Fee (EUR): 41230.5
Boat: Heron | Berth: B14 | Fee (EUR): 68990"""
LETTER = """The lease of the boathouse runs for seven years and may be extended once by
three more, if the tenant says so in writing.

- one lantern, which hangs beside the door of the boathouse, above the bench
  and the oars
- two ropes
> The lease runs for two years."""
HEADED = """| Item | 2025 | 2026 |
| --- | --- | --- |
| rope | 12 | 14 |"""


def pieces(text: str) -> list[str]:
    """A text cut at its fences."""
    return [text[a:b].strip(" |\n") for a, b in pairwise([0, *fences(text).tolist(), len(text)])]


def read(text: str, start: str, end: str) -> str:
    """What is given where a reader would begin with one word and end with another."""
    words = [found.span() for found in re.finditer(r"\w+|[^\w\s]", text)]
    told = [text[a:b] for a, b in words]
    span, *_ = decode(
        text,
        [
            Logits(
                np.array(words, dtype=np.int32),
                np.array([5.0 * (word == start) for word in told], dtype=np.float32),
                np.array([5.0 * (word == end) for word in told], dtype=np.float32),
            )
        ],
    )
    return text[span.start : span.end]


def test_records_are_rows_cells_items_and_paragraphs() -> None:
    cells = ["Boat:", "Heron", "Berth:", "B14", "Fee (EUR):", "68990"]
    assert pieces(SHEET)[-6:] == cells
    wrapped, *items = [piece for piece in pieces(LETTER) if piece]
    assert wrapped.endswith("in writing.")
    assert [item.split()[1] for item in items] == ["one", "two", "The"]


def test_an_answer_reaches_across_no_record() -> None:
    assert read(SHEET, "41230", "68990") in ("41230.5", "68990")
    assert read(LETTER, "seven", "more") == "seven years and may be extended once by\nthree more"
    assert read(LETTER, "lantern", "ropes") in ("lantern", "ropes")


@pytest.mark.parametrize(
    "token",
    [
        *("otter@ferry.example", "lease.ttl", "INV-2045", "2026-03-01", "1,240.5", "07:00"),
        *("+49 30 5550 112", "--max-size", "https://ferry.example/a", "/var/lib/otter"),
    ],
)
def test_no_answer_cuts_a_token(token: str) -> None:
    text = f"ask for {token}, or not"
    inside = np.flatnonzero(within_token(text)).tolist()
    begin = text.index(token)
    assert inside == list(range(begin + 1, begin + len(token)))
    words = re.findall(r"\w+", token)
    assert read(text, words[-1], words[-1]) != words[-1]


def test_ordinary_words_may_be_parted() -> None:
    assert not within_token("a twelve-foot Norman-French boat and/or raft. It leaks").any()


def test_a_cell_is_named_by_its_label_or_its_column() -> None:
    start = SHEET.index("68990")
    found = around(SHEET, start, start + 5)
    assert found.record.startswith("Boat: Heron")
    assert (found.name, found.tabular) == ("Fee (EUR): ", True)
    start = HEADED.index("14")
    assert around(HEADED, start, start + 2).name.strip(" |") == "2026"
    assert not around(LETTER, 4, 9).tabular


@given(st.text("ab:|-> \n.1", max_size=80), st.data())
def test_a_record_holds_its_span_and_no_fence_is_outside(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = around(text, start, end)
    assert text[start:end] in found.record
    places = fences(text).tolist()
    assert places == sorted(places)
    assert all(0 < place <= len(text) for place in places)


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("When does the ferry leave?", "at noon on Monday", "the pier"),
        ("How many otters are there?", "twenty-two", "in the river"),
        ("How much does it cost?", "12 crowns", "the ferryman"),
        ("What is the phone number of the pier?", "+49 30 5550 112", "@ferry"),
        ("What is the email address of Ada?", "ada@ferry.example", "Ada Kelham"),
        ("Who owns the boat?", "the Kelhams", "The premises"),
    ],
)
def test_a_question_expects_a_shape(question: str, right: str, wrong: str) -> None:
    assert fits(question, right) is True
    assert fits(question, wrong) is False
    assert fits("Why does it leak?", wrong) is None


def test_the_nearest_text_with_such_an_identifier_decides() -> None:
    asked = identifiers("How much is INV-2045 in 2026?")
    assert asked == {"inv-2045": "INV-9", "2026": "year"}
    assert named(asked, ["Invoice: INV-2045", "paid in 2026"]) == (1.0, 0.0)
    assert named(asked, ["Invoice: INV-2046", "INV-2045, 2026"]) == (0.5, 0.5)
    assert named(asked, ["Budget 2025", "2026"]) == (0.0, 0.5)
    assert named({}, ["INV-2045"]) == (0.0, 0.0)
