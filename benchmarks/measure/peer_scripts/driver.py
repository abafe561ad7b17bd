"""What every peer's script does: index a folder of texts, answer one question, answer many.

It needs nothing but Python, and runs in the peer's own environment:

    index MODEL TEXTS INDEX      prints {"documents", "seconds"}: the seconds of adding them alone
    ask MODEL INDEX QUESTION     prints the first document's name and text
    warm MODEL INDEX             a question a line in, {"seconds", "documents"} a line out
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

DOCUMENTS = 10  # that a question is answered with

Documents = Sequence[tuple[str, str]]  # name and text
Writer = Callable[[str, str], Callable[[Documents], None]]  # (model, index) -> add
Opened = Callable[[str, str], Callable[[str, int], Documents]]  # (model, index) -> search


def main(writer: Writer, opened: Opened) -> None:
    """Do what the command line says."""
    # What a library prints, in Python or below it, is not to stand among the answers.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        command, model, *rest = sys.argv[1:]
        if command == "index":
            print(json.dumps(_index(writer, model, *rest)), file=answers)
        elif command == "ask":
            index, question = rest
            for name, text in opened(model, index)(question, 1):
                print(f"{name}\n{text}", file=answers)
        else:
            for told in _warm(opened(model, *rest)):
                print(json.dumps(told), file=answers, flush=True)


def _index(writer: Writer, model: str, texts: str, index: str) -> dict[str, float]:
    documents = [(path.name, path.read_text(encoding="utf-8")) for path in _files(texts)]
    add = writer(model, index)
    began = time.perf_counter()
    add(documents)
    seconds = time.perf_counter() - began
    return {"documents": len(documents), "seconds": seconds}


def _files(folder: str) -> list[Path]:
    return sorted(Path(folder).glob("*.txt"))


def _warm(search: Callable[[str, int], Documents]) -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        question = json.loads(line)
        began = time.perf_counter()
        found = search(question, DOCUMENTS)
        seconds = time.perf_counter() - began
        yield {"seconds": seconds, "documents": [name for name, _ in found]}
