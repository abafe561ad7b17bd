"""What is printed of a text: no control characters, no line too wide, the right words lit."""

from __future__ import annotations

import json
import os
import re

from hypothesis import example, given
from hypothesis import strategies as st

from lepton_local.cli.describe import skipped_lines
from lepton_local.cli.screen import (
    cells,
    clean,
    fold,
    json_line,
    light,
    prose,
    terminal_width,
)
from lepton_local.cli.show import shortened
from lepton_local.invisible import CONTROLS
from lepton_local.types import Skipped, Source

ANSI = re.compile("\x1b\\[[0-9;]*m")
TEXT = st.text(st.sampled_from("ab \n\té中文字。\x1b\x9b\u202e\udc80e\u0301-"), max_size=200)


@given(TEXT, st.integers(20, 60))
def test_lines_fit_and_hold_every_sign(text: str, width: int) -> None:
    told = prose(text)
    lines = fold(told, width)
    assert not CONTROLS.search("".join(lines))
    assert all(cells(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == told.replace(" ", "")


@given(TEXT, st.integers(20, 60), st.integers(1, 3))
def test_too_many_lines_end_in_an_ellipsis(text: str, width: int, most: int) -> None:
    whole, cut = fold(prose(text), width), fold(prose(text), width, lines=most)
    assert len(cut) == min(len(whole), most)
    assert all(cells(line) <= width for line in cut)
    assert cut[-1].endswith(" …") == (len(whole) > most)


@given(TEXT, st.integers(20, 60), st.data())
def test_light_changes_nothing_but_the_style(text: str, width: int, data: st.DataObject) -> None:
    edges = data.draw(st.lists(st.integers(0, len(text)), unique=True, max_size=8).map(sorted))
    spans = list(zip(edges[::2], edges[1::2], strict=False))
    lit = list(light(fold(prose(text, spans), width), bold=True))
    assert ANSI.sub("", "".join(lit)).replace(" ", "") == prose(text).replace(" ", "")
    for line in lit:
        assert line.count("\x1b[1m") == line.count("\x1b[0m")
    wanted = "".join(text[start:end] for start, end in spans)
    shown = "".join(re.findall("\x1b\\[1m(.*?)\x1b\\[0m", " ".join(lit)))
    assert shown.replace(" ", "") == prose(wanted).replace(" ", "")


@given(TEXT)
def test_json_is_whole_and_harmless(text: str) -> None:
    line = json_line({"text": text}).decode()
    assert json.loads(line) == {"text": text}
    assert line.count("\n") == 1
    assert not CONTROLS.search(line[:-1])


@given(TEXT, TEXT.filter(prose), st.integers(20, 60))
@example("aaaaaa", "\u0301", 20)  # an accent alone, which takes no column
def test_a_skipped_file_takes_one_line_of_a_terminal(path: str, reason: str, width: int) -> None:
    skipped = [Skipped(Source("/", path * 3, 1, 1), reason)]
    (cut,) = skipped_lines(skipped, width=width)
    assert cells(ANSI.sub("", cut)) <= width
    (whole,) = skipped_lines(skipped)
    assert ANSI.sub("", whole) == f"{clean(path * 3)}: {prose(reason)}"
    if cells(ANSI.sub("", whole)) <= width:
        assert cut == whole


def test_of_a_long_path_the_end_is_shown_and_of_a_reason_the_beginning() -> None:
    source = Source("/", "a/very/long/way/down/to/the/file/report.pdf", 1, 1)
    skipped = [Skipped(source, "no text in this PDF: 3 of its 3 pages are pictures")]
    line = ANSI.sub("", next(skipped_lines(skipped, width=50)))
    assert line == "…to/the/file/report.pdf: no text in this PDF: 3 …"


def test_lines_are_cut_on_a_terminal_only() -> None:
    reader, writer = os.openpty()
    with os.fdopen(writer, "w") as terminal, open(os.devnull, "w") as nothing:
        assert terminal_width(terminal) > 0
        assert terminal_width(nothing) == 0
    os.close(reader)


def test_of_a_path_of_headings_the_last_say_most() -> None:
    path = "functools and its many friends > Caches > function lru_cache"
    assert shortened(path, 80) == path
    assert shortened(path, 34) == "… > Caches > function lru_cache"
    assert shortened(path, 24) == "… > function lru_cache"
    assert cells(shortened(path, 12)) <= 12
