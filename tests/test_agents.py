"""Agents that ask by HTTP, in the server that shows the page: the protocol's own client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio
import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

import lepton_local as lepton
from lepton_local.serve import app as doors
from lepton_local.serve.guard import Guard
from lepton_local.serve.live import Live
from lepton_local.serve.tokens import OneKey

T = TypeVar("T")
KEY = "a-key"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Live:
    place = tmp_path_factory.mktemp("agents")
    (place / "notes").mkdir()
    (place / "notes" / "lease.md").write_text("The rent is 940 euros.\n", encoding="utf-8")
    lepton.build(place / "notes", place / "index")
    return Live([place / "index"])


def asked(live: Live, act: Callable[[Client], Awaitable[T]], *, mode: str, key: str = KEY) -> T:
    """What an agent with this key does, by HTTP without a network."""
    made = doors.app(live, cores=1, version="1")
    guarded = Guard(made, port=8000, keys=OneKey(KEY))

    async def run() -> T:
        async with (
            made.router.lifespan_context(made),
            httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=guarded),
                headers={"Authorization": f"Bearer {key}"},
            ) as http,
            Client(
                streamable_http_client("http://localhost:8000/mcp", http_client=http), mode=mode
            ) as on,
        ):
            return await act(on)

    return anyio.run(run)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_agent_is_answered_by_http(live: Live, mode: str) -> None:
    async def act(client: Client) -> tuple[list[str], Any, str]:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        said = await client.call_tool("ask", {"question": "What is the rent?"})
        read = await client.call_tool("read", {"document": "lease.md"})
        return tools, said.structured_content, str(getattr(read.content[0], "text", ""))

    tools, told, read = asked(live, act, mode=mode)
    assert tools == ["ask", "search", "read"]
    assert told["answer"]["text"] == "940 euros"
    assert "1 > The rent is 940 euros." in read


def test_an_agent_without_a_key_is_refused(live: Live) -> None:
    async def act(client: Client) -> None:
        await client.list_tools()

    with pytest.raises((MCPError, BaseExceptionGroup)):
        asked(live, act, mode="auto", key="other")
