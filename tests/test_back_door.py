"""While a server of an index runs, `lepton-search query` has it answer, and prints the same bytes;
with a server that hangs, is of another version or of another generation, it does without.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from lepton_local.cli import knock, porter
from lepton_local.cli.reader import READER, Reader
from lepton_local.cli.said import Question, found, said
from lepton_local.cli.search import main
from lepton_local.config import SearchConfig
from lepton_local.indexing import builder
from lepton_local.search.searcher import Searcher
from lepton_local.serve.live import Live

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no Unix sockets here")

QUICK = ["--mode", "lexical", "--no-rerank", "--no-answer"]  # no model is loaded
QUERY = Question(
    indexes=("index",),
    question="otters sleep",
    k=10,
    skip=0,
    filters=(),
    verify=False,
    why=True,
    as_json=False,
    paths=False,
    strict=False,
    engine=asdict(SearchConfig(mode="lexical", rerank=False, answer=False)),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.conftest import WordEncoder

    folder = tmp_path_factory.mktemp("door")
    (folder / "docs").mkdir()
    (folder / "docs" / "otters.md").write_text("# Otters\n\nOtters sleep in a holt.\n")
    (folder / "docs" / "bees.md").write_text("# Bees\n\nBees sleep, otters too.\n")
    builder.build(folder / "docs", folder / "index", encoder=WordEncoder())
    return folder


@pytest.fixture
def home(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the index in it, and one for doors: a socket's path has to be short."""
    shutil.copytree(made / "index", tmp_path / "index")
    monkeypatch.chdir(tmp_path)
    with tempfile.TemporaryDirectory(prefix="lepton") as short:
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        monkeypatch.setattr(knock, "PATIENCE", 20.0)  # the machine may be busy
        yield tmp_path


@pytest.fixture
def served(home: Path) -> Iterator[Path]:
    live = Live([home / "index"], SearchConfig(mode="lexical", rerank=False, answer=False))
    with porter.back_doors(live, [str(home / "index")], cores=2):
        yield home


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each query that is run here: whether a server answered it."""
    told: list[bool] = []

    def noted(query: Question, ask=knock.answered):  # type: ignore[no-untyped-def]
        found = ask(query)
        told.append(found is not None)
        return found

    monkeypatch.setattr(knock, "answered", noted)
    return told


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--why", "--verify"],
        ["--paths"],
        ["--paths", "-0"],
        ["-C", "1", "-k", "1"],
        ["--filter", "path:bees.md"],
        ["--skip", "5"],
    ],
)
def test_the_same_bytes(served: Path, answers: list[bool], options: list[str]) -> None:
    asked = ["query", "index", "otters sleep", *QUICK, *options]
    with_it = CliRunner().invoke(main, asked)
    without = CliRunner().invoke(main, [*asked, "--no-server"])
    assert answers == [True]
    assert with_it.output_bytes == without.output_bytes
    assert (with_it.stderr_bytes, with_it.exit_code) == (without.stderr_bytes, without.exit_code)


def test_json_is_the_same_but_for_the_time(served: Path, answers: list[bool]) -> None:
    asked = ["query", "index", "otters sleep", *QUICK, "--json"]
    told = [
        json.loads(CliRunner().invoke(main, [*asked, *o]).output) for o in ([], ["--no-server"])
    ]
    assert answers == [True]
    for each in told:
        assert each.pop("seconds")
    assert told[0] == told[1]
    assert told[0]["index"] == "index"  # as it was typed here, not there


def test_it_prints_for_the_terminal_of_who_asks(
    served: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(knock, "wanted", lambda: True)
    monkeypatch.setattr(knock, "columns", lambda most: 40)
    shown = knock.answered(QUERY)
    assert shown is not None
    assert "\x1b]8;;file://" in "".join(shown.out)
    token = READER.set(Reader(columns=40, folder=str(served), links=True, lined=False))
    try:
        with Searcher.open("index", SearchConfig(**QUERY.engine)) as searcher:
            assert shown == said(found(searcher, QUERY), QUERY)
    finally:
        READER.reset(token)


def test_an_error_is_told_by_the_command(served: Path, answers: list[bool]) -> None:
    run = CliRunner().invoke(main, ["query", "index", "???", *QUICK])
    assert answers == [False]
    assert run.exit_code == 2
    assert run.stderr.startswith("lepton-search: ")


def test_only_its_user_gets_in(served: Path) -> None:
    place = knock.door(str(served / "index"))
    assert stat.S_IMODE(place.lstat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert knock.answered(QUERY) is not None
    place.parent.chmod(0o750)
    assert knock.answered(QUERY) is None  # others may have put it there


def test_own_models_and_devices_are_the_commands(served: Path) -> None:
    for name, value in (("reader", "mine"), ("device", "cpu"), ("allow_download", True)):
        assert knock.answered(replace(QUERY, engine={**QUERY.engine, name: value})) is None


def test_another_version_or_generation_is_passed_over(
    served: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert knock.answered(QUERY) is not None
    monkeypatch.setattr(knock, "_seal", lambda _: "sha256:another")
    assert knock.answered(QUERY) is None
    monkeypatch.undo()
    monkeypatch.setattr(porter, "__version__", "0.0.1")
    assert knock.answered(QUERY) is None


def test_an_index_that_is_not_served_is_passed_over(served: Path, made: Path) -> None:
    assert knock.answered(replace(QUERY, indexes=(str(made / "index"),))) is None
    assert knock.answered(replace(QUERY, indexes=("index", str(made / "index")))) is None
    assert knock.answered(replace(QUERY, indexes=("nothing",))) is None


def test_a_server_that_hangs_is_passed_over(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knock, "PATIENCE", 0.2)
    place = knock.door("index")
    place.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(place))
        assert knock.answered(QUERY) is None  # nobody listens
        deaf.listen(1)
        began = time.monotonic()
        assert knock.answered(QUERY) is None
        assert 0.15 < time.monotonic() - began < 2.0


def test_one_that_falls_silent_is_passed_over(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knock, "LATER", 0.1)
    place = knock.door("index")
    place.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as half:
        half.bind(str(place))
        half.listen(1)

        def speak() -> None:
            talk, _ = half.accept()
            with talk:
                talk.sendall(knock.BEAT)
                gone.wait(20)

        gone = threading.Event()
        thread = threading.Thread(target=speak)
        thread.start()
        assert knock.answered(QUERY) is None
        gone.set()
        thread.join()


def test_a_door_that_was_left_is_taken_over_and_one_that_is_kept_is_not(home: Path) -> None:
    place = knock.door("index")
    place.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(place))
    live = Live([home / "index"])
    with porter.back_doors(live, ["index"], cores=1):
        assert knock.answered(QUERY) is not None
        kept = place.lstat()
        with porter.back_doors(live, ["index"], cores=1):
            assert os.path.samestat(place.lstat(), kept)
        assert knock.answered(QUERY) is not None
    assert not place.exists()


def test_what_others_put_there_is_left(home: Path) -> None:
    place = knock.door("index")
    place.parent.mkdir(mode=0o755)
    with porter.back_doors(Live([home / "index"]), ["index"], cores=1):
        assert not place.exists()
    place.parent.chmod(0o700)
    place.write_text("mine")
    with porter.back_doors(Live([home / "index"]), ["index"], cores=1):
        assert place.read_text() == "mine"


def test_asking_a_server_loads_no_library() -> None:
    program = (
        "import sys\nimport lepton_local.cli.search\nfrom lepton_local.cli import knock\n"
        "print(*sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert not {"numpy", "pyarrow", "lepton_local.search.searcher"} & set(run.stdout.split())
