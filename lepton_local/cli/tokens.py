"""`lepton-search token`: who may ask a server, and what they see of it."""

from __future__ import annotations

import datetime
import re
from functools import partial
from pathlib import Path

import click

from lepton_local.cli import options as given
from lepton_local.cli.group import NOTHING, Group
from lepton_local.cli.screen import clean, echo, echo_json
from lepton_local.cli.secrets import key_file_option, new_secret
from lepton_local.errors import InputError
from lepton_local.store.keys import RING

file_option = click.option(
    "--token-file",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="That of `serve --token-file`.",
)
_option = partial(click.option, default="", show_default=False)


@click.group()
def token() -> None:
    """Say who may ask a server: `add`, `list` and `revoke` tokens of its --token-file.

    A server that is running takes notice at once.
    """


@token.command()
@click.argument("name")
@file_option
@click.option(
    "--index", "indexes", multiple=True, metavar="NAME", help="May ask this one. Repeatable."
)
@given.filter_option
@_option("--expires", metavar="DAY", help="The last day: 2027-01-31, or 30d.")
@_option("--user", metavar="NAME", help="Sees what this user may read; '*': all. See --acl.")
@click.option(
    "--group", "groups", multiple=True, metavar="NAME", help="And this group. Repeatable."
)
@_option("--rate", metavar="RATE", help="How often it may ask: 60/min, 1000/day.")
@click.option("--encrypt", is_flag=True, help="Keep the file encrypted, from now on.")
@key_file_option
def add(
    name: str,
    file: Path,
    indexes: tuple[str, ...],
    filters: tuple[str, ...],
    expires: str,
    user: str,
    groups: tuple[str, ...],
    rate: str,
    encrypt: bool,
) -> None:
    """Make a token and print it; it is kept nowhere and cannot be had again.

    Without --index it may ask all indexes of the server. With --filter it sees only the documents
    for which all of them hold: no other is found, counted, suggested or told of. Of an index that
    was built with --acl it sees what --user and --group may read, or without them anybody; and with
    them nothing of an index that was not.
    """
    from lepton_local.search.filters import parse_filter
    from lepton_local.serve.rates import per_second
    from lepton_local.serve.tokens import Token, add_token

    for each in filters:
        parse_filter(each)  # what is wrong is said now, not to whoever asks
    if rate:
        per_second(rate)
    made = Token(name, "", indexes, filters, "", _day(expires), rate, user, groups)
    secret = partial(new_secret, RING.file) if encrypt else None
    echo([add_token(file, made, secret=secret)])


@token.command(name="list")
@file_option
@key_file_option
@given.json_option
def list_(file: Path, as_json: bool) -> None:
    """List the tokens by their names."""
    from lepton_local.serve.tokens import load_tokens

    known = load_tokens(file)
    if as_json:
        told = [
            {
                "name": each.name,
                "indexes": list(each.indexes),
                "filters": list(each.filters),
                "made": each.made,
                "expires": each.expires or None,
                "rate": each.rate or None,
                "user": each.user or None,
                "groups": list(each.groups),
            }
            for each in known
        ]
        echo_json({"schema": 1, "tokens": told})
    else:
        for each in known:
            seen = [", ".join(each.indexes) or "all indexes", *each.filters]
            seen += [f"user {each.user}"] if each.user else []
            seen += [f"group {name}" for name in each.groups]
            seen += [each.rate] if each.rate else []
            seen += [f"until {each.expires}"] if each.expires else []
            echo([f"{clean(each.name)}  {clean('; '.join(seen))}"])
    if not known:
        raise click.exceptions.Exit(NOTHING)


@token.command()
@click.argument("name")
@file_option
@key_file_option
def revoke(name: str, file: Path) -> None:
    """Take a token out of the file: it serves no more."""
    from lepton_local.serve.tokens import load_tokens, save_tokens

    known = load_tokens(file)
    kept = [each for each in known if each.name != name]
    if len(kept) == len(known):
        raise InputError(
            f"{file} has no token of {name!r}",
            advice=f"lepton-search token list --token-file {file}",
        )
    save_tokens(file, kept)


def _day(text: str) -> str:
    """A day as ISO 8601. Raises InputError for what is none, or is past."""
    today = datetime.date.today()
    try:
        if many := re.fullmatch(r"(\d{1,5})d", text):
            return (today + datetime.timedelta(days=int(many[1]))).isoformat()
        day = datetime.date.fromisoformat(text) if text else None
    except ValueError:
        day = datetime.date.min
    if day is not None and day < today:
        raise InputError(f"--expires {text} is no day to come, expected 2027-01-31 or 30d")
    return day.isoformat() if day is not None else ""


def register(main: Group) -> None:
    """Add the command of this file."""
    main.add_command(token)
