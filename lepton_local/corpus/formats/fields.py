"""Which fields of a row of data say what it is, beside the one that is its text.

A number, a state, a name, a link: people look for a row by these, so its text goes on with them, a
line of "name: value" each. What would drown the text does not: a value that is a text of its own, a
value with others in it, rows of figures. `metadata`, as retrieval test sets have it, never does:
there the text alone is to be found. All of it is kept as metadata, and filters see it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

LONGEST = 200  # characters of a value
MOST = 600  # characters of all of them
FIGURES = 8  # columns of numbers: of a row with more, only those that name it
_NEVER = "metadata"
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?\Z")
_NAMES = re.compile(r"(?:.*[\W_])?(?:id|key|no|nr|num|number|ref|code|isbn|doi|year)\Z", re.I)


def telling(fields: Mapping[str, object]) -> str:
    """The lines of the fields that say what a row is, in their order; "" if there are none."""
    said = {name: value for name, value in _said(fields) if name.lower() != _NEVER}
    figures = [name for name, value in said.items() if _NUMBER.match(value)]
    if len(figures) > FIGURES:
        said = {
            name: value for name, value in said.items() if name not in figures or _NAMES.match(name)
        }
    lines, room = [], MOST
    for name, value in said.items():
        line = f"{name}: {value}"
        if len(line) <= room:
            lines.append(line)
            room -= len(line) + 1
    return "\n".join(lines)


def _said(fields: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        said = _short(value)
        if said and len(said) <= LONGEST:
            yield name, said


def _short(value: object) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(" ".join(each.split()) for each in value)
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return " ".join(value.split()) if isinstance(value, str) else ""
