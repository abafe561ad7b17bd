"""What a parser that has been taken over might try, by the C library, past all that Python sees.

Each trial is given the path of a file that is none of the parser's business, and the process that
asks it to parse. It gives "done", or the name of the error with which it was refused.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import platform
import signal
import struct
from collections.abc import Callable
from contextlib import suppress

LIBC = ctypes.CDLL(None, use_errno=True)
ARM = platform.machine() == "aarch64"
UNIX, INTERNET, STREAM, DATAGRAM = 1, 2, 1, 2
SEIZE = 0x4206  # of ptrace: the process goes on
Trial = Callable[[bytes, int], int]  # as the C library tells it: negative if refused


def attempt(name: str, path: str, other: int) -> str:
    """What comes of a trial."""
    ctypes.set_errno(0)
    try:
        told = TRIALS[name](path.encode(), other)
    except OSError as error:
        return errno.errorcode[error.errno or errno.EPERM]
    return "done" if told >= 0 else errno.errorcode[ctypes.get_errno()]


def _refused() -> int:
    ctypes.set_errno(errno.ENOENT)
    return -1


def _open(path: bytes, flags: int) -> int:
    return int(LIBC.open(path, flags, 0o600))


def _system(x86: int, arm: int, *given: int | bytes | None) -> int:
    words = (
        each if each is None or isinstance(each, bytes) else ctypes.c_long(each) for each in given
    )
    return int(LIBC.syscall(ctypes.c_long(arm if ARM else x86), *words))


def _map(path: bytes, _: int) -> int:
    handle = os.open(path, os.O_RDWR)
    with mmap.mmap(handle, 0) as memory:
        memory[0] = 66
    return 0


def _child(pid: int) -> int:
    if pid == 0:
        os._exit(0)
    if pid > 0:
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)
    return pid


def _connect(family: int, address: bytes, kind: int = STREAM) -> int:
    """That nobody listens there is no refusal."""
    handle = LIBC.socket(family, kind, 0)
    if handle < 0:
        return -1
    told = LIBC.connect(handle, struct.pack("=H", family) + address, 2 + len(address))
    os.close(handle)
    return 0 if told < 0 and ctypes.get_errno() in (errno.ECONNREFUSED, errno.ENOENT) else int(told)


def _write_memory(other: int) -> int:
    """A byte of another process, at an address of our own; nothing is there, or it is harmless."""
    own = ctypes.create_string_buffer(b"A")
    vector = struct.pack("@PN", ctypes.addressof(own), 1)
    told = _system(311, 271, other, vector, 1, vector, 1, 0)
    return 0 if told < 0 and ctypes.get_errno() == errno.EFAULT else told


def _spawn(path: bytes) -> int:
    pid = ctypes.c_int()
    words = (ctypes.c_char_p * 2)(b"/bin/true", None)
    failed = LIBC.posix_spawn(ctypes.byref(pid), b"/bin/true", None, None, words, None)
    ctypes.set_errno(failed)
    return -1 if failed else _child(pid.value)


def _shell(_: bytes, __: int) -> int:
    told = int(LIBC.system(b"true"))
    return told if told in (0, -1) else -1


def _limits(_: bytes, __: int) -> int:
    return int(LIBC.setrlimit(1, struct.pack("@NN", 1 << 30, 1 << 30)))  # bytes of a file


def _shared(_: bytes, __: int) -> int:
    with mmap.mmap(-1, 4096):
        return 0


READING: dict[str, Trial] = {
    "read": lambda path, _: _open(path, os.O_RDONLY),
    "read by another name": lambda path, _: _open(b"/proc/self/root" + path, os.O_RDONLY),
    "list": lambda path, _: _open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY),
    "read passwords": lambda *_: _open(b"/etc/passwd", os.O_RDONLY),
    "read the environment": lambda _, other: _open(b"/proc/%d/environ" % other, os.O_RDONLY),
    "know a password": lambda *_: 0 if "LEPTON_PASSWORD" in os.environ else _refused(),
    "read memory": lambda _, other: _open(b"/proc/%d/mem" % other, os.O_RDONLY),
}
WRITING: dict[str, Trial] = {
    "write": lambda path, _: _open(path, os.O_WRONLY),
    "append": lambda path, _: _open(path, os.O_WRONLY | os.O_APPEND),
    "empty": lambda path, _: _open(path, os.O_RDONLY | os.O_TRUNC),
    "create": lambda path, _: _open(path + b".new", os.O_WRONLY | os.O_CREAT),
    "create read-only": lambda path, _: _open(path + b".too", os.O_RDONLY | os.O_CREAT),
    "map": _map,
    "truncate": lambda path, _: LIBC.truncate(path, ctypes.c_long(0)),
    "mode": lambda path, _: LIBC.chmod(path, 0o666),
    "owner": lambda path, _: LIBC.chown(path, os.getuid(), os.getgid()),
    "time": lambda path, _: LIBC.utimes(path, None),
    "attribute": lambda path, _: LIBC.setxattr(path, b"user.x", b"y", ctypes.c_size_t(1), 0),
    "folder": lambda path, _: LIBC.mkdir(path + b".folder", 0o700),
    "pipe": lambda path, _: LIBC.mkfifo(path + b".pipe", 0o600),
    "link": lambda path, _: LIBC.link(path, path + b".link"),
    "symbolic link": lambda path, _: LIBC.symlink(path, path + b".symlink"),
    "rename": lambda path, _: LIBC.rename(path, path + b".renamed"),
    "exchange": lambda path, _: LIBC.renameat2(-100, path, -100, path + b".renamed", 2),
    "remove": lambda path, _: LIBC.unlink(path),
    "remove a folder": lambda path, _: LIBC.rmdir(path + b".empty"),
    "shared memory": _shared,
    "memory as a file": lambda *_: _system(319, 279, b"x", 0),
}
REACHING: dict[str, Trial] = {
    "connect": lambda *_: _connect(INTERNET, struct.pack(">H4B8x", 9, 127, 0, 0, 1)),
    "datagram": lambda *_: _connect(INTERNET, struct.pack(">H4B8x", 9, 127, 0, 0, 1), DATAGRAM),
    "socket with a name": lambda path, _: _connect(UNIX, path[:90] + b"\0"),
    "socket without a file": lambda *_: _connect(UNIX, b"\0lepton"),
    "pair": lambda *_: LIBC.socketpair(UNIX, STREAM, 0, (ctypes.c_int * 2)()),
    "fork": lambda *_: _child(LIBC.fork()),
    "clone": lambda *_: _child(_system(56, 220, signal.SIGCHLD, 0, 0, 0, 0)),
    "clone anew": lambda *_: _child(
        _system(435, 435, struct.pack("=4QQ3Q", *[0] * 4, 17, 0, 0, 0), 64)
    ),
    "spawn": lambda path, _: _spawn(path),
    "shell": _shell,
    "signal": lambda _, other: LIBC.kill(other, 0),
    "signal a thread": lambda _, other: _system(234, 131, other, other, 0),
    "signal the group": lambda *_: LIBC.kill(0, 0),
    "queue a signal": lambda _, other: _system(424, 424, _system(434, 434, other, 0), 0, None, 0),
    "be told by signals": lambda _, other: LIBC.fcntl(0, 8, other),
    "trace": lambda _, other: LIBC.ptrace(SEIZE, other, None, None),
    "write its memory": lambda _, other: _write_memory(other),
    "open its memory": lambda _, other: _open(b"/proc/%d/mem" % other, os.O_RDWR),
    "its priority": lambda _, other: LIBC.setpriority(0, other, 0),
    "its processors": lambda _, other: LIBC.sched_setaffinity(
        other, ctypes.c_size_t(8), bytes([255] * 8)
    ),
    "its limits": lambda _, other: LIBC.prlimit(other, 1, bytes([255] * 16), None),
}
# For these some systems have no call, or it needs rights that are nobody's here.
RIGHTS: dict[str, Trial] = {
    "execute": lambda *_: LIBC.execv(b"/bin/true", (ctypes.c_char_p * 2)(b"true", None)),
    "limits": _limits,
    "mount": lambda path, _: LIBC.mount(b"none", os.path.dirname(path), b"tmpfs", 0, None),
    "another root": lambda path, _: LIBC.chroot(os.path.dirname(path)),
    "namespace": lambda *_: LIBC.unshare(0x10000000),
    "ring": lambda *_: _system(425, 425, 4, bytes(120)),
    "keys": lambda *_: _system(250, 219, 0, -3, 0, 0, 0),
    "program in the kernel": lambda *_: _system(321, 280, 0, bytes(64), 64),
    "performance": lambda *_: _system(298, 241, bytes(128), 0, -1, -1, 0),
    "device": lambda *_: _system(16, 29, 0, 0x541B, bytes(8)),
    "numbers of another kind": lambda *_: _system(0x40000000 + 57, 0x40000000, 0),
}
TRIALS = {**READING, **WRITING, **REACHING, **RIGHTS}
