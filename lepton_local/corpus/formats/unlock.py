"""Workbooks that are encrypted with a password which every program knows: Excel locks a read-only
workbook with it, and opens it without asking.
"""

from __future__ import annotations

import io
from importlib.util import find_spec

from lepton_local.errors import SourceError

_KNOWN = "VelvetSweatshop"  # [MS-OFFCRYPTO] 2.4.2.3
INSTALL = 'pip install "lepton-local[office]"'


def unlocked(data: bytes) -> bytes:
    """The workbook in an encrypted file. Raises SourceError where it has a password of its own."""
    if find_spec("msoffcrypto") is None:
        raise SourceError(
            "encrypted: save it again without a password; to read what Excel opens without asking, "
            f"{INSTALL}"
        )
    import msoffcrypto  # type: ignore[import-untyped]  # with cryptography: few files need it

    out = io.BytesIO()
    try:
        file = msoffcrypto.OfficeFile(io.BytesIO(data))
        file.load_key(password=_KNOWN)
        file.decrypt(out)
    except Exception as error:  # another password, another kind of lock, a damaged file
        raise SourceError("encrypted: save it again without a password") from error
    return out.getvalue()
