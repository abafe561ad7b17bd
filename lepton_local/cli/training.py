"""The options of the two trainings: those that they share, and those of the pair model."""

from __future__ import annotations

from pathlib import Path

import click

from lepton_local.cli.options import device_option, download_option, quiet_option

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)

# What both trainings share.
COMMON = [
    click.argument("data", nargs=-1, required=True, type=FILE),
    click.option("--base", required=True, metavar="NAME|DIR", help="The model to start from."),
    click.option("--out", required=True, type=FOLDER, help="Where the trained model goes."),
    click.option("--validation", type=FILE, help="Held-back questions [default: 5% of DATA]"),
    click.option("--epochs", default=3, help="Passes over the questions."),
    click.option("--batch", default=16, help="Questions at a time."),
    click.option("--warmup", default=0.06, help="Share of the run in which the rate rises."),
    click.option("--weight-decay", default=0.01, help="Of the weights, not of biases and norms."),
    click.option("--seed", default=0, help="Of order, new heads, windows and dropout."),
    click.option("--max-tokens", default=256, help="Longer passages are shown in part."),
    click.option("--threads", default=0, help="Cores to use; 0: all."),
    device_option,
    download_option,
    quiet_option,
]

# Each bears the name of a field of the recipe.
PAIR = [
    click.option(
        "--task",
        type=click.Choice(["rank", "read", "both"]),
        default="both",
        help="What it learns.",
    ),
    click.option(
        "--freeze",
        default="none",
        metavar="none|embeddings|layers:N|all",
        help="Weights that stay: the lowest N layers, or all but the heads.",
    ),
    click.option("--lora", default=0, metavar="RANK", help="Train low-rank adapters instead."),
    click.option("--lr", default=5e-5, help="The highest learning rate."),
    click.option("--layer-decay", default=0.9, help="Rate of each layer to that of the one above."),
    click.option("--dropout", default=0.0, help="Share of activations that are dropped."),
    click.option("--clip", default=1.0, help="The gradient's norm, at most."),
    click.option("--accumulate", default=1, help="Batches of one step."),
    click.option(
        "--validate", default=0, metavar="STEPS", help="Between validations; 0: an epoch."
    ),
    click.option("--patience", default=0, help="Validations without a better one; 0: no limit."),
    click.option("--minutes", default=0.0, help="End by then, the rate at 0; 0: no limit."),
    click.option("--save", default=600.0, metavar="SECONDS", help="Between checkpoints."),
    click.option("--resume", is_flag=True, help="Go on where the run in --out was stopped."),
]
