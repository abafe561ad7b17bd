"""Who may read a file, as the system says: its owner, group and POSIX ACL, and those of the folders
down to it from the root that was given.

https://man7.org/linux/man-pages/man5/acl.5.html
"""

from __future__ import annotations

import errno
import json
import os
import struct
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from lepton_local.rights import NOBODY, Rights
from lepton_local.types import Source

_ACCESS = "system.posix_acl_access"
# Of other systems' lists, which say more than the mode of a file does.
_OTHERS = frozenset({"system.nfs4_acl", "system.nfs4acl", "system.richacl", "system.cifs_acl"})
_OWNER, _USER, _OWN_GROUP, _GROUP, _MASK, _OTHER = 1, 2, 4, 8, 16, 32  # tags of entries
_ENTRY = struct.Struct("<HHI")  # tag, permissions, whom it names
_VERSION = struct.pack("<I", 2)
_READ, _PASS = 4, 1

Named = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Acl:
    """Permissions as bits: of those who are named, and of all others."""

    users: dict[str, int]
    groups: dict[str, int]
    other: int

    def rule(self, wanted: int) -> dict[str, Any]:
        """Whom it lets do this, as a rule has it."""
        return {
            "users": {name: bool(bits & wanted) for name, bits in sorted(self.users.items())},
            "groups": {name: bool(bits & wanted) for name, bits in sorted(self.groups.items())},
            "other": bool(self.other & wanted),
        }


def rights_of(sources: Iterable[Source]) -> Rights:
    """Who may read these files now. A file whose rights cannot be read is nobody's."""
    disk = _Disk()
    rules: dict[str, int] = {}
    files: dict[str, dict[str, int]] = defaultdict(dict)
    for each in sources:
        rule = disk.rule(each.root, each.path)
        files[each.root][each.path] = rules.setdefault(rule, len(rules))
    return Rights(tuple(rules), dict(files))


def decoded(listed: bytes, *, owner: str, group: str, user_named: Named, group_named: Named) -> Acl:
    """The entries of an ACL as Linux keeps them. Raises ValueError for what is none."""
    if listed[:4] != _VERSION or len(listed) % 8 != 4:
        raise ValueError("no list of a known kind")
    entries = list(_ENTRY.iter_unpack(listed[4:]))
    mask = next((bits for tag, bits, _ in entries if tag == _MASK), 7)
    users: dict[str, int] = {}
    groups: dict[str, int] = defaultdict(int)
    own = other = 0
    for tag, bits, whom in entries:
        if tag == _OWNER:
            own = bits
        elif tag == _USER:
            users[user_named(whom)] = bits & mask
        elif tag in (_OWN_GROUP, _GROUP):
            groups[group if tag == _OWN_GROUP else group_named(whom)] |= bits & mask
        elif tag == _OTHER:
            other = bits
        elif tag != _MASK:
            raise ValueError(f"an entry of kind {tag}")
    return Acl({**users, owner: own}, dict(groups), other)


class _Disk:
    """What the disk says, each folder asked once."""

    def __init__(self) -> None:
        import grp
        import pwd

        self._user = _remembered(lambda number: pwd.getpwuid(number).pw_name)
        self._group = _remembered(lambda number: grp.getgrgid(number).gr_name)
        self._folders: dict[str, list[dict[str, Any]]] = {}

    def rule(self, root: str, path: str) -> str:
        """That of a file: where it really lies, if that is under the root."""
        top, real = os.path.realpath(root), os.path.realpath(os.path.join(root, path))
        if os.path.commonpath([top, real]) != top:
            return NOBODY
        try:
            met = [*self._down_to(os.path.dirname(real), top), self._acl(real).rule(_READ)]
        except (OSError, ValueError):
            return NOBODY
        return json.dumps([each for each in met if not _for_all(each)], separators=(",", ":"))

    def _down_to(self, folder: str, top: str) -> list[dict[str, Any]]:
        if folder not in self._folders:
            above = self._down_to(os.path.dirname(folder), top) if folder != top else []
            own = self._acl(folder).rule(_PASS)
            self._folders[folder] = above if own in above else [*above, own]
        return self._folders[folder]

    def _acl(self, path: str) -> Acl:
        """Raises OSError or ValueError where it cannot be told."""
        state = os.stat(path, follow_symlinks=False)
        owner, group = self._user(state.st_uid), self._group(state.st_gid)
        try:
            kept = set(os.listxattr(path, follow_symlinks=False))
        except OSError as error:
            if error.errno != errno.ENOTSUP:
                raise
            kept = set()
        if not kept.isdisjoint(_OTHERS):
            raise ValueError("a list of another kind")
        if _ACCESS not in kept:
            mode = state.st_mode
            return Acl({owner: mode >> 6 & 7}, {group: mode >> 3 & 7}, mode & 7)
        listed = os.getxattr(path, _ACCESS, follow_symlinks=False)
        return decoded(
            listed, owner=owner, group=group, user_named=self._user, group_named=self._group
        )


def _for_all(rule: dict[str, Any]) -> bool:
    return rule["other"] and all(rule["users"].values()) and all(rule["groups"].values())


def _remembered(named: Named) -> Named:
    """The name of a number, which stands for itself where nobody has it; each is asked once."""
    known: dict[int, str] = {}

    def name(number: int) -> str:
        if number not in known:
            try:
                known[number] = named(number)
            except KeyError:
                known[number] = str(number)
        return known[number]

    return name
