"""Measure the engine on published test sets; each run leaves a record in benchmarks/runs/."""

from __future__ import annotations

from pathlib import Path

import adapt as adapt_bench
import answers as answers_bench
import building as build_bench
import chunks as chunks_bench
import click
import documents as documents_bench
import fast
import faults as faults_bench
import fusion as fusion_bench
import quality as quality_bench
import speed as speed_bench
from options import FILE, FOLDER, data_option, sample_option, seed_option, sets_in, work_option

from lepton_local.errors import LeptonError

GUIDE = Path(__file__).resolve().parent.parent / "corpora" / "guide"


@click.group()
def main() -> None:
    """Measure the engine on published test sets."""


for command in fast.COMMANDS:
    main.add_command(command)


@main.result_callback()
def _told(record: Path | None) -> None:
    """Show the record that a command gave, if it has not shown it itself."""
    if record is not None:
        _show(record)


@main.command()
@data_option
@work_option
@click.option("--sets", default="", help="Names of sets, with commas; all there are by default.")
@click.option("--modes", default=",".join(quality_bench.MODES), show_default=True)
@click.option("--encoder", default="bundled", show_default=True, help="Name or folder of a model.")
@sample_option
@seed_option
@click.option("--name", default="quality", show_default=True, help="Of the record.")
def quality(
    data: Path,
    work: Path,
    sets: str,
    modes: str,
    encoder: str,
    sample: int | None,
    seed: int,
    name: str,
) -> None:
    """Rank documents by words, by meaning, by both, and reranked."""
    chosen = [mode for mode in modes.split(",") if mode]
    if unknown := sorted(set(chosen) - set(quality_bench.MODES)):
        raise click.BadParameter(f"{', '.join(unknown)}; expected {', '.join(quality_bench.MODES)}")
    record = quality_bench.run(
        sets_in(data),
        work,
        sets=[each for each in sets.split(",") if each],
        modes=chosen,
        encoder=encoder,
        sample=sample,
        seed=seed,
        name=name,
    )
    _show(record)


@main.command()
@data_option
@work_option
@click.option("--sets", default="", help="Names of sets, with commas; all there are by default.")
@click.option("--depth", default=50, show_default=True, help="Passages that are judged.")
@click.option("--reranker", default="bundled", show_default=True)
@sample_option
@seed_option
@click.option("--name", default="fusion", show_default=True, help="Of the record.")
def fusion(
    data: Path,
    work: Path,
    sets: str,
    depth: int,
    reranker: str,
    sample: int | None,
    seed: int,
    name: str,
) -> None:
    """Compare ways to make up the final score, cross-validated over the sets."""
    record = fusion_bench.run(
        sets_in(data),
        work,
        sets=[each for each in sets.split(",") if each],
        sample=sample,
        seed=seed,
        depth=depth,
        reranker=reranker,
        name=name,
    )
    _show(record)


@main.command()
@click.option("--articles", type=FOLDER, required=True, help="Folder of documents.")
@click.option(
    "--questions",
    default="squad-dev-v1.1",
    show_default=True,
    help="SQuAD JSON file, or its name in LEPTON_DATA.",
)
@work_option
@sample_option
@seed_option
@click.option("--name", default="answers", show_default=True, help="Of the record.")
def answers(
    articles: Path, questions: str, work: Path, sample: int | None, seed: int, name: str
) -> None:
    """Ask questions of whole documents, and once more without the document that answers."""
    _show(answers_bench.run(articles, questions, work, sample=sample, seed=seed, name=name))


@main.command()
@work_option
@click.option("--corpus", type=FOLDER, default=GUIDE, help="Documents. Default: the user guide.")
@click.option("--workers", default=1, show_default=True, help="Processes that parse.")
@click.option("--repeats", default=3, show_default=True, help="Builds, and encodings alone.")
@click.option("--name", default="build", show_default=True, help="Of the record.")
def build(work: Path, corpus: Path, workers: int, repeats: int, name: str) -> None:
    """Time a build by stage, beside encoding its passages alone."""
    _show(build_bench.run(corpus, work, workers=workers, repeats=repeats, name=name))


