"""Attention as plain matrix products in the compute type, for training on CPUs.

Measured on two cores with bfloat16 tiles: the fused kernel's backward pass takes three times as
long as these products, and the library's own plain version spends a fifth of a step on turning
scores into float32 and back.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface, eager_mask

NAME = "lepton_plain"


def plain_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[Tensor, None]:
    """Scaled dot-product attention over (rows, heads, tokens, width); gives (rows, tokens, heads,
    width).
    """
    with torch.autocast(query.device.type, enabled=False):  # which would make the scores float32
        scores = torch.matmul(query * scaling, key.transpose(2, 3))
        if attention_mask is not None:
            scores = scores + attention_mask[:, :, :1].to(scores.dtype)  # the same for every query
        weights = torch.softmax(scores, dim=-1)
        if dropout and module.training:
            weights = nn.functional.dropout(weights, p=dropout)
        return torch.matmul(weights, value).transpose(1, 2).contiguous(), None


AttentionInterface.register(NAME, plain_attention)
AttentionMaskInterface.register(NAME, eager_mask)
