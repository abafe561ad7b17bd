"""`lepton-search query`: one question, answered in the documents' own words."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lepton_local.cli import knock
from lepton_local.cli import options as given
from lepton_local.cli.batch import LONGEST
from lepton_local.cli.clusters import SPREAD, opened
from lepton_local.cli.engine import settings_of
from lepton_local.cli.group import NOTHING, Group
from lepton_local.cli.place import Placed, is_index
from lepton_local.cli.said import Question, Said, found, print_out, said

if TYPE_CHECKING:
    from lepton_local.search.searcher import Searcher


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
    "--server/--no-server", default=True, help="Let a server of the index answer, if one runs."
)
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
@given.with_options(SPREAD)
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
    server: bool,
    html: Path | None,
    evidence: bool,
    tokens: int,
    compose: bool,
    writer: str | None,
    ray: str | None,
    replicas: int,
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
    if as_json and paths:
        raise click.UsageError("--json and --paths were both given, expected one of them")
    if null and not paths:
        raise click.UsageError("-0 was given without --paths, expected both")
    if is_index(question) and not is_index(index):
        first = f"lepton-search query {shlex.quote(question)} {shlex.quote(index)}"
        raise click.UsageError(f"INDEX comes before QUESTION: {first}")
    instead = {"--evidence": evidence, "--compose": compose, "--writer": writer is not None}
    alone = {**instead, "--paths": paths, "--html": html, "--verify": verify, "--why": why}
    both = [name for name, wanted in alone.items() if wanted]
    if any(instead.values()) and len(both) > 1:
        raise click.UsageError(f"{' and '.join(both)} were given, expected one of them")
    if question == "-":
        question = sys.stdin.buffer.read(LONGEST).decode("utf-8", "replace")
    engine["answer"] = engine["answer"] and not paths
    asked = Question(
        indexes=(index, *also),
        question=question,
        k=k,
        skip=skip,
        filters=filters,
        verify=verify,
        why=why,
        as_json=as_json,
        paths=paths,
        strict=strict,
        engine=settings_of(engine),
    )
    if compose or evidence or writer is not None:
        from lepton_local.cli import composed

        shown: dict[str, Any] = {
            "k": k,
            "skip": skip,
            "filters": filters,
            "tokens": tokens,
            "as_json": as_json,
        }
        with opened(asked.indexes, engine, ray, replicas=replicas) as searcher:
            if compose:
                some = composed.compose(searcher, question, filters=filters, as_json=as_json)
            elif writer is not None:
                some = composed.write(searcher, question, writer, **shown)
            else:
                some = composed.give_evidence(searcher, question, **shown)
        raise click.exceptions.Exit(0 if some else NOTHING)
    told = knock.answered(asked) if server and html is None and ray is None else None
    if told is None:
        with opened(asked.indexes, asked.engine, ray, replicas=replicas) as searcher:
            told = _here(searcher, asked, html)
    print_out(told, null=null)
    if told.nothing:
        raise click.exceptions.Exit(NOTHING)


def _here(searcher: Searcher, asked: Question, html: Path | None) -> Said:
    """What this process finds itself; html: where it is saved as well."""
    if html is not None:
        from lepton_local.saved.file import check_place, save

        check_place(html)
    result = found(searcher, asked)
    if html is not None:
        save(result, searcher.index, html, answering=bool(asked.engine["answer"]))
    return said(result, asked)


def register(main: Group) -> None:
    """Add the command of this file."""
    main.add_command(query)
