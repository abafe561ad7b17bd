"""`lepton-train`: teach the models your own documents, measure a reader, write a graph."""

# Every command imports what it needs when it runs: torch takes seconds to load, while `--help` and
# a mistyped option are to be answered at once.

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lepton_local import __version__
from lepton_local.cli.group import Group
from lepton_local.cli.options import (
    SETTINGS,
    device_option,
    download_option,
    json_option,
    quiet_option,
    with_options,
)
from lepton_local.cli.progress import Progress
from lepton_local.cli.screen import echo_json

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)

# What both trainings share. Each option that bears the name of a field becomes part of the recipe.
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


@click.group(cls=Group, name="lepton-train", context_settings=SETTINGS)
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """Teach the models your own documents. Nothing leaves the machine.

    \b
    lepton-train pair questions.jsonl --base bundled --out models/mine
    lepton-search query indexes/notes "…" --reranker models/mine --reader models/mine

    DATA is SQuAD JSON; or JSONL of {"query", "positive", "negatives": […]}; or of
    {"query", "passage", "relevant": true|false}. Any of them may be gzipped.
    """


@main.command()
@with_options(COMMON)
@click.option(
    "--task", type=click.Choice(["rank", "read", "both"]), default="both", help="What it learns."
)
@click.option(
    "--freeze",
    default="none",
    metavar="none|embeddings|layers:N|all",
    help="Weights that stay: the lowest N layers, or all but the heads.",
)
@click.option("--lora", default=0, metavar="RANK", help="Train low-rank adapters instead.")
@click.option("--lr", default=5e-5, help="The highest learning rate.")
@click.option("--layer-decay", default=0.9, help="Rate of each layer to that of the one above.")
@click.option("--dropout", default=0.0, help="Share of activations that are dropped.")
@click.option("--clip", default=1.0, help="The gradient's norm, at most.")
@click.option("--accumulate", default=1, help="Batches of one step.")
@click.option("--validate", default=0, metavar="STEPS", help="Between validations; 0: an epoch.")
@click.option("--patience", default=0, help="Validations without a better one; 0: no limit.")
@click.option("--minutes", default=0.0, help="End by then, the rate at 0; 0: no limit.")
@click.option("--save", default=600.0, metavar="SECONDS", help="Between checkpoints.")
@click.option("--resume", is_flag=True, help="Go on where the run in --out was stopped.")
def pair(
    data: tuple[Path, ...],
    base: str,
    out: Path,
    validation: Path | None,
    device: str,
    threads: int,
    max_tokens: int,
    allow_download: bool,
    quiet: bool,
    resume: bool,
    **recipe: Any,
) -> None:
    """Train the network that judges and reads passages.

    Leaves in --out the model that did best on held-back questions, history.jsonl and loss.svg.
    """
    from lepton_local.models.load import choose_device
    from lepton_local.models.resolve import BUNDLED_PAIR, resolve
    from lepton_local.train.data import hold_back, read_groups
    from lepton_local.train.loop import use_threads
    from lepton_local.train.pair import train_pair
    from lepton_local.train.recipe import Recipe
    from lepton_local.train.start import start

    folder = resolve(base, bundled=BUNDLED_PAIR, allow_download=allow_download)
    groups = read_groups(data)
    groups, held = (groups, read_groups([validation])) if validation else hold_back(groups)
    use_threads(threads)
    begun = start(folder, seed=recipe["seed"], dropout=recipe["dropout"], max_tokens=max_tokens)
    with Progress(quiet=quiet) as progress:
        state = train_pair(
            begun,
            groups,
            held,
            Recipe(**recipe),
            out,
            device=choose_device(device),
            resume=resume,
            progress=progress,
        )
    click.echo(f"{out}: {state.step} steps, validation loss {state.best:.4f}", err=True)


