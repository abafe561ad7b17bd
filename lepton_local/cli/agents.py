"""`lepton-search mcp`: indexes as tools of an agent."""

from __future__ import annotations

import click

from lepton_local import __version__
from lepton_local.cli import options as given
from lepton_local.cli.group import Group
from lepton_local.cli.place import Opening, Place
from lepton_local.errors import extra


@click.command(cls=Opening)
@click.argument("indexes", metavar="INDEX...", nargs=-1, required=True, type=Place())
@given.download_option
def mcp(indexes: tuple[str, ...], allow_download: bool) -> None:
    """Let an agent ask the documents, by the Model Context Protocol.

    The agent starts this command itself and speaks with it through standard input and output. It
    can ask, search and read, and change nothing. Updates of an index are seen at once.
    """
    from lepton_local.config import SearchConfig
    from lepton_local.serve.live import Live
    from lepton_local.store.keys import RING

    with extra("mcp", "serving an agent"):
        from lepton_local.serve import mcp as door
    live = Live(indexes, SearchConfig(allow_download=allow_download))
    with RING.asking(None):  # an agent sits there from now on
        door.run(live, version=__version__)


def register(main: Group) -> None:
    """Add the command of this file."""
    main.add_command(mcp)
