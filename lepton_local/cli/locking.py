"""`lepton-index encrypt` and `rekey`: an index that only who has its key can read."""

# As in index.py, the library is imported when the command runs.

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lepton_local.cli import options as given
from lepton_local.cli.group import Group
from lepton_local.cli.place import Placed
from lepton_local.cli.screen import clean, echo, echo_json
from lepton_local.cli.secrets import new_passphrase, new_secret
from lepton_local.errors import InputError

if TYPE_CHECKING:
    from lepton_local.store.encrypted import Encrypted
    from lepton_local.store.locks import Locks


@click.command(cls=Placed)
@given.index_argument
@click.option(
    "--add-key-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Let this file open it too; it is made where it is not there.",
)
@click.option("--add-passphrase", is_flag=True, help="Let a new passphrase open it too.")
@click.option("--add-keyring", is_flag=True, help="Let the system's keyring open it too.")
@click.option(
    "--drop", multiple=True, type=int, metavar="NUMBER", help="Take a lock away. Repeatable."
)
@given.json_option
@given.quiet_option
def encrypt(
    index: str,
    add_key_file: Path | None,
    add_passphrase: bool,
    add_keyring: bool,
    drop: tuple[int, ...],
    as_json: bool,
    quiet: bool,
) -> None:
    """Encrypt every file of an index, or change what opens it.

    The key is locked by the key file that is named, which is made where it is not there, or by a
    passphrase. Of an index that is encrypted the locks are shown; to add one, or take one away,
    rewrites none of its other files.
    """
    from lepton_local.store.keys import RING
    from lepton_local.store.place import decrypted, stored_at

    found = decrypted(stored_at(index))
    if found is None:
        if drop:
            raise InputError(
                f"{index} is not encrypted, expected one of whose locks one can be dropped",
                advice=f"lepton-index encrypt {index}",
            )
        found = _rewritten(index, RING.file, quiet=quiet)
    kept = found.locks
    if add_key_file is not None:
        kept = kept.added(found.key, new_secret(add_key_file))
    if add_passphrase:
        kept = kept.added(found.key, new_passphrase())
    if add_keyring:
        from lepton_local.store import keyrings
        from lepton_local.store.locks import KEYRING

        kept = kept.added(found.key, keyrings.kept(kept.identity), KEYRING)
    kept = _without(kept, drop, index)
    if kept != found.locks:
        found.relock(kept)
    _tell(found, as_json=as_json, quiet=quiet)


@click.command(cls=Placed)
@given.index_argument
@click.option(
    "--new-key-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What opens it from then on; it is made where it is not there.",
)
@click.option("--new-passphrase", is_flag=True, help="Ask for what opens it from then on.")
@given.json_option
@given.quiet_option
def rekey(
    index: str, new_key_file: Path | None, new_passphrase: bool, as_json: bool, quiet: bool
) -> None:
    """Encrypt every file of an encrypted index by a new key.

    For when the old key itself may be known to somebody. One lock remains: the key file that opens
    the index now, unless another one or a passphrase is to. To change locks alone, `encrypt` does.
    """
    from lepton_local.store.keys import RING
    from lepton_local.store.place import decrypted, stored_at

    if decrypted(stored_at(index)) is None:
        raise InputError(
            f"{index} is not encrypted, expected an index that is",
            advice=f"lepton-index encrypt {index}",
        )
    file = new_key_file if new_key_file or new_passphrase else RING.file
    _tell(_rewritten(index, file, quiet=quiet), as_json=as_json, quiet=quiet)


def register(main: Group) -> None:
    """Add the commands of this file."""
    main.add_command(encrypt)
    main.add_command(rekey)


def _rewritten(index: str, file: Path | None, *, quiet: bool) -> Encrypted:
    from lepton_local.cli.progress import Progress
    from lepton_local.indexing.rewrite import rewrite
    from lepton_local.store.manifest import load_manifest
    from lepton_local.store.place import storage_at

    load_manifest(storage_at(index))  # before a key file is made, or a passphrase asked for
    secret = new_secret(file)
    with Progress(quiet=quiet) as progress:
        return rewrite(index, secret, progress=progress)


def _without(kept: Locks, drop: tuple[int, ...], index: str) -> Locks:
    many = len(kept.locks)
    if wrong := [number for number in drop if not 1 <= number <= many]:
        raise InputError(
            f"there is no lock {wrong[0]}, expected 1 to {many}",
            advice=f"lepton-index encrypt {index}",
        )
    if many and len(set(drop)) == many:
        raise InputError(
            "without any lock nobody could open the index again, expected one that stays",
            advice=f"lepton-index encrypt {index} --add-key-file FILE --drop 1",
        )
    return kept.without(drop)


def _tell(found: Encrypted, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        locks: list[dict[str, Any]] = [
            {"number": number, "kind": lock.kind, "made": lock.made}
            for number, lock in enumerate(found.locks.locks, 1)
        ]
        key = found.locks.identity.hex()
        echo_json({"schema": 1, "index": found.place, "key": key, "locks": locks})
    elif not quiet:
        echo(_lines(found))


def _lines(found: Encrypted) -> Iterator[str]:
    yield f"{clean(found.place)} is encrypted by the key {found.locks.identity.hex()}"
    named = {"key": "a key file", "passphrase": "a passphrase", "keyring": "the system's keyring"}
    for number, lock in enumerate(found.locks.locks, 1):
        yield f"  {number}  {named[lock.kind]}, since {clean(lock.made)}"
