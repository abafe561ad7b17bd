"""Options that several commands of bench.py share."""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)

work_option = click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Scratch folder for indexes; those of an earlier run are used again.",
)
sample_option = click.option("--sample", type=int, help="Ask this many questions, not all.")
seed_option = click.option("--seed", default=0, show_default=True, help="Chooses the sample.")
data_option = click.option(
    "--data",
    type=FOLDER,
    envvar="LEPTON_DATA",
    required=True,
    help="Folder of BEIR folders, or one with those in ir/. Default: LEPTON_DATA.",
)


def sets_in(data: Path) -> Path:
    """The folder of BEIR folders."""
    return data / "ir" if (data / "ir").is_dir() else data