@main.command()
@with_options(COMMON)
@click.option("--lr", default=2e-5, help="The highest learning rate.")
def encoder(
    data: tuple[Path, ...],
    base: str,
    out: Path,
    validation: Path | None,
    device: str,
    threads: int,
    allow_download: bool,
    quiet: bool,
    **settings: Any,
) -> None:
    """Train a sentence encoder on questions and their passages.

    Leaves a sentence-transformers folder in --out: give it to lepton-index build --encoder.
    """
    from lepton_local.models.load import choose_device
    from lepton_local.models.resolve import BUNDLED_ENCODER, resolve
    from lepton_local.train.data import hold_back, read_groups
    from lepton_local.train.encoder import train_encoder
    from lepton_local.train.loop import use_threads

    folder = resolve(base, bundled=BUNDLED_ENCODER, allow_download=allow_download)
    groups = read_groups(data)
    groups, held = (groups, read_groups([validation])) if validation else hold_back(groups)
    use_threads(threads)
    report = train_encoder(
        folder, groups, held, out, device=choose_device(device), quiet=quiet, **settings
    )
    before, after = report["before"], report["after"]
    click.echo(
        f"{out}: held-back passages found first {before:.1%} before, {after:.1%} now", err=True
    )


@main.command()
@click.argument("model")
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--sample", default=0, help="Ask so many of its questions; 0: all.")
@click.option("--seed", default=0, help="Of the sample.")
@click.option("--chinese", is_flag=True, help="Count characters in place of words.")
@click.option("--threads", default=0, help="Cores to use; 0: all.")
@device_option
@download_option
@json_option
@quiet_option
def score(
    model: str,
    data: Path,
    sample: int,
    seed: int,
    chinese: bool,
    threads: int,
    device: str,
    allow_download: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Measure a reader on SQuAD JSON: each question beside its own paragraph, without an index.

    MODEL is `bundled`, a name or a folder.
    """
    import random

    from lepton_local.errors import InputError
    from lepton_local.evaluation.datasets import QuestionSet, load_dataset
    from lepton_local.models.load import load_reader
    from lepton_local.train.score import score_reader

    found = load_dataset(data)
    if not isinstance(found, QuestionSet):
        raise InputError(f"{data}: a retrieval set, expected SQuAD JSON; use lepton-search eval")
    questions = found.questions
    if sample and sample < len(questions):
        questions = tuple(random.Random(seed).sample(questions, sample))
    reader = load_reader(model, device=device, threads=threads, allow_download=allow_download)
    with Progress(quiet=quiet) as progress:
        report = score_reader(reader, questions, chinese=chinese, progress=progress)
    if as_json:
        echo_json(report)
        return
    click.echo(f"EM {report['em']}  F1 {report['f1']}  ({report['questions']} questions)")
    for kind, part in report["kinds"].items():
        click.echo(f"  {kind:<7} EM {part['em']}  F1 {part['f1']}  ({part['questions']})")
    if report["auroc"] is not None:
        click.echo(f"  answerable or not: AUROC {report['auroc']}")


@main.command()
@click.argument("model")
@click.option("--out", required=True, type=FOLDER, help="Where model.onnx and model.bin go.")
@click.option(
    "--precision", type=click.Choice(["fp32", "int8"]), default="fp32", help="Of the graph."
)
@download_option
def export(model: str, out: Path, precision: Any, allow_download: bool) -> None:
    """Write a pair model, cross-encoder or reader as an ONNX graph.

    MODEL is `bundled`, a name or a folder.
    """
    from lepton_local.models.card import judge_card
    from lepton_local.models.export import GRAPH
    from lepton_local.models.export import export as write_graph
    from lepton_local.models.resolve import BUNDLED_PAIR, resolve

    folder = resolve(model, bundled=BUNDLED_PAIR, allow_download=allow_download)
    out.mkdir(parents=True, exist_ok=True)
    write_graph(judge_card(folder), out, precision=precision)
    click.echo(f"{out / GRAPH}: {precision}", err=True)
