"""An object store on this machine, and one between it and whoever asks that fails on demand."""

from __future__ import annotations

import itertools
import logging
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from moto.server import ThreadedMotoServer

KEY, SECRET = "AKIALEPTONTEST", "a-secret-that-nobody-may-see"
_NUMBERS = itertools.count(1)


@contextmanager
def object_store() -> Iterator[str]:
    """The address of a server that speaks S3, for as long as this lasts."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def new_bucket(address: str) -> str:
    """The name of a bucket that was made there."""
    name = f"bucket-{next(_NUMBERS)}"
    urllib.request.urlopen(urllib.request.Request(f"{address}/{name}", method="PUT")).close()
    return name


def sign_in(patch: pytest.MonkeyPatch, address: str) -> None:
    """What a user sets to ask that server."""
    patch.setenv("AWS_ENDPOINT_URL", address)
    patch.setenv("AWS_ACCESS_KEY_ID", KEY)
    patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
