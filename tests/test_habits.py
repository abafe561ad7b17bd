"""Completion in a shell, and links in a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lepton_local.cli import links, shelf
from tests.test_cli import lepton_index

SEARCH = "import sys; from lepton_local.cli.search import main; main(prog_name='lepton-search')"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_names_of_indexes(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEPTON_DATA", str(tmp_path / "data"))
    for name in ("work", "wiki", "home"):
        shelf.give(name, tmp_path / name)
    script = lepton_index("completion", shell)
    assert script.exit_code == 0
    for program in ("INDEX", "SEARCH", "TRAIN"):
        assert f"_LEPTON_{program}_COMPLETE={shell}_complete" in script.stdout
    told = {
        "_LEPTON_SEARCH_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "lepton-search query @w",
        "COMP_CWORD": "@w" if shell == "fish" else "2",
    }
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", SEARCH],
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "@work" in done.stdout
    assert "@wiki" in done.stdout
    assert "@home" not in done.stdout
    assert "numpy" not in done.stderr
    assert "pyarrow" not in done.stderr


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A terminal that says nothing of itself."""
    for name in (*links._KNOWN, "VTE_VERSION", "FORCE_HYPERLINK", "TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("said", "linked"),
    [
        ({}, False),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, True),
        ({"VTE_VERSION": "4601"}, False),
        ({"TERM_PROGRAM": "iTerm.app"}, True),
        ({"WT_SESSION": "0-1"}, True),
        ({"WT_SESSION": "0-1", "TMUX": "/tmp/tmux"}, False),
        ({"WT_SESSION": "0-1", "FORCE_HYPERLINK": "0"}, False),
        ({"FORCE_HYPERLINK": "1"}, True),
    ],
)
def test_links_are_for_terminals_that_make_them(
    terminal: pytest.MonkeyPatch, said: dict[str, str], linked: bool
) -> None:
    for name, value in said.items():
        terminal.setenv(name, value)
    assert links.wanted() == linked
    assert ("\x1b]8;;" in links.link("a.md:3", "/a.md", 3)) == linked


def test_a_link_names_the_file_and_nothing_that_a_terminal_obeys(
    terminal: pytest.MonkeyPatch,
) -> None:
    terminal.setenv("TERM", "xterm-kitty")
    made = links.link("text", "/notes/a b\x1b\\\x07#ü.md", 12)
    assert made == ("\x1b]8;;file:///notes/a%20b%1B%5C%07%23%C3%BC.md#12\x1b\\text\x1b]8;;\x1b\\")
    terminal.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    assert links.link("text", "/a.md", 1) == "text"
