"""The guide tells the truth: its commands parse, its links lead somewhere, its parts are fresh."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import docx
import pypdfium2  # type: ignore[import-untyped]
import pytest
from docx.table import Table

import lepton_local
from lepton_local.cli.index import main as lepton_index
from lepton_local.cli.place import Place
from lepton_local.cli.search import main as lepton_search
from lepton_local.cli.train import main as lepton_train
from lepton_local.config import BuildConfig, SearchConfig
from lepton_local.corpus.parse import knows

HOUSE = Path(__file__).parent.parent
GUIDE = HOUSE / "corpora" / "guide"
SOURCES = HOUSE / "corpora" / "sources"
# The sources of the PDF and Word parts are Markdown too; the project's README may not be there yet.
PAGES = sorted(
    [
        *HOUSE.glob("README.md"),
        *HOUSE.glob("corpora/**/*.md"),
        *HOUSE.glob("indexes/*.md"),
    ]
)
QUESTIONS = HOUSE / "tests" / "data" / "guide_questions.json"
PROGRAMS: dict[str, click.Group] = {
    "lepton-index": lepton_index,
    "lepton-search": lepton_search,
    "lepton-train": lepton_train,
}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def fences(page: Path) -> Iterator[tuple[str, str]]:
    """Language and content of each code block."""
    for found in FENCE.finditer(page.read_text(encoding="utf-8")):
        yield found[1], found[2]


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def command_lines() -> list[str]:
    """Every distinct line of a code block that calls one of the programs."""
    lines = (
        line.strip().removeprefix("$ ").removeprefix("if ")
        for page in PAGES
        for _, code in fences(page)
        for line in code.replace("\\\n", " ").splitlines()
    )
    return sorted({line for line in lines if line.split(" ")[0] in PROGRAMS})


def words(line: str) -> list[str]:
    """A command line as the shell splits it, up to a comment, a pipe or a redirection."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    split: list[str] = []
    for word in lexer:
        if word.startswith("#") or set(word) <= set("();<>|&"):
            break
        split.append(word)
    return split


def parse(program: str, arguments: list[str]) -> None:
    """Let click parse, and run nothing. Raises click.UsageError."""
    group = PROGRAMS[program]
    name = arguments[0]
    if name.startswith("-"):
        with pytest.raises(click.exceptions.Exit):  # --help, --version
            group.make_context(program, arguments)
        return
    context = click.Context(group, info_name=program)
    command = group.get_command(context, name)
    assert command is not None, f"{program} has no subcommand {name}"
    if "--help" in arguments:
        with pytest.raises(click.exceptions.Exit):
            command.make_context(name, arguments[1:], parent=context)
        return
    command.make_context(name, arguments[1:], parent=context)


