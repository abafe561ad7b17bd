"""The Model Context Protocol: the three replies as tools of an agent, all of them read-only.

https://modelcontextprotocol.io/specification, in whichever revision the agent speaks.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, Protocol, TypeVar
from urllib.parse import unquote

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field
from starlette.routing import BaseRoute

from lepton_local.errors import LeptonError
from lepton_local.search.material import BYTES, LEAST_BYTES, MOST_BYTES, line
from lepton_local.serve import replies
from lepton_local.serve.door import Busy, Door
from lepton_local.serve.live import Live
from lepton_local.serve.replies import MOST_HITS, RULES, Asked, Reply

T = TypeVar("T")
Agents = AbstractAsyncContextManager[None]


class Turn(Protocol):
    """Does something in a thread, once there is one for it."""

    async def __call__(self, work: Callable[[], T], /) -> T: ...


READS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
Question = Annotated[str, Field(description="Words, or a question, in any language.")]
Filters = Annotated[
    tuple[str, ...],
    Field(
        description="Only documents for which all hold: path:contracts/*, type:pdf, lang:de, "
        "after:2026-01-31, title:WORD."
    ),
]
Count = Annotated[int, Field(ge=1, le=MOST_HITS, description="Passages, at most.")]
Bytes = Annotated[
    int, Field(ge=LEAST_BYTES, le=MOST_BYTES, description="Size of the reply, at most.")
]
Cursor = Annotated[str, Field(description="What the reply before gave, to go on.")]
Document = Annotated[
    str, Field(description="As results cite it; notes.md:3-9 are its lines 3 to 9.")
]


async def _at_once(work: Callable[[], T]) -> T:
    return await anyio.to_thread.run_sync(work)


def server(
    live: Asked, *, version: str, instructions: str = "", turn: Turn = _at_once
) -> MCPServer[Any]:
    """A server of these indexes; the caller runs it. instructions: what an agent is told first,
    where not how much there is; turn: does something in a thread, once there is one for it.
    """
    made: MCPServer[Any] = MCPServer(
        "lepton-local", version=version, instructions=instructions or replies.instructions(live)
    )

    async def told(reply: Callable[[], Reply]) -> CallToolResult:
        try:
            given = await turn(reply)
        except (LeptonError, Busy) as error:
            raise ToolError(line(str(error))) from None
        return CallToolResult(
            content=[TextContent(type="text", text=given.text)], structured_content=given.record
        )

    @made.tool(title="Answer from the documents", annotations=READS)
    async def ask(
        question: Question, k: Count = 3, filters: Filters = (), max_bytes: Bytes = BYTES
    ) -> CallToolResult:
        """The exact words that answer, with place and confidence, or that none do; passages."""
        return await told(
            lambda: replies.ask(live, question, k=k, filters=filters, max_bytes=max_bytes)
        )

    @made.tool(title="Find passages", annotations=READS)
    async def search(
        question: Question,
        k: Count = 5,
        filters: Filters = (),
        max_bytes: Bytes = BYTES,
        cursor: Cursor = "",
    ) -> CallToolResult:
        """Passages by meaning and by words, best first."""
        return await told(
            lambda: replies.search(
                live, question, k=k, filters=filters, max_bytes=max_bytes, cursor=cursor
            )
        )

    @made.tool(title="Read a document", annotations=READS)
    async def read(
        document: Document, max_bytes: Bytes = BYTES, cursor: Cursor = ""
    ) -> CallToolResult:
        """A document's lines, numbered, as they were indexed."""
        return await told(lambda: replies.read(live, document, max_bytes=max_bytes, cursor=cursor))

    @made.resource("lepton://document/{+name}", name="document", mime_type="text/plain")
    async def document(name: str) -> str:
        """A document, as results cite it."""
        try:
            given = await turn(lambda: replies.read(live, unquote(name), max_bytes=MOST_BYTES))
            return given.text
        except (LeptonError, Busy) as error:
            raise ResourceNotFoundError(line(str(error))) from None

    return made


def run(live: Live, *, version: str) -> None:
    """Serve one agent over standard input and output, until it closes them."""
    logging.disable(logging.INFO)  # what an agent did wrong it is told itself
    server(live, version=version).run("stdio")


def agents(door: Door, *, version: str) -> tuple[Sequence[BaseRoute], Agents]:
    """The route of agents that ask by HTTP, and what must run while it is served."""
    logging.getLogger("mcp").setLevel(logging.WARNING)  # the terminal is for addresses
    # Who asks is known with each question only, so nothing is said of how much there is.
    told = f"Searches documents, word for word.{RULES}"
    made = server(door, version=version, instructions=told, turn=door.turn)
    application = made.streamable_http_app(
        stateless_http=True,
        json_response=True,
        # The guard has looked at names and origins, and at how long a body is.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return application.routes, made.session_manager.run()
