"""The socket that a server listens on."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from lepton_local.errors import InputError


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket on `host` and `port`, 0: any that is free. Raises InputError where it cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as made:
        if os.name == "posix":  # a port may be taken again as soon as its server has ended
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(
                f"--port {port} cannot be had: {reason.lower()}", advice="give --port 0"
            ) from None
        made.listen(64)
        yield made
