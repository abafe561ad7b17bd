"""What a person can set about a training run, and the learning rate that follows from it."""

from __future__ import annotations

from dataclasses import dataclass

TAG = "tag"  # the task of the third head


@dataclass(frozen=True, slots=True)
class Recipe:
    """The defaults suit a few hundred to a few thousand questions from weights that are already
    trained.
    """

    epochs: int = 3
    batch: int = 16  # questions of one forward pass, each with its passages
    accumulate: int = 1  # forward passes of one step of the optimiser
    lr: float = 5e-5
    layer_decay: float = 0.9  # each layer learns at this share of the rate of the one above it
    weight_decay: float = 0.01
    dropout: float = 0.0  # drawing random numbers costs a fifth of the time on a CPU
    warmup: float = 0.06  # share of the run in which the rate rises
    clip: float = 1.0  # the gradient's norm, at most
    patience: int = 0  # validations without a better one before it stops; 0: never
    validate: int = 0  # steps between validations; 0: once an epoch
    save: float = 600.0  # seconds between two checkpoints
    minutes: float = 0.0  # the rate reaches 0, and the run ends, by then; 0: no limit
    seed: int = 0
    freeze: str = "none"  # none, embeddings, layers:N, all
    lora: int = 0  # rank of low-rank adapters; 0: the weights themselves are trained
    task: str = "both"  # rank, read, both, tag


def rate(recipe: Recipe, *, done: float) -> float:
    """The share of the learning rate at `done` (0 to 1) of a run: a straight rise, then a straight
    fall to 0.
    """
    if done < recipe.warmup:
        return done / recipe.warmup
    return max(0.0, (1.0 - done) / (1.0 - recipe.warmup))
