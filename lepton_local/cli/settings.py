"""What a person has set once, in place of typing it each time: `config.toml` in the user's own
configuration folder. It holds values and is never run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from lepton_local.cli.screen import clean, prose
from lepton_local.errors import InputError

_MOST = 1 << 20  # bytes of the file


def _words(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


THEMES = ("auto", "light", "dark")

# Each name, what its value is, and what makes it one. All but `index` stand in for the option of
# that name, in whatever command has it.
SETTINGS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "index": ('an index, such as "@work"', _words),
    "k": ("a whole number above 0", _count),
    "port": ("a whole number above 0", _count),
    "theme": (" or ".join(THEMES), lambda value: value in THEMES),
}


def settings_file() -> Path:
    """`LEPTON_CONFIG`, or the place where this system keeps what a person has set."""
    if told := os.environ.get("LEPTON_CONFIG"):
        return Path(told)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", Path.home())) / "lepton-local" / "config.toml"
    told = os.environ.get("XDG_CONFIG_HOME")
    return (Path(told) if told else Path.home() / ".config") / "lepton-local" / "config.toml"


def settings() -> dict[str, Any]:
    """What is set; nothing where there is no file. Raises InputError for what is no setting."""
    path = settings_file()
    try:
        with open(path, "rb") as file:
            data = file.read(_MOST)
    except OSError:  # there is none, or none for this user
        return {}
    import tomllib

    try:
        found = tomllib.loads(data.decode())
    except ValueError as error:
        raise InputError(
            f"{path} is not TOML ({error})", advice='write lines such as index = "@work"'
        ) from None
    for name, value in found.items():
        if name not in SETTINGS:
            known = ", ".join(SETTINGS)
            raise InputError(
                f"{path}: {name!r} is no setting, expected one of {known}",
                advice="lepton-index info --settings",
            )
        expected, holds = SETTINGS[name]
        if not holds(value):
            raise InputError(
                f"{path}: {name} is {value!r}, expected {expected}",
                advice="lepton-index info --settings",
            )
    return found


def defaults(command: click.Command, found: Mapping[str, Any]) -> dict[str, Any]:
    """What is set for a command's options of these names: click's `default_map`."""
    return {each.name: found[each.name] for each in command.params if each.name in found}


def settings_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Where the settings are kept, what is set, and what can be."""
    path = settings_file()
    there = "" if path.exists() else " (no such file yet)"
    yield f"{click.style(clean(str(path)), bold=True)}{there}"
    for name, (expected, _) in SETTINGS.items():
        shown = prose(repr(found[name])) if name in found else f"not set; {expected}"
        yield f"  {name:<7}{shown}"
