"""`lepton-search eval` and `lepton-search questions`: test sets, measured and drafted."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from lepton_local.cli import options as given
from lepton_local.cli.engine import open_searcher
from lepton_local.cli.group import NOTHING, Group
from lepton_local.cli.place import Place, Placed
from lepton_local.cli.screen import columns, echo, echo_json, fold, json_line, prose

CHANGES = 10  # questions that a comparison shows on a terminal


@click.command("eval", cls=Placed)
@given.index_argument
@click.argument("dataset", type=click.Path())
@click.option("--split", metavar="FILE", help="Judgements to use, where there are several.")
@click.option(
    "--against",
    metavar="SETTINGS",
    help="Compare with another index, other options, or both: '--mode lexical'.",
)
@given.also_option
@given.with_options(given.ENGINE)
@given.json_option
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Save the figures and each question as a page.",
)
@given.quiet_option
def evaluate(
    index: str,
    dataset: str,
    split: str | None,
    against: str | None,
    also: tuple[str, ...],
    as_json: bool,
    html: Path | None,
    quiet: bool,
    **engine: Any,
) -> None:
    """Measure how well a test set is answered.

    DATASET is a BEIR folder, a JSON file in the format of SQuAD, or a spreadsheet of questions and
    answers (CSV), as `questions` drafts one. Each figure comes with the interval in which it lies
    by chance. With --against, the same questions are asked again with other settings, and what
    differs is shown, question by question.

    Exit status: 0 done; 2 an error.
    """
    from lepton_local.cli.progress import Progress
    from lepton_local.evaluation.compare import compare
    from lepton_local.evaluation.datasets import load_dataset
    from lepton_local.evaluation.evaluate import measure
    from lepton_local.saved.measured import check_report, save_report

    other = None if against is None else _other(against, {"index": index, "also": also, **engine})
    if html is not None:
        check_report(html)
    data = load_dataset(dataset, split=split)
    with Progress(quiet=quiet) as progress:
        measured = measure(open_searcher(index, also, engine), data, progress=progress)
        report = measured.report()
        if other is not None:
            place, more = other.pop("index"), other.pop("also")
            second = measure(open_searcher(place, more, other), data, progress=progress)
            report |= {"against": second.report(), **compare(measured, second)}
    if html is not None:
        about = {"index": index, "dataset": dataset, "settings": against or ""}
        save_report({**about, **report, "each": measured.each()}, html)
    if as_json:
        echo_json(report)
    else:
        echo(_lines(report))


@click.command(add_help_option=False)
@click.argument("index", required=False, type=Place())
@given.also_option
@given.with_options(given.ENGINE)
def _settings(**_: Any) -> None:
    """What can be typed for `--against`."""


def _other(typed: str, first: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of the second run: those of the first, but for what was typed."""
    try:
        words = shlex.split(typed)
    except ValueError as error:
        raise click.UsageError(f"--against {typed}: {error}") from None
    with _settings.make_context("--against", words) as ctx:
        source = click.core.ParameterSource
        told = {
            name: value
            for name, value in ctx.params.items()
            if ctx.get_parameter_source(name) is source.COMMANDLINE
        }
    if not told:
        raise click.UsageError(f"--against {typed!r} says nothing, expected an index or options")
    if "index" in told:
        told.setdefault("also", ())
    return {**first, **told}


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The figures, each with its interval, and what a comparison found."""
    from lepton_local.cli import describe

    intervals, other = report["intervals"], report.get("against")
    plain = {
        name: value
        for name, value in report.items()
        if name not in ("intervals", "against", "measure", "differences", "changes")
    }
    if other is None:
        shown = {
            name: f"{value:,.4g}  ({intervals[name][0]:,.4g} to {intervals[name][1]:,.4g})"
            if name in intervals
            else value
            for name, value in plain.items()
        }
        yield from describe.table(shown)
        return
    for name, told in report["differences"].items():
        ends = told["interval"]
        between = f" ({ends[0]:+.3g} to {ends[1]:+.3g})" if ends else ""
        yield (
            f"  {name:<10} {report[name]:>7.4g} -> {other[name]:<7.4g} {told['mean']:+.3g}{between}"
            f", {told['better']} better, {told['worse']} worse, {_chance(told['p'])}"
        )
    moved = [each for each in report["changes"] if each["difference"]]
    still = len(report["changes"]) - len(moved)
    yield ""
    if moved:
        yield f"{describe.count(len(moved), 'question')} with another {report['measure']}:"
    for each in moved[:CHANGES]:
        first, *more = fold(prose(each["question"]), columns() - 10)
        yield f"  {each['difference']:+7.3g}  {first}"
        yield from (f"           {line}" for line in more)
    if len(moved) > CHANGES:
        yield "  … all of them: --html FILE or --json"
    yield f"{describe.count(still, 'question')} with other hits, but no better or worse."


def _chance(p: float) -> str:
    return "chance < 0.1 %" if p < 0.001 else f"chance {p:.1%}"


@click.command(cls=Placed)
@given.index_argument
@click.option("-n", "wanted", default=100, help="Questions to draft, at most.")
@click.option("--seed", default=0, help="Other questions for another seed.")
@given.device_option
@given.json_option
@given.quiet_option
def questions(
    index: str, wanted: int, seed: int, as_json: bool, quiet: bool, **engine: Any
) -> None:
    """Draft a test set from the documents, to be corrected by a person.

    Each line of the spreadsheet (CSV) is a question that stands in a document above its answer, or
    one made of a definition; the answer; and where it stands. Correct it, strike what is of no use,
    add what people ask, with an empty answer where the documents do not say; then: eval INDEX FILE.

    Exit status: 0 done; 1 the documents hold no such questions; 2 an error.
    """
    from lepton_local.cli.progress import Progress
    from lepton_local.cli.sheet import csv_line
    from lepton_local.evaluation.draft import draft

    if wanted < 1:
        raise click.UsageError(f"-n {wanted}, expected 1 or more")
    searcher = open_searcher(index, (), engine)
    with Progress(quiet=quiet) as progress:
        drafted = draft(
            searcher.index, lambda: searcher.reader, n=wanted, seed=seed, progress=progress
        )
    if as_json:
        for each in drafted:
            click.echo(json_line(asdict(each)), nl=False)
    else:
        click.echo(csv_line(["question", "answer", "document", "line", "kind"]), nl=False)
        for each in drafted:
            click.echo(csv_line(map(str, asdict(each).values())), nl=False)
    if not drafted:
        raise click.exceptions.Exit(NOTHING)


def register(main: Group) -> None:
    """Add the commands of this file."""
    main.add_command(evaluate)
    main.add_command(questions)
