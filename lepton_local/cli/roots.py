"""`lepton-index add`, `remove` and `move`: which folders an index is of."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lepton_local.cli import options as given
from lepton_local.cli.describe import count
from lepton_local.cli.group import Group
from lepton_local.cli.place import Placed
from lepton_local.cli.screen import clean
from lepton_local.errors import InputError

if TYPE_CHECKING:
    from lepton_local.indexing.report import Report
    from lepton_local.indexing.roots import Change

Finish = Callable[..., None]

HOW = [
    given.device_option,
    given.download_option,
    given.json_option,
    given.quiet_option,
    given.strict_option,
]


def register(main: Group, finish: Finish) -> None:
    """Add the commands of this file; `finish` tells what an update has done."""

    @main.command(cls=Placed)
    @given.index_argument
    @click.argument("root", nargs=-1, required=True, type=click.Path())
    @given.with_options(HOW)
    def add(index: str, root: tuple[str, ...], **how: Any) -> None:
        """Add folders or files to an index, and take in what they hold."""
        from lepton_local.indexing.request import corpus_roots
        from lepton_local.indexing.roots import Change

        _update(index, Change(added=list(map(str, corpus_roots(root)))), finish, how)

    @main.command(cls=Placed)
    @given.index_argument
    @click.argument("root", nargs=-1, required=True, type=click.Path())
    @given.with_options(HOW)
    def remove(index: str, root: tuple[str, ...], **how: Any) -> None:
        """Remove folders or files from an index. On the disk they stay as they are."""
        from lepton_local.indexing.roots import Change

        _update(index, Change(removed=list(map(_absolute, root))), finish, how)

    @main.command(cls=Placed)
    @given.index_argument
    @click.argument("old", type=click.Path())
    @click.argument("new", type=click.Path())
    @given.with_options(HOW)
    def move(index: str, old: str, new: str, **how: Any) -> None:
        """Tell an index that its folder OLD is NEW by now.

        What is the same there is neither read nor encoded again.
        """
        from lepton_local.indexing.request import corpus_roots
        from lepton_local.indexing.roots import Change

        _update(index, Change(moved={_absolute(old): str(corpus_roots(new)[0])}), finish, how)


def _update(index: str, change: Change, finish: Finish, how: dict[str, Any]) -> None:
    from lepton_local.cli.progress import Progress
    from lepton_local.indexing import builder

    shown = {name: how.pop(name) for name in ("as_json", "quiet", "strict")}
    with Progress(quiet=shown["quiet"]) as progress:
        report: Report = builder.update(index, change=change, progress=progress, **how)
    finish(report, **shown)


def _absolute(root: str) -> str:
    return os.path.abspath(Path(root).expanduser())


def check_left_out(corpus: Sequence[str], out: str | None) -> None:
    """Before a build over an index of other folders: ask whoever sits at a terminal, and refuse
    elsewhere. Raises InputError.
    """
    from lepton_local.indexing.request import corpus_roots, index_storage
    from lepton_local.indexing.roots import left_out

    roots = corpus_roots(corpus)
    storage = index_storage(out, roots)
    lost = left_out(storage, roots)
    if not lost:
        return
    what = f"{storage.place} is of {_told(lost)} as well, which this build would drop"
    if at_terminal():
        if click.confirm(f"{clean(what)}. Drop it?", err=True):
            return
        raise InputError("nothing was changed", advice=_instead(storage.place, corpus))
    raise InputError(what, advice=_instead(storage.place, corpus))


def at_terminal() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _told(lost: Mapping[str, int]) -> str:
    return ", ".join(f"{root} ({count(files, 'file')})" for root, files in lost.items())


def _instead(place: str, corpus: Sequence[str]) -> str:
    folders = " ".join(corpus)
    return (
        f"lepton-index add {place} {folders} keeps both, "
        f"lepton-index build {folders} --out {place} --allow-deletions does not"
    )
