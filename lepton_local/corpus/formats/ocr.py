"""Text in pictures: rapidocr (extra `ocr`), whose package carries its networks, over ONNX Runtime.

The boxes that it finds are put in reading order here: columns one after the other.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import accumulate
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lepton_local.corpus import pulse

Picture = npt.NDArray[np.uint8]  # (height, width, 3), red, green, blue
Recogniser = Callable[[Picture], list[str]]  # the printed lines, in reading order
Box = tuple[float, float, float, float, str]  # left, top, right, bottom, words

INSTALL = 'pip install "lepton-local[ocr]"'
_SURE = 0.5  # confidence below which what was read is noise
# Columns of prose, in heights of a line: the least space between two, and how wide their lines are;
# narrower ones are those of a table, which is read row by row.
_GUTTER, _WIDE = 0.5, 8.0
_COLUMN = 3  # lines that a column has at least
_TALL = 3.0  # times the usual height: a line printed upwards along a margin, which is read last


@cache
def installed() -> bool:
    """Whether the extra `ocr` is there."""
    return importlib.util.find_spec("rapidocr") is not None


@cache
def recogniser() -> Recogniser | None:
    """The one recogniser of this process, or None without the extra `ocr`."""
    if not installed():
        return None
    from rapidocr import RapidOCR

    one_thread = {
        f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")
    }
    engine: Any = RapidOCR(params={"Global.log_level": "error", **one_thread})
    lock = threading.Lock()  # its parts keep state from one picture to the next

    def recognise(picture: Picture) -> list[str]:
        with lock:
            found = engine(np.ascontiguousarray(picture[:, :, ::-1]))
        pulse.beat()
        if found.boxes is None:
            return []
        boxes = [
            (*map(float, box.min(axis=0)), *map(float, box.max(axis=0)), words)
            for box, words, sure in zip(found.boxes, found.txts, found.scores, strict=True)
            if sure >= _SURE and words.strip()
        ]
        return in_order(boxes)

    return recognise


def in_order(boxes: Sequence[Box]) -> list[str]:
    """Lines in reading order, from boxes of words: those side by side in a column are one line."""
    tall = _TALL * float(np.median([box[3] - box[1] for box in boxes] or [0.0]))
    level = [box for box in boxes if box[3] - box[1] <= tall]
    rows = [*_rows(level), *([box] for box in boxes if box[3] - box[1] > tall)]
    return [" ".join(box[4].strip() for box in row) for row in rows]


def _rows(boxes: list[Box]) -> Iterator[list[Box]]:
    """Rows of boxes, column by column.

    An XY cut: where a gutter runs from top to bottom its two sides are read one after the other;
    else what is above the widest gap before what is below. Nagy & Seth, 1984.
    """
    stack = [boxes] if boxes else []
    while stack:
        part = stack.pop()
        height = float(np.median([box[3] - box[1] for box in part]))
        columns = (
            sides
            for sides in _cuts(part, 0, _GUTTER * height)
            if all(_is_column(side, height) for side in sides)
        )
        sides = next(columns, None) or next(_cuts(part, 1, 0.0), None)
        if sides is not None:
            stack.extend(reversed(sides))
        else:
            yield from _side_by_side(part, height)


def _is_column(boxes: list[Box], height: float) -> bool:
    width = float(np.median([box[2] - box[0] for box in boxes]))
    return len(boxes) >= _COLUMN and width >= _WIDE * height


def _side_by_side(boxes: list[Box], height: float) -> Iterator[list[Box]]:
    """Boxes between which no gap runs, as rows: a row's boxes have nearly the same middle."""
    row: list[Box] = []
    for box in sorted(boxes, key=lambda box: box[1] + box[3]):
        if row and (box[1] + box[3]) - (row[0][1] + row[0][3]) > height:
            yield sorted(row)
            row = []
        row.append(box)
    yield sorted(row)


def _cuts(
    boxes: list[Box], axis: Literal[0, 1], least: float
) -> Iterator[tuple[list[Box], list[Box]]]:
    """Boxes before and after each gap of more than `least` along an axis (0: x, 1: y), the widest
    gap first.
    """
    ordered = sorted(boxes, key=lambda box: box[axis])
    ends = (box[2] if axis == 0 else box[3] for box in ordered)
    reach = list(accumulate(ends, max))  # how far the boxes up to each one go
    gaps = [(ordered[at][axis] - reach[at - 1], at) for at in range(1, len(ordered))]
    for gap, at in sorted(gaps, reverse=True):
        if gap > least:
            yield ordered[:at], ordered[at:]
