"""Documents that no parser here reads, and that LibreOffice does: converted, where it is installed,
to a format that one reads.

Each is converted in a process group of its own, with a new profile and a folder that is removed.
On Linux that is shut in: it may read the system's programs and libraries and write that folder,
and it has no network. What it gives is parsed like any other file: apart, and believed nothing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path, PurePosixPath
from threading import Event

from lepton_local.corpus import cage
from lepton_local.corpus.launch import command, environment
from lepton_local.errors import DependencyError, SourceError, UnreadableError

try:
    import resource
except ImportError:  # Windows: the limit on the clock holds alone
    resource = None  # type: ignore[assignment]

# Ending -> the format that it is converted to. Drawings become pages.
_TARGETS = {
    **dict.fromkeys(("ppt", "pps", "pot", "key", "sxi"), "odp"),
    **dict.fromkeys(("dot", "wpd", "wps", "pages", "sxw"), "odt"),
    **dict.fromkeys(("numbers", "sxc"), "ods"),
    **dict.fromkeys(("odg", "otg", "vsd", "vsdx", "pub"), "pdf"),
}
# How files of these formats begin: a key of SSH may be called .pub or .key, too.
_BEGINNINGS = (b"\xd0\xcf\x11\xe0", b"PK\x03\x04", b"\xffWPC")
SECONDS = 60  # of processor time a document
CLOCK = 180.0  # seconds
LOOK = 0.1  # seconds after which it is looked whether it has ended
MEMORY = 4 << 30  # bytes of a process
LARGEST = 256 << 20  # bytes of what it gives
_PROGRAM = "from lepton_local.corpus.converter import shut_in; shut_in({folder!r}, {words!r})"
_ADVICE = "apt install libreoffice-writer libreoffice-calc libreoffice-impress libreoffice-draw"


def target_of(path: str) -> str:
    """The format that a file of this name is converted to; "" where it is not."""
    return _TARGETS.get(PurePosixPath(path).suffix.lower().removeprefix("."), "")


def check_installed() -> None:
    """Raise DependencyError where LibreOffice is not installed."""
    if shutil.which("soffice") is None:
        raise DependencyError(
            "--with-libreoffice: there is no soffice on the PATH, expected LibreOffice",
            advice=_ADVICE,
        )


def converted(path: str, data: bytes, stop: Event | None = None) -> bytes:
    """A file in the format of `target_of(path)`; stop: set by who does not want it any more.

    Raises UnreadableError without LibreOffice, and SourceError for what it does not convert.
    """
    program = shutil.which("soffice")
    suffix = PurePosixPath(path).suffix.lower()
    if program is None:
        raise UnreadableError(f"{suffix} is read by LibreOffice, which is not there: {_ADVICE}")
    if not data.startswith(_BEGINNINGS):
        raise SourceError(f"it does not begin as a file of the format {suffix} does")
    with tempfile.TemporaryDirectory(prefix="lepton-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        given = place / f"given{suffix}"
        given.write_bytes(data)
        (place / "out").mkdir()
        target = target_of(path)
        words = [program, "--headless", "--norestore", "--nolockcheck", "--nodefault"]
        words += [f"-env:UserInstallation={(place / 'profile').as_uri()}"]
        words += ["--convert-to", target, "--outdir", str(place / "out"), str(given)]
        _run(folder, words, stop or Event())
        made = place / "out" / f"given.{target}"
        if made.is_symlink() or not made.is_file():
            raise SourceError("LibreOffice does not convert it")
        if made.stat().st_size > LARGEST:
            raise SourceError(f"LibreOffice made more than {LARGEST >> 20} MiB of it")
        return made.read_bytes()


def _run(folder: str, words: list[str], stop: Event) -> None:
    """Run LibreOffice until it ends, or its time does; and end all that it started."""
    end = time.monotonic() + CLOCK
    process = subprocess.Popen(
        command(_PROGRAM.format(folder=folder, words=words)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment() | {"HOME": folder, "TMPDIR": folder},
        cwd=folder,
        start_new_session=True,
    )
    try:
        while process.poll() is None:
            if stop.wait(LOOK):
                raise SourceError("stopped")
            if time.monotonic() > end:
                raise SourceError(f"LibreOffice took longer than {CLOCK:g} s")
    finally:
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()


def shut_in(folder: str, words: list[str]) -> None:
    """Become the program of `words`, within limits, and with one folder to write to."""
    if resource is not None:
        for name, most in (
            ("RLIMIT_CORE", 0),
            ("RLIMIT_CPU", SECONDS),
            ("RLIMIT_FSIZE", LARGEST),
            ("RLIMIT_DATA" if sys.platform == "linux" else "RLIMIT_AS", MEMORY),
        ):
            with contextlib.suppress(AttributeError, OSError, ValueError):
                resource.setrlimit(getattr(resource, name), (most, most))
    cage.shut_program(words[0], folder)
    os.execv(words[0], words)
