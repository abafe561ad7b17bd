"""Folders of CLIP and SigLIP: the graph against torch, and what cannot be such a folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from lepton_local.errors import ModelError
from lepton_local.models.load import load_encoder
from lepton_local.models.pictures import PictureEncoder
from lepton_local.models.towers import Towers
from tests.tiny_clip import clip_folder, siglip_folder

ASKED = ["a red circle", "the blue cross", "", "a word that nobody taught it " * 9]


@pytest.fixture(scope="module", autouse=True)
def alone() -> Iterator[None]:
    """One thread for torch, which else fights for the cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module", params=["clip", "siglip"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Towers that have learnt nothing."""
    place = tmp_path_factory.mktemp(request.param)
    return clip_folder(place, steps=0) if request.param == "clip" else siglip_folder(place)


def loaded(folder: Path) -> PictureEncoder:
    found = load_encoder(str(folder), device="cpu")
    assert isinstance(found, PictureEncoder)
    return found


def scaled(made: Any) -> np.ndarray:
    rows = getattr(made, "pooler_output", made).detach().numpy()
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def test_texts_and_pictures_are_what_transformers_makes_of_them(folder: Path) -> None:
    encoder = loaded(folder)
    assert encoder.without_graph == ""
    model: Any = transformers.AutoModel.from_pretrained(str(folder))
    rows = torch.tensor(np.concatenate([encoder._ids(text) for text in ASKED]))
    assert rows.shape[1] == encoder.max_tokens == 16
    expected = scaled(model.get_text_features(input_ids=rows))
    np.testing.assert_allclose(encoder.encode(ASKED), expected, atol=1e-5)
    chance = np.random.default_rng(4)
    pictures = [chance.integers(0, 255, (40, 60, 3), dtype=np.uint8) for _ in range(3)]
    prepare = transformers.AutoImageProcessor.from_pretrained(  # type: ignore[no-untyped-call]
        str(folder), backend="pil"
    )
    given = prepare(images=pictures, return_tensors="pt")
    np.testing.assert_allclose(
        encoder.see(pictures), scaled(model.get_image_features(**given)), atol=1e-5
    )


def test_where_no_graph_can_be_written_torch_answers(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = loaded(folder).encode(ASKED)

    def refuse(*_: object) -> None:
        raise RuntimeError("an operator that no graph has")

    monkeypatch.setattr(Towers, "export", refuse)
    monkeypatch.setenv("LEPTON_CACHE", str(tmp_path))
    other = shutil.copytree(folder, tmp_path / "model")
    encoder = loaded(other)
    assert encoder.without_graph == "an operator that no graph has"
    np.testing.assert_allclose(encoder.encode(ASKED), expected, atol=1e-5)


def _without(path: Path) -> None:
    path.unlink()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:400])


def _emptied(path: Path) -> None:
    path.write_text("{}")


def _long(path: Path) -> None:
    config = json.loads(path.read_text())
    config["text_config"]["max_position_embeddings"] = 10**9
    path.write_text(json.dumps(config))


SPOILT: dict[str, Callable[[Path], None]] = {
    "preprocessor_config.json": _without,
    "model.safetensors": _cut,
    "tokenizer.json": _emptied,
    "config.json": _long,
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_does_not_belong_together_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    other = shutil.copytree(folder, tmp_path / "model")
    SPOILT[name](other / name)
    with pytest.raises(ModelError) as caught:
        loaded(other)
    assert "\n" not in caught.value.message
