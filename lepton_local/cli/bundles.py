"""`lepton-index bundle` and `unbundle`: indexes in one file, to be carried to another machine."""

from __future__ import annotations

import json
import re
from functools import partial
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from lepton_local import __version__
from lepton_local.cli import options as given
from lepton_local.cli.group import Group
from lepton_local.cli.place import Opening, Place
from lepton_local.cli.screen import clean, echo, echo_json
from lepton_local.errors import InputError

_REQUIRED = re.compile(r"[A-Za-z0-9][\w.-]*")


@click.command(cls=Opening)
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("indexes", nargs=-1, required=True, type=Place(), metavar="INDEX...")
@click.option(
    "--with-models", is_flag=True, help="Put in the encoders, too, that no package carries."
)
@click.option(
    "--wheelhouse",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Put the wheels of this folder in, to install from: pip download lepton-local -d DIR.",
)
@click.option(
    "--sign",
    type=click.Path(path_type=Path),
    metavar="KEYFILE",
    help="Sign it by a private key of Ed25519, in PEM or as ssh-keygen writes it.",
)
@given.json_option
def bundle(
    out: Path,
    indexes: tuple[str, ...],
    with_models: bool,
    wheelhouse: Path | None,
    sign: Path | None,
    as_json: bool,
) -> None:
    """Put indexes into one file.

    OUT ends in .lepton. It is asked where it lies (`lepton-search query OUT "…"`), from a DVD or a
    stick too, or written to a folder by `unbundle`. The documents themselves are not in it, only
    what was indexed of them. The same indexes give the same bytes.
    """
    from lepton_local.store import bundle as store
    from lepton_local.store.manifest import load_manifest
    from lepton_local.store.names import BUNDLE
    from lepton_local.store.place import opened, stored_at

    if out.suffix != BUNDLE:
        raise InputError(
            f"{out} does not end in {BUNDLE}, expected a name that does",
            advice=f"lepton-index bundle {out.with_suffix(BUNDLE)} {' '.join(indexes)}",
        )
    if out.exists() and not _is_bundle(out):
        raise InputError(
            f"{out} is there and is no bundle, expected a new file",
            advice=f"lepton-index bundle other{BUNDLE} {' '.join(indexes)}",
        )
    named = {Path(each).resolve().name.removesuffix(BUNDLE): each for each in indexes}
    if len(named) < len(indexes):
        raise InputError(
            "two of the indexes have one name, expected another for each",
            advice="rename the folder of one",
        )
    further: dict[str, bytes | Path] = {"sbom.json": _materials()}
    if wheelhouse is not None:
        wheels = sorted(wheelhouse.glob("*.whl"))
        further |= {f"{store.WHEELS}/{wheel.name}": wheel for wheel in wheels}
        further[store.INSTALLER] = files("lepton_local.cli").joinpath("installer.py").read_bytes()
    lies = {name: stored_at(place) for name, place in named.items()}
    signed = None if sign is None else partial(_signature().sign, key=sign)
    here = {name: opened(each) for name, each in lies.items()}
    if with_models:
        from lepton_local.models.carried import files_of

        for storage in here.values():
            for each in load_manifest(storage).encoders.values():
                further |= files_of(each.model, each.digest)
    store.write(out, here, further, lies=lies, sign=signed)
    if as_json:
        echo_json({"schema": 1, "file": str(out), "indexes": sorted(named)})
    else:
        echo([f"{clean(str(out))}: {', '.join(map(clean, sorted(named)))}"])


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--trusted",
    type=click.Path(path_type=Path),
    metavar="PUBLIC",
    help="Write nothing unless it was signed by the private key to this public one.",
)
@given.json_option
def unbundle(file: Path, folder: Path, trusted: Path | None, as_json: bool) -> None:
    """Write what a bundle holds below a new folder, proved by its digests first."""
    from lepton_local.store import bundle as store

    proved = None if trusted is None else partial(_signature().check, key=trusted, place=file)
    made = store.unpack(file, folder, trusted=proved)
    if as_json:
        echo_json({"schema": 1, "indexes": [str(each) for each in made]})
    else:
        echo([f'ask it: lepton-search query {clean(str(each))} "…"' for each in made])


def register(main: Group) -> None:
    """Add the commands of this file."""
    main.add_command(bundle)
    main.add_command(unbundle)


def _signature() -> ModuleType:
    from lepton_local.store import signature  # it is an extra

    return signature


def _is_bundle(path: Path) -> bool:
    from lepton_local.errors import StoreError
    from lepton_local.store.bundle import members

    try:
        return path.is_file() and bool(members(path))
    except (StoreError, OSError):
        return False


def _materials() -> bytes:
    """This library and what it needs, as a CycloneDX bill of materials
    (https://cyclonedx.org/docs/1.6/json/).
    """
    found: dict[str, dict[str, Any]] = {}
    left = ["lepton-local"]
    while left:
        name = re.sub(r"[-_.]+", "-", left.pop()).lower()
        try:
            about = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        if name in found:
            continue
        told = about.metadata.json
        licence = str(told.get("license_expression") or told.get("license") or "")
        found[name] = {
            "type": "library",
            "name": name,
            "version": about.version,
            "purl": f"pkg:pypi/{name}@{about.version}",
            **({"licenses": [{"license": {"name": licence.splitlines()[0]}}]} if licence else {}),
        }
        for each in about.requires or ():
            needed = _REQUIRED.match(each)
            if needed and "extra ==" not in each:
                left.append(needed[0])
    own = {"type": "library", "name": "lepton-local", "version": __version__}
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": own},
        "components": [found[name] for name in sorted(found) if name != "lepton-local"],
    }
    return json.dumps(bill, indent=1).encode()
