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
    click.option(
        "--base",
        required=True,
        metavar="NAME|DIR",
        help="Model to start from: `bundled`, `minilm`, a name or a folder.",
    ),
    click.option("--out", required=True, type=FOLDER, help="Where the trained model goes."),
    click.option(
        "--validation",
        type=FILE,
        help="Held-back questions, to choose the best weights by.  [default: 5% of DATA]",
    ),
    click.option("--epochs", default=3, help="Passes over the questions."),
    click.option("--batch", default=16, help="Questions in a batch."),
    click.option(
        "--warmup", default=0.06, help="Share of the run in which the learning rate rises."
    ),
    click.option(
        "--weight-decay", default=0.01, help="Shrinks the weights, but no biases and norms."
    ),
    click.option("--seed", default=0, help="Fixes what is drawn by chance."),
    click.option(
        "--max-tokens",
        default=256,
        help="Word pieces of an input; longer passages are shown in part.",
    ),
    click.option("--threads", default=0, help="Cores to use; 0: all."),
    device_option,
    download_option,
    quiet_option,
]

# Each but the first and the last bears the name of a field of the recipe.
ENCODER = [
    click.option("--lr", default=2e-5, help="The highest learning rate."),
    click.option(
        "--teacher",
        metavar="NAME|DIR",
        multiple=True,
        help="Learn from this encoder how like texts are, in place of which passage is right; may "
        "be given several times.",
    ),
]
PAIR = [
    click.option(
        "--remember",
        type=FILE,
        help="Questions that it is to go on answering as the base does.",
    ),
    click.option(
        "--task",
        type=click.Choice(["rank", "read", "both", "tag"]),
        default="both",
        help="What it learns: to judge passages, to find answers, or both; or, by a head of its "
        "own, to tag every word of all answers.",
    ),
    click.option(
        "--freeze",
        default="none",
        metavar="none|embeddings|layers:N|all",
        help="Weights that stay: embeddings; these and the lowest N layers; all but the heads.",
    ),
    click.option(
        "--lora",
        default=0,
        metavar="RANK",
        help="Train adapters of this rank in place of the weights; 0: the weights.",
    ),
    click.option("--lr", default=5e-5, help="The highest learning rate."),
    click.option(
        "--layer-decay",
        default=0.9,
        help="Learning rate of a layer, as a share of that of the layer above.",
    ),
    click.option(
        "--dropout", default=0.0, help="Share of activations that are dropped while training."
    ),
    click.option("--clip", default=1.0, help="Longest gradient; a longer one is shortened to it."),
    click.option("--accumulate", default=1, help="Batches whose gradients make one step."),
    click.option(
        "--validate",
        default=0,
        metavar="STEPS",
        help="Try the held-back questions every so many steps; 0: after each epoch.",
    ),
    click.option(
        "--patience",
        default=0,
        help="Stop after so many validations in a row without a gain; 0: never.",
    ),
    click.option("--minutes", default=0.0, help="Be done after so many minutes; 0: no limit."),
    click.option(
        "--save",
        default=600.0,
        metavar="SECONDS",
        help="Write a checkpoint, to --resume from, every so many seconds.",
    ),
    click.option("--resume", is_flag=True, help="Go on where the run in --out was stopped."),
]
