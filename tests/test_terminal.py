"""No name of a file and nothing that a document says commands the terminal: every command is run
over a folder that tries.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from lepton_local.cli.index import main as index_command
from lepton_local.cli.search import main as search_command
from lepton_local.invisible import CONTROLS
from tests.archives import zipped

STYLES = re.compile(r"\x1b\[[0-9;]*m")  # what the commands themselves write
BLINK = "\x1b[5m"  # and what they never write
HOSTILE = f"{BLINK}\x1b]0;mine\x07\x1b[2J\x9b31m\x08\u202eotter\u2066"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of hostile names, titles, texts, keys, members and reasons, and its index."""
    place = tmp_path_factory.mktemp("hostile")
    folder = place / f"notes{HOSTILE}"
    folder.mkdir()
    words = f"The {HOSTILE} sleeps in a holt, and a heron stands still by the river for hours. "
    (folder / f"{HOSTILE}.md").write_text(f"# The {HOSTILE}\n\n## A {HOSTILE}\n\n{words * 3}\n")
    (folder / f"{HOSTILE}.pdf").write_text(HOSTILE)
    (folder / "rows.csv").write_text(f'id,title,text\n{HOSTILE},{HOSTILE},"{words}"\n')
    (folder / f"{HOSTILE}.zip").write_bytes(
        zipped({f"{HOSTILE}.txt": words, f"a{HOSTILE}.docx": HOSTILE})
    )
    (place / "questions.jsonl").write_text('{"question": "Where does the otter sleep?"}\n')
    built = CliRunner().invoke(
        index_command, ["build", str(folder), "--out", str(place / "index")], color=True
    )
    assert built.exit_code == 2  # two files are skipped
    harmless(built.output)
    return place


def harmless(output: str) -> None:
    """Fails for a sign that a terminal would obey."""
    assert output.strip()
    assert BLINK not in output
    assert not CONTROLS.search(STYLES.sub("", output).replace("\n", ""))


@pytest.mark.parametrize(
    "arguments",
    [
        "update INDEX",
        "info INDEX",
        "info INDEX --skipped",
        "info INDEX --json",
        "check INDEX --sources",
        "explain INDEX FILE",
        "explain INDEX FILE --json",
        "query INDEX QUESTION --why --verify",
        "query INDEX QUESTION --json",
        "query INDEX FILE",
        "batch INDEX QUESTIONS",
        "similar INDEX FILE",
        "similar INDEX NOTHING",
    ],
)
def test_no_command_passes_them_on(hostile: Path, arguments: str) -> None:
    found = {
        "INDEX": str(hostile / "index"),
        "FILE": f"{HOSTILE}.md",
        "QUESTION": "Where does the otter sleep?",
        "QUESTIONS": str(hostile / "questions.jsonl"),
        "NOTHING": f"{HOSTILE}.none",
    }
    verb, *rest = (found.get(word, word) for word in arguments.split())
    command = index_command if verb in index_command.commands else search_command
    result = CliRunner().invoke(command, [verb, *rest], color=True)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    harmless(result.output)


def test_nor_does_what_is_wrong(hostile: Path) -> None:
    (note,) = (hostile / f"notes{HOSTILE}").glob("*.md")
    note.write_text(note.read_text() + "more")
    index = str(hostile / "index")
    wrong = CliRunner().invoke(index_command, ["check", index, "--sources"], color=True)
    assert "it has changed" in wrong.output
    harmless(wrong.output)
    asked = ["query", index, "Where does the otter sleep?", "--verify"]
    harmless(CliRunner().invoke(search_command, asked, color=True).output)
    harmless(CliRunner().invoke(index_command, ["build", str(hostile / HOSTILE)]).output)
