"""The Model Context Protocol: the three replies as tools of an agent, all of them read-only.

https://modelcontextprotocol.io/specification, in whichever revision the agent speaks.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import unquote

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field

from lepton_local.errors import LeptonError
from lepton_local.serve import replies
from lepton_local.serve.live import Live
from lepton_local.serve.material import BYTES, LEAST_BYTES, MOST_BYTES, line
from lepton_local.serve.replies import MOST_HITS, Reply

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


def server(live: Live, *, version: str) -> MCPServer[Any]:
    """A server of these indexes; the caller runs it."""
    made: MCPServer[Any] = MCPServer(
        "lepton-local", version=version, instructions=replies.instructions(live)
    )

    @made.tool(title="Answer from the documents", annotations=READS)
    def ask(
        question: Question, k: Count = 3, filters: Filters = (), max_bytes: Bytes = BYTES
    ) -> CallToolResult:
        """The exact words of a document that answer, with place and confidence, or that no document
        tells; then the nearest passages."""
        return _told(lambda: replies.ask(live, question, k=k, filters=filters, max_bytes=max_bytes))

    @made.tool(title="Find passages", annotations=READS)
    def search(
        question: Question,
        k: Count = 5,
        filters: Filters = (),
        max_bytes: Bytes = BYTES,
        cursor: Cursor = "",
    ) -> CallToolResult:
        """Passages by meaning and by words, best first."""
        return _told(
            lambda: replies.search(
                live, question, k=k, filters=filters, max_bytes=max_bytes, cursor=cursor
            )
        )

    @made.tool(title="Read a document", annotations=READS)
    def read(document: Document, max_bytes: Bytes = BYTES, cursor: Cursor = "") -> CallToolResult:
        """A document's lines, numbered, as they were indexed."""
        return _told(lambda: replies.read(live, document, max_bytes=max_bytes, cursor=cursor))

    @made.resource("lepton://document/{+name}", name="document", mime_type="text/plain")
    def document(name: str) -> str:
        """A document, as results cite it."""
        try:
            return replies.read(live, unquote(name), max_bytes=MOST_BYTES).text
        except LeptonError as error:
            raise ResourceNotFoundError(line(str(error))) from None

    return made


def run(live: Live, *, version: str) -> None:
    """Serve one agent over standard input and output, until it closes them."""
    logging.disable(logging.INFO)  # what an agent did wrong it is told itself
    server(live, version=version).run("stdio")


def _told(reply: Callable[[], Reply]) -> CallToolResult:
    try:
        given = reply()
    except LeptonError as error:
        raise ToolError(line(str(error))) from None
    return CallToolResult(
        content=[TextContent(type="text", text=given.text)], structured_content=given.record
    )
