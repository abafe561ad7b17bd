"""The browsers that were let in: by an address that serves once, or by a token that was typed."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable

from lepton_local.serve.tokens import digest

MOST = 1_000  # browsers that are let in at once; of more, the first is forgotten


class Sessions:
    """Each browser is known by a secret of its own, of which the digest is kept, as of a token."""

    def __init__(self, *, invited: Callable[[str], None] = lambda code: None) -> None:
        """invited: told of each new code, as soon as it may be used."""
        self._invited = invited
        self._known: OrderedDict[str, str] = OrderedDict()
        self._code = ""

    def invite(self) -> None:
        """Make a code that lets one browser in; the one before it is worth nothing any more."""
        code = secrets.token_urlsafe(32)
        self._code = digest(code)
        self._invited(code)

    def used(self, code: str) -> bool:
        """Whether a code serves; from now on it does not, and another one does."""
        if not self._code or not secrets.compare_digest(digest(code), self._code):
            return False
        self.invite()
        return True

    def begun(self, token: str = "") -> str:
        """What a browser is known by from now on. token: the digest of the token it has; "": it is
        the owner's.
        """
        secret = secrets.token_urlsafe(32)
        self._known[digest(secret)] = token
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        return secret

    def token(self, secret: str) -> str | None:
        """The digest of the token of the browser with this secret; None of one that is unknown."""
        return self._known.get(digest(secret))
