"""`lepton-index list`, `name` and `unname`: which indexes there are, and what they are called."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lepton_local.cli import options as given
from lepton_local.cli import shelf
from lepton_local.cli.group import NOTHING, Group
from lepton_local.cli.place import Placed
from lepton_local.cli.screen import clean, echo, echo_json
from lepton_local.errors import LeptonError

if TYPE_CHECKING:
    from lepton_local.cli.nearest import Known


@click.command("list")
@given.json_option
def list_(as_json: bool) -> None:
    """Show the indexes that have names, and those that lie near.

    Exit status: 0 there are some; 1 there are none; 2 an error.
    """
    found = catalogue()
    if as_json:
        echo_json({"schema": 1, "indexes": found})
    else:
        echo(catalogue_lines(found))
    if not found:
        raise click.exceptions.Exit(NOTHING)


@click.command(cls=Placed)
@given.index_argument
@click.argument("name")
def name(index: str, name: str) -> None:
    """Give an index a name.

    From then on @NAME is its folder, wherever an INDEX is asked for. The name it had before goes.
    """
    from lepton_local.store.manifest import load_manifest
    from lepton_local.store.place import storage_at

    load_manifest(storage_at(index))
    shelf.give(name, index)


@click.command()
@click.argument("name")
def unname(name: str) -> None:
    """Take a name away. The index itself stays as it is."""
    shelf.take(name)


def register(main: Group) -> None:
    """Add the commands of this file."""
    for command in (list_, name, unname):
        main.add_command(command)


def catalogue() -> list[dict[str, Any]]:
    """What there is to say of each index that can be chosen, ready for JSON."""
    from lepton_local.cli.nearest import choices

    return [_about(known) for known in choices(Path.cwd())]


def _about(known: Known) -> dict[str, Any]:
    from lepton_local.store.index import Index
    from lepton_local.store.keys import RING
    from lepton_local.store.names import MANIFEST_FILE, is_far

    told: dict[str, Any] = {"name": known.name, "folder": known.folder}
    if is_far(known.folder):
        return {**told, "error": "in an object store, which is asked for nothing until you name it"}
    try:
        with RING.asking(None), Index.open(known.folder) as index:
            when = os.stat(Path(known.folder) / MANIFEST_FILE).st_mtime
            return {
                **told,
                "documents": index.documents,
                "passages": index.rows,
                "bytes": sum(segment.bytes for segment in index.manifest.segments),
                "updated": datetime.fromtimestamp(when).astimezone().isoformat(timespec="seconds"),
                "roots": list(index.manifest.roots),
            }
    except LeptonError as error:
        return {**told, "error": error.message}
    except OSError as error:
        return {**told, "error": (error.strerror or str(error)).lower()}


def catalogue_lines(found: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The same for a person, and what to type next."""
    from lepton_local.cli.describe import count, size

    here = Path.cwd()
    for each in found:
        place = os.path.relpath(each["folder"], here)
        place = each["folder"] if each["name"] or place.startswith("..") else place
        called = f"{shelf.SIGN}{each['name']}  " if each["name"] else ""
        yield f"{click.style(called, bold=True)}{click.style(clean(place), bold=not called)}"
        if error := each.get("error"):
            yield f"    {click.style(clean(error), fg='yellow')}"
            continue
        day = each["updated"].replace("T", " ")[:16]
        yield f"    {count(each['documents'], 'document')}, {size(each['bytes'])}, {day}"
        for root in each["roots"]:
            yield f"    {click.style(f'of {clean(root)}', dim=True)}"
    if not found:
        yield "There is no index here, and none has a name yet."
        yield "make one: lepton-index build FOLDER"
        return
    first = found[0]
    target = f"{shelf.SIGN}{first['name']}" if first["name"] else os.path.relpath(first["folder"])
    yield click.style(f'ask one: lepton-search query {clean(target)} "…"', dim=True)
    if bare := next((each for each in found if not each["name"]), None):
        place = clean(os.path.relpath(bare["folder"]))
        yield click.style(f"name one: lepton-index name {place} NAME", dim=True)
