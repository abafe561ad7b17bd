"""XML of documents -> elements, by a parser that expands no entity and opens no file and no
connection.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from lepton_local.errors import SourceError


def parse_xml(data: bytes, name: str) -> Any:
    """The root element. `name` says in the error which part of the file this is.

    Elements are at most 256 deep, the limit of libxml2. Raises SourceError for what is no XML.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise SourceError(f"malformed: {name!r} is not XML: {error.msg}") from error


def local(element: Any) -> str:
    """The name of an element without its namespace; "" for an entity that was not expanded."""
    return _bare(element.tag)


@lru_cache(maxsize=1024)
def _bare(tag: object) -> str:
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
