"""The README is tested: every command in it runs, in order, and every figure stands in a record."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from lepton_local.cli.index import main as index_command
from lepton_local.cli.search import main as search_command
from lepton_local.indexing.builder import build
from lepton_local.search.searcher import Searcher

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
COMMANDS: dict[str, click.Command] = {
    "lepton-index": index_command,
    "lepton-search": search_command,
}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like the checkout, for commands to write into."""
    shutil.copytree(ROOT / "corpora", tmp_path / "corpora")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def typed() -> list[str]:
    """The command lines of the console blocks."""
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def test_every_command_runs(checkout: Path) -> None:
    ran = 0
    for line in typed():
        name, *arguments = shlex.split(line, comments=True)
        if name not in COMMANDS:
            assert name in ("make", "pip"), line
            continue
        result = CliRunner().invoke(COMMANDS[name], arguments)
        assert result.exit_code == 0, f"{line}\n{result.output}"
        ran += 1
    assert ran >= 8


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with the index of the guide."""
    folder = tmp_path_factory.mktemp("guide")
    shutil.copytree(ROOT / "corpora", folder / "corpora")
    build(folder / "corpora" / "guide", folder / "indexes" / "guide")
    return folder


def test_what_is_shown_is_what_is_printed(guide: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first answer, but for the figures that another processor may round another way."""
    ask = next(line for line in typed() if line.startswith("lepton-search"))
    shown = re.search(r"```text\n(.*?)```", README, re.DOTALL)
    assert shown is not None
    monkeypatch.chdir(guide)
    printed = CliRunner().invoke(search_command, shlex.split(ask)[1:]).output
    figures = re.compile(r"\d+%|0\.\d{3}")
    assert figures.sub("", printed).startswith(figures.sub("", shown.group(1)))


def test_the_guide_answers_questions_about_itself(guide: Path) -> None:
    """With the bundled models: what it says, where it says so, and nothing that it does not say."""
    rows = json.loads((ROOT / "tests" / "data" / "guide_questions.json").read_text())
    right = 0
    with Searcher.open(guide / "indexes" / "guide") as searcher:
        for row in rows:
            result = searcher.answer(row["question"], k=3)
            if not row["answers"]:
                assert result.answer is None, row
                continue
            assert row["path"] in [hit.path for hit in result.hits], row
            if result.answer is not None:
                told = " ".join(result.answer.text.split())
                right += any(words in told or told in words for words in row["answers"])
    answerable = sum(bool(row["answers"]) for row in rows)
    assert right >= answerable - 1  # another processor may round another way


def test_make_commands_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for line in typed():
        name, *arguments = shlex.split(line, comments=True)
        if name == "make":
            assert re.search(rf"^{arguments[0]}:", makefile, re.MULTILINE), line


def test_the_library_example_runs(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    assert "64 MiB" in capsys.readouterr().out


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links
    for link in links:
        assert (ROOT / link).exists(), link


def test_measured_rows_stand_in_a_record() -> None:
    """Each row of figures in the README, and in the benchmarks' own, is a row of a summary under
    benchmarks/runs.
    """
    records = "\n".join(
        path.read_text() for path in sorted((ROOT / "benchmarks" / "runs").glob("*/summary.md"))
    )
    moved = (ROOT / "benchmarks" / "README.md").read_text().split("## Figures")[1]
    measured = README.split("## Measured")[1].split("\n## ")[0] + moved
    rows = [line for line in measured.splitlines() if re.match(r"\| .*\d", line)]
    assert len(rows) >= 5
    for row in rows:
        assert row in records, row


def test_the_package_says_what_the_readme_says() -> None:
    import lepton_local

    assert set(lepton_local.__all__) == {
        *("build", "update", "compact", "Index", "Searcher", "Session", "evaluate"),
        *("BuildConfig", "SearchConfig", "Document", "Passage", "Hit", "Answer", "Result"),
        *("ProgressBar", "result_record", "LeptonError", "__version__"),
    }
    assert all(getattr(lepton_local, name) is not None for name in lepton_local.__all__)
    assert callable(lepton_local.build)
