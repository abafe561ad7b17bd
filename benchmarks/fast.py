"""Commands of bench.py that compare: other engines, FAISS at scale, other runtimes, a GPU."""

from __future__ import annotations

from pathlib import Path

import click
import gpu as gpu_bench
import peers as peers_bench
import runtimes as runtimes_bench
import scale as scale_bench
from options import FILE, data_option, seed_option, sets_in, work_option

set_option = click.option(
    "--set", "set_name", default="squad_open_dev", show_default=True, help="Of real passages."
)


@click.command()
@data_option
@work_option
@click.option("--sets", default="squad_open_dev,scifact", show_default=True)
@click.option("--documents", default=2000, show_default=True, help="Of each set, at most.")
@click.option("--questions", default=100, show_default=True, help="Of each set, at most.")
@click.option("--repeats", default=5, show_default=True, help="Cold processes of each.")
@seed_option
@click.option("--name", default="peers", show_default=True, help="Of the record.")
def peers(
    data: Path,
    work: Path,
    sets: str,
    documents: int,
    questions: int,
    repeats: int,
    seed: int,
    name: str,
) -> Path:
    """Index and search the same documents with other engines, side by side."""
    return peers_bench.run(
        sets_in(data),
        work,
        sets=sets.split(","),
        documents=documents,
        questions=questions,
        repeats=repeats,
        seed=seed,
        name=name,
    )


@click.command()
@data_option
@work_option
@set_option
@click.option("--rows", default="100000,1000000", show_default=True, help="Vectors of each.")
@click.option("--kind", "kinds", multiple=True, default=scale_bench.KINDS, show_default=True)
@click.option("--questions", default=200, show_default=True)
@click.option("--updates", default=100, show_default=True, help="Of an index that is updated.")
@seed_option
@click.option("--name", default="scale", show_default=True, help="Of the record.")
def scale(
    data: Path,
    work: Path,
    set_name: str,
    rows: str,
    kinds: tuple[str, ...],
    questions: int,
    updates: int,
    seed: int,
    name: str,
) -> Path:
    """Build and ask FAISS indexes of made vectors; --kind is a word for --faiss, or `exact`."""
    return scale_bench.run(
        sets_in(data),
        work,
        set_name=set_name,
        rows=[int(each) for each in rows.split(",")],
        kinds=kinds,
        questions=questions,
        changes=updates,
        seed=seed,
        name=name,
    )


@click.command()
@data_option
@work_option
@set_option
@click.option("--sets", default="medline,stackfaq", show_default=True, help="For nDCG of int8.")
@click.option("--rows", default=256, show_default=True, help="That are run again and again.")
@click.option("--seconds", default=1.2, show_default=True, help="Of each measurement in a round.")
@click.option("--rounds", default=3, show_default=True)
@seed_option
@click.option("--name", default="runtimes", show_default=True, help="Of the record.")
def runtimes(
    data: Path,
    work: Path,
    set_name: str,
    sets: str,
    rows: int,
    seconds: float,
    rounds: int,
    seed: int,
    name: str,
) -> Path:
    """Run the encoder and the pair model in several runtimes and precisions on this CPU."""
    return runtimes_bench.run(
        sets_in(data),
        work,
        texts=set_name,
        sets=[each for each in sets.split(",") if each],
        rows=rows,
        seconds=seconds,
        rounds=rounds,
        seed=seed,
        name=name,
    )


@click.command()
@data_option
@work_option
@set_option
@click.option("--questions", type=FILE, help="To train on; without, training is not measured.")
@click.option("--rows", default=10_000_000, show_default=True, help="Vectors for FAISS.")
@click.option("--minutes", default=2.0, show_default=True, help="Of training.")
@seed_option
@click.option("--name", default="gpu", show_default=True, help="Of the record.")
def gpu(
    data: Path,
    work: Path,
    set_name: str,
    questions: Path | None,
    rows: int,
    minutes: float,
    seed: int,
    name: str,
) -> Path:
    """Encode, judge, train and build on a GPU; without one, the record says so."""
    return gpu_bench.run(
        sets_in(data),
        work,
        set_name=set_name,
        questions=questions,
        rows=rows,
        minutes=minutes,
        seed=seed,
        name=name,
    )


COMMANDS = (peers, scale, runtimes, gpu)
