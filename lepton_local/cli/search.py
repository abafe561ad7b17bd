"""`lepton-search`: ask an index, one question or many, and measure how well it answers."""

# Every command imports the library when it runs: numpy, pyarrow and the models take up to seconds
# to load, while `--help`, completion and a mistyped option are to be answered at once.

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from lepton_local import __version__
from lepton_local.cli import options as given
from lepton_local.cli import query
from lepton_local.cli.batch import LONGEST, Asked, answer_each, read_questions
from lepton_local.cli.clusters import SPREAD, opened
from lepton_local.cli.engine import ask, open_searcher
from lepton_local.cli.group import FAILED, NOTHING, Group
from lepton_local.cli.screen import echo, echo_json, echo_names, json_line

if TYPE_CHECKING:
    from lepton_local.search.searcher import Searcher


# The modules of the other commands.
LATER = {
    "measuring": ("eval", "questions"),
    "faq": ("faq", "faq-check"),
    "news": ("news",),
    "foryou": ("for-you",),
    "agents": ("mcp",),
    "saved": ("verify",),
    "serving": ("serve",),
    "tokens": ("token",),
    "audit": ("audit",),
    "tables": ("table",),
    "chat": ("chat",),
    "rate": ("rate",),
    "related": ("related",),
}


@click.group(
    cls=Group,
    name="lepton-search",
    later=LATER,
    context_settings=given.SETTINGS,
    invoke_without_command=True,
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Ask the documents on your own disk. Nothing leaves the machine.

    \b
    lepton-index build ~/notes
    lepton-search query indexes/notes "when is the rent due?"
    """
    if ctx.invoked_subcommand is None:
        if not sys.stdout.isatty():
            raise click.exceptions.NoArgsIsHelpError(ctx)
        from lepton_local.cli import names

        echo(names.catalogue_lines(names.catalogue()))


query.register(main)


@main.command()
@given.index_argument
@click.argument("questions", type=click.File("rb"), metavar="QUESTIONS")
@click.option("--out", type=click.Path(), metavar="FILE", help="Write here, whole or not at all.")
@given.also_option
@given.with_options(given.ASKING)
@given.with_options(SPREAD)
@given.always_option
@given.quiet_option
def batch(
    index: str,
    questions: BinaryIO,
    out: str | None,
    also: tuple[str, ...],
    k: int,
    skip: int,
    filters: tuple[str, ...],
    verify: bool,
    ray: str | None,
    replicas: int,
    quiet: bool,
    **engine: Any,
) -> None:
    """Answer a file of questions, or a stream of them.

    Each line of QUESTIONS gives a line of JSON, in order. It is a question, or
    {"question": "…", "id": …} with "query" or "text" if you like; a CSV file has such columns.
    "-" is standard input: each answer comes as soon as its line is in.
    A line that asks nothing gives one with an "error" in it, and the others are answered.

    Exit status: 0 done; 2 an error, or done but for some lines.
    """
    from lepton_local.cli.progress import Progress
    from lepton_local.search.checks import check_limits, check_skip
    from lepton_local.search.record import error_record, result_record
    from lepton_local.store import files

    name, bad = getattr(questions, "name", "-"), []
    asked: Iterable[Asked] = read_questions(questions, name)
    total = None
    if out is not None:  # nobody waits for the first answer
        asked = list(asked)
        total = len(asked)
    check_limits(k, filters)
    check_skip(skip)

    def answer(searcher: Searcher, one: Asked) -> bytes:
        if one.error:
            bad.append(one)
            return json_line(error_record(one.error, line=one.line, id=one.id))
        result = ask(searcher, one.question, k=k, skip=skip, filters=filters, verify=verify)
        return json_line(result_record(result, id=one.id, skipped=skip))

    with (
        Progress(quiet=quiet or out is None) as progress,
        opened((index, *also), engine, ray, replicas=replicas) as searcher,
    ):
        lines = answer_each(asked, partial(answer, searcher), total=total, progress=progress)
        if out is None:
            for line in lines:
                click.echo(line, nl=False)
        else:
            with files.writing_out(Path(out)) as file:
                file.writelines(lines)
    if bad:
        echo((f"{name} line {one.line}: {one.error}" for one in bad), err=True)
        raise click.exceptions.Exit(FAILED)


@main.command()
@given.index_argument
@click.argument("what")
@click.option("--text", is_flag=True, help="WHAT is itself the text that others are to be like.")
@given.also_option
@given.k_option
@given.filter_option
@given.json_option
@click.option("--paths", is_flag=True, help="Print the files alone, one a line, for a pipe.")
@given.null_option
def similar(
    index: str,
    what: str,
    text: bool,
    also: tuple[str, ...],
    k: int,
    filters: tuple[str, ...],
    as_json: bool,
    paths: bool,
    null: bool,
) -> None:
    """Find documents like another one.

    WHAT is an indexed document, as a search cites it, or a file on disk; - is a text on standard
    input. Each is shown by the two passages that are most alike. Where pictures have vectors, a
    picture finds pictures.

    Exit status: 0 found; 1 nothing found; 2 an error.
    """
    from lepton_local.cli import show
    from lepton_local.search.record import result_record
    from lepton_local.types import Result

    searcher = open_searcher(index, also, {})
    piped = what == "-"
    asked = sys.stdin.buffer.read(LONGEST).decode("utf-8", "replace") if piped else what
    hits = searcher.similar(asked, text=text or piped, k=k, filters=filters)
    result = Result(question=what, hits=tuple(hits), indexes=searcher.index.snapshots)
    if as_json:
        echo_json(result_record(result))
    elif paths:
        echo_names(show.paths(hits), null=null)
    else:
        echo(show.result_lines(result, index=index))
    if not hits:
        raise click.exceptions.Exit(NOTHING)
