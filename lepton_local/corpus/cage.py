"""The cage of a process that parses, as far as the system has one: it may read the interpreter's
own folders and nothing else, write nothing, reach nobody, and start nothing.

On Linux that is Landlock, for what lies in the file system, and a filter of system calls
(syscalls.py). Neither needs rights, or can be taken off again.
https://www.kernel.org/doc/html/latest/userspace-api/landlock.html
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from lepton_local.corpus import syscalls

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # system calls, of the same number on every processor
_ASK_VERSION, _PATH_BENEATH = 1, 1
_EXECUTE, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 2, 1 << 3
# Rights over files that a version of Landlock knows: 13 in the first, then moving between folders,
# truncating, and commands to devices. Later ones know ports of TCP, and the reach of signals and of
# sockets without a file.
_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_PORTS, _REACH = {4: 3}, {6: 3}
_OF_FILES = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15  # those that a file can have
_WRITTEN = 1 << 1 | 1 << 2
_DUMPABLE, _NO_NEW_PRIVILEGES = 4, 38  # of prctl
# What libraries look into beside the interpreter's folders: shared libraries, time zones, types of
# files, the fonts that a PDF does not bring along, the processor.
SYSTEM = (
    "/lib /lib64 /usr/lib /usr/lib64 /usr/local/lib /nix/store /gnu/store /etc/ld.so.cache "
    "/etc/ld.so.preload /etc/localtime /etc/mime.types /usr/share/zoneinfo /usr/share/locale "
    "/usr/share/mime /usr/share/fonts /usr/share/X11/fonts /usr/local/share/fonts "
    "/etc/ssl/openssl.cnf /usr/lib/ssl/openssl.cnf /dev/null /dev/urandom /proc/cpuinfo "
    "/sys/devices/system"
).split()

# What a program of an office reads beside: others' programs, their settings, fonts.
_PROGRAMS = (
    "/bin /usr/bin /usr/share /opt /etc/fonts /etc/libreoffice /etc/passwd /etc/nsswitch.conf "
    "/etc/alternatives /etc/group /var/spool/libreoffice /var/lib/libreoffice "
    "/var/cache/fontconfig /proc/meminfo /proc/version"
).split()


def describe() -> str:
    """What parsers are kept in, in a few words: "Landlock 7, seccomp"; else "limits only"."""
    parts = [f"Landlock {version}"] if (version := landlock()) else []
    if sys.platform == "linux" and syscalls.known():
        parts.append("seccomp")
    return ", ".join(parts) or "limits only"


@cache
def landlock() -> int:
    """The version of Landlock that this kernel has; 0 without it."""
    if sys.platform != "linux":
        return 0
    return max(0, int(_libc().syscall(_CREATE, None, ctypes.c_size_t(0), _ASK_VERSION)))


def shut() -> None:
    """Shut this process in, for the rest of its life; call it while it has but one thread."""
    if sys.platform != "linux":
        return
    syscalls.prctl(_NO_NEW_PRIVILEGES, 1)
    syscalls.prctl(_DUMPABLE, 0)  # no report of a crash holds a document
    if version := landlock():
        _confine(version, dict.fromkeys(readable(), _READ_FILE | _READ_FOLDER))
    if syscalls.known():
        syscalls.refuse()


def shut_program(program: str, folder: str) -> None:
    """Shut in this process and the program of another project that it is about to become: it may
    run what the system has, read that and write `folder`, and has no network.
    """
    if sys.platform != "linux":
        return
    syscalls.prctl(_NO_NEW_PRIVILEGES, 1)
    if version := landlock():
        real = Path(os.path.realpath(program))
        own = (os.path.dirname(program), str(real.parent), *_PROGRAMS)
        bundle = str(real.parents[1]) if real.parent.name == "program" else str(real)
        reading = _EXECUTE | _READ_FILE | _READ_FOLDER
        allowed = dict.fromkeys((*own, bundle, *SYSTEM), reading)
        _confine(version, allowed | {folder: _known(_FILES, version), "/dev/null": _WRITTEN})
    if syscalls.known():
        syscalls.refuse(syscalls.NETWORK)


def readable() -> Iterator[str]:
    """What a parser may read: the interpreter's folders, and where libraries lie."""
    yield from (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    home = Path(os.path.realpath(os.path.expanduser("~")))
    for folder in (*sys.path, *os.environ.get("LD_LIBRARY_PATH", "").split(":")):
        # Modules that lie in a person's own folder, or above it, do not open all of it.
        if folder and not home.is_relative_to(os.path.realpath(folder)):
            yield folder
    yield str(Path(__file__).parent.parent)
    yield from SYSTEM


def _confine(version: int, allowed: Mapping[str, int]) -> None:
    """Refuse what this version of Landlock can refuse, but for these rights below these paths."""
    libc = _libc()
    handled = struct.pack("=QQQ", *(_known(rights, version) for rights in (_FILES, _PORTS, _REACH)))
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = _checked(libc.syscall(_CREATE, handled, ctypes.c_size_t(size), 0))
    for path, given in allowed.items():
        with contextlib.suppress(OSError):  # not every system has all of them
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            try:
                folder = stat.S_ISDIR(os.fstat(place).st_mode)
                rights = given if folder else given & _OF_FILES
                rule = struct.pack("=Qi", rights, place)
                _checked(libc.syscall(_ADD, rules, _PATH_BENEATH, rule, 0))
            finally:
                os.close(place)
    _checked(libc.syscall(_RESTRICT, rules, 0))
    os.close(rules)


def _known(rights: dict[int, int], version: int) -> int:
    return next((rights[since] for since in sorted(rights, reverse=True) if since <= version), 0)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "Landlock refuses")
    return result


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
