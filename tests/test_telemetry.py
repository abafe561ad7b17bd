"""A query leaves nothing behind but its cache: no identifiers, no queues of events to be sent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_a_build_and_a_query_leave_nothing_in_the_home_folder(tmp_path: Path, notes: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    kept = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "ORT_DISABLE_TELEMETRY")
    environment = {name: value for name, value in os.environ.items() if name not in kept}
    for module, *arguments in (
        ("index", "build", str(notes), "--out", str(tmp_path / "index")),
        ("search", "query", str(tmp_path / "index"), "How long is the loaf baked?"),
    ):
        command = f"import sys; from lepton_local.cli.{module} import main; main(sys.argv[1:])"
        done = subprocess.run(
            [sys.executable, "-c", command, *arguments],
            cwd=ROOT,
            env={**environment, "HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert "forty minutes" in done.stdout
    assert [path for path in home.rglob("*") if path.is_file()] == []
