"""The base install: everything that a CPU does with the bundled models works without the libraries
of the extras, and what needs one says so in a line.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from lepton_local.models.resolve import BUNDLED_ENCODER, BUNDLED_PAIR

ROOT = Path(__file__).parent.parent
EXTRAS = (
    *("torch", "transformers", "sentence_transformers", "datasets", "huggingface_hub", "sklearn"),
    *("pandas", "scipy", "peft", "accelerate", "obstore", "ray"),
)
CHILD = """
import json, sys
from click.testing import CliRunner

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[1].split(","):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
from lepton_local.cli import index, search, train

results = []
for command, *arguments in json.loads(sys.stdin.read()):
    module = {"index": index, "search": search, "train": train}[command]
    result = CliRunner().invoke(module.main, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    results.append([result.exit_code, result.output])
print(json.dumps(results))
"""


def _run(*commands: tuple[str, ...]) -> list[tuple[int, str]]:
    """Exit status and output of each of these commands in a process where no extra is installed."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, ",".join(EXTRAS)],
        input=json.dumps(commands),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [(status, output) for status, output in json.loads(done.stdout)]


@pytest.fixture
def index(notes: Path) -> str:
    return str(notes.parent / "index")


def test_what_a_cpu_does_needs_no_extra(tmp_path: Path, notes: Path, index: str) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"question": "When were the tomatoes planted?"}\n')
    results = _run(
        *((command, "--help") for command in ("index", "search", "train")),
        ("index", "build", str(notes), "--out", index),
        ("index", "update", index),
        ("index", "check", index, "--sources"),
        ("search", "query", index, "How long is the loaf baked?", "--verify"),
        ("search", "batch", index, str(questions)),
        ("search", "similar", index, "bread.md"),
        ("train", "export", "bundled", "--out", str(tmp_path / "graph")),
    )
    assert [status for status, _ in results] == [0] * len(results), results
    assert "forty minutes" in results[6][1]
    assert "3 May" in results[7][1]


def test_what_needs_an_extra_says_so_in_a_line(tmp_path: Path, notes: Path, index: str) -> None:
    dense, albert, old = (tmp_path / name for name in ("dense", "albert", "old"))
    for folder in (dense, albert, old):
        shutil.copytree(BUNDLED_ENCODER, folder)
    (dense / "modules.json").write_text(
        json.dumps(
            [
                {"path": "", "type": f"sentence_transformers.models.{kind}"}
                for kind in ("Transformer", "Dense")
            ]
        )
    )
    (albert / "config.json").write_text('{"model_type": "albert"}')
    (old / "tokenizer.json").unlink()
    data = tmp_path / "data.jsonl"
    data.write_text('{"query": "how long", "positive": "forty minutes", "negatives": ["no"]}\n')
    questions = tmp_path / "squad.json"
    questions.write_text('{"version": "1.1", "data": []}')
    ours = tmp_path / "ours"
    shutil.copytree(BUNDLED_PAIR, ours)
    out = ("--out", str(tmp_path / "out"))
    build = ("index", "build", str(notes), *out)
    told = {
        (*build, "--encoder", str(dense)): "torch",
        (*build, "--encoder", str(albert)): "torch",
        (*build, "--encoder", str(old)): "torch",
        (*build, "--device", "cuda"): "torch",
        (*build, "--encoder", "nobody/nothing", "--allow-download"): "download",
        ("index", "info", "s3://bucket/index"): "s3",
        ("train", "pair", str(data), "--base", "bundled", *out): "train",
        ("train", "encoder", str(data), "--base", "bundled", *out): "train",
        (*build, "--ray"): "ray",
        ("search", "query", index, "how long", "--ray"): "ray",
        ("train", "calibrate", str(ours), str(questions), "--index", index): "train",
    }
    results = _run(("index", "build", str(notes), "--out", index), *told)[1:]
    for (status, output), (command, extra) in zip(results, told.items(), strict=True):
        *before, last = output.strip().splitlines()
        assert status == 2, (command, output)
        assert "which is not installed" in last
        assert last.endswith(f"pip install 'lepton-local[{extra}]'"), (command, output)
        assert not any("Traceback" in line for line in before)
    assert not (tmp_path / "out").exists()


def test_the_base_install_names_no_heavy_package() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    heavy = {"torch", "transformers", "sentence-transformers", "datasets", "huggingface-hub"}
    names = {line.split(">")[0].split("=")[0] for line in told["dependencies"]}
    assert not names & (heavy | {"scikit-learn", "pandas", "scipy"})
    assert told["license"] == "Apache-2.0 AND CC-BY-SA-4.0"
    assert all((ROOT / name).is_file() for name in told["license-files"])
