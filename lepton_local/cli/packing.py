"""`lepton-train pack`: a trained model without what all-MiniLM-L6-v2 has."""

from __future__ import annotations

from pathlib import Path

import click

from lepton_local.cli.training import FOLDER


@click.command()
@click.argument("model", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", required=True, type=FOLDER, help="Where the smaller model goes.")
def pack(model: Path, out: Path) -> None:
    """Write a pair model or an encoder without what all-MiniLM-L6-v2 has.

    It gives the same numbers, and is half as large if it was trained with --base bundled and
    --freeze embeddings. Only a lepton-local with the same all-MiniLM-L6-v2 can use it.
    """
    from lepton_local.train.pack import pack as write

    kept, left = write(model, out)
    click.echo(f"{out}: {kept} tensors kept, {left} left to all-MiniLM-L6-v2", err=True)
