"""Who may read which file, as a table of an index: facts, by which each who asks is told less."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NOBODY = ""  # the rule of a file of which nothing is known
# What a rule raises that is none.
_ODD = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Rights:
    """The rules of the files of an index. A file that is named by none may be read by nobody.

    A rule is a JSON list of what must all hold: {"users": {name: bool}, "groups": {name: bool},
    "other": bool}, for a file and each folder down to it. What lets everybody pass is left out.
    """

    rules: tuple[str, ...]
    files: Mapping[str, Mapping[str, int]]  # root -> path -> which of the rules

    def readable(self, root: str, person: Person) -> frozenset[str]:
        """The paths under a root that a person may read."""
        good = {number for number, rule in enumerate(self.rules) if may_read(rule, person)}
        return frozenset(path for path, rule in self.files.get(root, {}).items() if rule in good)

    def rule(self, root: str, path: str) -> str:
        """That of a file."""
        number = self.files.get(root, {}).get(path)
        return NOBODY if number is None else self.rules[number]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as the system knows them. Without a name and groups: anybody else."""

    user: str = ""
    groups: tuple[str, ...] = ()


def may_read(rule: str, person: Person) -> bool:
    """Whether a rule lets a person read; a rule that cannot be understood lets nobody.

    As the system decides: who is named counts as nobody else, and of a person's groups one that
    lets them pass is enough. https://man7.org/linux/man-pages/man5/acl.5.html
    """
    try:
        return all(_passes(each, person) for each in json.loads(rule))
    except _ODD:
        return False


def told(rule: str) -> list[str]:
    """A rule in words, a line for each thing that must hold."""
    try:
        return [_in_words(each) for each in json.loads(rule)] or ["everybody"]
    except _ODD:
        return ["nobody, since its rights are not known"]


def _in_words(each: Mapping[str, Any]) -> str:
    named = [("user", name, may) for name, may in each["users"].items()]
    named += [("group", name, may) for name, may in each["groups"].items()]
    among = [f"{kind} {name}" for kind, name, may in named if may != each["other"]]
    others = "everybody but " if each["other"] else ""
    return others + (" and ".join(among) or "nobody")


def _passes(each: Mapping[str, Any], person: Person) -> bool:
    users, groups = each["users"], each["groups"]
    if person.user in users:
        return users[person.user] is True
    of_groups = [groups[name] is True for name in person.groups if name in groups]
    return any(of_groups) if of_groups else each["other"] is True
