"""What an object store's refusals and silences mean, in a line each. What libraries say of them is
never shown: it is long, and may hold addresses with names and keys.
"""

from __future__ import annotations

import re

from lepton_local.errors import DamagedError, StoreError
from lepton_local.store.account import Server
from lepton_local.store.storage import rebuild

_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")


def broke_off(error: Exception) -> bool:
    """Whether an answer began and did not end."""
    return "body error" in str(error) or "response body" in str(error)


def told(error: Exception, place: str, name: str, server: Server) -> StoreError | FileNotFoundError:
    """The error to raise for one of obstore's."""
    text = str(error)
    status = found[1] if (found := _STATUS.search(text)) else ""
    code = found[1] if (found := _CODE.search(text)) else ""
    bucket = place.removeprefix("s3://").partition("/")[0]
    if code == "NoSuchBucket":
        return StoreError(
            f"{place}: {server.shown} has no bucket {bucket}, expected one that is there",
            advice=f"aws s3 mb s3://{bucket}, or set AWS_ENDPOINT_URL",
        )
    if isinstance(error, FileNotFoundError):
        return FileNotFoundError(f"{place}/{name}")
    if "redirect" in text or status in ("301", "307") or code == "AuthorizationHeaderMalformed":
        return StoreError(
            f"{place}: bucket {bucket} is not in the region {server.region}, expected its own",
            advice="set AWS_REGION to the region of the bucket",
        )
    if status in ("401", "403") or "Unauthenticated" in text:
        return StoreError(
            f"{place}: {server.shown} refuses it ({code or status}), expected keys that may read "
            "it, and to write an index also list, put and delete",
            advice="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
        )
    if status == "416":
        return DamagedError(f"{place}/{name} is shorter than it was written", advice=rebuild(place))
    if status:
        return StoreError(
            f"{place}: {server.shown} answers {status}{f' ({code})' if code else ''}, expected "
            "what was asked for",
            advice="try again later; what is committed is as it was",
        )
    return StoreError(
        f"{place}: {server.shown} cannot be reached, expected an answer",
        advice="look at the network, and at AWS_ENDPOINT_URL",
    )
