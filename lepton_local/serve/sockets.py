"""The socket that a server listens on, and the certificate that it shows there."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


def check_pair(certificate: Path, key: Path) -> None:
    """Raise InputError for what is no certificate and its key: PEM files, the key without a
    passphrase, since nobody is there to type it.
    """
    for option, path in (("--certificate", certificate), ("--key", key)):
        try:
            path.open("rb").close()
        except OSError as error:
            reason = str(error.strerror).lower()
            raise InputError(f"{option} {path} cannot be read: {reason}") from None

    def locked() -> str:
        raise InputError(
            f"--key {key} has a passphrase, expected a key without one",
            advice=f"openssl pkey -in {key} -out NEW.pem",
        )

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=locked)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise InputError(f"--key {key} is not that of --certificate {certificate}") from None
        raise InputError(
            f"{certificate} and {key} are no certificate and its key, expected two PEM files"
        ) from None
