"""`lepton-search table`: every document asked the same questions."""

from __future__ import annotations

from typing import Any

import click

from lepton_local.cli import options as given
from lepton_local.cli.engine import open_searcher
from lepton_local.cli.group import NOTHING, Group
from lepton_local.cli.place import Placed
from lepton_local.config import TABLE_DEPTH


@click.command(cls=Placed)
@given.index_argument
@click.argument("questions", nargs=-1, required=True, metavar="QUESTION…")
@click.option(
    "--over",
    multiple=True,
    metavar="FILTER",
    help="Only these documents: 'type:pdf path:contracts/*'. Repeatable: all must hold.",
)
@click.option("--plain", "form", flag_value="plain", default=True, hidden=True)
@click.option("--csv", "form", flag_value="csv", help="Print a spreadsheet.")
@click.option("--json", "form", flag_value="json", help="Print JSON, a line a document.")
@click.option("--markdown", "form", flag_value="markdown", help="Print a table of Markdown.")
@click.option(
    "--out",
    type=click.Path(),
    metavar="FILE",
    help="Write here; if it is stopped, the same command goes on where it was.",
)
@given.also_option
@click.option("--rerank-depth", default=TABLE_DEPTH, help="Passages of a document that are read.")
@given.device_option
@given.quiet_option
def table(
    index: str,
    questions: tuple[str, ...],
    over: tuple[str, ...],
    form: str,
    out: str | None,
    also: tuple[str, ...],
    quiet: bool,
    **engine: Any,
) -> None:
    """Ask every document the same questions.

    A row is a document, and a column a question; a cell is what this document alone answers, with
    its place and how sure it is, or empty.

    Exit status: 0 some cell is answered; 1 none is; 2 an error.
    """
    from lepton_local.cli.table import write_table
    from lepton_local.search.table import Table

    searcher = open_searcher(index, also, engine)
    asked = Table(searcher, questions, over=over)
    if not write_table(asked, form=form, out=out, quiet=quiet):
        raise click.exceptions.Exit(NOTHING)


def register(main: Group) -> None:
    """Add the command of this file."""
    main.add_command(table)
