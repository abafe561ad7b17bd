"""Rows of a table that is not done yet: a file beside the place where it will stand, to which each
row is added as it comes. The same command goes on behind the last of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lepton_local.cli.screen import json_line
from lepton_local.errors import InputError
from lepton_local.store import files

_NAME = "lepton-search table"


class Kept:
    """The rows of one table: `about` is all that they depend on."""

    def __init__(self, out: Path, about: Any) -> None:
        """out: where the table will stand; a run that finds other rows beside it refuses to touch
        them: InputError.
        """
        self.path = out.with_name(f"{out.name}.part")
        self._head = json_line({_NAME: 1, "about": about})
        self.count = 0
        if self.path.exists():
            self._look()

    def _look(self) -> None:
        whole = 0
        with files.growing(self.path) as file:
            file.seek(0)
            if file.readline() != self._head:
                raise InputError(
                    f"{self.path} holds something else than the first rows of this table",
                    advice="remove it, or write the table elsewhere with --out",
                )
            whole = file.tell()
            for line in file:
                if not line.endswith(b"\n"):
                    break  # of a run that was killed while it wrote
                whole += len(line)
                self.count += 1
            file.truncate(whole)

    def add(self, records: Iterable[dict[str, Any]]) -> None:
        """Write each behind those that are there, as it comes."""
        fresh = not self.path.exists()
        with files.growing(self.path) as file:
            if fresh:
                file.write(self._head)
            for record in records:
                file.write(json_line(record))
                file.flush()

    def records(self) -> Iterator[dict[str, Any]]:
        """All of them, one at a time."""
        with open(self.path, "rb") as file:
            next(file)
            yield from map(json.loads, file)

    def remove(self) -> None:
        """They stand in the table now."""
        files.remove(self.path)
