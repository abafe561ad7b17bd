"""Sources are parsed ahead, in their order; few wait, and few bytes of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lepton_local.corpus import ahead, isolate
from lepton_local.corpus.isolate import Parsed
from lepton_local.errors import DependencyError
from lepton_local.types import Source


@pytest.mark.parametrize("workers", [1, 3])
def test_sources_come_in_order_and_few_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    sources = []
    for number in range(16):
        words = "\0\1" if number == 7 else f"number {number} " + "and more " * 3000
        (tmp_path / f"{number}.txt").write_text(words)
        sources.append(Source(str(tmp_path), f"{number}.txt", 1, 1))
    monkeypatch.setattr(ahead, "BYTES", 40_000)
    finished = 0
    parse = isolate.Parser.parse

    def counted(
        parser: isolate.Parser, source: Source, wait: Callable[[int], None], **how: Any
    ) -> Parsed:
        nonlocal finished
        found = parse(parser, source, wait, **how)
        finished += 1
        return found

    monkeypatch.setattr(isolate.Parser, "parse", counted)
    taken = ahead.parse_sources(sources, workers)
    for number, found in enumerate(taken):
        time.sleep(0.02)
        assert finished - number <= 2 + workers  # two fill what may wait, and each has one at work
        assert found.source.path == f"{number}.txt"
        assert bool(found.documents) == (number != 7)
    assert finished == 16


def test_few_bytes_wait_however_large_the_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one may give all it has; the others are stopped in the midst of theirs."""
    monkeypatch.setattr(ahead, "BYTES", 100_000)
    row = json.dumps({"text": "otter " * 150})
    sources = []
    for number in range(4):
        (tmp_path / f"{number}.jsonl").write_text(f"{row}\n" * 1000)
        sources.append(Source(str(tmp_path), f"{number}.jsonl", 1, 1))
    taken = ahead.parse_sources(sources, 3)
    for number in range(4):
        while number not in taken._finished:
            time.sleep(0.01)
        later = sum(size for place, size in taken._bytes.items() if place > number)
        assert later < 100_000 + 3 * 2 * len(row)
        assert [len(each.text) for each in next(taken).documents] == [900] * 1000
    assert next(taken, None) is None


def test_whoever_asks_again_after_a_failure_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    isolate.close_kept()
    monkeypatch.setattr(isolate, "PROGRAM", "import nothing_of_this_name")
    (tmp_path / "a.txt").write_text("otters")
    taken = ahead.parse_sources([Source(str(tmp_path), "a.txt", 1, 1)] * 2, 1)
    for _ in range(2):
        with pytest.raises(DependencyError):
            next(taken)
    assert next(taken, None) is None
