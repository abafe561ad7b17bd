"""The records of the benchmarks: each is in the table, and what is cited is there."""

from __future__ import annotations

import importlib
import re
import sys
import tomllib
from types import ModuleType

import pytest

from tests.test_benchmarks import BENCHMARKS


@pytest.fixture
def contents(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    return importlib.import_module("support.contents")


def test_each_record_says_what_it_asks_and_what_came_of_it(contents: ModuleType) -> None:
    told = tomllib.loads((contents.RUNS / "records.toml").read_text(encoding="utf-8"))
    assert sorted(told) == contents.records()
    for name, row in told.items():
        assert row["asks"].endswith("?"), name
        assert row["verdict"] in contents.VERDICTS, name


def test_the_table_of_records_is_as_the_script_writes_it(contents: ModuleType) -> None:
    table = (contents.RUNS / "README.md").read_text(encoding="utf-8")
    assert table == contents.contents(), "python benchmarks/support/contents.py"


def test_what_is_cited_is_there(contents: ModuleType) -> None:
    there = set(contents.records())
    for path in contents.citing():
        assert contents.cited(path.read_text(encoding="utf-8")) <= there, path
    for name in there:
        summary = (contents.RUNS / name / "summary.md").read_text(encoding="utf-8")
        assert set(re.findall(r"\.\./(\d{4}-[\w-]+)", summary)) <= there, name
