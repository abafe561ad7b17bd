"""Measure the engine on published test sets; each run leaves a record in benchmarks/runs/."""

from __future__ import annotations

from pathlib import Path

import answers as answers_bench
import chunks as chunks_bench
import click
import quality as quality_bench

from lepton_local.errors import LeptonError

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def main() -> None:
    """Measure the engine on published test sets."""


work_option = click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Scratch folder for indexes; those of an earlier run are used again.",
)
sample_option = click.option("--sample", type=int, help="Ask this many questions, not all.")
seed_option = click.option("--seed", default=0, show_default=True, help="Chooses the sample.")


@main.command()
@click.option(
    "--data",
    type=FOLDER,
    envvar="LEPTON_DATA",
    required=True,
    help="Folder of BEIR folders, or one with those in ir/. Default: LEPTON_DATA.",
)
@work_option
@click.option("--sets", default="", help="Names of sets, with commas; all there are by default.")
@click.option("--modes", default=",".join(quality_bench.MODES), show_default=True)
@sample_option
@seed_option
@click.option("--name", default="quality", show_default=True, help="Of the record.")
def quality(
    data: Path, work: Path, sets: str, modes: str, sample: int | None, seed: int, name: str
) -> None:
    """Rank documents by words, by meaning, by both, and reranked."""
    chosen = [mode for mode in modes.split(",") if mode]
    if unknown := sorted(set(chosen) - set(quality_bench.MODES)):
        raise click.BadParameter(f"{', '.join(unknown)}; expected {', '.join(quality_bench.MODES)}")
    record = quality_bench.run(
        data / "ir" if (data / "ir").is_dir() else data,
        work,
        sets=[each for each in sets.split(",") if each],
        modes=chosen,
        sample=sample,
        seed=seed,
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


def _show(record: Path) -> None:
    click.echo(f"{record}\n\n{(record / 'summary.md').read_text(encoding='utf-8')}", nl=False)


if __name__ == "__main__":
    try:
        main()
    except LeptonError as error:
        raise SystemExit(f"error: {error}") from None
