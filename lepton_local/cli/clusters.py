"""`--ray`: the work of a command done by many machines."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from lepton_local.errors import extra

if TYPE_CHECKING:
    from lepton_local.indexing.crew import Crew

HERE = "here"  # the address of a cluster of this machine alone


def _address(ctx: click.Context, _: click.Parameter, given: str | None) -> str | None:
    """What was typed behind `--ray`, unless it was meant as something else."""
    if given in (None, HERE, "auto") or re.fullmatch(r".+:\d+", given or ""):
        return given
    raise click.BadParameter(
        f"{given!r} is no HOST:PORT; without one, let --ray be the last word", ctx=ctx
    )


ray_option = click.option(
    "--ray",
    is_flag=False,
    flag_value=HERE,
    is_eager=True,  # it may have swallowed an argument, which would be missed first
    callback=_address,
    metavar="[HOST:PORT]",
    help="Have the machines of a Ray cluster do the work, which see the same files; `auto` is the "
    "one that this machine is in, and none, as the last word, one that is started here.",
)


@contextlib.contextmanager
def working(address: str | None) -> Iterator[Crew | None]:
    """Who does the work: a cluster, if its address was typed. Raises DependencyError."""
    if address is None:
        yield None
        return
    with extra("ray", "--ray"):
        from lepton_local.cluster.building import ClusterCrew
    with ClusterCrew(address) as crew:
        yield crew
