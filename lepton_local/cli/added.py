"""`lepton-index add-field`: the vectors of a second encoder."""

# As in index.py, the library is imported when the command runs.

from __future__ import annotations

import click

from lepton_local.cli import options as given
from lepton_local.cli.describe import field_lines, report_record
from lepton_local.cli.place import Placed
from lepton_local.cli.screen import echo, echo_json


@click.command(cls=Placed)
@given.index_argument
@click.option(
    "--encoder",
    required=True,
    metavar="NAME|DIR",
    help="The second encoder: multilingual, bundled, or a model's folder.",
)
@click.option("--name", default="", help="What the field is called. Default: as the encoder.")
@click.option(
    "--pictures",
    is_flag=True,
    help="Of pictures, by a folder of CLIP or SigLIP: words then find what is in them.",
)
@given.device_option
@given.download_option
@given.json_option
@given.quiet_option
def add_field(
    index: str,
    encoder: str,
    name: str,
    pictures: bool,
    device: str,
    allow_download: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Add the vectors of a second encoder.

    No byte of the first ones changes, and from then on updates make both. Ctrl-C keeps what is
    encoded; the same command goes on from there.

    \b
    lepton-index add-field INDEX --encoder models/clip --pictures
    lepton-search query INDEX "a red barge at night" --fields pictures
    """
    from lepton_local.cli.progress import Progress
    from lepton_local.indexing import album, fields
    from lepton_local.store.names import PICTURES, field_name

    name = name or (PICTURES if pictures else field_name(encoder))
    add = album.add_pictures if pictures else fields.add
    with Progress(quiet=quiet) as progress:
        report = add(
            index,
            encoder,
            name=name,
            device=device,
            allow_download=allow_download,
            progress=progress,
        )
    if as_json:
        echo_json(report_record(report))
    elif not quiet:
        echo(field_lines(report, name))
