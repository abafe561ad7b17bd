"""The cache of graphs is private, whole, and does not grow for ever."""

from __future__ import annotations

import logging
import os
import stat
import time
from pathlib import Path

import pytest

from lepton_local.errors import ModelError
from lepton_local.models import cache

KEY = "0123456789abcdef-graph"
DAY = 24 * 3600


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for a cache."""
    monkeypatch.setenv("LEPTON_CACHE", str(tmp_path / "cache"))
    cache._of_this_process.cache_clear()
    return tmp_path / "cache"


def fill(out: Path) -> None:
    (out / "graph").write_text("graph")


def age(path: Path, days: float) -> None:
    then = time.time() - days * DAY
    os.utime(path, (then, then))


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_nobody_else_can_enter_it(home: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        target = cache.prepared(KEY, fill)
        cache.digest([target / "graph"])
    finally:
        os.umask(before)
    for folder in (home, home / "models", home / "digests", target):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


def test_a_folder_that_others_can_write_into_is_not_used(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (home / "models" / KEY).mkdir(parents=True)
    (home / "models" / KEY / "graph").write_text("planted")
    home.chmod(0o777)
    target = cache.prepared(KEY, fill)
    again = cache.prepared(KEY, fill)
    assert (target / "graph").read_text() == "graph"
    assert again == target
    assert not target.is_relative_to(home)
    assert stat.S_IMODE(target.parent.parent.stat().st_mode) == 0o700
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert str(home) in record.getMessage()
    assert "\n" not in record.getMessage()


def test_a_folder_of_another_user_is_not_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = cache.prepared(KEY, fill)
    (planted / "graph").write_text("planted")
    (planted / "graph").chmod(0o644)
    real = Path.lstat

    def foreign(path: Path) -> os.stat_result:
        found = list(real(path))
        if path.is_relative_to(home / "models"):
            found[4] = 65534
        return os.stat_result(found)

    monkeypatch.setattr(Path, "lstat", foreign)
    target = cache.prepared(KEY, fill)
    assert (target / "graph").read_text() == "graph"
    assert not target.is_relative_to(home)


def test_a_link_in_the_place_of_the_folder_is_not_followed(home: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / KEY).mkdir(parents=True)
    (tmp_path / "elsewhere" / KEY / "graph").write_text("planted")
    home.mkdir(0o700)
    (home / "models").symlink_to(tmp_path / "elsewhere")
    assert (cache.prepared(KEY, fill) / "graph").read_text() == "graph"


def test_a_graph_that_holds_a_link_is_refused(home: Path, tmp_path: Path) -> None:
    target = cache.prepared(KEY, fill)
    (target / "graph").unlink()
    (tmp_path / "planted").write_text("planted")
    (target / "graph").symlink_to(tmp_path / "planted")
    with pytest.raises(ModelError, match="remove it"):
        cache.prepared(KEY, fill)


def test_what_nobody_uses_is_removed_and_nothing_else(home: Path) -> None:
    old, used, young = (f"{number:016x}-graph" for number in range(3))
    for key in (old, used, young):
        cache.prepared(key, fill)
    for key in (old, used):
        age(home / "models" / key, 100)
    left = [home / "models" / f".{old}.abc_12", home / "models" / f".{young}.xyz"]
    foreign = [home / "models" / name for name in ("notes", "0123", ".0123456789abcdef", "a-graph")]
    for folder in left + foreign:
        folder.mkdir()
        age(folder, 100)
    age(left[1], 0.5)  # another process may be making it
    cache.prepared(used, fill)
    cache.prepared("f" * 16 + "-new", fill)
    assert {path.name for path in (home / "models").iterdir()} == {
        *(used, young, left[1].name, "f" * 16 + "-new"),
        *(path.name for path in foreign),
    }


def test_it_is_on_the_disk_before_it_has_its_name(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    flush, rename = os.fsync, Path.rename

    def flushed(handle: int) -> None:
        done.append(Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        flush(handle)

    def renamed(path: Path, to: Path) -> Path:
        done.append("renamed")
        return rename(path, to)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(Path, "rename", renamed)
    cache.prepared(KEY, fill)
    assert done[0] == "graph"
    assert done[1].startswith(f".{KEY}.")
    assert done[2:] == ["renamed", "models"]
