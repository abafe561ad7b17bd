"""JSON Lines, CSV and TSV: a document a row, cited as `file.jsonl#id`.

The text of a row with a field "text", "contents" or "body" is that, and what tells of the others
(fields.py); that of a row with a question and an answer is the answer, below the question; of
another row, all its fields. Whoever names fields gets those.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from lepton_local.corpus.dates import dated
from lepton_local.corpus.decode import decode
from lepton_local.corpus.formats.fields import telling
from lepton_local.corpus.formats.title import from_name, one_line
from lepton_local.corpus.halves import whole
from lepton_local.corpus.stored import PAIR
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

_IDS = ("_id", "id")
_TEXTS = ("text", "contents", "body")
_PAIR = (PAIR, "answer")  # of a row without a text: its title and its text
_TOLD = re.compile(r"\"?sep=([^\w\s\"]|\t)\"?\n", re.IGNORECASE)  # for Excel, before the header
_LINE = re.compile(r"([^\n]*)\n?")


def parse_jsonl(
    source: Source, data: bytes, *, text_fields: Sequence[str] = ()
) -> Iterator[Document]:
    """A document for each line, which must be a JSON object. text_fields: the names of those that
    are its text, in any case.
    """
    keys: set[str] = set()
    for number, match in enumerate(_LINE.finditer(decode(data).removeprefix("\ufeff")), 1):
        line = match[1]  # one at a time: there may be millions
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise SourceError(f"line {number}: not JSON: {_reason(error)}") from error
        if not isinstance(row, dict):
            raise SourceError(
                f'line {number}: {type(row).__name__}, expected an object such as {{"text": …}}'
            )
        yield _document(source, row, number, keys, text_fields)


def parse_csv(
    source: Source, data: bytes, *, text_fields: Sequence[str] = ()
) -> Iterator[Document]:
    """A document for each row after the first, which names the columns."""
    text = decode(data).removeprefix("\ufeff")
    told = _TOLD.match(text)
    text = text[told.end() :] if told is not None else text
    delimiter = told[1] if told is not None else _delimiter(source.path, text)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    keys: set[str] = set()
    try:
        header = [name.strip() for name in next(rows)]
        for number, cells in enumerate((cells for cells in rows if any(cells)), 1):
            yield _document(source, _row(header, cells), number, keys, text_fields)
    except csv.Error as error:
        raise SourceError(f"line {rows.line_num}: {error}") from error


def _row(header: list[str], cells: list[str]) -> dict[str, str]:
    """The cells by the names of their columns. A column without a name, or whose name another one
    has already, is called by its number: no cell is lost.
    """
    row: dict[str, str] = {}
    for number, cell in enumerate(cells, 1):
        name = header[number - 1] if number <= len(header) else ""
        row[name if name and name not in row else f"column {number}"] = cell
    return row


def _delimiter(path: str, text: str) -> str:
    if PurePosixPath(path).suffix.lower() == ".tsv":
        return "\t"
    header = text.split("\n", 1)[0]
    return max(",;\t|", key=header.count)  # the first of equals: a comma


def _document(
    source: Source,
    given: Mapping[str, object],
    number: int,
    keys: set[str],
    text_fields: Sequence[str],
) -> Document:
    """One row. Without an id its key is its number (in JSONL: of the line); a second row of the
    same id has its number added.
    """
    row = {name: _string(value) for name, value in given.items()}
    names = {name.lower(): name for name in reversed(row)}
    identity = next((names[name] for name in _IDS if name in names and row[names[name]]), "")
    body = next((names[name] for name in _TEXTS if name in names), "")
    heading = names.get("title")
    paired = not body and all(row.get(names.get(name, ""), "").strip() for name in _PAIR)
    if paired:
        heading, body = (names[name] for name in _PAIR)
    key = row[identity].strip() if identity else str(number)
    if key in keys:
        key = f"{key}@{number}"
    keys.add(key)
    title = one_line(row[heading]) if heading is not None else ""
    rest = {
        name: value
        for name, value in row.items()
        if value and name not in (identity, heading, body)
    }
    chosen = [names[name] for name in map(str.lower, text_fields) if row.get(names.get(name, ""))]
    if chosen:
        bare = (body, heading)
        text = "\n\n".join(row[each] if each in bare else f"{each}: {row[each]}" for each in chosen)
    elif body:
        text = row[body] if row[body].strip() else title
        told = "" if paired else telling({name: given[name] for name in rest})
        text = f"{text}\n\n{told}" if told and text.strip() else text or told
    else:
        text = "\n".join(
            f"{name}: {row[name].strip()}" for name in row if name != identity and row[name].strip()
        )
    return Document(
        source=source,
        text=text,
        title=title or from_name(source.path),
        key=key,
        titled=bool(title) and text != title,
        metadata=dated(rest | ({PAIR: title} if paired else {})),
    )


def _string(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return whole(text)


def _reason(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)
