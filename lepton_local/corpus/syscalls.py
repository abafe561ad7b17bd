"""What a process that parses may not ask of a Linux kernel: a seccomp filter.

Reading, memory and threads are all that a parser needs. Whatever starts a program or a process,
opens a socket, changes a file or its name, or touches another process is refused with an error, as
if permissions were lacking; what is newer than this list is said not to exist, and libraries then
do it the old way. Numbers are those of the kernel's headers (tests/test_cage.py holds the two
together).
https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterator, Mapping

# Name, and its number on x86-64 and aarch64.
REFUSED = """
fork 57 -  vfork 58 -  execve 59 221  execveat 322 281  ptrace 101 117
process_vm_readv 310 270  process_vm_writev 311 271  process_madvise 440 440
process_mrelease 448 448  kcmp 312 272  pidfd_open 434 434  pidfd_getfd 438 438
pidfd_send_signal 424 424  tkill 200 130  rt_sigqueueinfo 129 138  rt_tgsigqueueinfo 297 240
setpriority 141 140  ioprio_set 251 30  sched_setparam 142 118  sched_setscheduler 144 119
sched_setattr 314 274  sched_setaffinity 203 122  migrate_pages 256 238  move_pages 279 239
setrlimit 160 164  setpgid 109 154  setsid 112 157

socket 41 198  socketpair 53 199  connect 42 203  bind 49 200  listen 50 201  accept 43 202
accept4 288 242  sendto 44 206  sendmsg 46 211  sendmmsg 307 269

creat 85 -  unlink 87 -  unlinkat 263 35  rename 82 -  renameat 264 38  renameat2 316 276
link 86 -  linkat 265 37  symlink 88 -  symlinkat 266 36  mkdir 83 -  mkdirat 258 34
rmdir 84 -  mknod 133 -  mknodat 259 33  chmod 90 -  fchmod 91 52  fchmodat 268 53
chown 92 -  lchown 94 -  fchown 93 55  fchownat 260 54  truncate 76 45  ftruncate 77 46
fallocate 285 47  utime 132 -  utimes 235 -  futimesat 261 -  utimensat 280 88
setxattr 188 5  lsetxattr 189 6  fsetxattr 190 7
removexattr 197 14  lremovexattr 198 15  fremovexattr 199 16
name_to_handle_at 303 264  open_by_handle_at 304 265  fanotify_init 300 262

mount 165 40  umount2 166 39  pivot_root 155 41  chroot 161 51  open_tree 428 428
move_mount 429 429  fsopen 430 430  fsconfig 431 431  fsmount 432 432  fspick 433 433
mount_setattr 442 442  unshare 272 97  setns 308 268  keyctl 250 219  add_key 248 217
request_key 249 218  bpf 321 280  perf_event_open 298 241  userfaultfd 323 282
io_uring_setup 425 425  io_uring_enter 426 426  io_uring_register 427 427
init_module 175 105  finit_module 313 273  delete_module 176 106
kexec_load 246 104  kexec_file_load 320 294  reboot 169 142  swapon 167 224  swapoff 168 225
acct 163 89  quotactl 179 60  quotactl_fd 443 443  personality 135 92  syslog 103 116
iopl 172 -  ioperm 173 -  sethostname 170 161  setdomainname 171 162  settimeofday 164 170
clock_settime 227 112  clock_adjtime 305 266  adjtimex 159 171  vhangup 153 58

