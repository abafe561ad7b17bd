"""Distillation: an encoder learns how like texts are from what others hold of it.

For each question of a batch the likenesses of all passages there are brought nearer to those that
the teachers give, in the mean and on the common scale: in-batch distillation, as in Lin et al. 2021
(https://aclanthology.org/2021.repl4nlp-1.17/).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax, normalize, softmax

from lepton_local.models.roles import Encoder
from lepton_local.models.scale import Scale, on_common_scale, scale_of

TEMPERATURE = 0.05  # of likenesses: the contrastive loss has the same


class Teachers:
    """What some encoders hold of rows of texts: a question, and passages beside it."""

    def __init__(self, encoders: Sequence[Encoder], rows: Sequence[tuple[str, ...]]) -> None:
        columns = list(zip(*rows, strict=True))
        self._known = [
            (scale_of(each), each.encode(columns[0], kind="question"), _vectors(each, columns[1:]))
            for each in encoders
        ]

    def likeness(self, rows: np.ndarray) -> Tensor:
        """Of the questions of these rows (n,) to all passages of these rows, by column: (n, n times
        the passages of a row).
        """
        every = [_likeness(*known, rows) for known in self._known]
        return torch.from_numpy(np.mean(every, axis=0, dtype=np.float32))


class TaughtLoss(torch.nn.Module):
    """How far the likenesses of a batch lie from those of the teachers. Its labels are the numbers
    of the rows.
    """

    def __init__(self, model: SentenceTransformer, teachers: Teachers) -> None:
        super().__init__()
        self.model, self._teachers = model, teachers

    def forward(self, sentence_features: Iterable[dict[str, Tensor]], labels: Tensor) -> Tensor:
        """features: of each column of the batch."""
        asked, *told = (
            normalize(self.model(column)["sentence_embedding"]) for column in sentence_features
        )
        mine = asked @ torch.cat(told).T
        theirs = self._teachers.likeness(labels.cpu().numpy()).to(mine)
        return kl_div(
            log_softmax(mine / TEMPERATURE, dim=1),
            softmax(theirs / TEMPERATURE, dim=1),
            reduction="batchmean",
        )


def _vectors(encoder: Encoder, columns: Sequence[Sequence[str]]) -> list[np.ndarray]:
    return [encoder.encode(column) for column in columns]


def _likeness(
    scale: Scale, asked: np.ndarray, told: Sequence[np.ndarray], rows: np.ndarray
) -> np.ndarray:
    passages = np.concatenate([column[rows] for column in told])
    return on_common_scale(asked[rows] @ passages.T, scale)
