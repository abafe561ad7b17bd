"""Weights that are left to all-MiniLM-L6-v2: the same numbers, from half the bytes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import load_file, save_file

from lepton_local.cli.train import main
from lepton_local.errors import ModelError
from lepton_local.models import load, parts
from lepton_local.models.borrowed import lent, model_weights
from lepton_local.models.load import load_reader
from lepton_local.models.registry import Registry
from lepton_local.models.resolve import BUNDLED_PAIR
from lepton_local.models.roles import PassageText, Reading
from lepton_local.train.start import start, write

pytestmark = pytest.mark.usefixtures("one_thread")

QUESTION = "How long is the loaf baked?"
PASSAGES = [
    PassageText("Bread > Baking", "Bake the loaf for forty minutes at 230 degrees."),
    PassageText("", "Otters hold hands while they sleep. " * 20),
]


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """The bundled pair model with all of its tensors in its own folder."""
    folder = tmp_path / "whole"
    shutil.copytree(BUNDLED_PAIR, folder)
    tensors = {name: a.astype(np.float16) for name, a in model_weights(BUNDLED_PAIR).items()}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    return folder


def _read(folder: Path) -> list[Reading]:
    return load_reader(str(folder), device="cpu").read(QUESTION, PASSAGES)


def _packed(folder: Path, out: Path) -> str:
    result = CliRunner().invoke(main, ["pack", str(folder), "--out", str(out)])
    assert "Traceback" not in result.output
    return result.output if result.exit_code == 0 else f"refused: {result.output}"


def test_what_ships_is_what_was_trained() -> None:
    own = load_file(BUNDLED_PAIR / "model.safetensors")
    assert not [name for name, array in lent().items() if np.array_equal(own.get(name, 0), array)]
    assert "bert.embeddings.word_embeddings.weight" not in own


@pytest.mark.parametrize("exact", [True, False])
def test_scores_are_the_same_to_the_bit(
    whole: Path, exact: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "adds_bytes_exactly", lambda: exact)
    monkeypatch.setattr(load, "_JUDGES", Registry(4))
    assert _read(BUNDLED_PAIR) == _read(whole)


def test_packing_leaves_out_what_the_encoder_has(whole: Path, tmp_path: Path) -> None:
    assert "left to all-MiniLM-L6-v2" in _packed(whole, tmp_path / "packed")
    assert "left to all-MiniLM-L6-v2" in _packed(tmp_path / "packed", tmp_path / "again")
    expected = load_file(BUNDLED_PAIR / "model.safetensors")
    for name in ("packed", "again"):
        found = load_file(tmp_path / name / "model.safetensors")
        assert found.keys() == expected.keys()
        assert all(np.array_equal(found[each], expected[each]) for each in found)
    assert _read(tmp_path / "packed") == _read(whole)


def test_what_is_trained_from_it_stands_alone(whole: Path, tmp_path: Path) -> None:
    write(start(BUNDLED_PAIR, seed=0, dropout=0.0), tmp_path / "trained")
    found = load_file(tmp_path / "trained" / "model.safetensors")
    expected = load_file(whole / "model.safetensors")
    assert found.keys() == expected.keys()
    assert all(np.array_equal(found[name], expected[name]) for name in found)


def test_another_lender_is_refused(whole: Path) -> None:
    tensors = load_file(whole / "model.safetensors")
    save_file(tensors, whole / "model.safetensors", {"borrows": "0" * 64})
    with pytest.raises(ModelError, match="not the bundled one") as caught:
        _read(whole)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_packed_is_refused(whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert "another one to write to" in _packed(whole, whole)
    assert "expected" in _packed(tmp_path, out)
    tensors = load_file(whole / "model.safetensors")
    save_file({n: a + np.float16(1) for n, a in tensors.items()}, whole / "model.safetensors")
    assert "nothing in common" in _packed(whole, out)
    assert not out.exists()
