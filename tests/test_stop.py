"""Whoever asks a command to stop gets one line and a status; nothing is left half done."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.systems import linux
from tests.test_isolate import LOAD, ROOT

pytestmark = linux

BUILD = f"""
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_IGN if sys.argv.pop(1) == "nohup" else signal.SIG_DFL)
from lepton_local.corpus import isolate
isolate.PROGRAM = {LOAD!r} + isolate.PROGRAM
from lepton_local.cli.index import main
main(prog_name="lepton-index")
"""


def building(folder: Path, *, hears: str = "all") -> tuple[subprocess.Popen[str], int]:
    """A first build whose one file never ends, and the process that parses it."""
    (folder / "notes").mkdir()
    (folder / "notes" / "a.txt").write_text("sleep")
    where = [str(folder / "notes"), "--out", str(folder / "index")]
    build = subprocess.Popen(
        [sys.executable, "-c", BUILD, hears, "build", *where],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 30
    while time.monotonic() < end:
        for thread in Path(f"/proc/{build.pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                if "bad_parsers" in Path(f"/proc/{child}/cmdline").read_text():
                    return build, int(child)
        time.sleep(0.05)
    build.kill()
    build.communicate()
    raise AssertionError("no parser was started")


@pytest.mark.parametrize(
    ("asked", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_stop_is_one_line_and_leaves_nothing(
    tmp_path: Path, asked: signal.Signals, status: int
) -> None:
    build, child = building(tmp_path)
    with build:
        build.send_signal(asked)
        printed, said = build.communicate(timeout=30)
    assert build.returncode == status, said
    assert not printed
    assert said == (
        "lepton-index: stopped; every index is whole, as it was. To go on: "
        f"lepton-index build {tmp_path / 'notes'} --out {tmp_path / 'index'}\n"
    )
    assert not (tmp_path / "index").exists()
    _gone(child)


def test_a_job_that_outlives_its_terminal_goes_on(tmp_path: Path) -> None:
    """As under nohup; what it is sent at last still ends it."""
    build, child = building(tmp_path, hears="nohup")
    with build:
        build.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            build.wait(0.3)
        for _ in range(3):
            build.send_signal(signal.SIGTERM)
        _, said = build.communicate(timeout=30)
    assert build.returncode == 143
    assert said.count("\n") == 1
    _gone(child)


def _gone(process: int) -> None:
    """It ends when nobody is there to ask it any more."""
    end = time.monotonic() + 10
    while Path(f"/proc/{process}").exists():
        assert time.monotonic() < end
        time.sleep(0.02)