shmget 29 194  shmat 30 196  shmctl 31 195  msgget 68 186  msgsnd 69 189  msgrcv 70 188
msgctl 71 187  semget 64 190  semop 65 193  semtimedop 220 192  semctl 66 191
mq_open 240 180  mq_unlink 241 181  mq_timedsend 242 182  mq_notify 244 184
memfd_create 319 279  memfd_secret 447 447
"""
# Of these what a program of an office does not need either; it wants a socket in /tmp, where a
# second one would call, and is told that it has it.
NETWORK = """
connect 42 203  sendto 44 206  sendmsg 46 211  sendmmsg 307 269
ptrace 101 117  process_vm_readv 310 270  process_vm_writev 311 271
bind 49 200  listen 50 201  io_uring_setup 425 425  bpf 321 280  keyctl 250 219
mount 165 40  unshare 272 97  setns 308 268
"""
# What is refused or not by what it is given.
LOOKED_AT = """
open 2 -  openat 257 56  clone 56 220  kill 62 129  tgkill 234 131  prlimit64 302 261
fcntl 72 25  mmap 9 222
"""
_OFFSET = 16  # of what is given, 8 bytes each; both processors begin with the lower half

# What is refused with another error: programs ask whether a file is a terminal, and take the older
# call where there is no newer one.
ABSENT = {"ioctl": errno.ENOTTY, "clone3": errno.ENOSYS, "openat2": errno.ENOSYS}
PRETENDED = {"bind": 0, "listen": 0}  # nothing is done, and no error told
OTHER = "ioctl 16 29  clone3 435 435  openat2 437 437"
NEWER = 452  # and above: not in the list

_AF_UNIX = 1  # of Linux; this file opens no socket
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column, kernel's number
_SECCOMP, _FILTER = 22, 2  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
# Instructions: load a word, jump if equal, if at least, if a bit is set; keep these bits; return.
_LOAD, _EQUAL, _LEAST, _BITS, _KEEP, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE = 0, 4  # offsets of what the filter is shown
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_THREAD = 0x10000  # of clone: no process of its own
_SHARED = 0x21  # of mmap: shared, and of no file; such memory is in no limit
# Of fcntl: who is sent a signal and which, and what others' files would wait for.
_OWNERS = (8, 10, 15, 1024, 1026)

Instruction = tuple[int, int, int, int]  # code, steps if true, steps if false, value


def known() -> bool:
    """Whether this kernel takes a filter, and the numbers of this processor are known here."""
    if platform.machine() not in _ARCHITECTURES or ctypes.sizeof(ctypes.c_void_p) != 8:
        return False
    # A filter at address 0 is refused for that (EFAULT), where filters are taken at all.
    return prctl(_SECCOMP, _FILTER) == errno.EFAULT


def refuse(table: str = "") -> None:
    """Refuse it to this process, whose only thread this is, for the rest of its life; of a table
    alone, that and nothing else.
    """
    program = program_for(platform.machine(), table)
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *each) for each in program))
    head = struct.pack("@HP", len(program), ctypes.addressof(code))
    shown = ctypes.create_string_buffer(head)
    if error := prctl(_SECCOMP, _FILTER, ctypes.addressof(shown)):
        raise OSError(error, "the kernel takes no filter of system calls")


def prctl(option: int, *given: int) -> int:
    """Ask the kernel to treat this process otherwise: 0, or the number of the error."""
    words = [ctypes.c_ulong(word) for word in (*given, 0, 0, 0, 0)[:4]]
    failed = ctypes.CDLL(None, use_errno=True).prctl(option, *words)
    return ctypes.get_errno() if failed else 0


def program_for(machine: str, table: str = "") -> list[Instruction]:
    """The filter, as instructions of the kernel's small machine; `table`: all that it refuses."""
    column, architecture = _ARCHITECTURES[machine]
    if table:
        return [
            (_LOAD, 0, 0, _ARCHITECTURE),
            *_unless(_EQUAL, architecture, errno.EPERM),
            (_LOAD, 0, 0, _NUMBER),
            *(
                step
                for name, number in numbers(table, column).items()
                for step in _if(_EQUAL, number, PRETENDED.get(name, errno.EPERM))
            ),
            (_EQUAL, 0, 3, numbers("socket 41 198", column)["socket"]),
            (_LOAD, 0, 0, _OFFSET),
            *_unless(_EQUAL, _AF_UNIX, errno.EPERM),
            (_RETURN, 0, 0, _ALLOW),
        ]
    looked_at = numbers(LOOKED_AT, column)
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        *_unless(_EQUAL, architecture, errno.EPERM),
        (_LOAD, 0, 0, _NUMBER),
        *_if(_LEAST, NEWER, errno.ENOSYS),
    ]
    for number in numbers(REFUSED, column).values():
        program += _if(_EQUAL, number, errno.EPERM)
    for name, number in numbers(OTHER, column).items():
        program += _if(_EQUAL, number, ABSENT[name])
    for number, judged in _judged(looked_at):
        program += [(_EQUAL, 0, len(judged), number), *judged]
    return [*program, (_RETURN, 0, 0, _ALLOW)]


def numbers(table: str, column: int) -> dict[str, int]:
    """Name -> number of what a table holds; what a processor does not have is left out."""
    words = table.split()
    found = zip(words[::3], words[1 + column :: 3], strict=True)
    return {name: int(number) for name, number in found if number != "-"}


def _judged(looked_at: Mapping[str, int]) -> Iterator[tuple[int, list[Instruction]]]:
    """Each number, and the instructions that judge what is given with it."""
    own = _unless(_EQUAL, os.getpid(), errno.EPERM)
    nothing = _unless(_EQUAL, 0, errno.EPERM)
    judges = {
        "open": (1, _if(_BITS, _WRITES, errno.EACCES)),
        "openat": (2, _if(_BITS, _WRITES, errno.EACCES)),
        "clone": (0, _unless(_BITS, _THREAD, errno.EPERM)),
        "kill": (0, own),
        "tgkill": (0, own),
        # Limits to set lie at an address, of which either half may be 0.
        "prlimit64": (2, [*nothing, (_LOAD, 0, 0, _OFFSET + 20), *nothing]),
        "fcntl": (1, [step for each in _OWNERS for step in _if(_EQUAL, each, errno.EPERM)]),
        "mmap": (3, [(_KEEP, 0, 0, _SHARED), *_if(_EQUAL, _SHARED, errno.EPERM)]),
    }
    for name, number in looked_at.items():
        place, steps = judges[name]
        yield number, [(_LOAD, 0, 0, _OFFSET + 8 * place), *steps, (_RETURN, 0, 0, _ALLOW)]


def _if(test: int, value: int, error: int) -> list[Instruction]:
    return [(test, 0, 1, value), (_RETURN, 0, 0, _ERROR | error)]


def _unless(test: int, value: int, error: int) -> list[Instruction]:
    return [(test, 1, 0, value), (_RETURN, 0, 0, _ERROR | error)]
