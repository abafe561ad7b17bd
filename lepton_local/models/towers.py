"""The two towers of a CLIP or SigLIP folder, through the transformers library and torch: one sees
pictures, one reads texts, and what belongs together lies near.

Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021),
https://arxiv.org/abs/2103.00020, and Zhai et al., "Sigmoid Loss for Language Image Pre-Training"
(2023), https://arxiv.org/abs/2303.15343.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from torch import Tensor, nn

from lepton_local.errors import ModelError
from lepton_local.models.folder import reason
from lepton_local.models.roles import Floats, Ints

BATCH = 16  # pictures that run together on a GPU


class Texts(nn.Module):
    """The tower that reads, as runtimes ask networks."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor, types: Tensor) -> Tensor:
        """(rows, tokens) -> (rows, dim). Types say nothing: there is one text."""
        return _vector(self.model.get_text_features(input_ids=ids + 0 * types))


class Towers:
    """Both towers, on a device."""

    def __init__(self, folder: Path, device: str) -> None:
        """Raises ModelError for a folder that transformers cannot load."""
        transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.getLogger("transformers").setLevel(logging.ERROR)
        given: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        try:
            self._model = transformers.AutoModel.from_pretrained(
                str(folder),
                use_safetensors=True,
                dtype=torch.float32,
                attn_implementation="eager",  # what can be written as a graph
                **given,
            )
            self._prepare = transformers.AutoImageProcessor.from_pretrained(  # type: ignore[no-untyped-call]
                str(folder), backend="pil", **given
            )
        except Exception as error:  # whatever a file of the folder makes the library raise
            raise ModelError(
                f"{folder}: transformers cannot load it ({reason(error)})",
                advice="use a folder of CLIP or SigLIP as it was published, with its "
                "preprocessor_config.json",
            ) from error
        self._folder, self._device = folder, device
        self._model.eval().to(device)

    @property
    def unit(self) -> float:
        """What a likeness must differ by to count e times as much, as it was learnt."""
        return float(torch.exp(-self._model.logit_scale.detach().float().cpu()))

    @property
    def side(self) -> int:
        """How many dots the shorter side of a picture needs."""
        size = dict(getattr(self._prepare, "size", None) or {})
        return max([int(each) for each in size.values() if each], default=384)

    def read(self, ids: Ints) -> Floats:
        """The vectors (n, dim) of rows of pieces (n, tokens), each run alone."""
        with torch.inference_mode():
            rows = [Texts(self._model)(row[None], 0 * row[None]) for row in self._here(ids)]
        return torch.cat(rows).float().cpu().numpy()

    def see(self, pictures: Sequence[NDArray[np.uint8]]) -> Floats:
        """The vectors (n, dim) of pictures (height, width, 3)."""
        step = 1 if self._device == "cpu" else BATCH  # numbers do not depend on company
        parts = []
        for first in range(0, len(pictures), step):
            try:
                told = self._prepare(
                    images=list(pictures[first : first + step]), return_tensors="pt"
                )
                with torch.inference_mode():
                    made = self._model.get_image_features(**told.to(self._device))
            except (IndexError, RuntimeError, ValueError) as error:
                raise ModelError(
                    f"{self._folder}: transformers cannot run it ({reason(error)})"
                ) from error
            parts.append(_vector(made).float().cpu().numpy())
        return np.concatenate(parts)

    def export(self, out: Path, ids: Ints) -> None:
        """Write the graph of the tower that reads rows of this length. Raises what torch raises
        for a network that it cannot write.
        """
        row = torch.from_numpy(ids[:1])
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")  # of what is a constant in this graph, as it should be
            torch.onnx.export(
                Texts(self._model.cpu()),
                (row, torch.zeros_like(row)),
                str(out),
                input_names=["ids", "types"],
                output_names=["vector"],
                dynamo=False,
            )
        self._model.to(self._device)

    def _here(self, ids: Ints) -> Tensor:
        return torch.from_numpy(ids).to(self._device)


def _vector(made: Any) -> Tensor:
    """What a tower gives: a vector, or outputs of which it is one, by the library's version."""
    vector: Tensor = getattr(made, "pooler_output", made)
    return vector
