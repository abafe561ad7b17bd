"""A question that is the name of something in code: its definition first, what explains it next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from lepton_local.corpus.symbols import PREFIX, is_code, parts
from lepton_local.search.named import Rows
from lepton_local.searched import Term
from lepton_local.store.index import Index
from lepton_local.store.segment import Segment

SYMBOL = "symbol"  # the stage of the search that this is
# What is added to scores, of which none is above 1.
DEFINED, EXPLAINED = 3.0, 1.0  # what is defined stands before a file of that name, too
MOST = 200  # passages that define or explain one name: of a name of more, nothing tells which
_ASKED = re.compile(
    r"(?:(?:async\s+)?(?P<kind>class|def|func|function|fn|struct|interface|enum|trait|type|method"
    r"|option|module|macro)\s+)?"
    r"(?P<name>--?[A-Za-z][\w-]*|[A-Za-z_$][\w$]*(?:(?:\.|::|\#|->)[A-Za-z_$][\w$]*)*[?!]?)"
    r"(?P<call>\([^()]*\))?:?",
    re.VERBOSE,
)
_MARKED = re.compile(r"[^A-Za-z]|(?<=[a-z])[A-Z]|(?<=[A-Z])[A-Z][a-z]")  # of no plain word


def sought(index: Index, asked: str, terms: Sequence[Term]) -> dict[Rows, float]:
    """The passages where what was asked for by its name is defined or explained, and what is added
    to the score of each.

    The first parts of a name may be those of its module: "click.testing.CliRunner" is defined as
    `CliRunner`. A plain word is a name only where mostly code has it.
    """
    match = _ASKED.fullmatch(asked.strip(" \t\n?`'\""))
    if match is None:
        return {}
    name = match["name"]
    plain = not (match["kind"] or match["call"] or _MARKED.search(name))
    if plain and not _is_codes(index, terms):
        return {}
    split = parts(name)
    for first in range(len(split)):
        whole = ".".join(split[first:])
        for written in dict.fromkeys((whole, whole.casefold())):
            if found := _places(index, PREFIX + written, split[:first]):
                return found
    return {}


def worth(rows: np.ndarray, found: Mapping[Rows, float]) -> np.ndarray:
    """What is added to the scores of rows (n,) over the whole index: (n,)."""
    return np.array([found.get((row, row + 1), 0.0) for row in rows.tolist()])


def _places(index: Index, term: str, above: Sequence[str]) -> dict[Rows, float]:
    """The live rows with a name. above: what must stand in the path of a file that defines it, if
    it does in any.
    """
    found: dict[Rows, float] = {}
    within: dict[Rows, float] = {}
    for segment, live, offset in zip(index.segments, index.live, index.offsets, strict=False):
        rows = segment.lexical.rows_of(term)[0]
        rows = rows[live[rows]]
        for row, form, path in zip(rows.tolist(), *_told(segment, rows), strict=True):
            place = (int(offset) + row, int(offset) + row + 1)
            found[place] = DEFINED if is_code(form) else EXPLAINED
            if all(part.casefold() in path.casefold() for part in above):
                within[place] = found[place]
    found = within or found
    return found if len(found) <= MOST else {}


def _told(segment: Segment, rows: np.ndarray) -> tuple[list[str], list[str]]:
    """The format and the path of the document of each of these rows (n,)."""
    documents = np.searchsorted(np.cumsum(segment.document_rows), rows, side="right")
    columns = (segment.column("format"), segment.column("path"))
    form, path = (
        [str(column.values[int(code)].as_py()) for code in column.codes[documents]]
        for column in columns
    )
    return form, path


def _is_codes(index: Index, terms: Sequence[Term]) -> bool:
    """Whether mostly code has a word."""
    code = every = 0
    for segment, live in zip(index.segments, index.live, strict=True):
        for term in terms:
            rows = segment.lexical.rows_of_any(term.forms)[0]
            form = segment.column("format")
            known = np.array([is_code(str(each)) for each in form.values.to_pylist()], dtype=bool)
            documents = np.searchsorted(np.cumsum(segment.document_rows), rows, side="right")
            code += int(known[form.codes[documents[live[rows]]]].sum())
            every += int(live[rows].sum())
    return 2 * code > every
