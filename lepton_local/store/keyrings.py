"""The system's keyring, where the library for it is installed: it keeps a key for each index, and
gives it to whoever is logged in.
"""

from __future__ import annotations

import contextlib
import os

from lepton_local.errors import StoreError, needed
from lepton_local.store.keys import Secret

_SERVICE = "lepton-local"
_KEY = 32


def found(identity: bytes) -> Secret | None:
    """What it holds for the index whose key has this identity; None where it cannot be asked."""
    with contextlib.suppress(Exception):  # each system's keyring fails in its own way
        import keyring

        told = keyring.get_password(_SERVICE, identity.hex())
        return None if told is None else Secret(bytes.fromhex(told), True)
    return None


def kept(identity: bytes) -> Secret:
    """A new one, which it holds from now on. Raises DependencyError, StoreError."""
    with needed("a lock in the system's keyring"):
        import keyring

    secret = Secret(os.urandom(_KEY), True)
    try:
        keyring.set_password(_SERVICE, identity.hex(), secret.data.hex())
    except Exception as error:  # as above
        raise StoreError(
            f"the system's keyring does not keep a key ({' '.join(str(error).split())[:120]})",
            advice="lepton-index encrypt INDEX --add-key-file FILE",
        ) from None
    return secret
