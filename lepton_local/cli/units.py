"""Units for systemd: a server, and an update that goes on, each with no more rights than it needs.

https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

_UNIT = """# {file}
[Unit]
Description={about}

[Service]
Type={type}
ExecStart={command}
Restart=on-failure
SuccessExitStatus=143
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={writes}
CacheDirectory=lepton-local
PrivateTmp=yes
PrivateDevices=yes
ProtectControlGroups=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies={families}
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
UMask=0077
MemoryMax={memory}

[Install]
WantedBy=default.target
"""


def units(
    indexes: Sequence[str],
    options: Sequence[str],
    *,
    writes: Sequence[Path] = (),
    key: Path | None = None,
) -> str:
    """The text of one file for the server of these indexes, and of one for the update of each.
    options: those of `serve`; writes: the folders that it writes into; key: the file that opens
    them.
    """
    opened = ["--key-file", str(key.absolute())] if key is not None else []
    places = [os.path.abspath(each) for each in indexes]
    served = _UNIT.format(
        file="~/.config/systemd/user/lepton-serve.service",
        about="A page and an API of documents",
        type="notify",
        command=_line([_program("lepton-search"), "serve", *options, *opened, *places]),
        writes=" ".join(_quoted(str(each)) for each in writes),
        families="AF_INET AF_INET6 AF_UNIX",
        memory="4G",
    )
    updates = [
        _UNIT.format(
            file=f"~/.config/systemd/user/lepton-update{f'-{n}' if n else ''}.service",
            about=f"Keeps {_quoted(os.path.basename(place))} as its documents are",
            type="exec",
            command=_line(
                [_program("lepton-index"), "update", place, "--watch", "--quiet", *opened]
            ),
            writes=_quoted(place),
            families="AF_UNIX",
            memory="8G",
        )
        for n, place in enumerate(places)
    ]
    return "\n".join([served, *updates])


def _program(name: str) -> str:
    """Where a command of ours lies: beside the one that is running."""
    beside = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), name)
    return beside if os.path.exists(beside) else shutil.which(name) or name


def _line(words: Sequence[str]) -> str:
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    """A word as systemd reads it: % and $ stand for something else there."""
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{word}"' if any(sign.isspace() or sign in "\"'\\" for sign in word) else word
