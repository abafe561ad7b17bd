"""`lepton-train`: teach the models your own documents, measure a reader, write a graph."""

# Every command imports what it needs when it runs: torch takes seconds to load, while `--help` and
# a mistyped option are to be answered at once.

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from lepton_local import __version__
from lepton_local.cli import adapt
from lepton_local.cli.group import Group
from lepton_local.cli.options import (
    SETTINGS,
    device_option,
    download_option,
    quiet_option,
    with_options,
)
from lepton_local.cli.packing import pack
from lepton_local.cli.progress import Progress
from lepton_local.cli.score import questions_of, score
from lepton_local.cli.training import COMMON, ENCODER, FILE, FOLDER, PAIR
from lepton_local.errors import extra


@click.group(cls=Group, name="lepton-train", context_settings=SETTINGS)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Teach the models your own documents. Nothing leaves the machine.

    \b
    lepton-train pair questions.jsonl --base bundled --out models/mine
    lepton-search query indexes/notes "…" --reranker models/mine --reader models/mine

    DATA is SQuAD JSON; or JSONL of {"query", "positive", "negatives": […]}; or of
    {"query", "passage", "relevant": true|false}. Any of them may be gzipped.
    """
    ctx.meta["stopped"] = f"nothing of this run is kept. To begin again: {ctx.meta['typed']}"


@main.command()
@with_options(COMMON)
@with_options(PAIR)
@click.pass_context
def pair(
    ctx: click.Context,
    /,
    data: tuple[Path, ...],
    base: str,
    out: Path,
    validation: Path | None,
    remember: Path | None,
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
    from lepton_local.train.recipe import Recipe

    with extra("train", "training a pair model"):
        from lepton_local.train.paired import PairRun

    again = ctx.meta["typed"] + ("" if resume else " --resume")
    ctx.meta["stopped"] = f"the best weights so far, if any, are in {out}. To go on: {again}"
    asked = PairRun(
        data=data,
        validation=validation,
        remember=remember,
        base=resolve(base, bundled=BUNDLED_PAIR, allow_download=allow_download),
        out=out,
        recipe=Recipe(**recipe),
        device=choose_device(device),
        max_tokens=max_tokens,
        resume=resume,
    )
    with Progress(quiet=quiet) as progress:
        state = asked.run(threads=threads, progress=progress)
    click.echo(f"{out}: {state.step} steps, validation loss {state.best:.4f}", err=True)


@main.command()
@with_options(COMMON)
@with_options(ENCODER)
def encoder(
    data: tuple[Path, ...],
    base: str,
    out: Path,
    validation: Path | None,
    device: str,
    threads: int,
    allow_download: bool,
    quiet: bool,
    teacher: tuple[str, ...],
    **settings: Any,
) -> None:
    """Train a sentence encoder on questions and their passages.

    Leaves a sentence-transformers folder in --out: give it to lepton-index build --encoder.
    """
    from lepton_local.models.borrowed import whole
    from lepton_local.models.load import choose_device, load_encoder
    from lepton_local.models.resolve import BUNDLED_ENCODER, resolve
    from lepton_local.train.data import hold_back, read_groups

    with extra("train", "training an encoder"):
        from lepton_local.train.encoder import train_encoder
        from lepton_local.train.machine import use_threads

    folder = whole(resolve(base, bundled=BUNDLED_ENCODER, allow_download=allow_download))
    groups = read_groups(data)
    groups, held = (groups, read_groups([validation])) if validation else hold_back(groups)
    use_threads(threads)
    teachers = [load_encoder(n, device=device, allow_download=allow_download) for n in teacher]
    settings |= {"device": choose_device(device), "quiet": quiet, "teachers": teachers}
    report = train_encoder(folder, groups, held, out, **settings)
    told = "{before:.1%} before, {after:.1%} now".format(**report)
    click.echo(f"{out}: held-back passages found first {told}", err=True)


@main.command()
@click.argument("data", nargs=-1, required=True, type=FILE)
@click.option("--index", required=True, type=FOLDER, help="Where other passages are found.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new .jsonl file.")
@click.option("--count", default=2, help="Passages to add to a question, at most.")
@quiet_option
def mine(data: tuple[Path, ...], index: Path, out: Path, count: int, quiet: bool) -> None:
    """Add wrong passages to questions, for training.

    They are passages that the index finds for a question and that do not answer it.
    """
    from lepton_local.config import SearchConfig
    from lepton_local.search.searcher import Searcher
    from lepton_local.store.files import writing_out
    from lepton_local.train.data import read_groups
    from lepton_local.train.mine import group_record, mined

    groups = [g for g in read_groups(data) if g.candidates[0].relevant is not False]
    searcher = Searcher.open(index, SearchConfig(rerank=False, answer=False))
    with Progress(quiet=quiet) as progress:
        rows = [group_record(g) for g in mined(groups, searcher, count=count, progress=progress)]
    with writing_out(out) as file:
        file.writelines(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
    found = sum(len(row["negatives"]) for row in rows)
    click.echo(f"{out}: {len(rows)} questions, {found} negatives", err=True)


@main.command()
@click.argument("model", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--index", required=True, type=FOLDER, help="Of the documents that DATA asks about.")
@click.option("--sample", default=0, help="Ask so many of the questions, drawn by chance; 0: all.")
@click.option("--seed", default=0, help="Fixes which questions are drawn.")
@device_option
@quiet_option
def calibrate(
    model: Path, data: Path, index: Path, sample: int, seed: int, device: str, quiet: bool
) -> None:
    """Fit what MODEL's scores are worth, on questions it has not learnt from.

    Asks the questions of DATA, SQuAD JSON, of the index, and once more without the documents that
    answer them. Writes calibration.json into MODEL: from then on its confidences are probabilities,
    and below its threshold no answer is given.
    """
    from lepton_local.config import SearchConfig
    from lepton_local.models.calibration import CALIBRATION, calibration, read_calibration
    from lepton_local.models.card import judge_card
    from lepton_local.models.resolve import BUNDLED
    from lepton_local.search.searcher import Searcher
    from lepton_local.store.files import write_json

    with extra("train", "fitting a calibration"):
        from lepton_local.train import calibrate as fitting
    questions = questions_of(data, sample, seed)
    reranker = str(model) if judge_card(model).head == "pair" else BUNDLED
    config = SearchConfig(reranker=reranker, reader=str(model), device=device)
    searcher = Searcher.open(index, config)
    with Progress(quiet=quiet) as progress:
        rows = fitting.judged(searcher, questions, progress=progress)
    before = read_calibration(model)
    how = fitting.fit(rows)
    path = model / CALIBRATION
    write_json(path, calibration(replace(before, answer=how).record(), path).record())
    for told, each in (("before", before.answer), ("now", how)):
        click.echo(f"{told}: {fitting.summary(rows, each)}", err=True)


@main.command()
@click.argument("model")
@click.option("--out", required=True, type=FOLDER, help="Where model.onnx and model.bin go.")
@click.option(
    "--precision",
    type=click.Choice(["fp32", "int8", "int7"]),
    default="fp32",
    help="Numbers of the graph; int7 for x86 processors without VNNI.",
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


main.add_command(pack)
main.add_command(score)
adapt.register(main)
