"""A file's story as a person reads it: see indexing/explain.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from lepton_local.cli.describe import MOST, count, size, table
from lepton_local.cli.screen import clean, columns, fold, prose

TOLD = {
    "suffix": "by its suffix",
    "name": "by its name",
    "LibreOffice": "by its suffix, and converted by LibreOffice",
    "nothing": "since it was asked for",
}


def story_lines(record: Mapping[str, Any]) -> Iterator[str]:
    """What became of a file; of a file of many documents, the first of them."""
    yield f"{click.style(clean(record['path']), bold=True)}: {record['status']}"
    documents = record.get("documents", ())
    facts = _shown(record, "reason", "root")
    facts |= _facts(record) if documents else _shown(record, "digest")
    if documents and record["parts"] == 1:
        yield from table({**facts, **_about(documents[0])})
        yield from _passages(documents[0])
    else:
        yield from table(facts)
        for document in documents[:MOST]:
            yield f"  {click.style(clean(document['key'] or 'the file itself'), bold=True)}"
            yield from table(_about(document), indent=4)
            yield from _passages(document)
    if len(documents) > MOST:
        yield f"and {count(len(documents) - MOST, 'document')} more: see them with --json"
    for one in record.get("skipped", ()):
        yield f"skipped {click.style(clean(one['path']), bold=True)}: {prose(one['reason'])}"


def _facts(record: Mapping[str, Any]) -> dict[str, Any]:
    """What holds for the whole file."""
    form = record["format"]
    facts = {
        "format": f"{form['name']}, told {TOLD[form['told_by']]}",
        **_shown(record, "encoding"),
        "size": size(record["bytes"]),
        **_shown(record, "modified", "digest"),
        "generation": f"{record['generation']:,}",
        **_shown(record, "readers"),
    }
    if record["parts"] > 1:
        facts["holds"] = (
            f"{count(record['parts'], 'document')}, {count(record['passages'], 'passage')}"
        )
    return facts


def _about(document: Mapping[str, Any]) -> dict[str, Any]:
    """What holds for one document of a file."""
    metadata = {name: value for name, value in document["metadata"].items() if name != "date"}
    marks = ", ".join(count(number, kind) for kind, number in document["marks"].items())
    return {
        "title": f"{document['title']} (from the {document['title_from']})",
        "language": document["language"],
        "date": f"{document['date']} (from the {document['date_from']})",
        **{name.replace("_", " "): value for name, value in metadata.items()},
        **({"marks": marks} if marks else {}),
        "text": f"{document['characters']:,} characters, "
        f"{count(len(document['passages']), 'passage')}",
    }


def _passages(document: Mapping[str, Any]) -> Iterator[str]:
    for one in document["passages"]:
        place = f"    line {one['line']}, {one['start']}-{one['end']}  "
        under = prose(one["heading"] or one["mark"])
        yield f"{place:<28}{fold(under, columns() - 28, lines=1)[0]}".rstrip()


def _shown(record: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: record[name] for name in names if record.get(name)}
