"""`lepton-index ls` and `cat`: the documents of an index, and what stands in one."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import click

from lepton_local.cli import options as given
from lepton_local.cli.group import NOTHING, Group
from lepton_local.cli.place import Placed
from lepton_local.cli.screen import cells, clean, echo, echo_json, echo_names, prose

_KINDS = ":"  # in a filter


@click.command(cls=Placed)
@given.index_argument
@click.argument("filters", nargs=-1, metavar="[FILTER]...")
@click.option("-l", "--long", is_flag=True, help="With date, format, language, size and title.")
@given.null_option
@given.json_option
def ls(index: str, filters: tuple[str, ...], long: bool, null: bool, as_json: bool) -> None:
    """List the documents of an index.

    FILTER is one of those of a search, such as type:pdf or after:2026-01-31; without a colon it is
    a path, and may hold * and ?. All must hold.

    Exit status: 0 there are some; 1 there are none; 2 an error.
    """
    from lepton_local.search.documents import listed_documents
    from lepton_local.store.index import Index

    wanted = [each if _KINDS in each else f"path:{each}" for each in filters]
    with Index.open(index) as opened:
        found = listed_documents(opened, wanted)
    if as_json:
        echo_json({"schema": 1, "index": index, "documents": found})
    elif long:
        echo(_long(found))
    else:
        echo_names(_names(found), null=null)
    if not found:
        raise click.exceptions.Exit(NOTHING)


@click.command(cls=Placed)
@given.index_argument
@click.argument("document")
@click.option("-n", "--number", is_flag=True, help="With the numbers of the lines.")
@given.json_option
def cat(index: str, document: str, number: bool, as_json: bool) -> None:
    """Print a document as it was indexed.

    DOCUMENT is a name as results cite it, and may end in :LINE or :FIRST-LAST. Nothing but white
    space may differ from the file as it was.

    Exit status: 0 it is printed; 2 an error.
    """
    from lepton_local.search.documents import document_lines
    from lepton_local.store.index import Index

    with Index.open(index) as opened:
        found = list(document_lines(opened, document))
    if as_json:
        told = [
            {"document": name, "lines": [{"line": at, "text": text} for at, text in lines]}
            for name, lines in found
        ]
        echo_json({"schema": 1, "index": index, "documents": told})
        return
    for name, lines in found:
        if len(found) > 1:
            echo_names([f"==> {name} <=="])
        width = len(str(lines[-1][0])) if lines else 0
        echo_names(f"{at:>{width}}  {line}" if number else line for at, line in lines)


def register(main: Group) -> None:
    """Add the commands of this file."""
    for command in (ls, cat):
        main.add_command(command)


def _names(found: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Each document as it is cited; in full where two roots have one of that name."""
    twice = Counter(each["document"] for each in found)
    for each in found:
        name = each["document"]
        yield name if twice[name] == 1 else os.path.join(each["root"], name)


def _long(found: Sequence[dict[str, Any]]) -> Iterator[str]:
    from lepton_local.cli.describe import size

    show = clean if sys.stdout.isatty() else str
    rows = [
        (each["date"][:10], each["format"], each["language"], size(each["size"]), name)
        for each, name in zip(found, _names(found), strict=True)
    ]
    widths = [max(map(cells, column), default=0) for column in list(zip(*rows, strict=True))[:4]]
    for row, each in zip(rows, found, strict=True):
        told = "  ".join(f"{value:<{width}}" for value, width in zip(row, widths, strict=False))
        title = click.style(prose(each["title"]), dim=True)
        yield f"{told}  {click.style(show(row[4]), bold=True)}  {title}"
