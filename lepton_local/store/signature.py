"""A signature (Ed25519) of what a bundle says of its members, and so of all of them."""

from __future__ import annotations

from pathlib import Path

from lepton_local.errors import DamagedError, InputError, extra
from lepton_local.store.files import read_named

with extra("crypt", "a signature"):
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import serialization as forms
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

_MOST = 1 << 16  # bytes of a key file


def sign(data: bytes, key: Path) -> bytes:
    """64 bytes. key: a file with a private key, in PEM or as ssh-keygen writes it. Raises
    InputError.
    """
    text = _read(key)
    try:
        ssh = b"OPENSSH" in text
        load = forms.load_ssh_private_key if ssh else forms.load_pem_private_key
        found = load(text, None)
    except (ValueError, TypeError) as error:
        raise _wrong(key, "private", error) from None
    if not isinstance(found, Ed25519PrivateKey):
        raise _wrong(key, "private", None)
    return found.sign(data)


def check(data: bytes, signature: bytes, key: Path, place: Path) -> None:
    """Raises DamagedError unless who has the private key to this public one has signed `data`."""
    text = _read(key)
    try:
        ssh = text.startswith(b"ssh-")
        found = (forms.load_ssh_public_key if ssh else forms.load_pem_public_key)(text)
    except (ValueError, TypeError) as error:
        raise _wrong(key, "public", error) from None
    if not isinstance(found, Ed25519PublicKey):
        raise _wrong(key, "public", None)
    try:
        found.verify(signature, data)
    except InvalidSignature:
        raise DamagedError(
            f"{place} was not signed by the key in {key}",
            advice="have it sent again by whoever you trust; nothing was written",
        ) from None


def _read(path: Path) -> bytes:
    try:
        return read_named(path, _MOST)
    except OSError as error:
        told = (error.strerror or str(error)).lower()
        raise InputError(f"{path} cannot be read ({told}), expected a key of Ed25519") from None


def _wrong(path: Path, kind: str, error: Exception | None) -> InputError:
    why = f" ({' '.join(str(error).split())[:80]})" if error else ""
    return InputError(
        f"{path} holds no {kind} key of Ed25519 without a passphrase{why}",
        advice="openssl genpkey -algorithm ed25519 -out sign.pem, and openssl pkey -in sign.pem "
        "-pubout -out sign.pub",
    )
