"""What a request asks: the fields of its body, and the numbers of its query."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from lepton_local.corpus.halves import whole
from lepton_local.errors import InputError

Told = dict[str, Any]
KINDS: Mapping[type, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list of texts",
    dict: "an object",
}


@dataclass(frozen=True, slots=True)
class Body:
    """The fields of a body by their kinds: those it must have, and those it may have."""

    must: Mapping[str, type]
    may: Mapping[str, type] = field(default_factory=dict)

    def read(self, data: bytes) -> Told:
        """The fields of this body. Raises InputError for what it may not hold."""
        try:
            told = json.loads(data)
        except (ValueError, RecursionError):
            raise InputError(f"the body is no JSON, expected {self}") from None
        if not isinstance(told, dict) or any(name not in told for name in self.must):
            raise InputError(f"the body asks nothing, expected {self}")
        known = {**self.must, **self.may}
        for name, value in told.items():
            if name not in known or not _is(value, known[name]):
                raise InputError(f"{name!r} is {value!r:.80}, expected {self}")
        return {name: _whole(value) for name, value in told.items()}

    def __str__(self) -> str:
        shown = [f'"{name}": {KINDS[kind]}' for name, kind in self.must.items()]
        more = ", ".join(f'"{name}"' for name in self.may)
        return f"{{{', '.join(shown)}}}{f', and {more} where wanted' if more else ''}"


def number(request: Request, name: str) -> int:
    """A number of the query, 0 where there is none. Raises InputError."""
    text = request.query_params.get(name, "0")
    if not text.isdecimal() or len(text) > 9:
        raise InputError(f"{name} is {text!r:.80}, expected a number")
    return int(text)


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
    return [whole(each) for each in value] if isinstance(value, list) else value
