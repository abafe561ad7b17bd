"""A talk: each line is a question or a command, and no line ends it that should not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from lepton_local.cli.talk import Talk
from lepton_local.errors import InputError
from lepton_local.indexing import builder
from lepton_local.invisible import CONTROLS
from lepton_local.learning.marks import lessons_of
from lepton_local.search.follow import complete
from lepton_local.search.searcher import Searcher
from lepton_local.search.session import KEPT, Session
from lepton_local.store.feedback import Feedback
from tests.conftest import WordEncoder
from tests.test_cli import complaint, lepton_search
from tests.test_search import PLAIN, Needle


@pytest.fixture
def index(
    tmp_path: Path, notes: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """An index, and models that a command gets without loading any."""
    builder.build(notes, tmp_path / "index", encoder=encoder)
    reader = Needle("rye flour")
    for name in ("load_encoder", "load_reranker", "load_reader"):
        model: Any = encoder if name == "load_encoder" else reader
        monkeypatch.setattr(
            f"lepton_local.search.searcher.{name}", lambda *_, made=model, **__: made
        )
    return tmp_path / "index"


def test_a_pipe_of_lines_is_a_talk(index: Path) -> None:
    typed = [
        "how is the sourdough starter fed?",
        "and when is it baked?",
        "/drop starter",
        "/drop otter",
        "/why",
        "1",
        "40",
        "/more",
        "/nonsense",
        "/filters type:txt title:",
        "/filters type:txt",
        "when are tomatoes watered?",
        "/filters -",
        "/new",
        "and otters?",
        "/rye|wheat/",
        "-",
        "/quit",
        "where is the bread?",
    ]
    done = lepton_search("chat", index, "-k", "1", stdin="\n".join(typed))
    assert done.exit_code == 0
    parts = {part.split("\n")[0]: part for part in done.stdout.split("\n? ")}
    assert "with rye flour every morning.\n" in parts["? how is the sourdough starter fed?"]
    told = parts["and when is it baked?"].split("along with it: ")[1].split(" (/drop")[0]
    assert {"sourdough", "starter"} <= set(told.split(", "))
    left = ", ".join(each for each in told.split(", ") if each != "starter")
    assert f"along with it: {left} (/drop" in parts["/drop starter"]
    assert f"otter cannot be left out, expected one of {left}" in done.stderr
    assert f"searched: {complete('and when is it baked?', left.split(', '))}\n" in parts["/why"]
    assert "sourdough (question 1)" in parts["/why"]
    assert "bread.md:1\n" in parts["1"]
    assert "## Starter\n\nFeed the sourdough" in parts["1"]
    assert "40 is no passage that was shown, expected 1 to 1" in parts["40"]
    assert "\n 2  " in parts["/more"]
    assert "/nonsense is unknown, expected one of: /ask, /more, /why" in parts["/nonsense"]
    assert "'title:'" in done.stderr
    assert "garden.txt:1" in parts["when are tomatoes watered?"]
    assert "bread.md" not in parts["when are tomatoes watered?"]
    assert "filters: none" in parts["/filters -"]
    assert "along with it" not in parts["and otters?"]
    assert "bread.md, Starter, 5:33" in parts["/rye|wheat/"]
    assert "where is the bread?" not in done.stdout
    assert "Traceback" not in done.stderr


def test_a_talk_obeys_no_sign_of_what_is_typed(index: Path) -> None:
    done = lepton_search("chat", index, stdin="\x1b[2Jotters\x9b\n/\x1b]0;x\n\xff\n")
    assert done.exit_code == 0
    assert not CONTROLS.search(done.output.replace("\n", ""))


def test_where_there_is_no_index_no_talk_begins(tmp_path: Path) -> None:
    assert "lepton-index build" in complaint(lepton_search("chat", tmp_path, stdin="otters?\n"))


def test_a_passage_is_opened_at_its_line(
    index: Path, notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = tmp_path / "opened"
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\necho "$@" > {opened}\n')
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    with Searcher.open(index, PLAIN) as searcher:
        talk = Talk(Session(searcher), str(index), k=3, filters=(), verify=False)
        list(talk.reply("Feed the sourdough starter with rye flour"))
        assert list(talk.reply("1")) == []
        assert opened.read_text() == f"+{talk.hits[0].line} {notes / 'bread.md'}\n"
        list(talk.reply("otters hold hands"))  # a row of a file: its lines are not the file's
        assert "Otters hold hands while they sleep." in list(talk.reply("1"))
        monkeypatch.setenv("EDITOR", "/no/such/editor")
        list(talk.reply("Feed the sourdough starter with rye flour"))
        with pytest.raises(InputError, match="/no/such/editor cannot be run"):
            list(talk.reply("1"))


def test_a_long_talk_is_bounded(index: Path) -> None:
    with Searcher.open(index, PLAIN) as searcher:
        session = Session(searcher)
        for number in range(KEPT + 3):
            session.ask(f"otters {number}")
        assert len(session.results) == KEPT
        assert session.results[-1].question == f"otters {KEPT + 2}"


def test_what_is_said_of_an_answer_is_kept(index: Path) -> None:
    typed = ["/good", "how is the sourdough starter fed?", "/good", "/bad 2", "/good 40", "/quit"]
    done = lepton_search("chat", index, stdin="\n".join(typed))
    assert "nothing was asked yet" in done.stdout
    assert "hit 40 was not shown" in done.stderr
    events = Feedback(index).events()
    assert [event.action for event in events] == ["answer_good", "hit_bad"]
    assert [event.what.rank for event in events if event.what] == [1, 2]
    assert events[0].what is not None
    assert "rye flour" in events[0].what.text


def test_what_is_opened_is_kept_only_where_that_was_asked(index: Path) -> None:
    kept = Feedback(index)
    kept.forget(lambda _: True)
    typed = "\n".join(["how is the sourdough starter fed?", "1", "9", "/quit"])
    lepton_search("chat", index, stdin=typed)
    assert kept.events() == []
    lepton_search("chat", index, "--record-use", stdin=typed)
    (event,) = kept.events()
    assert event.action == "opened"
    assert event.what is not None
    assert event.what.rank == 1
    assert lessons_of([event], {event.what.passage}) == []
    assert kept.forget(lambda each: each.action == "opened") == 1
