"""What a program is told: a record, with a tag that is another where the record is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lepton_local.search.record import SCHEMA

PROGRAMS = ("/v1/", "/mcp", "/openapi.json")  # whoever asks there reads JSON


def told(request: Request, record: Mapping[str, Any]) -> Response:
    """The record as JSON; or 304 without it, to whoever has it already and asks by GET. How long it
    took makes no other record.
    """
    same = {name: value for name, value in record.items() if name != "seconds"}
    tag = f'W/"{hashlib.sha256(json.dumps(same).encode()).hexdigest()[:32]}"'
    known = [each.strip() for each in request.headers.get("if-none-match", "").split(",")]
    if request.method in ("GET", "HEAD") and (tag in known or "*" in known):
        return Response(status_code=304, headers={"ETag": tag})
    return JSONResponse(record, headers={"ETag": tag})


def refused(error: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """What is wrong with what a program asked."""
    return JSONResponse({"schema": SCHEMA, "error": error}, status_code=status, headers=headers)


def is_program(path: str) -> bool:
    """Whether a program asks at this path, and no person."""
    return path.startswith(PROGRAMS)
