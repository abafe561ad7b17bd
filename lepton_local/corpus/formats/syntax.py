"""Where functions and classes of source code stand, by tree-sitter's grammars (extra `code`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language, Node

# Suffix -> grammar. The last release of the pack that carries its grammars is of series 0.
_GRAMMARS = {
    suffix: pair.split(":")[0]
    for pair in (
        "python:.py,.pyi javascript:.js,.mjs,.cjs,.jsx typescript:.ts tsx:.tsx java:.java "
        "kotlin:.kt php:.php csharp:.cs scala:.scala swift:.swift c:.c,.h "
        "cpp:.cc,.cpp,.cxx,.hh,.hpp bash:.sh,.bash ruby:.rb rust:.rs go:.go lua:.lua perl:.pl,.pm"
    ).split()
    for suffix in pair.split(":")[1].split(",")
}
# Nodes that define something, in any of these grammars.
_NODES = (
    "function_definition class_definition function_declaration generator_function_declaration "
    "class_declaration abstract_class_declaration method_definition interface_declaration "
    "enum_declaration type_alias_declaration record_declaration method_declaration "
    "constructor_declaration annotation_type_declaration object_declaration trait_declaration "
    "struct_declaration namespace_declaration class_specifier struct_specifier union_specifier "
    "enum_specifier namespace_definition class module method singleton_method function_item "
    "struct_item enum_item union_item trait_item impl_item mod_item macro_definition type_spec "
    "trait_definition object_definition enum_definition protocol_declaration module_definition "
    "struct_definition subroutine_declaration_statement"
).split()
_KIND = re.compile(
    r"\b(class|def|enum|fn|func|function|impl|interface|macro|mod|module|namespace|struct|trait"
    r"|type|union)\b"
)
_LONGEST = 120  # characters of a name

# A function that is a value has the name of what holds it.
_VALUE = "(variable_declarator value: [(arrow_function) (function_expression)]) @piece"
_QUERIES = dict.fromkeys(
    ("javascript", "typescript", "tsx"),
    f"(program (lexical_declaration {_VALUE}))"
    f"(program (export_statement (lexical_declaration {_VALUE})))",
)
# Nodes around a definition that belong to it: its decorators, `export`, `template <...>`.
_AROUND = frozenset(
    "decorated_definition export_statement template_declaration ambient_declaration "
    "lexical_declaration type_declaration".split()
)

Piece = tuple[int, int, str, str]  # start, end, kind ("def"), name


def pieces(suffix: str, text: str) -> list[Piece] | None:
    """The definitions in a file, by their start; None where no grammar that reads it is installed,
    or it makes nothing of the file for its errors.

    Offsets are code points.
    """
    grammar = _GRAMMARS.get(suffix, "")
    language = _language(grammar)
    if language is None:
        return None
    from tree_sitter import Parser, Query, QueryCursor

    known = [kind for kind in _NODES if language.id_for_node_kind(kind, True) is not None]
    wanted = " ".join(f"({kind}) @piece" for kind in known)
    cursor = QueryCursor(Query(language, wanted + _QUERIES.get(grammar, "")))
    data = text.encode()
    root = Parser(language).parse(data).root_node
    nodes = cursor.captures(root).get("piece", [])
    found = [piece for node in nodes if (piece := _piece(node, data)) is not None]
    if root.has_error and not found:
        return None
    found.sort(key=lambda piece: (piece[0], -piece[1]))
    return found if text.isascii() else list(_in_code_points(found, data))


def _piece(node: Node, data: bytes) -> Piece | None:
    """What a node defines, in bytes; None if it has no name, or only refers to something."""
    named = _named(node)
    if named is None or (node.type.endswith("_specifier") and not node.child_by_field_name("body")):
        return None
    name = " ".join(data[named.start_byte : named.end_byte].decode(errors="replace").split())
    if node.type == "impl_item":
        name = name.partition("<")[0]
    head = data[node.start_byte : named.start_byte].decode(errors="replace")
    said = _KIND.search(head)
    kind = said[1] if said is not None else _kind(node.type)
    whole = node
    while whole.parent is not None and whole.parent.type in _AROUND:
        whole = whole.parent
    return whole.start_byte, whole.end_byte, kind, name[:_LONGEST]


def _named(node: Node) -> Node | None:
    """The name in a definition: C keeps it inside declarators, Rust's `impl` has a type."""
    inner = node.child_by_field_name("name") or node.child_by_field_name("declarator")
    while inner is not None and (deeper := inner.child_by_field_name("declarator")) is not None:
        inner = deeper
    if inner is None:
        inner = node.child_by_field_name("type")
    named = (child for child in node.named_children if child.type.endswith("identifier"))
    return inner or next(named, None)  # Kotlin's names are children without a field


def _kind(node_type: str) -> str:
    """What to call a definition that does not say it: Java's methods, Go's types."""
    if "method" in node_type or "constructor" in node_type:
        return "method"
    if node_type == "type_spec":
        return "type"
    return "function" if re.search("function|subroutine|variable", node_type) else "class"


def _in_code_points(found: list[Piece], data: bytes) -> Iterator[Piece]:
    places = sorted({place for piece in found for place in piece[:2]})
    points = {}
    at = point = 0
    for place in places:
        point += len(data[at:place].decode(errors="replace"))
        at, points[place] = place, point
    for start, end, kind, name in found:
        yield points[start], points[end], kind, name


@cache
def _language(grammar: str) -> Language | None:
    if not grammar:
        return None
    try:
        from tree_sitter_language_pack import get_language
    except ImportError:
        return None
    return get_language(grammar)  # type: ignore[arg-type]
