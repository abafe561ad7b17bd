"""INDEX as people type it: a folder, a name such as @work, or nothing at all."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from lepton_local.cli import shelf
from lepton_local.cli.secrets import key_file_parameter
from lepton_local.cli.settings import settings
from lepton_local.errors import LeptonError

_FILE = "manifest.json"  # of an index, as far as a folder's look tells


class Place(click.Path):
    """The folder of an index. `@work` is the one with that name, and `@` the one that belongs to
    the folder one stands in.
    """

    name = "index"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Raises LeptonError for a name that no index has, and where none is near."""
        text = str(value)
        if not text.startswith(shelf.SIGN):
            return text
        if text != shelf.SIGN:
            return shelf.folder_of(text)
        from lepton_local.cli.nearest import nearest

        return nearest(Path.cwd(), str(settings().get("index", "")))

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The names of indexes, with their folders, and folders."""
        known: dict[str, str] = {}
        with suppress(LeptonError, OSError):  # a shell has no place for a complaint
            known = shelf.names()
        found = [
            CompletionItem(f"{shelf.SIGN}{name}", help=folder)
            for name, folder in known.items()
            if f"{shelf.SIGN}{name}".startswith(incomplete)
        ]
        return [*found, CompletionItem(incomplete, type="dir")]


class Opening(click.Command):
    """A command that is given an index, and takes the key of an encrypted one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if any(isinstance(each.type, Place) for each in self.params):
            self.params.append(key_file_parameter())


class Placed(Opening):
    """A command whose first argument, an index, may be left out where its others are given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing and self._left_out(ctx, args):
            args = [shelf.SIGN, *args]
        return super().parse_args(ctx, args)

    def _left_out(self, ctx: click.Context, args: list[str]) -> bool:
        wanted = [each for each in self.params if isinstance(each, click.Argument)]
        if not wanted or not isinstance(wanted[0].type, Place):
            return False
        needed = [str(each.name) for each in wanted if each.required]
        values, _, _ = self.make_parser(ctx).parse_args(list(args))
        given = [name for name in needed if _is_given(values.get(name))]
        # Of `query INDEX` the question is missing, not the index.
        return len(given) == len(needed) - 1 and not (given and is_index(_first(values[given[0]])))


def _is_given(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, tuple) and bool(value))


def _first(value: Any) -> str:
    return str(value[0] if isinstance(value, tuple) else value)


def is_index(typed: str) -> bool:
    """Whether what was typed names an index, by the look of it."""
    try:
        return typed.startswith(shelf.SIGN) or (Path(typed) / _FILE).is_file()
    except (OSError, ValueError):  # a question may be longer than a path, and hold any sign
        return False
