"""Systems that lack what Linux has index and search all the same: here in processes from which all
of it was taken away. What runs elsewhere has not been seen to run there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_isolate import ROOT

LACKING = """
import os, signal, socket, subprocess, sys
for name in ("SIGHUP", "SIGPROF", "SIGALRM", "setitimer", "ITIMER_PROF", "alarm"):
    delattr(signal, name)
for name in ("O_PATH", "fork", "pread", "mkfifo", "sched_getaffinity", "statvfs"):
    delattr(os, name)
del socket.AF_UNIX, socket.send_fds
sys.modules["resource"] = None
sys.platform = "darwin"
"""
# After the libraries, which have their own ways for each system.
RUN = """
import filelock, json, numpy, pyarrow.compute, pyarrow.parquet, traceback
exec({lacking!r})
from lepton_local.corpus import isolate
isolate.PROGRAM = {lacking!r} + isolate.PROGRAM
from click.testing import CliRunner
from lepton_local.cli.index import main as index
from lepton_local.cli.search import main as search
said = []
for command, words in json.loads({words!r}):
    result = CliRunner().invoke(index if command == "index" else search, words)
    trace = "".join(traceback.format_exception(*result.exc_info))
    said.append([result.exit_code, result.stdout, result.stderr, trace])
print(json.dumps(said))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="it takes away what Linux has")
def test_it_works_without_what_only_linux_has(tmp_path: Path, notes: Path) -> None:
    where = str(tmp_path / "index")
    words = [
        ("index", ["build", str(notes), "--out", where]),
        ("index", ["update", where]),
        ("index", ["info", where]),
        ("index", ["check", where, "--sources"]),
        ("search", ["query", where, "How long is the loaf baked?", "--verify", "--json"]),
    ]
    program = RUN.format(lacking=LACKING, words=json.dumps(words))
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    for (_, typed), (status, printed, complained, error) in zip(words, said, strict=True):
        assert status == 0, f"{typed}\n{printed}{complained}{error}"
    assert "shut in by limits only" in said[2][1]
    assert json.loads(said[4][1])["answer"]["verified"]
