"""Nothing that a parser tries leads out of its cage, whatever takes it over."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lepton_local.corpus import cage, isolate, syscalls
from lepton_local.corpus.isolate import parse_source
from lepton_local.types import Source
from tests import trials
from tests.test_isolate import LOAD, ROOT

pytestmark = pytest.mark.skipif(
    cage.describe() == "limits only", reason="this system has neither Landlock nor seccomp"
)
# Of the kernel's headers, where they are installed.
HEADERS = ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm-generic/unistd.h")


@pytest.fixture(scope="module", autouse=True)
def parser() -> Iterator[None]:
    """One process for all trials: none of them may even cost it its life."""
    with pytest.MonkeyPatch.context() as patch:
        isolate.close_kept()
        patch.setattr(isolate, "PROGRAM", LOAD + isolate.PROGRAM)
        patch.setenv("LEPTON_PASSWORD", "otter")
        yield
        isolate.close_kept()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of somebody's, which is there afterwards as it was."""
    path = tmp_path / "home" / "secret"
    path.parent.mkdir()
    path.write_text("canary")
    path.chmod(0o640)
    Path(f"{path}.empty").mkdir()
    return path


@pytest.mark.parametrize("name", trials.TRIALS)
def test_what_is_tried_is_refused(tmp_path: Path, secret: Path, name: str) -> None:
    if name in trials.READING and not cage.landlock():
        pytest.skip("this kernel has no Landlock")
    before = secret.stat()
    (tmp_path / "a.txt").write_text(f"try:{name}:{secret}")
    parsed = parse_source(Source(str(tmp_path), "a.txt", 1, 1))
    assert not parsed.refused
    assert next(iter(parsed.documents)).text != "done"
    assert secret.read_text() == "canary"
    assert sorted(path.name for path in secret.parent.iterdir()) == ["secret", "secret.empty"]
    after = secret.stat()
    assert (stat.S_IMODE(after.st_mode), after.st_nlink) == (0o640, 1)
    assert (after.st_mtime_ns, after.st_ctime_ns) == (before.st_mtime_ns, before.st_ctime_ns)


FREE = """
import os, sys
from tests import trials
for name in [*trials.READING, *trials.WRITING, *trials.REACHING]:
    open(sys.argv[1], "w").write("canary")
    print(name, trials.attempt(name, sys.argv[1], os.getppid()), sep=":")
"""
# Where Yama or a container's own rules are, these are refused outside of the cage too; and some
# file systems have no attributes, or cannot exchange two names.
GUARDED = {"trace", "read memory", "write its memory", "open its memory", "its processors"}


def test_the_same_is_done_outside_of_the_cage(secret: Path) -> None:
    """So the trials try something."""
    told = subprocess.run(
        [sys.executable, "-c", FREE, str(secret)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    came = dict(line.split(":") for line in told.stdout.splitlines())
    assert set(came) == {*trials.READING, *trials.WRITING, *trials.REACHING}
    refused = {name for name, how in came.items() if how != "done"}
    assert refused <= GUARDED | {"attribute", "exchange"}


@pytest.mark.parametrize("column", [0, 1])
def test_the_numbers_are_those_of_the_kernel(column: int) -> None:
    header = Path(HEADERS[column])
    if not header.exists():
        pytest.skip(f"this system has no {header}")
    defined = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\s*$", header.read_text(), re.M)
    numbers = {name: int(number) for name, number in defined}
    tables = syscalls.REFUSED + syscalls.LOOKED_AT + syscalls.OTHER
    ours = syscalls.numbers(tables, column)
    assert {name: numbers[name] for name in ours} == ours
    absent = {*syscalls.numbers(tables, 0)} - {*ours}
    assert not absent & {*numbers}


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_filter_jumps_within_itself(machine: str) -> None:
    program = syscalls.program_for(machine)
    assert len(program) < 4096
    for place, (_, yes, no, _) in enumerate(program):
        assert 0 <= yes < 256
        assert 0 <= no < 256
        assert place + 1 + max(yes, no) < len(program) or place == len(program) - 1


@pytest.mark.parametrize(
    ("lacking", "held"),
    [
        ("cage.landlock = lambda: 0", [*trials.WRITING, *trials.REACHING]),
        ("cage.landlock = lambda: 1", trials.TRIALS),
        ("cage.landlock = lambda: 3", trials.TRIALS),
        ("cage.landlock = lambda: 5", trials.TRIALS),
        ("cage.syscalls.known = lambda: False", ["read", "list", "write", "create", "remove"]),
    ],
)
def test_half_a_cage_holds_what_it_can(
    tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch, lacking: str, held: list[str]
) -> None:
    """As on older kernels, and on those that were built without one of the two."""
    if cage.landlock() < 5 or "seccomp" not in cage.describe():
        pytest.skip("this system has but half a cage itself")
    program = f"from lepton_local.corpus import cage; {lacking}; {isolate.PROGRAM}"
    monkeypatch.setattr(isolate, "PROGRAM", program)
    isolate.close_kept()
    for name in held:
        (tmp_path / "a.txt").write_text(f"try:{name}:{secret}")
        (document,) = parse_source(Source(str(tmp_path), "a.txt", 1, 1)).documents
        assert document.text != "done", name
    assert secret.read_text() == "canary"
    isolate.close_kept()


def test_a_system_without_a_cage_parses_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = "from lepton_local.corpus import cage; cage.landlock = lambda: 0; "
    bare += "cage.syscalls.known = lambda: False; "
    monkeypatch.setattr(isolate, "PROGRAM", bare + isolate.PROGRAM)
    isolate.close_kept()
    (tmp_path / "a.txt").write_text("otters")
    (document,) = parse_source(Source(str(tmp_path), "a.txt", 1, 1)).documents
    isolate.close_kept()
    assert document.text == "otters"
    monkeypatch.setattr(cage, "landlock", lambda: 0)
    monkeypatch.setattr(syscalls, "known", lambda: False)
    assert cage.describe() == "limits only"


def test_a_path_of_modules_does_not_open_a_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.setattr(sys, "path", ["", str(tmp_path), str(tmp_path / "me"), "/opt/modules"])
    open_ones = list(cage.readable())
    assert "/opt/modules" in open_ones
    assert not {"", "/", str(tmp_path), str(tmp_path / "me")} & set(open_ones)
