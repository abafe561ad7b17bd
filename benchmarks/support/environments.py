"""Virtual environments for what the project does not depend on: made once, used again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from support.launch import Failed, launched

_VERSIONS = """
import importlib.metadata, json, sys
print(json.dumps({name: importlib.metadata.version(name) for name in sys.argv[1:]}))
"""


def environment(folder: Path, packages: Sequence[str]) -> Path:
    """The Python of an environment that has these packages, from the registry that pip uses; Failed
    with pip's last word where they cannot be installed.
    """
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    try:
        versions(python, packages)
    except Failed:
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        launched([str(python), *install, *packages])
    return python


def versions(python: Path, packages: Sequence[str]) -> dict[str, str]:
    """The installed versions; Failed if one is not there."""
    told: dict[str, str] = json.loads(launched([str(python), "-c", _VERSIONS, *packages])["out"])
    return told


def offline(home: Path) -> dict[str, str]:
    """What keeps libraries from the network, and their caches and registers in `home`."""
    home.mkdir(parents=True, exist_ok=True)
    return {
        "HOME": str(home),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "ANONYMIZED_TELEMETRY": "False",
        "HAYSTACK_TELEMETRY_ENABLED": "False",
        "DO_NOT_TRACK": "1",
    }
