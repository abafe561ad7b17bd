"""Who asks an object store, and where: read from the environment and the files in which users of S3
keep it, as the tools of AWS read them. No key is ever kept, shown or written by this project.
"""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lepton_local.errors import InputError

_REGION = "us-east-1"  # of stores that have none
_TRUE = ("1", "true", "yes")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ENDPOINT = re.compile(r"https?://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?(/[\w./-]*)?")
_REGION_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=+@-]*")


@dataclass(frozen=True, slots=True)
class Address:
    """An index in an object store. prefix: the folder in the bucket, "" for the bucket itself."""

    bucket: str
    prefix: str

    @property
    def place(self) -> str:
        """As people type it."""
        return f"s3://{self.bucket}{'/' if self.prefix else ''}{self.prefix}"


def address(place: str) -> Address:
    """What s3://bucket/prefix names. Raises InputError, which repeats no part of what may be a
    key.
    """
    bucket, _, prefix = place.removeprefix("s3://").rstrip("/").partition("/")
    if "@" in bucket or ":" in bucket:
        raise InputError(
            "an address with a name or a key in it was given, expected s3://BUCKET/PREFIX",
            advice="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
        )
    if not _BUCKET.fullmatch(bucket) or not all(
        map(_PART.fullmatch, prefix.split("/") if prefix else [])
    ):
        raise InputError(
            f"{place!r:.120} is no place in an object store, expected s3://BUCKET/PREFIX of "
            "letters, digits and . _ = + @ - in each part",
            advice="lepton-index build FOLDER --out s3://BUCKET/PREFIX",
        )
    return Address(bucket, prefix)


@dataclass(frozen=True, slots=True)
class Server:
    """Which object store is asked. endpoint: "" for that of AWS in the region."""

    region: str
    endpoint: str
    signed: bool  # or open to everybody

    @property
    def shown(self) -> str:
        """What it is called."""
        return self.endpoint or f"Amazon S3 in {self.region}"


def server() -> Server:
    """What the environment says, or else the profile. Raises InputError, and repeats nothing of
    what may be a key.
    """
    found = os.environ
    kept = _profile()
    asked = Server(
        found.get("AWS_REGION") or found.get("AWS_DEFAULT_REGION") or kept.get("region") or _REGION,
        found.get("AWS_ENDPOINT_URL_S3")
        or found.get("AWS_ENDPOINT_URL")
        or found.get("AWS_ENDPOINT")
        or kept.get("endpoint_url")
        or "",
        found.get("AWS_SKIP_SIGNATURE", "").lower() not in _TRUE,
    )
    if asked.endpoint and not _ENDPOINT.fullmatch(asked.endpoint):
        raise InputError(
            "AWS_ENDPOINT_URL is no address of an object store, expected one like "
            "https://s3.example.org or http://192.168.1.5:9000",
            advice="set AWS_ENDPOINT_URL, or unset it for Amazon S3",
        )
    if not _REGION_NAME.fullmatch(asked.region):
        raise InputError(
            f"{asked.region!r:.40} is no region, expected one like eu-west-1",
            advice="set AWS_REGION",
        )
    return asked


def keys() -> tuple[str, str, str]:
    """Name, secret and token ("" for none) of whoever asks: of the environment, else of the
    profile. Raises InputError where there are none; no other machine is asked for them.
    """
    for kept, upper in ((os.environ, True), (_profile(), False)):
        told = [
            kept.get(name.upper() if upper else name, "")
            for name in ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        ]
        if told[0] and told[1]:
            if not all(each.isascii() and each.isprintable() for each in told):
                raise InputError(
                    "a key has a sign that no key has, expected letters and digits",
                    advice="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY once more",
                )
            return told[0], told[1], told[2]
    raise InputError(
        "no keys for an object store were found, expected AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY, or a profile in ~/.aws/credentials",
        advice='eval "$(aws configure export-credentials --format env)", or '
        "AWS_SKIP_SIGNATURE=true for what is open to everybody",
    )


def _profile() -> Mapping[str, str]:
    """What the files say of the profile, `default` unless AWS_PROFILE names another."""
    name = os.environ.get("AWS_PROFILE") or "default"
    home = Path.home() / ".aws"
    found: dict[str, str] = {}
    for variable, usual, section in (
        ("AWS_CONFIG_FILE", home / "config", name if name == "default" else f"profile {name}"),
        ("AWS_SHARED_CREDENTIALS_FILE", home / "credentials", name),
    ):
        path = Path(os.environ.get(variable) or usual).expanduser()
        kept = configparser.RawConfigParser(strict=False)
        try:
            with open(path, encoding="utf-8") as file:
                kept.read_file(file)
        except (OSError, ValueError, configparser.Error) as error:
            if isinstance(error, FileNotFoundError | NotADirectoryError):
                continue
            raise InputError(
                f"{path} cannot be read, expected profiles with lines NAME = VALUE"
            ) from None  # the error itself may show a line with a key in it
        if kept.has_section(section):
            found |= dict(kept.items(section))
    return found
