"""The routes that open the file of a document in its program on this machine, for whoever sits at
it: only where the server was started so, and nothing that could run.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl

import click
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from lepton_local.corpus.suffixes import FAMILIES
from lepton_local.errors import InputError
from lepton_local.search.document import read
from lepton_local.search.record import SCHEMA
from lepton_local.serve.door import Door
from lepton_local.serve.reply import refused, told
from lepton_local.serve.request import Body, Missing, Told

OPENED = Body({"document": str}, {"indexes": list})
_CLOSED = "documents are opened only where serve has --allow-open"
_RUNS = frozenset(FAMILIES["code"])  # of these formats are programs


def routes(door: Door, launch: Callable[[str], int] = click.launch) -> list[Route]:
    """The routes of this file. launch: has the system open a file, and gives 0 where it does."""

    async def opened(request: Request) -> Response:
        if not door.opens:
            return refused(_CLOSED, 403)
        asked = await OPENED.told(request)
        return await door.turn(lambda: told(request, _opened(door, asked, launch)))

    async def pressed(request: Request) -> Response:
        """By the button of the page, which is shown again."""
        if not door.opens:
            raise HTTPException(403, _CLOSED)
        given = dict(parse_qsl((await request.body()).decode(errors="replace")))
        shown = given.pop("shown", "")
        asked = OPENED.checked(given)
        await door.turn(lambda: _opened(door, asked, launch))
        return RedirectResponse(f"/document?{shown}", status_code=303)

    return [
        Route("/v1/open", opened, methods=["POST"]),
        Route("/open", pressed, methods=["POST"]),
    ]


def _opened(door: Door, asked: Told, launch: Callable[[str], int]) -> Told:
    index = door.searchers(asked.get("indexes", ())).listing.index
    try:
        found = read(index, asked["document"])
    except InputError as error:
        raise Missing(error.message) from None
    file = Path(found.file)
    try:
        state = os.lstat(file)
    except OSError:
        raise Missing(f"{file} is no longer there") from None
    if not stat.S_ISREG(state.st_mode):
        raise InputError(f"{file} is no plain file, expected one")
    if found.told["format"] in _RUNS or state.st_mode & 0o111:
        raise InputError(f"{file} could be run, expected a file that is only shown")
    if launch(str(file)):
        raise InputError(f"{file} has no program that opens it")
    return {"schema": SCHEMA, "opened": str(file)}
