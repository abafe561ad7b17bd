"""The route of a table: what each document says to each of the same questions."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lepton_local.search.record import SCHEMA, row_record
from lepton_local.search.table import Table
from lepton_local.serve.door import Door
from lepton_local.serve.reply import told
from lepton_local.serve.request import Body, K, Told

PATIENCE = 10.0  # seconds after which no further row is begun
ASKED = Body({"questions": list}, {"over": list, "k": int, "skip": int, "indexes": list})


def routes(door: Door) -> list[Route]:
    """The route of this file."""

    async def table(request: Request) -> Response:
        asked = await ASKED.told(request)
        return await door.turn(lambda: told(request, _table(door, asked)))

    return [Route("/v1/table", table, methods=["POST"])]


def _table(door: Door, asked: Told) -> Told:
    """Up to `k` rows after the first `skip`, as many as are done in the time; `next` is how many to
    skip for those that follow.
    """
    began = time.monotonic()
    searcher = door.searchers(asked.get("indexes", ())).answering
    made = Table(searcher, asked["questions"], over=asked.get("over", ()))
    skip, rows = asked.get("skip", 0), []
    for number, row in enumerate(made.rows(skip=skip), skip + 1):
        rows.append(row_record(row, number))
        if len(rows) == asked.get("k", K) or time.monotonic() > began + PATIENCE:
            break
    done = skip + len(rows)
    return {
        "schema": SCHEMA,
        "indexes": [
            {"index": each.index, "generation": each.generation}
            for each in searcher.index.snapshots
        ],
        "questions": made.questions,
        "documents": len(made),
        "rows": rows,
        "next": done if done < len(made) else None,
    }
