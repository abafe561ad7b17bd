"""What a query loads: not torch, not transformers, not sentence-transformers, and no onnx."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"torch", "transformers", "sentence_transformers", "onnx", "huggingface_hub", "pandas"}
HEAVY |= {"PIL"}
QUERY = """
import sys
from lepton_local.models.load import load_encoder, load_reader, load_reranker
from lepton_local.models.roles import PassageText
assert load_encoder().encode(["where do otters sleep?"], kind="question").shape == (1, 384)
assert load_reader() is load_reranker()
assert load_reader().read("where do otters sleep?", [PassageText("", "Otters sleep in a holt.")])
print(*sys.modules)
"""


def _loaded(program: str, cache: Path) -> set[str]:
    """The modules that a fresh interpreter has loaded at the end of a program."""
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "LEPTON_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stderr == ""
    return set(run.stdout.split())


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that a first query has filled."""
    folder = tmp_path_factory.mktemp("cache")
    # Even the first query, which writes the graphs, needs onnx alone of the heavy ones.
    assert _loaded(QUERY, folder) & HEAVY == {"onnx"}
    return folder


def test_a_query_on_a_cpu_is_light(cache: Path) -> None:
    assert not _loaded(QUERY, cache) & HEAVY


def test_asking_for_the_device_is_light() -> None:
    program = (
        "import sys\nfrom lepton_local.models.load import choose_device\n"
        "assert choose_device('cpu') == 'cpu'\nprint(*sys.modules)"
    )
    assert not _loaded(program, Path(os.devnull)) & HEAVY


def test_what_a_server_answers_loads_no_library() -> None:
    """Nor the commands beside `query`: all that a command loads, its user waits for."""
    program = (
        "import sys\nfrom lepton_local.cli import knock\nfrom lepton_local.cli.search import main\n"
        "from lepton_local.cli.said import Said\n"
        "knock.answered = lambda query: Said(('It does.\\n',), (), False, False)\n"
        "main(['query', 'x', 'does it?'], standalone_mode=False)\nprint(*sys.modules)"
    )
    loaded = _loaded(program, Path(os.devnull))
    assert "does." in loaded
    ours = {name for name in loaded if name.startswith("lepton_local")}
    assert not ours & {f"lepton_local.{name}" for name in ("types", "searched", "search", "models")}
    assert not ours & {f"lepton_local.cli.{name}" for name in ("chat", "faq", "serving", "show")}
    assert not loaded & {"numpy", "pyarrow", "ssl", "email", "html", "filelock"}
