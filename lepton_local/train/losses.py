"""What the pair model is trained on: where the answer stands, and which passage is about the
question.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

NEVER = -1e4  # the logit of a position where no answer may begin or end


def span_loss(logits: Tensor, told: Tensor, inside: Tensor) -> Tensor:
    """Cross-entropy over a row's positions, 0 for no answer (BERT,
    https://arxiv.org/abs/1810.04805, section 4.3).

    logits, told, inside: (rows, tokens); a row that is told shares of its positions sums to 1, one
    that is told nothing to 0, and is left out. 0 where all are.
    """
    shown = logits.float().masked_fill(inside == 0, NEVER).log_softmax(dim=1)
    return -(told * shown).sum() / told.sum().clamp(min=1)


def shared_loss(logits: Tensor, told: Tensor, inside: Tensor, group: Tensor) -> Tensor:
    """Cross-entropy over the positions of all of a group's rows and one "none": each position
    counts by what it lies above its own row's "none" (shared normalisation,
    https://arxiv.org/abs/1710.10723).

    As a search compares spans of several passages. Shapes as above; group (rows,). A group of one
    row loses what `span_loss` says; rows that are told nothing are left out.
    """
    known = told.sum(dim=1) > 0
    if not known.any():
        return logits.sum() * 0.0
    numbers, place = torch.unique(group[known], return_inverse=True)
    shown = logits[known].float().masked_fill(inside[known] == 0, NEVER)
    gain = shown[:, 1:] - shown[:, :1]
    wanted = told[known][:, 1:]
    none = gain.new_zeros(len(numbers))
    total = none.index_add(0, place, wanted.sum(dim=1))
    wanted = wanted / total.clamp(min=1)[place][:, None]
    said = none.index_add(0, place, (wanted * gain).sum(dim=1))
    highest = none.scatter_reduce(0, place, gain.amax(dim=1), "amax").detach()  # at least 0
    odds = (gain - highest[place][:, None]).exp().sum(dim=1)
    whole = highest + ((-highest).exp().index_add(0, place, odds)).log()
    return (whole - said).mean()


def tag_loss(logits: Tensor, told: Tensor) -> Tensor:
    """Binary cross-entropy of each token's logit (rows, tokens) against 1, in an answer, 0, or NaN,
    which is left out: rows nobody has read, padding, and what is no part of the passage.
    """
    known = ~told.isnan()
    sum_ = functional.binary_cross_entropy_with_logits(
        logits.float()[known], told[known], reduction="sum"
    )
    return sum_ / known.sum().clamp(min=1)


def pointwise_loss(logits: Tensor, relevant: Tensor) -> Tensor:
    """Binary cross-entropy of relevance logits (rows,) against 1, 0 or NaN, which is left out."""
    known = ~relevant.isnan()
    sum_ = functional.binary_cross_entropy_with_logits(
        logits.float()[known], relevant[known], reduction="sum"
    )
    return sum_ / known.sum().clamp(min=1)


def listwise_loss(logits: Tensor, relevant: Tensor, group: Tensor) -> Tensor:
    """Cross-entropy of each relevant row among its group's irrelevant ones
    (https://arxiv.org/abs/2101.08751).

    logits, relevant, group: (rows,). Groups without one of either kind are left out; 0 where all
    are.
    """
    scores = logits.float()
    positive, negative = relevant == 1, relevant == 0
    rivals = (group[:, None] == group[None, :]) & negative[None, :]  # (rows, rows)
    counted = positive & rivals.any(dim=1)
    against = scores[None, :].masked_fill(~rivals, NEVER).logsumexp(dim=1)
    return torch.where(
        counted, functional.softplus(against - scores), 0
    ).sum() / counted.sum().clamp(min=1)


def drift_loss(now: Mapping[str, Tensor], before: Mapping[str, Tensor], inside: Tensor) -> Tensor:
    """How far a network has moved from what it said before: the divergence of its positions and of
    its relevance (learning without forgetting, https://arxiv.org/abs/1606.09282).

    now, before: logits "start" and "end" (rows, tokens) and "relevance" (rows,); inside: (rows,
    tokens). A mean over rows.
    """
    logits, target = now["relevance"].float(), before["relevance"].float().sigmoid()
    moved = functional.binary_cross_entropy_with_logits(
        logits, target
    ) - functional.binary_cross_entropy(target, target)
    for name in ("start", "end"):
        shares, told = (
            each[name].float().masked_fill(inside == 0, NEVER).log_softmax(dim=1)
            for each in (now, before)
        )
        moved += functional.kl_div(shares, told, reduction="batchmean", log_target=True) / 2
    return moved
