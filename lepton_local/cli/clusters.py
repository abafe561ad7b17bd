"""`--ray`: the work of a command done by many machines."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from lepton_local.cli.engine import open_searcher, settings_of
from lepton_local.config import SearchConfig
from lepton_local.errors import extra

if TYPE_CHECKING:
    from lepton_local.indexing.crew import Crew
    from lepton_local.search.lookup import Spread
    from lepton_local.search.searcher import Searcher

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

# Of whatever asks an index.
SPREAD = [
    ray_option,
    click.option(
        "--replicas",
        type=click.IntRange(0),
        default=0,
        help="With --ray: how many more machines hold each part of the index.",
    ),
]


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


@contextlib.contextmanager
def spreading(address: str | None, *, replicas: int) -> Iterator[Spread | None]:
    """What has the machines of a cluster look through an index, if its address was typed. Raises
    DependencyError, ClusterError.
    """
    if address is None:
        yield None
        return
    with extra("ray", "--ray"):
        from lepton_local.cluster import shards
    with shards.spreading(address, replicas=replicas) as spread:
        yield spread


@contextlib.contextmanager
def opened(
    indexes: Sequence[str], engine: Mapping[str, Any], address: str | None, *, replicas: int
) -> Iterator[Searcher]:
    """A searcher of these indexes, with what was typed of ENGINE and ASKING; of those that the
    machines of a cluster hold, if its address was typed. Raises DependencyError.
    """
    if address is None:
        yield open_searcher(indexes[0], indexes[1:], engine)
        return
    with extra("ray", "--ray"):
        from lepton_local.cluster.shards import searching
    config = SearchConfig(**settings_of(engine))
    with searching(address, indexes, config, replicas=replicas) as searcher:
        yield searcher