@pytest.fixture
def no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that a command line names need not be there."""

    def convert(self: click.File, value: Any, *_: Any) -> Any:
        return value

    for kind in (click.File, click.Path, Place):
        monkeypatch.setattr(kind, "convert", convert)


@pytest.mark.usefixtures("no_files")
@pytest.mark.parametrize("line", command_lines())
def test_command_lines_parse(line: str) -> None:
    program, *arguments = words(line)
    parse(program, arguments)


@pytest.mark.usefixtures("no_files")
def test_a_wrong_command_line_does_not_parse() -> None:
    with pytest.raises(click.UsageError):
        parse("lepton-search", ["query", "indexes/guide", "why?", "--no-such-option"])
    with pytest.raises(AssertionError):
        parse("lepton-index", ["no-such-command"])
    with pytest.raises(click.UsageError):
        parse("lepton-train", ["pair", "mined.jsonl", "--out", "models/mine"])  # --base is missing


def test_every_subcommand_is_shown() -> None:
    shown = {(program, name) for program, name, *_ in map(words, command_lines())}
    for program, group in PROGRAMS.items():
        for name in group.list_commands(click.Context(group)):
            assert (program, name) in shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HOUSE)))
def test_options_in_the_text_exist(page: Path) -> None:
    known = {
        option
        for group in PROGRAMS.values()
        for name in group.list_commands(click.Context(group))
        for each in [group.commands[name]]
        for command in [
            group,
            each,
            *(each.commands.values() if isinstance(each, click.Group) else ()),
        ]
        for parameter in command.get_params(click.Context(command))
        for option in [*parameter.opts, *parameter.secondary_opts]
    }
    named = re.findall(r"(?<![\w-])--[a-z][a-z-]*", " ".join(re.findall("`[^`]+`", prose(page))))
    assert set(named) <= known


def test_code_blocks_are_well_formed() -> None:
    kinds = set()
    for page in PAGES:
        for language, code in fences(page):
            kinds.add(language)
            if language == "python":
                compile(code, str(page), "exec")
            elif language == "json":
                json.loads(code)
    assert {"python", "json"} <= kinds


def test_the_python_of_the_library_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From top to bottom, as a reader would type it, with the bundled models over a part of the
    guide.
    """
    part = tmp_path / "corpora" / "guide"
    part.mkdir(parents=True)
    for name in ("scripting.md", "updating.md"):
        shutil.copy(GUIDE / name, part)
    made = tmp_path / "scifact"
    (made / "qrels").mkdir(parents=True)
    (made / "corpus.jsonl").write_text('{"_id": "updating", "title": "", "text": "A stale hit."}\n')
    (made / "queries.jsonl").write_text('{"_id": "q", "text": "what is a stale hit?"}\n')
    (made / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\tupdating\t1\n")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    blocks = [code for language, code in fences(GUIDE / "library.md") if language == "python"]
    assert len(blocks) > 8
    for code in blocks:
        exec(compile(code, "library.md", "exec"), names)  # our own page
    assert names["index"].manifest.encoder.name == "my words"
    assert names["result"].answer.text.startswith("exit status")
    assert names["report"]["recall@100"] == 1.0


def test_the_library_lists_its_names() -> None:
    assert dir(lepton_local) == sorted(lepton_local.__all__)
    assert all(hasattr(lepton_local, name) for name in dir(lepton_local))


def test_names_of_the_library_exist() -> None:
    named = set(re.findall(r"\blepton\.([A-Za-z_]\w*)", (GUIDE / "library.md").read_text("utf-8")))
    assert {"build", "Searcher", "LeptonError"} <= named
    assert named <= set(lepton_local.__all__)


@pytest.mark.parametrize("config", [BuildConfig(), SearchConfig()], ids=["build", "search"])
def test_settings_are_those_of_the_library(config: BuildConfig | SearchConfig) -> None:
    table = f"| `{type(config).__name__}` |"
    text = (GUIDE / "library.md").read_text(encoding="utf-8")
    rows = text[text.index(table) :].split("\n\n")[0].splitlines()[2:]
    told = {
        name: default.strip().strip("`")
        for names, default in (row.split("|")[1:3] for row in rows)
        for name in re.findall(r"`(\w+)`", names)
    }
    values = {field.name: getattr(config, field.name) for field in fields(config)}
    shown = {
        name: f'"{value}"' if isinstance(value, str) else str(value)
        for name, value in values.items()
    }
    if "max_bytes" in values:
        shown["max_bytes"] = f"{values['max_bytes'] >> 20} MiB"
    assert told == shown


def test_file_endings_are_known() -> None:
    rows = re.findall(r"^\|.*$", (GUIDE / "indexing.md").read_text(encoding="utf-8"), re.MULTILINE)
    endings = [ending for row in rows for ending in re.findall(r"`(\.[a-z]+)`", row)]
    assert len(endings) > 20
    assert [ending for ending in endings if not knows(f"file{ending}")] == []


def anchors(page: Path) -> set[str]:
    """What a link into a page may name."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".html":
        return set(re.findall(r'id="([^"]+)"', text))
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    "page", [*PAGES, GUIDE / "glossary.html"], ids=lambda page: str(page.relative_to(HOUSE))
)
def test_links_lead_somewhere(page: Path) -> None:
    text = prose(page)
    for link in re.findall(r'\]\(([^)\s]+)\)|href="([^"]+)"', text):
        target = "".join(link)
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        goal = page.parent / name if name else page
        assert goal.exists(), target
        assert not anchor or anchor in anchors(goal), target


def test_every_part_is_in_the_table_of_contents() -> None:
    linked = set(re.findall(r"\]\(([^)#]+)\)", (GUIDE / "README.md").read_text(encoding="utf-8")))
    assert linked == {part.name for part in GUIDE.iterdir()} - {"README.md"}


def pdf_text(path: Path) -> str:
    """Text of all pages."""
    with pypdfium2.PdfDocument(path) as pdf:
        return "\n".join(page.get_textpage().get_text_bounded() for page in pdf)


def docx_text(path: Path) -> str:
    """Text of paragraphs and tables, in order."""
    lines = []
    for block in docx.Document(str(path)).iter_inner_content():
        if isinstance(block, Table):
            lines += [" ".join(cell.text for cell in row.cells) for row in block.rows]
        else:
            lines.append(block.text)
    return "\n".join(lines)


def text_of(path: Path) -> str:
    """Text of any part of the guide."""
    if path.suffix == ".pdf":
        return pdf_text(path)
    return docx_text(path) if path.suffix == ".docx" else path.read_text(encoding="utf-8")


@pytest.mark.parametrize("part", ["privacy.pdf", "troubleshooting.docx"])
def test_made_parts_say_what_their_sources_say(part: str) -> None:
    source = (SOURCES / part).with_suffix(".md").read_text(encoding="utf-8")
    assert re.findall(r"\w", text_of(GUIDE / part)) == re.findall(r"\w", source), (
        "python corpora/make_guide.py"
    )


def test_questions_are_answered_where_they_say() -> None:
    questions = json.loads(QUESTIONS.read_text(encoding="utf-8"))
    assert sum(not row["answers"] for row in questions) >= 3
    for row in questions:
        assert row["question"].endswith("?")
        assert bool(row["answers"]) == bool(row["path"])
        text = " ".join(text_of(GUIDE / row["path"]).split()) if row["path"] else ""
        assert all(answer in text for answer in row["answers"]), row
