"""What an error says, and what it advises: apart, so that a server can show the one alone."""

from __future__ import annotations

import ast
import copy
import pickle
import re
from pathlib import Path

import pytest

import lepton_local
from lepton_local.errors import DamagedError, InputError, LeptonError, SourceError
from lepton_local.search.question import parse_question
from lepton_local.store.index import Index

PACKAGE = Path(lepton_local.__file__).parent
COMMAND = re.compile(r"lepton-(index|search|train) |pip install|export |--(device|out|freeze) \w")


def test_a_message_and_its_advice_stand_apart(tmp_path: Path) -> None:
    with pytest.raises(LeptonError) as told:
        Index.open(tmp_path)
    assert told.value.message == f"{tmp_path} is not an index (no manifest.json in it)"
    assert told.value.advice == f"lepton-index build FOLDER --out {tmp_path}"
    assert str(told.value) == f"{told.value.message}: {told.value.advice}"
    with pytest.raises(InputError) as asked:
        parse_question("")
    assert "lepton" not in asked.value.message
    assert asked.value.advice


def test_an_error_without_advice_is_its_message_or_has_that_of_its_kind() -> None:
    assert str(SourceError("empty")) == "empty"
    assert str(DamagedError("x is cut short")).endswith(": lepton-index build FOLDER --out INDEX")
    whole = InputError("x", advice="y")
    for other in (copy.copy(whole), pickle.loads(pickle.dumps(whole))):
        assert (other.message, other.advice, str(other)) == ("x", "y", "x: y")


def test_no_message_holds_a_command() -> None:
    """Whoever raises an error says what to type as its advice, never within its message."""
    kinds = {kind.__name__ for kind in _below(LeptonError)}
    looked = 0
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(ast.Name(name), [message, *_]) if name in kinds:
                    looked += 1
                    said = ast.unparse(message)
                    assert not COMMAND.search(said), f"{path}:{node.lineno}: {said}"
    assert looked > 100


def _below(kind: type) -> set[type]:
    return {kind}.union(*map(_below, kind.__subclasses__()))
