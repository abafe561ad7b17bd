"""`lepton-search chat`: questions that follow one another."""

from __future__ import annotations

import sys
from typing import Any

import click

from lepton_local.cli import options as given
from lepton_local.cli.engine import open_searcher
from lepton_local.cli.group import Group
from lepton_local.cli.place import Opening, Place
from lepton_local.errors import InputError, extra


@click.command(cls=Opening)
@click.argument("indexes", nargs=-1, metavar="[INDEX]...", type=Place())
@given.with_options([each for each in given.ASKING if each is not given.skip_option])
@click.option("--tui", is_flag=True, help="Fill the terminal: passages beside the document.")
@click.option(
    "--record-use",
    "records",
    is_flag=True,
    help="Keep which passages you open and copy, beside the index, as ratings are kept.",
)
def chat(
    indexes: tuple[str, ...],
    k: int,
    filters: tuple[str, ...],
    verify: bool,
    tui: bool,
    records: bool,
    **engine: Any,
) -> None:
    """Ask one question after another, a line each.

    A question may lean on those before it ("and how large may it be?"). A number opens that
    passage in $EDITOR, or shows the whole of it; /help tells what else can be typed. Several
    INDEXes are searched as one. Standard input may be a pipe.

    Exit status: 0 the talk has ended; 2 an error.
    """
    from lepton_local.cli.talk import Talk, typed_lines
    from lepton_local.search.checks import check_limits
    from lepton_local.search.session import Session

    check_limits(k, filters)
    paths = indexes or (Place().convert("@", None, None),)
    with open_searcher(paths[0], paths[1:], engine) as searcher:
        session = Session(searcher, related=True)
        if tui:
            with extra("tui", "chat --tui"):
                from lepton_local.cli.tui import Reading

            check_terminal()
            Reading(session, k=k, filters=filters, verify=verify, records=records).run()
            return
        talk = Talk(session, paths[0], k=k, filters=filters, verify=verify)
        talk.records = records
        talk.run(typed_lines())


def check_terminal() -> None:
    """Raises InputError where there is no terminal to fill."""
    if not all(each.isatty() for each in (sys.stdin, sys.stdout, sys.stderr)):
        raise InputError(
            "--tui fills a terminal, and this is none, expected one",
            advice="lepton-search chat without --tui reads a pipe",
        )


def register(main: Group) -> None:
    """Add the command of this file."""
    main.add_command(chat)
