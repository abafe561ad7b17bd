"""The two commands, through the front door, on a corpus of a few files."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lepton_local import __version__
from lepton_local.cli.index import main as index_command
from lepton_local.cli.search import main as search_command
from lepton_local.indexing import crew
from lepton_local.indexing.known import KnownVectors

RENT = """# The flat

## Rent

The rent of the flat in Harbour Street is 840 euros, due on the third day of each month.

## Keys

The spare key hangs behind the boiler in the cellar.
"""
GARDEN = """# The garden

Tomatoes are sown in March and planted out after the last frost, in the middle of May.
"""
EVIL = "On the lighthouse the lamp \x1b]0;owned\x07turns \x9b31m\u202eevery\u202c nine seconds.\n"
QUESTION = "On which day of the month is the rent due?"


def lepton_index(*args: str | Path) -> Result:
    return CliRunner().invoke(index_command, [str(arg) for arg in args])


def lepton_search(*args: str | Path, color: bool = False, stdin: str | None = None) -> Result:
    return CliRunner().invoke(search_command, [str(arg) for arg in args], color=color, input=stdin)


def start(command: str, *args: str | Path) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            # A job in the background has Ctrl-C turned off, and hands that down to its children.
            "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
            f"from lepton_local.cli.{command} import main; main(prog_name='lepton-{command}')",
            *map(str, args),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "notes"
    folder.mkdir()
    (folder / "flat.md").write_text(RENT)
    (folder / "garden.md").write_text(GARDEN)
    (folder / "lighthouse.txt").write_text(EVIL)
    return folder


@pytest.fixture(scope="module")
def index(corpus: Path) -> Path:
    out = corpus.parent / "index"
    done = lepton_index("build", corpus, "--out", out)
    assert done.exit_code == 0, done.output
    assert "3 documents" in done.stdout
    return out


def complaint(result: Result) -> str:
    """The one line of an error."""
    assert result.exit_code == 2, result.output
    assert not result.stdout
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
    return result.stderr


@pytest.mark.parametrize("command", ["index", "search"])
def test_help_and_version_load_nothing_heavy(command: str) -> None:
    first = "build" if command == "index" else "query"
    code = f"""
import sys
from lepton_local.cli.{command} import main
for words in (["--help"], ["--version"], [{first!r}, "--help"]):
    main(words, prog_name="lepton", standalone_mode=False)
