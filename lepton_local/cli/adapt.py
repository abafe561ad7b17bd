"""`lepton-train adapt`: an index learns from what was said of its answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lepton_local.cli import options as given
from lepton_local.cli.group import NOTHING, Group
from lepton_local.cli.screen import clean, echo, echo_json, prose
from lepton_local.cli.taught import teacher, workshop
from lepton_local.errors import InputError

if TYPE_CHECKING:  # they import numpy and pyarrow
    from lepton_local.learning.adapt import Step
    from lepton_local.learning.ladder import Climbed

_WHAT = {
    "weights": "nDCG@10 of held-back questions",
    "questions": "nDCG@10 of held-back questions",
    "adapters": "nDCG@10 of held-back questions",
    "threshold": "right less wrong answers, of held-back marks",
}


@click.command()
@given.index_argument
@click.option("--undo", is_flag=True, help="Search as if nothing had been learnt.")
@click.option(
    "--report",
    "page",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Save before and after of each question, and a learning curve, as a page.",
)
@click.option("--rerank/--no-rerank", default=True, help="Learn for searches that judge, or not.")
@given.device_option
@given.json_option
@given.quiet_option
def adapt(
    index: str, undo: bool, page: Path | None, as_json: bool, quiet: bool, **engine: Any
) -> None:
    """Learn from the answers and passages of INDEX that were rated.

    From 30 marked questions: what words and the judge count; from 30 marked answers: how sure one
    must be; from 100 marked questions: where questions are moved to; from 300, with the extra
    `train`: adapters of the network that judges and reads, which takes minutes. A step is used only
    if it wins on marks that were held back from it, and what the documents say of themselves is
    still found. What was learnt lies beside the index, in INDEX.learnt.json, and the network in
    INDEX.learnt.pair.

    Exit status: 0 something was learnt, or undone; 1 nothing was; 2 an error.
    """
    from lepton_local.cli.engine import open_searcher
    from lepton_local.cli.progress import Progress
    from lepton_local.learning.ladder import learn
    from lepton_local.saved.measured import check_report
    from lepton_local.store import learnt
    from lepton_local.store.feedback import Feedback

    if undo:
        there = learnt.remove(index)
        path = str(learnt.path_of(index))
        if as_json:
            echo_json({"schema": 1, "file": path, "removed": there})
        else:
            told = "is removed" if there else "is not there, so nothing had been learnt"
            echo([f"{clean(path)} {told}"])
        if not there:
            raise click.exceptions.Exit(NOTHING)
        return
    if page is not None:
        check_report(page)
    events = Feedback(index).events()
    if not events:
        raise InputError(
            f"{index}: nothing was said of its answers, expected marks to learn from",
            advice=f'lepton-search rate {index} "QUESTION" --good',
        )
    searcher = open_searcher(index, (), {**engine, "feedback": False})
    how = {"device": engine["device"], "rerank": engine["rerank"]}
    with Progress(quiet=quiet) as progress, workshop(index) as folder:
        teach = teacher(index, **how, progress=progress)
        climbed = learn(searcher, events, teach=teach, folder=folder, progress=progress)
        if climbed.learnt is None:
            learnt.remove(index)
        else:
            learnt.write(index, climbed.learnt, climbed.judge)
    if page is not None and climbed.before:
        _save(index, climbed, page)
    elif page is not None:
        echo([f"{clean(str(page))} is not written: no question was measured"], err=True)
    if as_json:
        echo_json(_record(index, climbed))
    else:
        echo(_lines(index, climbed))
    if climbed.learnt is None:
        raise click.exceptions.Exit(NOTHING)


def _lines(index: str, climbed: Climbed) -> Iterator[str]:
    """What came of each step."""
    from lepton_local.cli.describe import count
    from lepton_local.store.learnt import path_of

    gone = f", {climbed.gone:,} of passages that are gone" if climbed.gone else ""
    yield f"{count(climbed.marks, 'mark')} of {count(climbed.questions, 'question')}{gone}"
    if climbed.sentences or climbed.drafted:
        yield (
            f"to be remembered: {count(climbed.drafted, 'question')} drafted from the documents, "
            f"{count(climbed.sentences, 'sentence')} of them"
        )
    for step in climbed.steps:
        yield from _step_lines(step)
    if climbed.learnt is None:
        yield "nothing was learnt; the index is searched as it ships"
    else:
        yield f"kept in {clean(str(path_of(index)))}"
        yield click.style(f"undo: lepton-train adapt {clean(index)} --undo", dim=True)


def _step_lines(step: Step) -> Iterator[str]:
    if step.marks < step.needed:
        yield f"{step.name:<10}  not tried: {step.refused}, and there are {step.marks}"
        return
    if not (step.before or step.after or any(step.interval)):
        yield f"{step.name:<10}  not tried: {prose(step.refused)}"
        return
    told = "not used" if step.refused else "used"
    low, high = step.interval
    yield (
        f"{step.name:<10}  {told}: {_WHAT[step.name]} {step.before:.3f} -> {step.after:.3f} "
        f"(80 %: {low:+.3f} to {high:+.3f})"
    )
    if any(step.remembered):
        was, now = step.remembered
        yield f"{'':<10}  remembered {was:.3f} -> {now:.3f}"
    if step.refused:
        yield f"{'':<10}  {prose(step.refused)}"


def _record(index: str, climbed: Climbed) -> dict[str, Any]:
    from lepton_local.store.learnt import path_of

    return {
        "schema": 1,
        "file": str(path_of(index)),
        "marks": climbed.marks,
        "questions": climbed.questions,
        "gone": climbed.gone,
        "remembered": {"drafted": climbed.drafted, "sentences": climbed.sentences},
        "steps": [{**asdict(step), "used": not step.refused} for step in climbed.steps],
        "curve": [list(point) for point in climbed.curve],
        "learnt": climbed.learnt is not None,
    }


def _save(index: str, climbed: Climbed, page: Path) -> None:
    from lepton_local.evaluation.compare import Measured, compare
    from lepton_local.saved.measured import save_report
    from lepton_local.train.curve import lines

    before, after = Measured(climbed.before), Measured(climbed.after)
    about = {"index": index, "dataset": "What was rated", "settings": "what was learnt from it"}
    told = {"against": after.report(), **compare(before, after)}
    points: Sequence[tuple[float, float]] = climbed.curve
    drawn = lines({"held back": points}, x="questions learnt from", y="nDCG@10")
    report = {**about, **before.report(), **told, "each": before.each(), "picture": drawn}
    save_report(report, page)


def register(main: Group) -> None:
    """Add `adapt`."""
    main.add_command(adapt)
