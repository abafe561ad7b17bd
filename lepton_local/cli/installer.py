"""What `python3 FILE.lepton FOLDER` does: it lies in a bundle with wheels, as __main__.py, and
installs from them without a network. It runs where nothing but Python's own library is there.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

_WHEELS = "wheels/"


def main(bundle: Path, typed: Sequence[str]) -> str:
    """Make an environment in a new folder, with what the wheels of a bundle hold and some extras;
    gives a line of what is wrong, or "".
    """
    if not typed or typed[0].startswith("-"):
        return "expected a new folder to install to, and perhaps extras, as in: ~/lepton serve"
    folder = Path(typed[0]).expanduser().absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        return f"{folder} is not empty, expected a new folder"
    with tempfile.TemporaryDirectory(prefix="lepton-") as wheels:
        try:
            with zipfile.ZipFile(bundle) as archive:
                told = json.loads(archive.read("bundle.json"))["files"]
                for name in (name for name in told if name.startswith(_WHEELS)):
                    data = archive.read(name)
                    if told[name]["digest"] != f"sha256:{hashlib.sha256(data).hexdigest()}":
                        raise ValueError(f"{name} has other bytes than were packed")
                    Path(wheels, Path(name).name).write_bytes(data)
        except (zipfile.BadZipFile, ValueError, KeyError, TypeError) as error:
            return f"{bundle} is no whole bundle ({error}), have it copied once more"
        wanted = f"lepton-local[{','.join(typed[1:])}]" if typed[1:] else "lepton-local"
        offline = ["--no-index", "--find-links", wheels, "--no-cache-dir", "--quiet"]
        installing = ["-m", "pip", "--disable-pip-version-check", "install", *offline, wanted]
        binaries = folder / ("Scripts" if sys.platform == "win32" else "bin")
        for command in (
            [sys.executable, "-m", "venv", str(folder)],
            [str(binaries / "python"), *installing],
        ):
            if subprocess.run(command, check=False).returncode:
                return f"{' '.join(command[:4])} failed, and {folder} is not whole: remove it"
    print(f'ask it: {binaries / "lepton-search"} query {bundle} "\u2026"')
    return ""


if __name__ == "__main__":
    wrong = main(Path(sys.argv[0]), sys.argv[1:])
    if wrong:
        print(f"{Path(sys.argv[0]).name}: {wrong}", file=sys.stderr)
        sys.exit(2)
