"""What `lepton-search query` prints, whoever computes it: this process, or a server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lepton_local.cli.engine import ask
from lepton_local.cli.screen import echo, echo_names

if TYPE_CHECKING:
    from lepton_local.search.searcher import Searcher
    from lepton_local.types import Result


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it was typed, with all that shapes what is printed. engine: the settings of a
    SearchConfig.
    """

    indexes: tuple[str, ...]
    question: str
    k: int
    skip: int
    filters: tuple[str, ...]
    verify: bool
    why: bool
    as_json: bool
    paths: bool
    strict: bool
    engine: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """What is printed, on standard error first. Names of files stand as they are; else lines with
    their styles.
    """

    out: tuple[str, ...]
    err: tuple[str, ...]
    names: bool
    nothing: bool  # nothing was found, or something that is cited was proved false


def found(searcher: Searcher, asked: Question) -> Result:
    """The result of a question. Raises InputError."""
    return ask(
        searcher,
        asked.question,
        k=asked.k,
        skip=asked.skip,
        filters=asked.filters,
        verify=asked.verify,
    )


def said(result: Result, asked: Question) -> Said:
    """What is printed of it."""
    from lepton_local.cli import show
    from lepton_local.cli.screen import json_line
    from lepton_local.search.record import result_record
    from lepton_local.search.seen import all_seen

    index, answering = asked.indexes[0], bool(asked.engine["answer"]) and not all_seen(result)
    out: tuple[str, ...]
    err: tuple[str, ...] = ()
    if asked.as_json:
        out = (json_line(result_record(result, skipped=asked.skip)).decode().rstrip("\n"),)
    elif asked.paths:
        err = (*show.notes(result), *show.gone(result.hits, index))
        out = tuple(show.paths(result.hits))
    else:
        err = tuple(show.notes(result))
        lines = show.result_lines(
            result, index=index, skipped=asked.skip, answering=answering, why=asked.why
        )
        out = tuple(lines)
    nothing = not result.hits or (answering and result.answer is None)
    nothing = nothing or (asked.paths and not out) or _doubtful(result, strict=asked.strict)
    return Said(out, err, names=asked.paths, nothing=nothing)


def print_out(told: Said, *, null: bool) -> None:
    """Print it; null: each name ends with a NUL."""
    echo(told.err, err=True)
    if told.names:
        echo_names(told.out, null=null)
    else:
        echo(told.out)


def _doubtful(result: Result, *, strict: bool) -> bool:
    """Whether something that is cited was proved false; `strict`: or its file has changed."""
    cited = [*result.hits, *(each.hit for each in (result.answer, *result.guesses) if each)]
    return any(hit.verified is False or (strict and hit.stale) for hit in cited)
