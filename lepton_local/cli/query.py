"""`lepton-search query`: one question, answered in the documents' own words."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from lepton_local.cli import options as given
from lepton_local.cli.batch import LONGEST
from lepton_local.cli.engine import ask, open_searcher
from lepton_local.cli.group import NOTHING, Group
from lepton_local.cli.place import Placed, is_index
from lepton_local.cli.screen import echo, echo_json, echo_names
from lepton_local.types import Result


@click.command(cls=Placed)
@given.index_argument
@click.argument("question")
@given.also_option
@given.with_options(given.ASKING)
@click.option("--why", is_flag=True, help="Show what each stage of the search thought of a hit.")
@given.json_option
@click.option("--paths", is_flag=True, help="Print the files alone, one a line, for a pipe.")
@given.null_option
@click.option("--strict", is_flag=True, help="End with 1 if a file that is cited has changed.")
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Save all of it as a page that can be sent, and proved by verify.",
)
@click.option("--evidence", is_flag=True, help="Print numbered passages to paste elsewhere.")
@click.option("--tokens", default=2000, help="How long the evidence may be, in word pieces.")
@click.option("--compose", is_flag=True, help="Answer by sentences of several documents.")
@click.option(
    "--writer",
    metavar="URL",
    help="Have a language model on this machine write from the evidence: http://127.0.0.1:PORT/v1.",
)
def query(
    index: str,
    question: str,
    also: tuple[str, ...],
    k: int,
    skip: int,
    filters: tuple[str, ...],
    verify: bool,
    why: bool,
    as_json: bool,
    paths: bool,
    null: bool,
    strict: bool,
    html: Path | None,
    evidence: bool,
    tokens: int,
    compose: bool,
    writer: str | None,
    **engine: Any,
) -> None:
    """Answer a question in the documents' own words.

    The answer comes first, with the place where it stands, and then the passages that fit best.
    In QUESTION, "an exact phrase", invo* or /a pattern/ must stand in a passage, and -word must
    not; a OR b asks for one of two, type:pdf as --filter does. Type -- before a QUESTION that
    begins with a dash; - alone reads it from standard input.

    Exit status: 0 found; 1 nothing found, no answer where one was asked for, or, with --verify,
    something that its file does not say; 2 an error.
    """
    from lepton_local.cli import composed, show
    from lepton_local.search.record import result_record

    if as_json and paths:
        raise click.UsageError("--json and --paths were both given, expected one of them")
    if null and not paths:
        raise click.UsageError("-0 was given without --paths, expected both")
    if is_index(question) and not is_index(index):
        first = f"lepton-search query {shlex.quote(question)} {shlex.quote(index)}"
        raise click.UsageError(f"INDEX comes before QUESTION: {first}")
    instead = {"--evidence": evidence, "--compose": compose, "--writer": writer is not None}
    alone = {**instead, "--paths": paths, "--html": html, "--verify": verify, "--why": why}
    told = [name for name, wanted in alone.items() if wanted]
    if any(instead.values()) and len(told) > 1:
        raise click.UsageError(f"{' and '.join(told)} were given, expected one of them")
    if question == "-":
        question = sys.stdin.buffer.read(LONGEST).decode("utf-8", "replace")
    if html is not None:
        from lepton_local.saved.file import check_place, save

        check_place(html)
    if paths:
        engine["answer"] = False
    searcher = open_searcher(index, also, engine)
    if any(instead.values()):
        asked: dict[str, Any] = {
            "k": k,
            "skip": skip,
            "filters": filters,
            "tokens": tokens,
            "as_json": as_json,
        }
        if compose:
            some = composed.compose(searcher, question, filters=filters, as_json=as_json)
        elif writer is not None:
            some = composed.write(searcher, question, writer, **asked)
        else:
            some = composed.give_evidence(searcher, question, **asked)
        raise click.exceptions.Exit(0 if some else NOTHING)
    result = ask(searcher, question, k=k, skip=skip, filters=filters, verify=verify)
    if html is not None:
        save(result, searcher.index, html, answering=engine["answer"])
    if as_json:
        echo_json(result_record(result, skipped=skip))
    elif paths:
        echo((*show.notes(result), *show.gone(result.hits, index)), err=True)
        found = tuple(show.paths(result.hits))
        echo_names(found, null=null)
    else:
        echo(show.notes(result), err=True)
        answering = engine["answer"]
        echo(show.result_lines(result, index=index, skipped=skip, answering=answering, why=why))
    nothing = not result.hits or (engine["answer"] and result.answer is None)
    if nothing or (paths and not found) or _doubtful(result, strict=strict):
        raise click.exceptions.Exit(NOTHING)


def _doubtful(result: Result, *, strict: bool) -> bool:
    """Whether something that is cited was proved false; `strict`: or its file has changed."""
    cited = [*result.hits, *(each.hit for each in (result.answer, *result.guesses) if each)]
    return any(hit.verified is False or (strict and hit.stale) for hit in cited)


def register(main: Group) -> None:
    """Add the command of this file."""
    main.add_command(query)
