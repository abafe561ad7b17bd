"""JSON as dataclasses: whoever was handed an index may not have been its friend, so every value is
of the type that is written, or refused.
"""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from lepton_local.errors import DamagedError

Kind = TypeVar("Kind")

LARGEST = 1 << 63  # of whole numbers: no file's time is further off


def parsed(data: bytes) -> Any:
    """The value of JSON. Raises ValueError for what is none, or nested without end."""
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def strings(text: str) -> dict[str, str]:
    """The metadata of a document: a JSON object of strings. Raises DamagedError."""
    try:
        return typed(dict[str, str], parsed(text.encode()))
    except ValueError as error:
        raise DamagedError(f"metadata of a document is no JSON of strings ({error})") from None


def typed(kind: type[Kind], value: Any) -> Kind:
    """A JSON value as a `kind`: a dataclass, int, float, bool, str, or a tuple, mapping or choice
    of these.

    Raises ValueError for a value of another type, a field too many, or one that is missing.
    """
    found: Kind = _typed(kind, value)
    return found


def _typed(kind: Any, value: Any) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if origin is tuple and isinstance(value, list):
        return tuple(_typed(inner[0], each) for each in value)
    if origin in (Mapping, dict) and isinstance(value, dict):
        return {name: _typed(inner[1], each) for name, each in value.items()}
    if origin is types.UnionType:
        kind = next((each for each in inner if _is(each, value) or _may_be(each, value)), kind)
    if _may_be(kind, value):
        return _dataclass(kind, value)
    if isinstance(kind, type) and _is(kind, value):
        return value
    raise ValueError(f"{_short(value)} is no {getattr(kind, '__name__', kind)}")


def _may_be(kind: Any, value: Any) -> bool:
    return is_dataclass(kind) and isinstance(value, dict)


def _is(kind: type, value: Any) -> bool:
    if kind is int:
        return type(value) is int and abs(value) <= LARGEST
    if kind is float:
        return type(value) in (int, float) and abs(value) <= LARGEST  # NaN is not
    return type(value) is kind


def _dataclass(kind: Any, value: dict[str, Any]) -> Any:
    hints = _hints(kind)
    if strange := value.keys() - hints.keys():
        raise ValueError(f"{_short(min(strange))} is unknown")
    needed = {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}
    if missing := needed - value.keys():
        raise ValueError(f"{min(missing)} is missing")
    return kind(**{name: _typed(hints[name], each) for name, each in value.items()})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {f.name: hints[f.name] for f in fields(kind) if f.init}


def _short(value: Any) -> str:
    return repr(value)[:60]