heavy = "numpy pyarrow torch tqdm faiss onnxruntime Stemmer tokenizers transformers".split()
print("loaded:", [name for name in heavy if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"lepton {__version__}" in done.stdout
    assert done.stdout.endswith("loaded: []\n")


def test_a_question_is_answered_and_cited(index: Path, corpus: Path) -> None:
    found = lepton_search("query", index, QUESTION, "--verify", "--why")
    assert found.exit_code == 0, found.output
    assert "third" in found.stdout.splitlines()[0]
    assert "flat.md, Rent, 5:" in found.stdout
    assert " 1  flat.md:" in found.stdout
    assert "rerank #1" in found.stdout
    assert "verified" in found.stdout
    assert "NOT verified" not in found.stdout
    assert "\x1b" not in found.stdout


def test_json_record_cites_to_the_character(index: Path, corpus: Path) -> None:
    found = lepton_search("query", index, QUESTION, "--json", "--verify", "-k", "2")
    record = json.loads(found.stdout)
    answer = record["answer"]
    assert found.exit_code == 0
    assert record["schema"] == 1
    assert record["index"] == str(index)
    assert len(record["hits"]) == 2
    assert answer["verified"]
    assert (corpus / answer["path"]).read_text()[answer["start"] : answer["end"]] == answer["text"]


def test_paths_are_unique_and_open(index: Path) -> None:
    found = lepton_search("query", index, "rent flat key cellar", "--paths")
    assert found.exit_code == 0
    paths = found.stdout.splitlines()
    assert len(paths) == len(set(paths))
    assert Path(paths[0]).read_text() == RENT


def test_no_answer_is_status_1_and_no_error(index: Path) -> None:
    found = lepton_search("query", index, "Who painted the ceiling of the Sistine Chapel?")
    assert found.exit_code == 1
    assert found.stdout.startswith("No answer in these documents.\n")
    assert lepton_search("query", index, "tomatoes", "--no-answer").exit_code == 0


def test_nothing_found_is_status_1(index: Path) -> None:
    found = lepton_search("query", index, "tomatoes", "--filter", "type:pdf", "--no-answer")
    assert found.exit_code == 1
    assert found.stdout == "No passage found.\n"


def test_a_correction_is_told(index: Path) -> None:
    found = lepton_search("query", index, "lighthose", "--no-answer", "--mode", "lexical")
    assert '"lighthose" is not in the index; searched "lighthouse"' in found.stderr
    assert "lighthouse.txt" in found.stdout


def test_control_characters_never_reach_the_terminal(index: Path) -> None:
    found = lepton_search(
        "query", index, "how often does the lamp of the lighthouse turn", color=True
    )
    assert "lighthouse.txt" in found.stdout
    assert "\x1b[" in found.stdout, "colours were asked for"
    for sign in ("\x1b]", "\x07", "\x9b", "\u202e"):
        assert sign not in found.stdout
    record = lepton_search("query", index, "lighthouse lamp", "--json").stdout
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(record)
    assert "\x1b]0;owned\x07" in json.loads(record)["hits"][0]["text"]


def test_no_color_is_obeyed(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in lepton_search("query", index, QUESTION, color=True).stdout


def test_batch_keeps_order_and_ids(index: Path, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    rows = [{"id": "a", "question": QUESTION}, {"query": "tomatoes"}, {"_id": 7, "text": "key"}]
    questions.write_text("\n\n".join(json.dumps(row) for row in rows))
    printed = lepton_search("batch", index, questions, "-k", "1")
    assert printed.exit_code == 0, printed.output
    records = [json.loads(line) for line in printed.stdout.splitlines()]
    assert [record["id"] for record in records] == ["a", None, 7]
    assert [record["hits"][0]["path"] for record in records] == ["flat.md", "garden.md", "flat.md"]
    piped = lepton_search("batch", index, "-", "--no-answer", stdin='{"question": "tomatoes"}\n')
    assert json.loads(piped.stdout)["answer"] is None


def test_batch_writes_a_whole_file_or_none(index: Path, tmp_path: Path) -> None:
    questions, out = tmp_path / "questions.jsonl", tmp_path / "answers.jsonl"
    questions.write_text('{"question": "tomatoes"}\n')
    said = complaint(lepton_search("batch", index, questions, "--out", out, "--filter", "x:y"))
    assert "filter 'x:y' is unknown" in said
    assert os.listdir(tmp_path) == ["questions.jsonl"]
    assert lepton_search("batch", index, questions, "--out", out).output == ""
    assert json.loads(out.read_text())["question"] == "tomatoes"


BAD_LINES = {
    "tomatoes": None,
    "[1]": None,
    "3": None,
    "[" * 100_000: None,
    '{"id": "b", "q": "x"}': "b",
    '{"id": "b", "question": 3}': "b",
    '{"id": "b", "question": " "}': "b",
    '{"_id": "b", "text": "???"}': "b",
    '{"id": "b", "question": ["tomatoes"]}': "b",
    "\xff": None,
}


@pytest.mark.parametrize("line", BAD_LINES)
def test_a_bad_line_of_a_batch_gets_an_error_and_the_others_their_answers(
    index: Path, tmp_path: Path, line: str
) -> None:
    good = b'{"id": "%c", "question": "tomatoes"}\n'
    questions, out = tmp_path / "questions.jsonl", tmp_path / "answers.jsonl"
    questions.write_bytes(good % b"a" + line.encode("latin-1") + b"\n" + good % b"c")
    done = lepton_search("batch", index, questions, "--out", out, "--no-answer", "--no-rerank")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert f"{questions} line 2: " in done.stderr
    assert len(done.stderr.splitlines()) == 1
    first, bad, last = map(json.loads, out.read_bytes().splitlines())
    assert (first["id"], bad["id"], last["id"]) == ("a", BAD_LINES[line], "c")
    assert bad.keys() == {"schema", "id", "line", "error"}
    assert bad["line"] == 2
    assert "expected" in bad["error"]
    assert first["hits"] == last["hits"] != []


def test_a_batch_of_bad_lines_loads_no_model(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: object, **__: object) -> None:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("lepton_local.search.searcher.load_encoder", load)
    done = lepton_search("batch", index, "-", stdin='{"question": "?"}\n')
    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"] == "'?' asks nothing, expected words to search by"


def test_several_indexes_are_searched_as_one(index: Path, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "otter.txt").write_text("An otter ate the tomatoes in the garden.\n")
    more = tmp_path / "more-index"
    assert lepton_index("build", tmp_path / "more", "--out", more).exit_code == 0
    plain = ("--no-answer", "--no-rerank", "--json")
    found = lepton_search("query", index, "otter tomatoes", "--also", more, *plain)
    record = json.loads(found.stdout)
    assert [each["index"] for each in record["indexes"]] == [str(index), str(more)]
    assert {hit["index"] for hit in record["hits"]} == {str(index), str(more)}
    assert (record["hits"][0]["path"], record["hits"][0]["index"]) == ("otter.txt", str(more))
    named = lepton_search("query", index, "otter tomatoes", "--also", more, "--paths").stdout
    assert Path(named.splitlines()[0]).read_text().startswith("An otter")
    alike = lepton_search("similar", index, "otter.txt", "--also", more, "-k", "1", "--json")
    assert json.loads(alike.stdout)["hits"][0]["index"] == str(index)
    lines = lepton_search("batch", index, "-", "--also", more, stdin='{"text": "otter"}\n').stdout
    assert json.loads(lines)["hits"][0]["index"] == str(more)
    said = complaint(lepton_search("query", index, "otter", "--also", tmp_path / "more"))
    assert "is not an index" in said


def test_similar_finds_other_documents(index: Path) -> None:
    found = lepton_search("similar", index, "garden.md", "-k", "2")
    assert found.exit_code == 0
    assert "garden.md" not in found.stdout
    record = json.loads(lepton_search("similar", index, "garden.md", "-k", "2", "--json").stdout)
    assert len(record["hits"]) == 2


def test_eval_prints_a_table_or_json(index: Path, tmp_path: Path) -> None:
    answer = {"text": "third day", "answer_start": RENT.index("third day")}
    qas = [{"id": "1", "question": QUESTION, "answers": [answer]}]
    paragraphs = [{"context": RENT, "qas": qas}]
    dataset = tmp_path / "rent.json"
    dataset.write_text(json.dumps({"data": [{"title": "flat", "paragraphs": paragraphs}]}))
    assert "hit@1" in lepton_search("eval", index, dataset).stdout
    assert json.loads(lepton_search("eval", index, dataset, "--json").stdout)["questions"] == 1


def test_info_is_short_for_people_and_whole_for_programs(index: Path, corpus: Path) -> None:
    said = lepton_index("info", index)
    assert said.exit_code == 0
    assert "3 documents" in said.stdout
    assert str(corpus) in said.stdout
    record = json.loads(lepton_index("info", index, "--json").stdout)
    assert record["documents"] == 3
    assert record["roots"] == [str(corpus)]
    assert record["encoder"]["dim"] > 0
    assert f"shut in by {record['parsers']}" in said.stdout


def test_skipped_files_are_named_with_their_reason(corpus: Path, tmp_path: Path) -> None:
    notes, out = tmp_path / "notes", tmp_path / "index"
    shutil.copytree(corpus, notes)
    (notes / "empty.md").touch()
    (notes / "noise.txt").write_bytes(bytes(range(256)))
    done = lepton_index("build", notes, "--out", out, "--json")
    assert done.exit_code == 2
    assert {one["path"] for one in json.loads(done.stdout)["skipped"]} == {"empty.md", "noise.txt"}
    assert "passed over: 1 empty; name them: " in done.stderr
    assert "noise.txt: " in done.stderr
    listed = lepton_index("info", out, "--skipped")
    assert listed.exit_code == 0
    assert len(listed.stdout.splitlines()) == 2
    for number in range(31):
        (notes / f"noise-{number}.txt").write_bytes(bytes(range(256)))
    again = lepton_index("update", out)
    assert again.exit_code == 2
    assert f"and 12 more: lepton-index info {out} --skipped" in again.stderr


def test_what_is_passed_over_is_no_error(corpus: Path, tmp_path: Path) -> None:
    notes, out = tmp_path / "notes", tmp_path / "index"
    shutil.copytree(corpus, notes)
    (notes / "__init__.py").touch()
    (notes / "gone.md").symlink_to("nowhere.md")
    for name in ("letter.wpd", "a.ppt", "b.PPT"):
        (notes / name).write_bytes(b"x")
    (notes / "package-lock.json").write_text("{}")
    (notes / "node_modules").mkdir()
    (notes / "node_modules" / "readme.md").write_text("Not mine.")
    built = lepton_index("build", notes, "--out", out)
    assert built.exit_code == 0
    unread, others = built.stderr.splitlines()
    told = "3 files of formats that are not read: .ppt 2, .wpd 1 (--with-libreoffice reads more)"
    assert unread.startswith(f"{told}; name them: ")
    for part in ("passed over: ", "2 generated", "1 empty", "1 a link that leads nowhere"):
        assert part in others
    assert lepton_index("update", out).exit_code == 0
    assert lepton_index("update", out, "--strict").exit_code == 2
    listed = lepton_index("info", out, "--skipped").stdout
    assert listed.startswith(f"{told}\n")
    assert "letter.wpd: a format that is not read: .wpd" in listed
    assert "node_modules: generated" in listed
    shown = lepton_index("explain", out, notes / "package-lock.json")
    assert "generated" in shown.stdout
    shown = lepton_index("explain", out, notes / "node_modules" / "readme.md")
    assert "node_modules/: generated" in shown.stdout


def test_update_and_compact_say_what_they_did(corpus: Path, tmp_path: Path) -> None:
    notes, out = tmp_path / "notes", tmp_path / "index"
    shutil.copytree(corpus, notes)
    lepton_index("build", notes, "--out", out)
    (notes / "flat.md").write_text(RENT.replace("third", "fifth"))
    stale = lepton_search("query", out, QUESTION, "--verify")
    assert f"changed since it was indexed: run lepton-index update {out}" in stale.stdout
    assert "NOT verified" in stale.stdout
    shown = lepton_index("explain", out, notes / "flat.md")
    assert "stale" in shown.stdout.splitlines()[0]
    updated = lepton_index("update", out)
    assert updated.exit_code == 0
    assert "1 changed" in updated.stdout
    assert "fifth" in lepton_search("query", out, QUESTION).stdout.splitlines()[0]
    assert lepton_index("update", out, "--quiet").output == ""
    compacted = lepton_index("compact", out)
    assert compacted.exit_code == 0
    assert "1 segment" in compacted.stdout


def test_check_proves_an_index_and_finds_damage(index: Path, tmp_path: Path) -> None:
    proved = lepton_index("check", index, "--sources")
    assert proved.exit_code == 0
    assert len(proved.stdout.splitlines()) == 1
    assert "all is well" in proved.stdout
    hurt = shutil.copytree(index, tmp_path / "hurt")
    vectors = next(hurt.glob("segments/*/vectors.npy"))
    data = bytearray(vectors.read_bytes())
    data[-1] ^= 1
    vectors.write_bytes(data)
    found = lepton_index("check", hurt)
    assert found.exit_code == 2
    assert "vectors.npy: " in found.stdout
    record = json.loads(lepton_index("check", hurt, "--json").stdout)
    assert not record["ok"]
    assert len(record["problems"]) == 1


def test_explain_tells_a_file_apart(index: Path, corpus: Path) -> None:
    shown = lepton_index("explain", index, corpus / "flat.md")
    assert shown.exit_code == 0
    assert shown.stdout.startswith("flat.md: indexed\n")
    assert "The flat > Rent" in shown.stdout
    unknown = lepton_index("explain", index, corpus / "nowhere.md", "--json")
    assert unknown.exit_code == 1
    assert json.loads(unknown.stdout)["status"] == "missing"


def test_input_that_cannot_be_used_is_one_line(index: Path, corpus: Path) -> None:
    nowhere = corpus.parent / "nowhere"
    assert "lepton-index build" in complaint(lepton_search("query", nowhere, "tomatoes"))
    assert "is not an index" in complaint(lepton_search("query", corpus, "tomatoes"))
    assert "is not an index" in complaint(lepton_index("info", nowhere))
    assert str(nowhere) in complaint(lepton_index("build", nowhere))
    assert "'' is not there" in complaint(lepton_index("build", ""))
    assert complaint(lepton_search("query", index, " "))
    assert complaint(lepton_search("query", index, "tomatoes", "-k", "0"))
    assert "colour:red" in complaint(
        lepton_search("query", index, "tomatoes", "--filter", "colour:red")
    )
    assert "nowhere.md" in complaint(lepton_search("similar", index, "nowhere.md"))
    assert complaint(lepton_search("eval", index, nowhere))
    assert complaint(lepton_search("query", index, "tomatoes", "--reader", nowhere))
    for words in (["--mode", "magic"], ["--json", "--paths"]):
        assert lepton_search("query", index, "tomatoes", *words).exit_code == 2


def test_stopping_a_build_leaves_the_old_index_whole(index: Path, tmp_path: Path) -> None:
    out, notes = shutil.copytree(index, tmp_path / "index"), tmp_path / "many"
    notes.mkdir()
    for number in range(600):
        (notes / f"{number}.txt").write_text(f"Entry {number} of the log. " * 60)
    before = (out / "manifest.json").read_bytes()
    there = set((out / "segments").iterdir())
    with start("index", "build", notes, "--out", out, "--allow-deletions") as build:
        deadline = time.monotonic() + 60
        while set((out / "segments").iterdir()) == there and time.monotonic() < deadline:
            time.sleep(0.02)  # until it is at work, which it would be for several seconds more
        build.send_signal(signal.SIGINT)
        printed, said = build.communicate(timeout=60)
    assert build.returncode == 130, said
    assert not printed
    assert said.endswith(
        "lepton-index: stopped; every index is whole, as it was. "
        f"To go on: lepton-index build {notes} --out {out} --allow-deletions\n"
    )
    assert (out / "manifest.json").read_bytes() == before
    assert lepton_search("query", out, QUESTION).exit_code == 0


def test_a_stop_that_a_library_drops_is_not_forgotten(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Python does with one that comes while modules are imported."""

    def careless(*args: Any, **more: Any) -> KnownVectors:
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        return KnownVectors(*args, **more)

    monkeypatch.setattr(crew, "KnownVectors", careless)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        stopped = lepton_index("build", corpus, "--out", tmp_path / "index")
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert stopped.exit_code == 130
    assert "stopped" in stopped.stderr
    assert not (tmp_path / "index").exists()


def test_a_reader_that_leaves_early_ends_it_quietly(index: Path) -> None:
    with start("search", "query", index, "tomatoes", "--json", "--no-answer") as query:
        assert query.stdout is not None
        assert query.stderr is not None
        query.stdout.close()
        said = query.stderr.read()
    assert said == ""
    assert query.returncode == 141


def test_watching_takes_in_what_changes_until_it_is_stopped(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "one.txt").write_text("The kettle is blue.\n")
    assert lepton_index("build", notes, "--out", tmp_path / "ix").exit_code == 0
    with start("index", "update", tmp_path / "ix", "--watch", "--json") as watching:
        assert watching.stdout is not None
        assert json.loads(watching.stdout.readline())["documents"] == 1
        (notes / "two.txt").write_text("The teapot is green.\n")
        assert json.loads(watching.stdout.readline())["documents"] == 2
        watching.send_signal(signal.SIGINT)
        _, said = watching.communicate(timeout=60)
    assert watching.returncode == 130, said
    assert "every index is whole" in said
