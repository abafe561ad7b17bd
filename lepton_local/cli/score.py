"""`lepton-train score`: how well a reader reads, without an index."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from lepton_local.cli.options import device_option, download_option, json_option, quiet_option
from lepton_local.cli.progress import Progress
from lepton_local.cli.screen import echo, echo_json
from lepton_local.errors import InputError
from lepton_local.evaluation.datasets import Question, QuestionSet, load_dataset


@click.command()
@click.argument("model")
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--sample", default=0, help="Ask so many of the questions, drawn by chance; 0: all.")
@click.option("--seed", default=0, help="Fixes which questions are drawn.")
@click.option("--chinese", is_flag=True, help="Count characters in place of words.")
@click.option("--threads", default=0, help="Cores to use; 0: all.")
@click.option(
    "--report",
    is_flag=True,
    help="Also how well each word is told to be in an answer (A) or outside (O): by the tags of a "
    "model that was trained to tag, else by its best span.",
)
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
    report: bool,
    quiet: bool,
) -> None:
    """Measure a reader on SQuAD JSON, without an index.

    Each question is read beside its own paragraph.

    MODEL is `bundled`, a name or a folder.
    """
    from lepton_local.models.load import load_reader
    from lepton_local.train.report import class_report, words_told
    from lepton_local.train.score import score_reader

    questions = questions_of(data, sample, seed)
    reader = load_reader(model, device=device, threads=threads, allow_download=allow_download)
    with Progress(quiet=quiet) as progress:
        told = score_reader(reader, questions, chinese=chinese, progress=progress)
        if report:
            told["words"] = class_report(words_told(reader, questions, chinese=chinese))
    if as_json:
        echo_json(told)
        return
    click.echo(f"EM {told['em']}  F1 {told['f1']}  ({told['questions']} questions)")
    for kind, part in told["kinds"].items():
        click.echo(f"  {kind:<7} EM {part['em']}  F1 {part['f1']}  ({part['questions']})")
    if told["auroc"] is not None:
        click.echo(f"  answerable or not: AUROC {told['auroc']}")
    if report:
        echo(report_lines(told["words"]))


def report_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The classes and their means as rows."""
    yield f"  {'':<9}{'precision':>10}{'recall':>8}{'F1':>8}{'words':>10}"
    for name, row in report.items():
        figures = f"{row['precision']:>10}{row['recall']:>8}{row['f1']:>8}{row['words']:>10}"
        yield f"  {name:<9}{figures}"


def questions_of(data: Path, sample: int, seed: int) -> tuple[Question, ...]:
    """The questions of a SQuAD file, or some of them."""
    found = load_dataset(data)
    if not isinstance(found, QuestionSet):
        raise InputError(
            f"{data}: a retrieval set, expected SQuAD JSON", advice="use lepton-search eval"
        )
    if not sample or sample >= len(found.questions):
        return found.questions
    return tuple(random.Random(seed).sample(found.questions, sample))
