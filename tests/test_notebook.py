"""Jupyter notebooks: cells and what they printed, cited by the number of the cell."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_local.corpus.chunk import chunk
from lepton_local.errors import SourceError
from tests.parsing import document, documents, left_out, marked, quick


def notebook(*cells: dict[str, Any], **metadata: Any) -> str:
    return json.dumps({"nbformat": 4, "metadata": metadata, "cells": cells})


def said(text: str | list[str]) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": text}


def ran(code: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": code, "outputs": list(outputs)}


PICTURE = {
    "output_type": "display_data",
    "data": {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure size 640x480>"},
}
WHOLE = notebook(
    said(["# The Analysis\n", "Words before."]),
    ran(
        "x = load()\nx",
        {"output_type": "execute_result", "data": {"text/plain": ["   a\n", "0  1"]}},
        PICTURE,
        {"output_type": "stream", "name": "stdout", "text": "\x1b[31mred\x1b[0m\n"},
    ),
    said(""),
    said("Words.\n\n## Results\n\nIt works."),
    ran("1 / 0", {"output_type": "error", "ename": "ZeroDivisionError", "evalue": "by zero"}),
    authors=[{"name": "Ann Lee"}, {"name": "Bo"}],
    date="2024-05-06",
)


def test_notebook() -> None:
    found = document("a.ipynb", WHOLE)
    assert found.text == (
        "# The Analysis\nWords before.\n\nx = load()\nx\n\n   a\n0  1\nred\n\n"
        "Words.\n\n## Results\n\nIt works.\n\n1 / 0\n\nZeroDivisionError: by zero"
    )
    assert (found.title, found.titled, found.exact) == ("The Analysis", True, False)
    assert found.metadata == {"author": "Ann Lee, Bo", "date": "2024-05-06"}
    assert [pair for pair in marked(found) if pair[0].startswith("#")] == [
        ("# The Analysis", "# The Analysis"),
        ("## Results", "## Results"),
    ]
    cells = list(dict.fromkeys(label for label, _ in marked(found) if label.startswith("cell")))
    assert cells == ["cell 1", "cell 2", "cell 4", "cell 5"]


def test_every_character_lies_in_some_passage() -> None:
    assert left_out(document("a.ipynb", WHOLE)) == ""


def test_a_passage_is_cited_by_its_cell_and_carries_its_heading() -> None:
    found = list(chunk(document("a.ipynb", WHOLE), quick, tokens=200, overlap=0))
    (results,) = (passage for passage in found if "It works" in passage.text)
    assert (results.mark, results.heading) == ("cell 4", "The Analysis > Results")


def test_long_output_is_cut() -> None:
    log = {"output_type": "stream", "text": "line\n" * 10_000}
    found = document("a.ipynb", notebook(ran("run()", log), said("After.")))
    assert len(found.text) < 3000
    assert found.text.endswith("…\n\nAfter.")


def test_titles() -> None:
    assert document("a_b.ipynb", notebook(said("Words."))).title == "a b"
    assert document("a.ipynb", notebook(said("# Heading"), title="The Title")).title == "The Title"


def test_format_3() -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": "Old"},
        {"cell_type": "code", "input": "1", "outputs": [{"output_type": "pyout", "text": "1"}]},
    ]
    found = document("a.ipynb", json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}))
    assert found.text == "## Old\n\n1\n\n1"
    assert found.marks[0].label == "cell 1"


def test_language() -> None:
    german = "Das ist ein Text, der nicht auf Englisch geschrieben ist, sondern auf Deutsch. " * 3
    assert document("a.ipynb", notebook(said(german))).language == "de"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("{", "malformed notebook"),
        ("[" * 100_000, "malformed notebook"),
        ("[]", "no cells in it"),
        ('{"cells": {}}', "no cells in it"),
        (notebook(said(" ")), "no text in it"),
    ],
)
def test_no_notebook(data: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        documents("a.ipynb", data)


JSON = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=5), st.just("markdown"), st.just("code")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from("cells cell_type source outputs data text metadata level".split()),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(cells=st.lists(JSON, max_size=4), metadata=JSON)
def test_cells_of_any_shape(cells: list[Any], metadata: Any) -> None:
    with contextlib.suppress(SourceError):
        whole = json.dumps({"cells": cells, "metadata": metadata})
        assert left_out(document("a.ipynb", whole)) == ""
