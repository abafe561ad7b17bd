"""Where a command takes the key of an encrypted index from: a file that is named, or whoever sits
at the terminal.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import click

from lepton_local.cli.screen import clean, echo
from lepton_local.errors import InputError
from lepton_local.store.keys import KEY_FILE, RING, Secret, make_key_file, secret_in


def key_file_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--key-file`, of a function that becomes a command."""
    return click.option(
        "--key-file",
        metavar="FILE",
        is_eager=True,  # names are looked up in indexes, which it may open
        expose_value=False,
        callback=_named,
        help=f"Opens an encrypted index; else {KEY_FILE} does, or a passphrase.",
    )(command)


def key_file_parameter() -> click.Parameter:
    """The same, for a command that there is."""

    def bare() -> None: ...

    key_file_option(bare)
    found: click.Parameter = bare.__click_params__[0]  # type: ignore[attr-defined]
    return found


def asking() -> AbstractContextManager[None]:
    """Ask for passphrases at the terminal, if there is one."""
    return RING.asking(_ask) if sys.stdin.isatty() else contextlib.nullcontext()


def new_secret(file: Path | None = None) -> Secret:
    """What is to lock a key: what the key file holds, which is made where it is not there, or a
    passphrase that is typed twice. Raises InputError where nobody can type one.
    """
    if file is not None and not os.path.lexists(file):
        secret = make_key_file(file)
        echo([f"made {clean(str(file))}: without it nobody can open the index again"], err=True)
        return secret
    if file is not None:
        return secret_in(file)
    return new_passphrase()


def new_passphrase() -> Secret:
    """One that is typed twice. Raises InputError where nobody sits."""
    if RING.ask is None:
        raise InputError(
            "nobody can be asked for a passphrase, expected a key file",
            advice="add --key-file FILE: it is made where it is not there",
        )
    while not (words := _typed("New passphrase: ")) or words != _typed("Once more: "):
        echo(["nothing was typed, or not the same twice: once more"], err=True)
    return Secret(words.encode(), False)


def _ask(place: str) -> str:
    return _typed(f"Passphrase of {clean(place)}: ")


def _typed(prompt: str) -> str:
    """What is typed at the terminal, where nobody sees it; Ctrl-C stops the command."""
    from getpass import getpass

    try:
        return getpass(prompt)
    except EOFError:
        raise InputError(
            "no passphrase was typed, expected one", advice=f"or set {KEY_FILE} to a key file"
        ) from None


def _named(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.with_resource(RING.looking(Path(value)))
