"""What a request asks: the fields of its body, and the numbers of its query."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request

from lepton_local.corpus.halves import whole
from lepton_local.errors import InputError

K = 10  # hits, where nobody says how many
# What a field may be, wherever it stands: a number from the first to the second, a text of so many
# characters, a list of so many things.
NUMBERS = {
    "k": (1, 50),
    "hit": (0, 50),
    "skip": (0, 1_000),
    "max_num_results": (1, 50),
    "top_n": (1, 100),
}
LONGEST = {"question": 2_000, "questions": 2_000, "query": 2_000, "before": 2_000}
COUNTS = {
    "filters": (0, 16),
    "over": (0, 16),
    "indexes": (0, 64),
    "questions": (1, 8),
    "query": (1, 8),
    "documents": (1, 100),
}

Told = dict[str, Any]
KINDS: Mapping[type, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list of texts",
    dict: "an object",
    object: "text or a list",
}


class Missing(InputError):
    """What a path names is not there."""


@dataclass(frozen=True, slots=True)
class Body:
    """The fields of a body by their kinds: those it must have, and those it may have."""

    must: Mapping[str, type]
    may: Mapping[str, type] = field(default_factory=dict)

    def read(self, data: bytes) -> Told:
        """The fields of this body, as JSON. Raises InputError for what it may not hold."""
        try:
            told = json.loads(data)
        except (ValueError, RecursionError):
            raise InputError(f"the body is no JSON, expected {self}") from None
        return self.checked(told)

    def checked(self, told: Any) -> Told:
        """The same of what was read already."""
        if not isinstance(told, dict) or any(name not in told for name in self.must):
            raise InputError(f"the body asks nothing, expected {self}")
        known = {**self.must, **self.may}
        for name, value in told.items():
            if known.get(name) is int and isinstance(value, float) and value.is_integer():
                told[name] = value = int(value)  # JSON knows numbers, not kinds of them
            if name not in known or not _is(value, known[name]):
                raise InputError(f"{name!r} is {value!r:.80}, expected {self}")
            _limits(name, value)
        return {name: _whole(value) for name, value in told.items()}

    def query(self, params: QueryParams) -> Told:
        """The same from the query of a GET: a list is a name that comes several times. Raises
        InputError.
        """
        known = {**self.must, **self.may}
        told = {}
        for name in params:
            kind, values = known.get(name), params.getlist(name)
            last = _number(values[-1]) if kind is int else values[-1]
            told[name] = values if kind is list else last
        return self.checked(told)

    async def told(self, request: Request) -> Told:
        """The fields of a request. Raises InputError."""
        if request.method == "POST":
            return self.read(await request.body())
        return self.query(request.query_params)

    def __str__(self) -> str:
        shown = [f'"{name}": {KINDS[kind]}' for name, kind in self.must.items()]
        more = ", ".join(f'"{name}"' for name in self.may)
        return f"{{{', '.join(shown)}}}{f', and {more} where wanted' if more else ''}"


def number(request: Request, name: str) -> int:
    """A number of the query, 0 where there is none. Raises InputError."""
    value = _number(request.query_params.get(name, "0"))
    if isinstance(value, str):
        raise InputError(f"{name} is {value!r:.80}, expected a number")
    return value


def _number(text: str) -> int | str:
    """A number, or the same text where it is none."""
    return int(text) if text.isdecimal() and len(text) < 10 else text


def _limits(name: str, value: Any) -> None:
    if isinstance(value, list):
        least, most = COUNTS.get(name, (0, len(value)))
        if not least <= len(value) <= most:
            raise InputError(f"{name} are {len(value):,}, expected {least} to {most}")
        for each in value:
            _limits(name, each)
    elif isinstance(value, str) and len(value) > LONGEST.get(name, len(value)):
        expected = f"expected at most {LONGEST[name]:,}"
        raise InputError(f"{name} has {len(value):,} characters, {expected}")
    elif isinstance(value, int) and name in NUMBERS:
        least, most = NUMBERS[name]
        if not least <= value <= most:
            raise InputError(f"{name} is {value!r:.20}, expected {least} to {most:,}")


def _is(value: Any, kind: type) -> bool:
    if kind is list:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _whole(value: Any) -> Any:
    """Half a character is asked as a sign: the answer repeats it."""
    if isinstance(value, str):
        return whole(value)
    return list(map(_whole, value)) if isinstance(value, list) else value
