"""`lepton-index`: make an index of documents, keep it fresh, look into it."""

# Every command imports the library when it runs: numpy, pyarrow and the models take up to seconds
# to load, while `--help`, completion and a mistyped option are to be answered at once.

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import click

from lepton_local import __version__
from lepton_local.cli import (
    bundles,
    chatlog,
    completion,
    describe,
    documents,
    feedback,
    locking,
    names,
    rate,
    roots,
    secrets,
)
from lepton_local.cli import options as given
from lepton_local.cli.added import add_field
from lepton_local.cli.clusters import ray_option, working
from lepton_local.cli.group import FAILED, NOTHING, Group, complaint
from lepton_local.cli.screen import echo, echo_json, terminal_width
from lepton_local.cli.settings import settings, settings_lines
from lepton_local.config import BuildConfig
from lepton_local.corpus.passed import is_harmless

if TYPE_CHECKING:
    from lepton_local.indexing.report import Report
    from lepton_local.types import Skipped


@click.group(cls=Group, name="lepton-index", context_settings=given.SETTINGS)
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """Index the documents on your own disk. Nothing leaves the machine.

    \b
    lepton-index build ~/notes
    lepton-search query indexes/notes "when is the rent due?"
    """


@main.command()
@click.argument("corpus", nargs=-1, required=True, type=click.Path())
@click.option(
    "--out", type=click.Path(), metavar="INDEX", help="Default: indexes/<name of first corpus>."
)
@click.option(
    "--allow-deletions", is_flag=True, help="Even if an index there is of other folders as well."
)
@click.option("--encrypt", is_flag=True, help="Keep every file of a new index encrypted.")
@secrets.key_file_option
@given.with_options(given.MAKING)
@ray_option
@given.json_option
@given.quiet_option
@given.strict_option
def build(
    corpus: tuple[str, ...],
    out: str | None,
    allow_deletions: bool,
    encrypt: bool,
    ray: str | None,
    as_json: bool,
    quiet: bool,
    strict: bool,
    **options: Any,
) -> None:
    """Make an index of your documents.

    CORPUS is a folder, a file, or a .jsonl or .csv of documents; there may be several.

    Exit status: 0 done; 2 an error, or done with some files skipped, each named with its reason.
    """
    from lepton_local.cli.progress import Progress
    from lepton_local.indexing import builder

    if not allow_deletions:
        roots.check_left_out(corpus, out)
    from lepton_local.store.keys import RING

    secret = secrets.new_secret(RING.file) if encrypt else None
    with Progress(quiet=quiet) as progress, working(ray) as crew:
        config = BuildConfig(**options)
        report = builder.build(corpus, out, config, secret=secret, crew=crew, progress=progress)
    _finish(report, as_json=as_json, quiet=quiet, strict=strict)


@main.command()
@given.index_argument
@click.option("--watch", is_flag=True, help="Stay, and take in what changes, until Ctrl-C.")
@click.option(
    "--allow-deletions",
    is_flag=True,
    help="Even if a folder is missing, or most of it has gone at once.",
)
@given.device_option
@given.download_option
@ray_option
@given.json_option
@given.quiet_option
@given.strict_option
def update(
    index: str,
    watch: bool,
    ray: str | None,
    as_json: bool,
    quiet: bool,
    strict: bool,
    **how: Any,
) -> None:
    """Bring an index up to date.

    Takes in what was added, changed, moved or removed since; the rest is not read again.

    Exit status: 0 done; 2 an error, or done with some files skipped, each named with its reason.
    """
    from lepton_local.cli.progress import Progress
    from lepton_local.indexing import builder

    def once() -> Report:
        with Progress(quiet=quiet) as progress, working(ray) as crew:
            return builder.update(index, crew=crew, progress=progress, **how)

    if watch:
        _watch(index, once, as_json=as_json, quiet=quiet)
    else:
        _finish(once(), as_json=as_json, quiet=quiet, strict=strict)


main.add_command(add_field)


@main.command()
@given.index_argument
@ray_option
@given.json_option
@given.quiet_option
def compact(index: str, ray: str | None, as_json: bool, quiet: bool) -> None:
    """Merge what updates have left into one. Nothing is read or encoded again."""
    from lepton_local.cli.progress import Progress
    from lepton_local.indexing import builder

    with Progress(quiet=quiet) as progress, working(ray) as crew:
        report = builder.compact(index, crew=crew, progress=progress)
    if as_json:
        echo_json(describe.info_record(report.index))
    elif not quiet:
        echo(describe.info_lines(report.index))


