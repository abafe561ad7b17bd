"""What a person names with --out: a file appears whole or not at all, what is no file is written
into, and stays what it is.
"""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lepton_local.cli.group import complaint
from lepton_local.indexing import builder
from lepton_local.store.files import writing_out
from tests.conftest import WordEncoder
from tests.systems import pipes
from tests.test_isolate import ROOT


def test_a_file_is_replaced_whole_and_a_link_to_it_stays(tmp_path: Path) -> None:
    place, link = tmp_path / "out.jsonl", tmp_path / "link"
    link.symlink_to(place)
    for words in (b"one", b"two"):  # of a link that leads nowhere yet, too
        with writing_out(link) as file:
            file.write(words)
        assert place.read_bytes() == words
        assert link.is_symlink()
    with pytest.raises(TypeError), writing_out(link) as file:
        file.writelines([b"half", "of it"])  # type: ignore[list-item]
    assert place.read_bytes() == b"two"
    assert sorted(os.listdir(tmp_path)) == ["link", "out.jsonl"]


@pipes
def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe, heard = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()))
    reader.start()
    with writing_out(pipe) as file:
        file.write(b"words")
    reader.join()
    assert heard == [b"words"]
    assert stat.S_ISFIFO(os.stat(pipe).st_mode)
    assert os.listdir(tmp_path) == ["pipe"]


def test_a_device_stays_a_device() -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    with writing_out(Path("/dev/null")) as file:
        file.write(b"words")
    with (
        pytest.raises(OSError, match="No space left") as told,
        writing_out(Path("/dev/full")) as file,
    ):
        file.write(b"words")
    assert told.value.errno == errno.ENOSPC
    for place in ("/dev/null", "/dev/full"):
        assert stat.S_ISCHR(os.stat(place).st_mode)


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="this system has no /dev/stdout")
def test_the_own_output_is_written_into_wherever_it_goes(tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from lepton_local.store import files\n"
    program += "with files.writing_out(Path('/dev/stdout')) as file: file.write(b'words')"
    run = [sys.executable, "-c", program]
    assert subprocess.run(run, cwd=ROOT, capture_output=True, check=True).stdout == b"words"
    place = tmp_path / "log"
    place.write_bytes(b"before, ")
    with open(place, "ab") as log:
        subprocess.run(run, cwd=ROOT, stdout=log, check=True)
    assert place.read_bytes() == b"before, words"


def test_a_full_disk_is_told_by_the_file_that_has_no_room(
    tmp_path: Path, notes: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device") as told:
        builder.build(notes, tmp_path / "index", encoder=encoder)
    said = complaint(told.value)
    assert said.startswith(f"{tmp_path / 'index'}{os.sep}")
    assert said.endswith(": no space left on device")
    assert ".tmp" not in Path(said.partition(":")[0]).name
