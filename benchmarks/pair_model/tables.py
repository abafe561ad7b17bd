"""Made tables: invoices, staff lists, budgets, timetables, settings; rendered in every way in which
people keep them, and asked by row and column.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

from asked import Asked
from names import Names
from values import value_of

# Subject of the table: the kind of its rows; then the columns: header variants, the kind of value,
# questions that name the row ({k}) and ask for the value, questions that name the value ({v}) and
# ask for the row. The first column is the row's name.
_TABLES = Path(__file__).with_name("tables.txt").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Column:
    """A header, and the questions that ask for its cell or by it."""

    header: str
    kind: str
    forward: tuple[str, ...]
    backward: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A made table; its first column names the rows."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


def draw(rng: Random, count: int) -> list[str]:
    """So many different kinds of table."""
    return rng.sample(_TABLES.strip().split("\n\n"), count)


def make(names: Names, drawn: str) -> Table:
    """A table of three to seven columns and three to fourteen rows, of a kind that was drawn."""
    rng = names.rng
    kind, *lines = drawn.split("\n")
    first, *others = lines
    kept = sorted(rng.sample(range(len(others)), rng.randint(2, len(others))))
    year = names.year
    subject = names.project()
    columns = []
    for line in (first, *(others[i] for i in kept)):
        headers, value, forward, backward = (part.strip() for part in line.split("|"))
        header = rng.choice(headers.split("/"))
        slots = {"{y0}": str(year), "{y1}": str(year + 1), "{c}": header, "{t}": subject}

        def filled(text: str, slots: dict[str, str] = slots) -> tuple[str, ...]:
            for slot, word in slots.items():
                text = text.replace(slot, word)
            return tuple(part.strip() for part in text.split(";") if part.strip())

        columns.append(Column(filled(header)[0], value, filled(forward), filled(backward)))
    case = rng.choice([str.lower, str.capitalize, str.capitalize, str.title])
    columns = [Column(_cased(c.header, case), c.kind, c.forward, c.backward) for c in columns]
    count = 4 if kind == "period" else rng.randint(3, 14)
    cells = [[value_of(names, column.kind, row) for column in columns] for row in range(count)]
    seen: dict[str, list[str]] = {row[0]: row for row in cells}
    if kind == "invoice" or kind == "machine":  # in a series, as numbers are given out
        stem, start = rng.choice(["A", "RE", "INX", "BK", "T"]), rng.randint(100, 9000)
        seen = {f"{stem}-{start + i}": row for i, row in enumerate(seen.values())}
    rows = tuple((key, *row[1:]) for key, row in seen.items())
    plural = {"person": "people", "company": "companies"}.get(kind, kind + "s")
    title = rng.choice(
        [subject, f"{subject}: {plural}", plural.capitalize(), f"{plural.capitalize()} {year}"]
    )
    return Table(title, tuple(columns), rows)


def _cased(header: str, case: object) -> str:
    return header if any(char.isupper() for char in header) else case(header)  # type: ignore[operator]


def ask(table: Table, path: str, kind: str, names: Names, *, most: int) -> list[Asked]:
    """Questions by row and by value, and some about rows and values that are not there."""
    rng = names.rng
    asked: list[Asked] = []
    for _ in range(most):
        row = rng.choice(table.rows)
        place = rng.randrange(1, len(table.columns))
        column, value, key = table.columns[place], row[place], row[0]
        said = _said(key, table, rng)
        if rng.random() < 0.3 and column.backward:
            values = [other[place] for other in table.rows]
            if values.count(value) == 1:
                text = rng.choice(column.backward).replace("{v}", value)
                if rng.random() < 0.2:  # a value that no row has
                    other = value_of(names, column.kind, 0)
                    if other not in values and other.lower() not in " ".join(values).lower():
                        text = rng.choice(column.backward).replace("{v}", other)
                        asked.append(Asked(text, (), "row absent", path))
                        continue
                asked.append(Asked(text, (key,), "row by value", path, (key, value)))
            continue
        text = rng.choice(
            [
                *column.forward,
                *column.forward,
                f"what is the {column.header.lower()} of {{k}}?",
                f"{{k}} {column.header.lower()}",
            ]
        )
        absent = rng.random()
        if absent < 0.15:
            other = _near(key, table, names)
            if other not in "\n".join(" ".join(r) for r in table.rows):
                asked.append(
                    Asked(text.replace("{k}", _said(other, table, rng)), (), "row absent", path)
                )
            continue
        behind = (
            f"{column.header}: "
            if kind in ("xlsx", "csv", "blocks")
            else f"{column.header.lower()} "
            if kind == "list"
            else ""
        )
        if not behind and value in "".join(c for i, c in enumerate(row) if i != place):
            continue
        asked.append(Asked(text.replace("{k}", said), (value,), "cell", path, (key, value), behind))
    return asked


def _said(key: str, table: Table, rng: Random) -> str:
    """A row's name as people say it: of a person or a firm often a part of it."""
    parts = key.split()
    kind = table.columns[0].kind
    if kind in ("person", "org") and len(parts) > 1 and rng.random() < 0.3:
        short = rng.choice([parts[0], parts[-1]]) if kind == "person" else " ".join(parts[:2])
        if sum(short in row[0] for row in table.rows) == 1:
            return short
    return key


def _near(key: str, table: Table, names: Names) -> str:
    """A name of the same shape that no row has: the next number, or another name."""
    digits = [i for i, char in enumerate(key) if char.isdigit()]
    if digits:
        place = names.rng.choice(digits[-2:])
        digit = str((int(key[place]) + names.rng.randint(1, 9)) % 10)
        return key[:place] + digit + key[place + 1 :]
    return value_of(names, table.columns[0].kind, 0)
