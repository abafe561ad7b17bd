"""`lepton-search chat`: questions that follow one another."""

from __future__ import annotations

from typing import Any

import click

from lepton_local.cli import options as given
from lepton_local.cli.engine import open_searcher
from lepton_local.cli.group import Group
from lepton_local.cli.place import Opening, Place


@click.command(cls=Opening)
@click.argument("indexes", nargs=-1, metavar="[INDEX]...", type=Place())
@given.with_options([each for each in given.ASKING if each is not given.skip_option])
def chat(
    indexes: tuple[str, ...], k: int, filters: tuple[str, ...], verify: bool, **engine: Any
) -> None:
    """Ask one question after another, a line each.

    A question may lean on the one before it ("and how large may it be?"). A number opens that
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
        talk = Talk(Session(searcher), paths[0], k=k, filters=filters, verify=verify)
        talk.run(typed_lines())


def register(main: Group) -> None:
    """Add the command of this file."""
    main.add_command(chat)
