"""The units for systemd, held against systemd's own reading of them where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lepton_local.cli.units import units


def test_there_is_a_unit_for_the_server_and_one_for_each_update() -> None:
    printed = units(["/srv/a", "/srv/b"], ["--port", "8751"])
    served, *updated = printed.split("# ~/.config/systemd/user/")[1:]
    assert "Type=notify" in served
    assert "serve --port 8751 /srv/a /srv/b\n" in served
    assert "ReadWritePaths=\n" in served
    assert [each.split("\n")[0] for each in updated] == [
        "lepton-update.service",
        "lepton-update-1.service",
    ]
    assert "update /srv/b --watch --quiet\n" in updated[1]
    assert "ReadWritePaths=/srv/b\n" in updated[1]


def test_paths_are_written_as_systemd_reads_them() -> None:
    printed = units(['/srv/my "100%" $x'], ["--port", "1"])
    assert printed.count('"/srv/my \\"100%%\\" $$x"') == 3


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_finds_nothing_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("lepton-search", "lepton-index"):
        shutil.copy("/bin/true", tmp_path / name)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "lepton-search")])
    for number, text in enumerate(units(["/srv/index"], []).split("# ~/")[1:]):
        place = tmp_path / f"u{number}.service"
        place.write_text(f"# {text}".replace("/srv/index", str(tmp_path)), encoding="utf-8")
        done = subprocess.run(
            ["systemd-analyze", "verify", "--user", str(place)],
            capture_output=True,
            text=True,
            env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        )
        assert (done.returncode, done.stderr) == (0, "")
