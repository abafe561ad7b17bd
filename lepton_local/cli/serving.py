"""`lepton-search serve`: a page, and JSON for programs, on this machine or with a token."""

from __future__ import annotations

import os
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import click

from lepton_local import __version__
from lepton_local.cli import options as given
from lepton_local.cli.clusters import SPREAD, spreading
from lepton_local.cli.group import Group
from lepton_local.cli.place import Opening, Place
from lepton_local.cli.screen import echo
from lepton_local.cli.secrets import new_secret
from lepton_local.cli.settings import THEMES
from lepton_local.cli.units import units
from lepton_local.errors import InputError, extra

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_ANY = ("0.0.0.0", "::")
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(cls=Opening)
@click.argument("indexes", metavar="INDEX...", nargs=-1, required=True, type=Place())
@click.option("--port", default=8750, show_default=True, help="0: any that is free.")
@click.option(
    "--host",
    default=LOOPBACK[0],
    show_default=True,
    help="The address to listen on; other machines reach any but this one's own.",
)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="NAME",
    help="What other machines call this one. Repeatable.",
)
@click.option(
    "--token-file",
    type=_FILE,
    metavar="FILE",
    help="Who may ask: made, with one token, where there is none.",
)
@click.option(
    "--audit",
    type=_FILE,
    metavar="FILE",
    help="Write down who asks which route, and when; no question, no answer.",
)
@click.option("--audit-questions", is_flag=True, help="Write down the questions, too.")
@click.option("--certificate", type=_FILE, metavar="FILE", help="Speak https by it: a PEM file.")
@click.option("--key", type=_FILE, metavar="FILE", help="That of the --certificate.")
@click.option(
    "--behind-proxy",
    "proxy",
    default="",
    show_default=False,
    metavar="ADDRESS",
    help="Believe the proxy there who asks, and that it speaks https.",
)
@click.option(
    "--theme",
    type=click.Choice(THEMES),
    default=THEMES[0],
    show_default=True,
    help="How the page looks; auto: as the system of whoever looks at it.",
)
@click.option("--no-token", is_flag=True, help="Let every user and program of this machine ask.")
@click.option("--allow-open", is_flag=True, help="Let the page open documents in their programs.")
@click.option(
    "--record-use",
    "records",
    is_flag=True,
    help="Keep which passages are opened and copied in the page, beside the index; it says so.",
)
@click.option("--print-unit", is_flag=True, help="Print units for systemd, and serve nothing.")
@given.with_options(SPREAD)
@given.download_option
@click.pass_context
def serve(
    ctx: click.Context,
    indexes: tuple[str, ...],
    port: int,
    host: str,
    names: tuple[str, ...],
    token_file: Path | None,
    audit: Path | None,
    audit_questions: bool,
    certificate: Path | None,
    key: Path | None,
    proxy: str,
    theme: str,
    no_token: bool,
    allow_open: bool,
    records: bool,
    print_unit: bool,
    ray: str | None,
    replicas: int,
    allow_download: bool,
) -> None:
    """Ask in a browser, and let programs and agents ask by HTTP.

    The address that is printed lets one browser in, once. Programs send a token, as "Authorization:
    Bearer TOKEN". Unless --host says so, no other machine reaches it; and then only with a token
    of --token-file, which holds digests alone. Updates of an index are seen at once. Ctrl-C ends
    it, when what is being answered is answered.
    """
    from lepton_local.config import SearchConfig
    from lepton_local.serve.live import Live
    from lepton_local.store.keys import RING

    _check(host, proxy, names, token_file, no_token=no_token, allow_open=allow_open)
    if audit_questions and audit is None:
        raise InputError("--audit-questions has no log to write to, expected --audit FILE with it")
    files = {"token-file": token_file, "audit": audit, "certificate": certificate, "key": key}
    if print_unit and ray is not None:
        raise InputError("a unit is of one machine, expected --print-unit without --ray")
    if print_unit:
        options = ["--host", host, "--port", str(port)]
        options += [word for name in names for word in ("--name", name)]
        for name, path in files.items():
            options += [f"--{name}", str(path.absolute())] if path else []
        options += ["--audit-questions"] if audit_questions else []
        options += ["--behind-proxy", proxy] if proxy else []
        options += ["--theme", theme] if theme != THEMES[0] else []
        options += ["--no-token"] if no_token else []
        options += ["--record-use"] if records else []
        writes = [audit.absolute().parent] if audit else []
        writes += [Path(each).absolute().parent for each in indexes] if records else []
        echo(units(indexes, options, writes=writes, key=RING.file).splitlines())
        return
    with extra("serve", "serving a page"):
        import uvicorn

        from lepton_local.cli.porter import back_doors
        from lepton_local.serve.app import app
        from lepton_local.serve.audit import Audited, Log
        from lepton_local.serve.guard import FIELD, Guard
        from lepton_local.serve.sessions import Sessions
        from lepton_local.serve.sockets import check_pair, listening
        from lepton_local.serve.tokens import OWNER, Keys, OneKey, TokenFile, add_token, new_token
        from lepton_local.store.place import is_encrypted
    if certificate is not None or key is not None:
        if certificate is None or key is None:
            raise InputError("https needs two files, expected --certificate and --key")
        check_pair(certificate, key)
    spread = ctx.with_resource(spreading(ray, replicas=replicas))
    live = Live(indexes, SearchConfig(allow_download=allow_download), spread=spread)
    live.newest().warm()
    cores = os.cpu_count() or 1
    with listening(host, port) as socket, back_doors(live, indexes, cores=cores):
        port = socket.getsockname()[1]
        called = names[0] if names else f"[{host}]" if ":" in host else host
        scheme = "https" if certificate else "http"
        address = f"https://{called}/" if proxy else f"{scheme}://{called}:{port}/"

        def invite(code: str) -> None:
            echo([f"{address}?{FIELD}={code}"])

        if no_token:
            keys: Keys | None = None
            sessions = Sessions()
            echo([address])
        else:
            sessions = Sessions(invited=invite)
            sessions.invite()
            token = ""
            if token_file is None:
                token = new_token()
                keys = OneKey(token)
            else:
                if not token_file.exists():
                    hidden = any(map(is_encrypted, indexes))
                    secret = partial(new_secret, RING.file) if hidden else None
                    token = add_token(token_file, OWNER, secret=secret)
                keys = TokenFile(token_file)
            if token:
                echo([f"Programs send: Authorization: Bearer {token}"], err=True)
        once = "" if no_token else "; it serves once"
        echo([f"Open this address in a browser{once}. Ctrl-C ends it."], err=True)
        spoken = __version__ if find_spec("mcp") else ""  # agents are served where there is the SDK
        application = app(
            live, cores=cores, opens=allow_open, theme=theme, records=records, version=spoken
        )
        own = [] if host in LOOPBACK else [host]
        guarded = Guard(application, port=port, names=[*own, *names], keys=keys, sessions=sessions)
        log = Log(audit) if audit else None
        config = uvicorn.Config(
            Audited(guarded, log, questions=audit_questions) if log else guarded,
            ssl_certfile=certificate,
            ssl_keyfile=key,
            proxy_headers=bool(proxy),
            forwarded_allow_ips=[proxy],
            log_level="critical",
            server_header=False,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=10,
            limit_concurrency=512,
        )
        ctx.with_resource(RING.asking(None))  # nobody looks at the terminal any more
        ctx.meta["stopped"] = f"what was asked is answered. To go on: {ctx.meta['typed']}"
        uvicorn.Server(config).run(sockets=[socket])


def _check(
    host: str,
    proxy: str,
    names: tuple[str, ...],
    tokens: Path | None,
    *,
    no_token: bool,
    allow_open: bool,
) -> None:
    """Raise InputError for what would let in more than was meant."""
    outside = bool(proxy) or host not in LOOPBACK
    way = f"--behind-proxy {proxy}" if proxy else f"--host {host}"
    if outside and tokens is None:
        raise InputError(
            f"{way} lets other machines ask, expected a --token-file with it",
            advice="or forward a port: ssh -L 8750:127.0.0.1:8750 HOST",
        )
    if not names and (proxy or host in _ANY):
        raise InputError(f"{way} does not say what others call this machine, expected a --name")
    if no_token and tokens is not None:
        raise InputError("--no-token lets everybody ask, and --token-file few: expected one")
    if allow_open and (no_token or outside):
        raise InputError(
            "--allow-open lets whoever asks open files here, expected a token, and no other machine"
        )
    if proxy:
        from ipaddress import ip_network

        try:
            ip_network(proxy)
        except ValueError:
            raise InputError(
                f"--behind-proxy {proxy} is no address, expected one as 127.0.0.1, or a network"
            ) from None


def register(main: Group) -> None:
    """Add the command of this file."""
    main.add_command(serve)