@main.command()
@click.argument("domains", nargs=-1, required=True, metavar="NAME=FILE...")
@click.option("--old", type=FILE, required=True, help="Questions that the model has learnt from.")
@click.option("--kept", default="squad-dev-v1.1", show_default=True, help="Shows what it forgets.")
@click.option("--base", type=FOLDER, default=adapt_bench.BUNDLED_PAIR, help="Model to start from.")
@click.option("--sizes", default="100,500,2000", show_default=True, help="Questions to learn from.")
@click.option("--threads", default=0, help="Cores to use; 0: all.")
@work_option
@click.option("--sample", default=1000, show_default=True, help="Questions of --kept to ask.")
@seed_option
@click.option("--name", default="adapt", show_default=True, help="Of the record.")
def adapt(
    domains: tuple[str, ...],
    old: Path,
    kept: str,
    base: Path,
    sizes: str,
    threads: int,
    work: Path,
    sample: int,
    seed: int,
    name: str,
) -> None:
    """Teach the pair model new domains, with more and more questions of each."""
    named = [each.partition("=") for each in domains]
    record = adapt_bench.run(
        {name: Path(path) for name, _, path in named},
        old,
        kept,
        work,
        sample=sample,
        seed=seed,
        base=base,
        sizes=[int(each) for each in sizes.split(",")],
        threads=threads,
        name=name,
    )
    _show(record)


@main.command()
@click.option("--data", type=FOLDER, required=True, help="Folder of BEIR folders.")
@click.option("--excerpts", type=FOLDER, required=True, help="Markdown files and questions.csv.")
@work_option
@click.option("--sets", default="cisi,medline", show_default=True)
@click.option(
    "--sizes",
    default="96/16,128/24,160/24,180/0,180/24,180/48,204/24",
    show_default=True,
    help="Word pieces a passage, and of overlap.",
)
@click.option("--name", default="chunks", show_default=True, help="Of the record.")
def chunks(data: Path, excerpts: Path, work: Path, sets: str, sizes: str, name: str) -> None:
    """Compare sizes of passages."""
    pairs = [tuple(map(int, each.split("/"))) for each in sizes.split(",")]
    chosen = [(tokens, overlap) for tokens, overlap in pairs]
    record = chunks_bench.run(data, excerpts, work, sets=sets.split(","), sizes=chosen, name=name)
    _show(record)


@main.command()
@click.argument("folders", nargs=-1, required=True, type=FOLDER)
@work_option
@click.option("--files", default=1200, show_default=True, help="At most, of the index's sample.")
@click.option("--passages", default=8000, show_default=True, help="At most, of the index's sample.")
@click.option("--name", default="documents", show_default=True, help="Of the record.")
def documents(folders: tuple[Path, ...], work: Path, files: int, passages: int, name: str) -> None:
    """Read real documents in many formats, index a sample, ask one manual in three formats."""
    _show(documents_bench.run(folders, work, files=files, passages=passages, name=name))


@main.command()
@work_option
@click.option("--index", "indexes", type=FOLDER, multiple=True, help="To measure; else some made.")
@click.option("--base", type=FOLDER, help="Index that larger ones are made from.")
@click.option("--rows", default="1000,10000,100000", show_default=True, help="Passages of each.")
@click.option("--large", is_flag=True, help="One of a million passages as well.")
@click.option("--repeats", default=7, show_default=True, help="Cold processes of each command.")
@click.option("--questions", default=100, show_default=True, help="That are asked warm.")
@seed_option
@click.option("--name", default="speed", show_default=True, help="Of the record.")
def speed(
    work: Path,
    indexes: tuple[Path, ...],
    base: Path | None,
    rows: str,
    large: bool,
    repeats: int,
    questions: int,
    seed: int,
    name: str,
) -> None:
    """Time a question, from a cold process and warm, against the number of passages."""
    work.mkdir(parents=True, exist_ok=True)
    record = speed_bench.run(
        work,
        indexes=indexes,
        base=base,
        rows=[*map(int, rows.split(",")), *([1_000_000] if large else [])],
        repeats=repeats,
        questions=questions,
        seed=seed,
        name=name,
    )
    _show(record)


@main.command()
@work_option
@click.option("--corpus", type=FOLDER, default=GUIDE, help="Documents. Default: the user guide.")
@click.option("--kills", default=200, show_default=True, help="Of build, update and compact.")
@click.option("--mutations", default=10_000, show_default=True, help="Mutated files.")
@seed_option
@click.option("--name", default="faults", show_default=True, help="Of the record.")
def faults(work: Path, corpus: Path, kills: int, mutations: int, seed: int, name: str) -> None:
    """Kill writers, fill disks and mutate files; an index that comes to harm ends the run."""
    record = faults_bench.run(corpus, work, kills=kills, mutations=mutations, seed=seed, name=name)
    _show(record)


def _show(record: Path) -> None:
    click.echo(f"{record}\n\n{(record / 'summary.md').read_text(encoding='utf-8')}", nl=False)


if __name__ == "__main__":
    try:
        main()
    except LeptonError as error:
        raise SystemExit(f"error: {error}") from None
