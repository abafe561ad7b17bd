"""What a caller gave, looked at before anything is loaded: a program makes slips that a command
line cannot.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from numbers import Integral
from typing import Any

from lepton_local.config import SearchConfig
from lepton_local.errors import InputError
from lepton_local.search.context import MOST_LINES
from lepton_local.search.filters import parse_filter
from lepton_local.search.listing import SORTS
from lepton_local.search.question import parse_question

MODES = ("hybrid", "dense", "lexical")
LONGEST_SHOWN = 60  # characters of a value that is wrong


def check_asked(question: Any, k: Any, filters: Any) -> None:
    """Raises InputError for what is no question, a k below 1, or an unknown filter."""
    if not isinstance(question, str):
        raise _wrong("question", question, "a string")
    parse_question(question)
    check_limits(k, filters)


def check_limits(k: Any, filters: Any = ()) -> None:
    """The same for how many passages are wanted, and of which documents."""
    if not isinstance(k, Integral) or isinstance(k, bool):
        raise _wrong("k", k, "a whole number")
    if k < 1:
        raise InputError(
            f"k is {k}, expected at least 1", advice="lepton-search query INDEX QUESTION -k 10"
        )
    if isinstance(filters, str) or not isinstance(filters, Sequence):
        raise _wrong("filters", filters, "a list of strings")
    for each in filters:
        if not isinstance(each, str):
            raise _wrong("filter", each, "a string")
        parse_filter(each)


def check_skip(skip: Any) -> None:
    """Raises InputError for what is no number of passages to pass over."""
    if not isinstance(skip, Integral) or isinstance(skip, bool):
        raise _wrong("skip", skip, "a whole number")
    if skip < 0:
        raise InputError(
            f"skip is {skip}, expected 0 or more",
            advice="lepton-search query INDEX QUESTION --skip 10",
        )


def checked(config: Any) -> SearchConfig:
    """The settings. Raises InputError for one of the wrong type, an unknown mode or a negative
    depth.
    """
    if not isinstance(config, SearchConfig):
        raise _wrong("config", config, "a SearchConfig")
    for field in fields(config):
        value, kind = getattr(config, field.name), type(field.default)
        value = float(value) if kind is float and type(value) is int else value
        if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
            raise _wrong(field.name, value, f"a value of type {kind.__name__}")
    if not all(isinstance(name, str) for name in config.fields):
        raise _wrong("fields", config.fields, "names of fields")
    if config.mode not in MODES:
        raise InputError(f"mode {config.mode!r} is unknown, expected {', '.join(MODES)}")
    if config.rerank_depth < 0:
        raise InputError(f"rerank depth is {config.rerank_depth}, expected 0 or more")
    if config.sort not in SORTS:
        raise InputError(f"sort {config.sort!r} is unknown, expected {', '.join(SORTS)}")
    if not 0 <= config.recent < math.inf:
        raise InputError(f"recent is {config.recent}, expected a number of days, or 0")
    if config.per_file < 0:
        raise InputError(f"per_file is {config.per_file}, expected 0 or more")
    for name in ("before", "after"):
        if not 0 <= getattr(config, name) <= MOST_LINES:
            raise InputError(
                f"lines {name} are {getattr(config, name)}, expected 0 to {MOST_LINES:,}"
            )
    if not 0 <= config.min_score <= 1:
        raise InputError(
            f"min_score is {config.min_score}, expected a share from 0 to 1",
            advice="lepton-search query INDEX QUESTION --min-score 0.5",
        )
    if config.candidates < 1:
        raise InputError(f"candidates is {config.candidates}, expected at least 1")
    return config


def check_model(model: Any, role: type, called: str) -> None:
    """Raises InputError where a model of one's own lacks what its role needs."""
    needed = [*role.__annotations__, *(name for name in vars(role) if not name.startswith("_"))]
    lacking = [name for name in needed if not hasattr(model, name)]
    if lacking:
        raise InputError(
            f"{called} {type(model).__name__} has no {', '.join(lacking)}, expected "
            f"{', '.join(needed)}"
        )


def _wrong(name: str, value: Any, expected: str) -> InputError:
    told = repr(value)
    if len(told) > LONGEST_SHOWN:
        told = f"{told[:LONGEST_SHOWN]}…"
    return InputError(f"{name} is {told}, expected {expected}")