@main.command()
@given.index_argument
@click.option("--skipped", is_flag=True, help="Name every skipped file and its reason.")
@click.option(
    "--settings",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda ctx, _, wanted: _show_settings(ctx) if wanted else None,
    help="Show what config.toml sets in place of options, and leave it at that.",
)
@given.json_option
def info(index: str, skipped: bool, as_json: bool) -> None:
    """Say what is in an index and how it was made."""
    from lepton_local.store.index import Index

    opened = Index.open(index)
    if as_json:
        echo_json(describe.info_record(opened))
    elif skipped:
        echo(describe.skipped_lines(opened.manifest.skipped, width=terminal_width(sys.stdout)))
    else:
        echo(describe.info_lines(opened))


@main.command()
@given.index_argument
@click.option("--sources", is_flag=True, help="Read every file again and prove each passage.")
@given.json_option
def check(index: str, sources: bool, as_json: bool) -> None:
    """Prove that an index is whole.

    Digests, counts and offsets are checked, and what is wrong with them is printed.

    Exit status: 0 all is well; 2 something is wrong.
    """
    from lepton_local.indexing.check import check

    findings = list(check(index, sources=sources))
    if as_json:
        echo_json(describe.check_record(index, findings))
    else:
        echo(describe.check_lines(index, findings))
    if not all(finding.ok for finding in findings):
        raise click.exceptions.Exit(FAILED)


@main.command()
@given.index_argument
@click.argument("file", type=click.Path(readable=False))  # one that cannot be read, too
@given.json_option
def explain(index: str, file: str, as_json: bool) -> None:
    """Say why a file is, or is not, found.

    FILE is a path on disk, or one that a search has cited.

    Exit status: 0 it is indexed; 1 it is not; 2 an error.
    """
    from lepton_local.cli.story import story_lines
    from lepton_local.indexing.explain import explain

    record = explain(index, file)
    if as_json:
        echo_json(record)
    else:
        echo(story_lines(record))
    if "documents" not in record:
        raise click.exceptions.Exit(NOTHING)


documents.register(main)
completion.register(main)
bundles.register(main)
names.register(main)
rate.register_forget(main)
locking.register(main)
feedback.register(main)
chatlog.register(main)
roots.register(main, lambda report, **shown: _finish(report, **shown))


def _show_settings(ctx: click.Context) -> None:
    echo(settings_lines(settings()))
    ctx.exit()


def _watch(index: str, update: Callable[[], Report], *, as_json: bool, quiet: bool) -> None:
    """Tell each new generation, each failure and each skipped file once."""
    from lepton_local.indexing.report import Report
    from lepton_local.indexing.watch import updates

    told, wrong = 0, ""  # the last generation, and the last failure
    named: tuple[Skipped, ...] = ()
    for outcome in updates(index, update):
        if not isinstance(outcome, Report):
            if wrong != (wrong := complaint(outcome)):
                echo([f"lepton-index: {wrong}"], err=True)
        elif told != outcome.index.manifest.generation:
            _tell(outcome, as_json=as_json, quiet=quiet, named=named)
            told, wrong = outcome.index.manifest.generation, ""
            named = outcome.skipped


def _finish(report: Report, *, as_json: bool, quiet: bool, strict: bool) -> None:
    """Tell what was done; exit status 2 if files were skipped, as a matter of course only if
    `strict`.
    """
    _tell(report, as_json=as_json, quiet=quiet)
    if any(strict or not is_harmless(each.reason) for each in report.skipped):
        raise click.exceptions.Exit(FAILED)


def _tell(report: Report, *, as_json: bool, quiet: bool, named: Collection[Skipped] = ()) -> None:
    """What was done, and then which files were skipped, but for those that were `named` before."""
    if as_json:
        echo_json(describe.report_record(report))
    elif not quiet:
        echo(describe.report_lines(report))
    if skipped := [each for each in report.skipped if each not in named]:
        lines = describe.skipped_lines(
            skipped, report.index.place, width=terminal_width(sys.stderr)
        )
        echo(lines, err=True)
