"""The house has floors: a file imports its own package and lower floors, never a neighbour, never
upward.
"""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "lepton_local"

FLOORS = {
    "errors": 0,
    "searched": 0,
    "shown": 0,
    "types": 1,
    "homes": 1,
    "config": 1,
    "scripts": 1,
    "progress": 1,
    "rights": 1,
    "invisible": 2,
    "corpus": 2,
    "models": 2,
    "store": 2,
    "indexing": 3,
    "search": 3,
    "evaluation": 4,
    "saved": 4,
    "cluster": 4,
    "train": 5,
    "learning": 5,
    "serve": 5,
    "cli": 6,
}


def modules() -> dict[str, Path]:
    """Every module but the roof, `lepton_local/__init__.py`, whose names are loaded on use."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            found[name] = path
    return found


def imports(path: Path) -> set[str]:
    """Modules of this package that a file imports, anywhere in it; inside TYPE_CHECKING and
    functions too.
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found.add(str(node.module))
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    known = modules()
    inside = {
        name.removeprefix("lepton_local.") for name in found if name.startswith("lepton_local.")
    }
    return inside & known.keys()


def test_every_file_has_a_floor() -> None:
    assert {name.split(".")[0] for name in modules()} <= FLOORS.keys()


def test_nothing_imports_a_neighbour_or_upward() -> None:
    wrong = [
        f"{name} imports {other}"
        for name, path in modules().items()
        for other in imports(path)
        if other.split(".")[0] != name.split(".")[0]
        and FLOORS[other.split(".")[0]] >= FLOORS[name.split(".")[0]]
    ]
    assert not wrong


def test_no_import_circles() -> None:
    graph = {name: imports(path) - {name} for name, path in modules().items()}
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " -> ".join((*above[above.index(name) :], name))
        if name not in done:
            for other in sorted(graph[name]):
                visit(other, (*above, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_files_are_small() -> None:
    long = {
        name: count
        for name, path in modules().items()
        if (count := len(path.read_text().splitlines())) > 300
    }
    assert not long
