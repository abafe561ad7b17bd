"""The guide's table of connections names each file that can open one, and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import lepton_local

PACKAGE = Path(lepton_local.__file__).parent
TABLE = Path(__file__).parent.parent / "corpora" / "guide" / "connections.md"
# Whatever talks to another process by the network or a socket: of Python, and of what is installed.
TALKS = re.compile(
    r"(_socket|aiohttp|asyncio\.(open|start)\w*|boto\w*|ftplib|grpc|http\.client|http\.server|httpx|"
    r"huggingface_hub|imaplib|obstore|poplib|ray|requests|smtplib|socket|socketserver|ssl|telnetlib|"
    r"torch\.distributed|urllib\.request|urllib3|uvicorn|websockets|xmlrpc)(\..*)?"
)


def talking(path: Path) -> bool:
    """Whether a file imports anything of the kind, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("lepton_"):
            names = [f"{node.module}.{each.name}" for each in node.names]
        if any(map(TALKS.fullmatch, names)):
            return True
    return False


def test_the_table_is_whole() -> None:
    rows = [line for line in TABLE.read_text().splitlines() if line.startswith("| ")][2:]
    told = {name for row in rows for name in re.findall(r"`(\w+/\w+\.py)`", row.split("|")[4])}
    found = {
        path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if talking(path)
    }
    assert told == found
    assert len(found) > 8


def test_no_page_loads_anything_from_elsewhere() -> None:
    """In what the program writes for browsers, only links that a person follows lead out."""
    loads = re.compile(
        r"""(src|srcset|action|data)=["']?https?:|@import|url\(["']?https?:|fetch\(["']h"""
    )
    for path in PACKAGE.rglob("*"):
        if path.suffix in (".py", ".js", ".css", ".html"):
            assert not loads.search(path.read_text(encoding="utf-8")), path
