"""Made tables as files, in every way in which people keep them."""

from __future__ import annotations

import csv
import html
import io
from random import Random

import xlsxwriter
from tables import Table

FORMATS = ("xlsx", "csv", "md", "html", "pipes", "spaces", "blocks", "list")


def render(table: Table, kind: str, rng: Random) -> tuple[str, bytes]:
    """The suffix and the bytes of a file that holds the table in one of the `FORMATS`."""
    heads = [column.header for column in table.columns]
    if kind == "xlsx":
        return ".xlsx", _xlsx(table)
    if kind == "csv":
        stream = io.StringIO()
        csv.writer(stream, delimiter=rng.choice(",;")).writerows([heads, *table.rows])
        return ".csv", stream.getvalue().encode()
    intro = rng.choice(
        ["", "", "The following list is kept by the office.\n\n", "As of today:\n\n"]
    )
    if kind == "html":
        lines = [
            "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row) + "</tr>"
            for tag, row in [("th", heads), *(("td", row) for row in table.rows)]
        ]
        page = f"<h1>{table.title}</h1><p>{intro}</p><table>{''.join(lines)}</table>"
        return ".html", f"<html><body>{page}</body></html>".encode()
    head = f"# {table.title}\n\n{intro}"
    if kind == "md":
        lines = [
            "| " + " | ".join(row) + " |" for row in [heads, ["---"] * len(heads), *table.rows]
        ]
    elif kind == "pipes":
        lines = [" | ".join(row) for row in [heads, *table.rows]]
    elif kind == "spaces":
        lines = [" ".join(row) for row in [heads, *table.rows]]
    elif kind == "blocks":
        lines = [
            "\n".join(f"{name}: {cell}" for name, cell in zip(heads, row, strict=True)) + "\n"
            for row in table.rows
        ]
    else:
        lines = [
            f"- {row[0]}: "
            + ", ".join(
                f"{name.lower()} {cell}" for name, cell in zip(heads[1:], row[1:], strict=True)
            )
            for row in table.rows
        ]
    return ".md", (head + "\n".join(lines) + "\n").encode()


def _xlsx(table: Table) -> bytes:
    """A workbook of one sheet, its numbers as numbers."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_numbers": True}) as book:
        sheet = book.add_worksheet(table.title.replace(":", "")[:30])
        sheet.write_row(0, 0, [column.header for column in table.columns])
        for number, row in enumerate(table.rows, 1):
            sheet.write_row(number, 0, row)
    return stream.getvalue()
