"""What a build was asked for, checked before any work is done: corpus, index and settings."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lepton_local.config import BuildConfig
from lepton_local.corpus.converter import check_installed
from lepton_local.errors import InputError
from lepton_local.indexing.commit import check_ours
from lepton_local.models.multilingual import MULTILINGUAL
from lepton_local.models.resolve import ACCURATE, BUNDLED
from lepton_local.store.folder import Folder
from lepton_local.store.keys import Secret
from lepton_local.store.names import MANIFEST_FILE
from lepton_local.store.place import opened, stored_at
from lepton_local.store.storage import Storage

ACLS = ("none", "posix")
LEAST_TOKENS = 16  # word pieces: shorter passages are no sentences

Corpus = str | Path | Sequence[str | Path]


def corpus_roots(corpus: Corpus) -> list[Path]:
    """The files and folders to index, absolute, each once. Raises InputError."""
    given = [corpus] if isinstance(corpus, str | Path) else list(corpus)
    roots = [Path(os.path.abspath(Path(each).expanduser())) for each in given]
    if not roots:
        raise InputError(
            "no corpus was given, expected a folder or a file", advice="lepton-index build FOLDER"
        )
    for each, root in zip(given, roots, strict=True):
        if each == "" or not root.exists():  # "" would be the current folder
            raise InputError(
                f"{each or repr(each)} is not there, expected a folder or a file",
                advice="lepton-index build FOLDER",
            )
        shown = os.fsencode(root).decode("utf-8", "replace")
        if shown != str(root):  # no manifest could name it
            raise InputError(
                f"{shown} has a name that is not valid UTF-8, expected one that is",
                advice="rename it, and lepton-index build FOLDER",
            )
    return list(dict.fromkeys(roots))


def index_storage(
    out: str | Path | Storage | None, roots: Sequence[Path], *, secret: Secret | None = None
) -> Storage:
    """Where the index goes: indexes/<name of the first root> unless given. secret: locks the key of
    a new index, which is then encrypted. Raises InputError.
    """
    name = roots[0].name if roots[0].is_dir() else roots[0].stem
    place = out if out is not None else Path("indexes") / (name or "root")
    stored = stored_at(place) if isinstance(place, str | Path) else place
    if isinstance(stored, Folder):
        _check_folder(stored.root, roots)
    storage = opened(stored)
    if secret is not None and storage is stored:
        storage = _encrypted(stored, secret)
    check_ours(storage)
    return storage


def _encrypted(storage: Storage, secret: Secret) -> Storage:
    """An encrypted index where none is yet."""
    from lepton_local.store.encrypted import Encrypted  # it is an extra

    if MANIFEST_FILE in storage.list(""):
        raise InputError(
            f"{storage.place} is there and is not encrypted, expected a new index",
            advice=f"lepton-index encrypt {shlex.quote(storage.place)}",
        )
    return Encrypted.begun(storage, secret)


def _check_folder(folder: Path, roots: Sequence[Path]) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(
            f"{folder} is a file, expected a folder for the index",
            advice="lepton-index build FOLDER --out INDEX",
        )
    if os.path.realpath(folder) in map(os.path.realpath, roots):
        raise InputError(
            f"{folder} is the corpus itself, expected another folder for the index",
            advice=f"lepton-index build {folder} --out INDEX",
        )


def checked(config: BuildConfig) -> BuildConfig:
    """The same settings, checked, and with an encoder's folder that is found from anywhere.

    Raises InputError.
    """
    if config.acl not in ACLS:
        raise InputError(
            f"acl is {config.acl!r}, expected {' or '.join(ACLS)}",
            advice="lepton-index build FOLDER --acl posix",
        )
    if config.acl != "none" and not hasattr(os, "listxattr"):
        raise InputError("--acl posix reads the rights of files as Linux has them, expected Linux")
    if config.libreoffice:
        check_installed()
    if config.chunk_tokens < LEAST_TOKENS:
        raise InputError(
            f"passages of {config.chunk_tokens} word pieces hold no sentence, expected at least "
            f"{LEAST_TOKENS}",
            advice="lepton-index build FOLDER --chunk-tokens 180",
        )
    if not 0 < config.recall <= 1:
        raise InputError(
            f"recall is {config.recall}, expected a share above 0 and up to 1",
            advice="lepton-index build FOLDER --recall 0.98",
        )
    if config.workers < 1:
        raise InputError(
            f"{config.workers} workers read nothing, expected at least 1",
            advice="lepton-index build FOLDER --workers 1",
        )
    if config.encoder == ACCURATE:
        return replace(config, encoder=BUNDLED, further=(MULTILINGUAL, *config.further))
    encoder = Path(config.encoder).expanduser()
    if config.encoder == BUNDLED or not encoder.is_dir():
        return config
    return replace(config, encoder=os.path.abspath(encoder))
