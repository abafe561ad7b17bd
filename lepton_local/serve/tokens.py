"""The tokens of whoever may ask: a file that holds their digests, never a token itself."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lepton_local.errors import InputError, LeptonError
from lepton_local.rights import Person
from lepton_local.store import files
from lepton_local.store.index import Index
from lepton_local.store.keys import SEALED, Secret

if TYPE_CHECKING:
    from lepton_local.store.sealed import Box

KIND = "lepton-local tokens"
_MOST = 1 << 22  # bytes of a file


@dataclass(frozen=True, slots=True)
class Token:
    """What a token lets whoever has it ask. The token itself is kept nowhere."""

    name: str
    digest: str = ""  # of the token, in hexadecimal digits
    indexes: tuple[str, ...] = ()  # the names of those that may be asked; none: all
    filters: tuple[str, ...] = ()  # which all hold for every document that is seen
    made: str = ""  # ISO 8601
    expires: str = ""  # the last day, ISO 8601; "": none
    rate: str = ""  # how often it may ask: "60/min"; "": as often as it likes
    user: str = ""  # what the system calls whoever has it; ALL: the owner, who may read all files
    groups: tuple[str, ...] = ()  # those of the system that they are in

    @property
    def person(self) -> Person | None:
        """Who reads, as far as files have rights; None: whoever may read all of them."""
        return None if self.user == ALL else Person(self.user, self.groups)

    def is_limited(self, indexes: Iterable[Index]) -> bool:
        """Whether it is for some indexes or documents alone, of those that are there."""
        person = self.person
        unequal = any(each.manifest.rights is not None for each in indexes)
        return bool(
            self.indexes or self.filters or (person is not None and (unequal or person != Person()))
        )


ALL = "*"
OWNER = Token("owner", user=ALL)  # whoever started the server
NOBODY = Token("")  # whoever is not known, and reaches nothing
asking: ContextVar[Token] = ContextVar("asking", default=OWNER)  # whose request this is


class Keys(Protocol):
    """Whoever knows tokens."""

    def holder(self, digest: str) -> Token | None:
        """Whose token has this digest; None for one that nobody has, or has no more."""


class OneKey:
    """The token of a server that was given none."""

    def __init__(self, token: str) -> None:
        self._digest = digest(token)

    def holder(self, digest: str) -> Token | None:
        """The owner, for the one token there is."""
        return OWNER if hmac.compare_digest(digest, self._digest) else None


class TokenFile:
    """The tokens of a file as it is now: what is taken out of it serves no more."""

    def __init__(self, path: Path) -> None:
        """Raises InputError for a file that holds none, or that others may read; StoreError."""
        self._path = path
        self._state: tuple[int, int, int] | None = None
        self._tokens: dict[str, Token] = {}
        self._read()

    def holder(self, digest: str) -> Token | None:
        """Whose token it is; nobody's while the file cannot be read."""
        try:
            self._read()
        except LeptonError:
            return None
        # That it is a digest that is looked up: no time tells how near a token was.
        token = self._tokens.get(digest)
        if token is None or (token.expires and token.expires < _today()):
            return None
        return token

    def _read(self) -> None:
        try:
            state = os.stat(self._path)
        except OSError:
            self._state, self._tokens = None, {}
            raise InputError(f"{self._path} cannot be read, expected a file of tokens") from None
        seen = (state.st_mtime_ns, state.st_ino, state.st_size)
        if seen != self._state:
            self._tokens = {each.digest: each for each in load_tokens(self._path)}
            self._state = seen


def digest(token: str) -> str:
    """What is kept of a token, in hexadecimal digits. It is long and random, so that one round of
    SHA-256 will do.
    """
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(32)


def load_tokens(path: Path) -> list[Token]:
    """The tokens of a file. Raises InputError where there is none, or others than its owner may
    read or write it; StoreError for an encrypted one that does not open.
    """
    return _load(path)[0]


def save_tokens(
    path: Path, tokens: Sequence[Token], *, secret: Callable[[], Secret] | None = None
) -> None:
    """Write them, for the eyes of their owner alone. An encrypted file stays so; another one is
    encrypted from now on, where something gives the secret that is to open it.
    """
    box = _load(path)[1] if os.path.lexists(path) else None
    data = files.json_text({"kind": KIND, "tokens": [asdict(each) for each in tokens]}).encode()
    if box is None and secret is None:
        with files.writing(path, mode=0o600) as file:
            file.write(data)
        return
    from lepton_local.store import sealed  # few are, and it is an extra

    if box is None and secret is not None:
        box = sealed.new_box(secret())
    assert box is not None
    sealed.write(path, box, data)


def _load(path: Path) -> tuple[list[Token], Box | None]:
    """The tokens of a file, and what locks it if it is encrypted. Raises as `load_tokens`."""
    advice = f"lepton-search token add NAME --token-file {path}"
    try:
        with open(path, "rb") as file:
            shared = os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077
            data = file.read(_MOST)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}), expected a file of tokens", advice=advice
        ) from None
    if shared:
        raise InputError(
            f"{path} may be read by others, expected a file of yours alone",
            advice=f"chmod 600 {path}",
        )
    try:
        told, box = json.loads(data), None
        if told["kind"] == SEALED:
            from lepton_local.store import sealed  # as above

            box, data = sealed.opened(path, told)
            told = json.loads(data)
        if told["kind"] != KIND:
            raise ValueError
        return [_token(each) for each in told["tokens"]], box
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(f"{path} is no file of tokens", advice=advice) from None


def add_token(path: Path, token: Token, *, secret: Callable[[], Secret] | None = None) -> str:
    """Put a new token into a file, which is made where there is none, and give it: it cannot be had
    again. secret: see `save_tokens`. Raises InputError for a name that is taken.
    """
    known = load_tokens(path) if os.path.lexists(path) else []
    if any(each.name == token.name for each in known):
        raise InputError(
            f"{path} has a token of {token.name!r} already, expected another name",
            advice=f"lepton-search token revoke {token.name} --token-file {path}",
        )
    made = new_token()
    known.append(replace(token, digest=digest(made), made=_today()))
    save_tokens(path, known, secret=secret)
    return made


def _token(told: dict[str, Any]) -> Token:
    """Raises KeyError, TypeError or ValueError for what is none."""
    texts = [told[name] for name in ("name", "digest", "made", "expires")]
    texts += [told.get(name, "") for name in ("rate", "user")]  # which older versions lack
    lists = [told["indexes"], told["filters"], told.get("groups", [])]
    if not all(isinstance(each, str) for each in texts) or len(bytes.fromhex(texts[1])) != 32:
        raise ValueError
    if not all(isinstance(each, list) and all(isinstance(x, str) for x in each) for each in lists):
        raise ValueError
    name, digested, made, expires, rate, user = texts
    indexes, filters, groups = map(tuple, lists)
    return Token(name, digested, indexes, filters, made, expires, rate, user, groups)


def _today() -> str:
    return datetime.date.today().isoformat()
