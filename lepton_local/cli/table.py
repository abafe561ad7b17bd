"""Writing a table of answers: to standard output as it comes, or whole into a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from lepton_local.cli.kept import Kept
from lepton_local.cli.progress import Progress
from lepton_local.cli.sheet import SHEETS
from lepton_local.search.record import row_record
from lepton_local.search.table import Table
from lepton_local.store import files

Record = dict[str, Any]


def write_table(table: Table, *, form: str, out: str | None, quiet: bool) -> int:
    """Write it in one of the `SHEETS`; gives the number of cells that are answered.

    A file `out` appears when it is whole. Until then its rows are kept beside it, for the next run.
    """
    answered = 0
    ctx = click.get_current_context()

    def rows(skip: int = 0) -> Iterator[Record]:
        for number, row in enumerate(table.rows(skip=skip), skip + 1):
            yield row_record(row, number)
            progress("table", number, len(table))

    def counted(records: Iterable[Record]) -> Iterator[Record]:
        nonlocal answered
        for record in records:
            answered += sum(cell["answer"] is not None for cell in record["cells"])
            yield record

    def write(records: Iterable[Record]) -> None:
        with files.writing_out(Path(str(out))) as file:
            for part in SHEETS[form](table.questions, counted(records)):
                file.write(click.unstyle(part).encode())

    with Progress(quiet=quiet or (out is None and sys.stdout.isatty())) as progress:
        if out is None:
            for part in SHEETS[form](table.questions, counted(rows())):
                click.echo(part, nl=False)
        elif os.path.exists(out) and not os.path.isfile(out):  # a pipe or a device
            write(rows())
        else:
            kept = Kept(Path(out), table.about)
            ctx.meta["stopped"] = f"{kept.path} keeps its rows. To go on: {ctx.meta['typed']}"
            kept.add(rows(kept.count))
            write(kept.records())
            kept.remove()
    return answered
