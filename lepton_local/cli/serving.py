"""`lepton-search serve`: a page, and JSON for programs, on this machine alone."""

from __future__ import annotations

import os

import click

from lepton_local.cli import options as given
from lepton_local.cli.group import Group
from lepton_local.cli.place import Place
from lepton_local.cli.screen import echo
from lepton_local.errors import InputError, extra

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@click.command()
@click.argument("indexes", metavar="INDEX...", nargs=-1, required=True, type=Place())
@click.option("--port", default=8750, show_default=True, help="0: any that is free.")
@click.option(
    "--host", default=LOOPBACK[0], show_default=True, help="An address of this machine alone."
)
@click.option("--allow-open", is_flag=True, help="Let every user and program of this machine ask.")
@given.download_option
def serve(
    indexes: tuple[str, ...], port: int, host: str, allow_open: bool, allow_download: bool
) -> None:
    """Ask in a browser, and let programs ask by HTTP.

    Nothing is reached from another machine. The address that is printed holds a token, which the
    browser keeps for as long as it is open; programs send it as "Authorization: Bearer TOKEN".
    Updates of an index are seen at once. Ctrl-C ends it.
    """
    from lepton_local.config import SearchConfig
    from lepton_local.serve.live import Live

    if host not in LOOPBACK:
        raise InputError(
            f"--host {host} can be reached from other machines, expected {' or '.join(LOOPBACK)}",
            advice="to reach it from elsewhere, forward a port: ssh -L 8750:127.0.0.1:8750 HOST",
        )
    with extra("serve", "serving a page"):
        import uvicorn

        from lepton_local.serve.app import app
        from lepton_local.serve.guard import FIELD, Guard, new_token
        from lepton_local.serve.sockets import listening
    live = Live(indexes, SearchConfig(allow_download=allow_download))
    with listening(host, port) as socket:
        port = socket.getsockname()[1]
        token = "" if allow_open else new_token()
        guarded = Guard(app(live, cores=os.cpu_count() or 1), port=port, token=token)
        name = f"[{host}]" if ":" in host else host
        echo([f"http://{name}:{port}/{f'?{FIELD}={token}' if token else ''}"])
        echo(["Open this address in a browser. Ctrl-C ends it."], err=True)
        config = uvicorn.Config(
            guarded,
            log_level="critical",
            server_header=False,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=10,
            limit_concurrency=64,
        )
        uvicorn.Server(config).run(sockets=[socket])


def register(main: Group) -> None:
    """Add the command of this file."""
    main.add_command(serve)
