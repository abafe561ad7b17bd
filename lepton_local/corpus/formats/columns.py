"""The order in which the lines of a printed page are read, and the rows of its tables, by where
they stand.

A PDF prints in any order it likes. Most print as people read, and there the order is kept; told by
geometry are only the pages that print across their columns, and the tables that print by column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

_COLUMNS = 4  # on a page, at most
_LEAST = 3  # lines that part at the same place: columns of text
_PROSE = 20  # characters of a line of a column, on average; a cell of a table has fewer
_GOES_ON = 0.35  # share of its lines that go on in the next one
_ROWS = 3  # lines one below another with cells that line up: a table; of three cells, one less
_EDGE = 3.0  # points by which edges that line up may differ
_SCATTERED = 0.5  # share of lines whose row is printed in pieces: the table is printed by column


@dataclass(frozen=True, slots=True)
class Cell:
    """Words that stand together on a line, and their box in points, upwards and to the right."""

    text: str
    left: float
    right: float
    bottom: float
    top: float


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed line: its cells from left to right, the height in points and the weight of its
    first letter, and whether it is the row of a table.
    """

    cells: tuple[Cell, ...]
    size: float
    bold: bool
    row: bool = False

    @property
    def text(self) -> str:
        """Its words; between the cells of a row stand bars."""
        return (" | " if self.row else " ").join(cell.text for cell in self.cells)


def in_reading_order(lines: Sequence[Printed]) -> list[Printed]:
    """The lines of a page as people read them: one column after another, and tables by rows."""
    return list(_with_rows(_by_columns(_whole_rows(lines))))


def _by_columns(lines: Sequence[Printed], most: int = _COLUMNS) -> list[Printed]:
    """Lines that run across columns of text, parted: all of a column, then the next one. A line
    across the page ends the columns above it.
    """
    gutter = _gutter(lines) if most > 1 else None
    if gutter is None:
        return list(lines)
    ordered: list[Printed] = []
    left: list[Printed] = []
    right: list[Printed] = []
    for line in lines:
        before = tuple(cell for cell in line.cells if cell.right <= gutter)
        after = line.cells[len(before) :]
        if any(cell.left < gutter for cell in after):
            ordered += [*_by_columns(left, most - 1), *_by_columns(right, most - 1), line]
            left, right = [], []
            continue
        if before:
            left.append(Printed(before, line.size, line.bold))
        if after:
            right.append(Printed(after, line.size, line.bold))
    return [*ordered, *_by_columns(left, most - 1), *_by_columns(right, most - 1)]


def _gutter(lines: Sequence[Printed]) -> float | None:
    """Where lines part that are two columns of text; None where nothing tells of them."""
    pairs = [pair for line in lines for pair in pairwise(line.cells)]
    gaps = [(a.right, b.left) for a, b in pairs if a.right < b.left]
    if len(gaps) < _LEAST:
        return None
    best = _most_crossed(gaps)
    parted = [
        line for line in lines if any(a.right <= best <= b.left for a, b in pairwise(line.cells))
    ]
    across = sum(any(c.left < best < c.right for c in line.cells) for line in lines)
    if len(parted) < max(_LEAST, 2 * across):
        return None
    sides = (
        [[cell.text for cell in line.cells if cell.right <= best] for line in parted],
        [[cell.text for cell in line.cells if cell.left >= best] for line in parted],
    )
    return best if all(_is_prose([" ".join(each) for each in side]) for side in sides) else None


def _most_crossed(gaps: Sequence[tuple[float, float]]) -> float:
    """A place that lies in as many of the gaps as any."""
    ends = sorted([(low, 0) for low, _ in gaps] + [(high, 1) for _, high in gaps])
    open_ = most = 0
    best = 0.0
    for (place, closes), (next_, _) in pairwise(ends):
        open_ += -1 if closes else 1
        if open_ > most:
            most, best = open_, (place + next_) / 2
    return best


def _is_prose(lines: Sequence[str]) -> bool:
    """Whether lines are long, and many go on in the next one: with a letter that is no capital,
    after what is no end of a sentence.
    """
    if sum(map(len, lines)) < _PROSE * len(lines):
        return False
    goes_on = sum(
        below[:1].isalpha() and not below[:1].isupper() and above[-1:] not in ".!?:;"
        for above, below in pairwise(lines)
    )
    return goes_on >= _GOES_ON * (len(lines) - 1)


def _whole_rows(lines: Sequence[Printed]) -> list[Printed]:
    """The lines of a page that prints a table by column, or in pieces, as whole rows."""
    rows: list[list[int]] = []
    for number in sorted(range(len(lines)), key=lambda n: -_middle(lines[n])):
        if rows and _beside(lines[rows[-1][0]], lines[number]):
            rows[-1].append(number)
        else:
            rows.append([number])
    scattered = sum(len(row) for row in rows if any(b - a != 1 for a, b in pairwise(sorted(row))))
    cells = [cell for line in lines for cell in line.cells]
    short = sum(len(cell.text) for cell in cells) < _PROSE * len(cells)
    if scattered <= _SCATTERED * len(lines) or len(cells) < 3 * len(rows) or not short:
        return list(lines)
    found = []
    for row in rows:
        first = min(row, key=lambda n: lines[n].cells[0].left)
        joined = sorted((cell for n in row for cell in lines[n].cells), key=lambda cell: cell.left)
        found.append(replace(lines[first], cells=tuple(joined)))
    return found


def _middle(line: Printed) -> float:
    return (line.cells[0].bottom + line.cells[0].top) / 2


def _beside(line: Printed, other: Printed) -> bool:
    """Whether two lines stand at the same height, one beside the other."""
    cell = line.cells[0]
    same = cell.bottom < _middle(other) < cell.top
    return same and all(
        a.right <= b.left + _EDGE or b.right <= a.left + _EDGE
        for a in line.cells
        for b in other.cells
    )


def _with_rows(lines: Sequence[Printed]) -> Iterator[Printed]:
    """The lines, those of tables as rows."""
    run: list[Printed] = []
    for line in lines:
        if run and not _lines_up(run[-1], line):
            yield from _run(run)
            run = []
        if len(line.cells) > 1:
            run.append(line)
        else:
            yield line
    yield from _run(run)


def _run(lines: Sequence[Printed]) -> list[Printed]:
    wide = all(len(line.cells) > 2 for line in lines)
    if len(lines) < (_ROWS - 1 if wide else _ROWS):
        return list(lines)
    return [replace(line, row=True) for line in lines]


def _lines_up(one: Printed, other: Printed) -> bool:
    """Whether a cell but the first begins, or ends, where one of the line above does."""
    return any(
        abs(a.left - b.left) <= _EDGE or (abs(a.right - b.right) <= _EDGE and _is_number(b.text))
        for a in one.cells[1:]
        for b in other.cells[1:]
    )


def _is_number(text: str) -> bool:
    return sum(map(str.isdigit, text)) * 2 > len(text)
