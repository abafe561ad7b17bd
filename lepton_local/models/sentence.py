"""Any other sentence encoder, through the sentence-transformers library and torch.

For folders that are more than a BERT and a pooling: dense layers, other networks, instructions left
out of the mean.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from lepton_local.errors import ModelError
from lepton_local.models.card import MAX_TOKENS
from lepton_local.models.encoder import unit
from lepton_local.models.folder import reason
from lepton_local.models.roles import Floats, Kind

GPU_BATCH = 128
BLOCK = 1024  # texts between two reports of progress


class SentenceEncoder:
    """An encoder over a SentenceTransformer folder. Prompts are the folder's own for queries and
    documents.
    """

    def __init__(
        self, name: str, digest: str, *, languages: frozenset[str], folder: Path, device: str
    ) -> None:
        self.languages = languages
        self.name = name
        self.digest = digest
        transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            self._model = SentenceTransformer(
                str(folder), device=device, local_files_only=True, trust_remote_code=False
            )
        except Exception as error:  # whatever a module of the folder raises
            raise ModelError(
                f"{folder}: sentence-transformers cannot load it ({reason(error)})"
            ) from error
        self._folder = folder
        self.max_tokens = min(self._model.max_seq_length or MAX_TOKENS, MAX_TOKENS)
        self._model.max_seq_length = self.max_tokens
        # How long its texts may be is set anew in a tokenizer at each call: threads share none.
        self._pieces = copy.deepcopy(self._model.tokenizer)
        # One row at a time on a CPU, so that a vector does not depend on the texts beside it.
        self._batch = GPU_BATCH if device == "cuda" else 1
        self.dim = self.encode([""]).shape[1]

    def encode(
        self,
        texts: Sequence[str],
        *,
        kind: Kind = "passage",
        progress: Callable[[int], None] | None = None,
    ) -> Floats:
        """See `roles.Encoder.encode`."""
        encode = self._model.encode_query if kind == "question" else self._model.encode_document
        parts = []
        for start in range(0, len(texts), BLOCK):
            block = list(texts[start : start + BLOCK])
            try:
                with torch.inference_mode():
                    found = encode(block, batch_size=self._batch, show_progress_bar=False)
            except (IndexError, RuntimeError) as error:
                raise ModelError(
                    f"{self._folder}: sentence-transformers cannot run it ({reason(error)})"
                ) from error
            parts.append(unit(np.asarray(found, dtype=np.float32)))
            if progress is not None:
                progress(len(block))
        return np.concatenate(parts) if parts else np.empty((0, self.dim), dtype=np.float32)

    def spans(self, text: str) -> NDArray[np.int32]:
        """See `roles.Encoder.spans`."""
        told = self._pieces(
            text, add_special_tokens=False, return_offsets_mapping=True, truncation=False
        )
        return np.array(told["offset_mapping"], dtype=np.int32).reshape(-1, 2)
