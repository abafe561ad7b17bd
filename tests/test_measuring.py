"""Measuring one's own documents: intervals, two settings side by side, and drafted questions."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from scipy import stats  # type: ignore[import-untyped]

from lepton_local.cli.index import main as index_command
from lepton_local.cli.search import main as search_command
from lepton_local.corpus.headings import asks
from lepton_local.errors import InputError
from lepton_local.evaluation.chance import interval, paired
from lepton_local.evaluation.compare import Measured, compare
from lepton_local.evaluation.datasets import QuestionSet, load_dataset
from lepton_local.evaluation.rows import Outcome, Ranking
from lepton_local.search.mined import mined

HELP = """# Help

A gearbox is a set of gears in a metal case. This is a sentence of no use to anybody.

## How do I feed a sourdough starter?

=Feed= it with rye flour every morning. It likes warmth.

## Opening hours

The office opens at nine.
"""


def lepton_search(*args: str | Path) -> Result:
    return CliRunner().invoke(search_command, [str(arg) for arg in args])


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("measured")
    (folder / "help").mkdir()
    (folder / "help" / "help.md").write_text(HELP)
    (folder / "help" / "otter.txt").write_text("Otters hold hands while they sleep.\n")
    made = ["build", str(folder / "help"), "--out", str(folder / "index"), "--quiet"]
    assert CliRunner().invoke(index_command, made).exit_code == 0
    return folder / "index"


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    (tmp_path / "set").mkdir()
    asked = {"1": "what do otters do asleep?", "2": "animals that clasp paws in bed"}
    lines = [json.dumps({"_id": name, "text": text}) for name, text in asked.items()]
    (tmp_path / "set" / "queries.jsonl").write_text("\n".join(lines))
    (tmp_path / "set" / "qrels.tsv").write_text("1\totter.txt\t1\n2\totter.txt\t1\n")
    return tmp_path / "set"


# --- chance


def test_an_interval_is_that_of_another_bootstrap() -> None:
    values = np.random.default_rng(1).beta(2, 1, 60)
    told = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=5000)
    ours = interval(values.tolist())
    assert ours == pytest.approx(told.confidence_interval, abs=0.01)
    assert interval([0.5]) is None
    assert interval([0.5, 0.5]) == (0.5, 0.5)


@pytest.mark.parametrize("many", [7, 40])
def test_a_paired_test_is_another_programs(many: int) -> None:
    moved = np.random.default_rng(many).normal(0.2, 0.6, many)
    told = stats.permutation_test(
        (moved, np.zeros(many)),
        lambda one, other: np.mean(one - other),
        permutation_type="samples",
        n_resamples=20_000,
    )
    assert paired(moved.tolist()) == pytest.approx(told.pvalue, abs=0.02)
    assert paired([*moved.tolist(), 0.0, 0.0]) == paired(moved.tolist())
    assert paired([0.0] * many) == 1.0


def test_what_changed_is_told_question_by_question() -> None:
    def rows(*values: float) -> Measured:
        told = [Ranking(str(n), ("a",), {"ndcg@10": v}, 0, f"q{n}") for n, v in enumerate(values)]
        return Measured(told)

    told = compare(rows(0.2, 0.5, 1.0), rows(0.9, 0.5, 0.8))
    assert [each["question"] for each in told["changes"]] == ["q0", "q2"]
    assert told["changes"][0]["difference"] == 0.7
    difference = told["differences"]["ndcg@10"]
    assert (difference["mean"], difference["better"], difference["worse"]) == (0.1667, 1, 1)


def test_another_answer_is_a_change_though_both_are_wrong() -> None:
    def answer(words: str) -> Measured:
        return Measured([Outcome("", True, words, 0.5, 0.5, 1, False, 0.0, question="Who?")])

    changes = compare(answer("Rollo"), answer("Ragnar"))["changes"]
    assert [each["after"]["answer"] for each in changes] == ["Ragnar"]


# --- the command


def test_settings_are_compared(index: Path, beir: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    typed: list[str | Path] = ["eval", index, beir, "--no-rerank", "--against", "--mode lexical"]
    found = lepton_search(*typed, "--json", "--html", page)
    assert found.exit_code == 0, found.output
    report = json.loads(found.stdout)
    assert report["ndcg@10"] == 1.0
    assert report["noise@10"] > 0
    assert report["against"]["ndcg@10"] < 1.0  # no word of the second stands there
    assert report["differences"]["ndcg@10"]["worse"] >= 1
    assert report["changes"][0]["question"].startswith("animals")
    written = page.read_text()
    assert "<svg" in written
    assert "clasp paws" in written
    said = lepton_search(*typed, "--html", page)  # its own page is replaced
    assert "0 better" in said.stdout
    assert "-" in said.stdout


def test_an_index_is_compared_with_itself(index: Path, beir: Path) -> None:
    typed: list[str | Path] = [
        "eval",
        index,
        beir,
        "--no-rerank",
        "--against",
        f"'{index}'",
        "--json",
    ]
    report = json.loads(lepton_search(*typed).stdout)
    assert report["changes"] == []
    assert {each["p"] for each in report["differences"].values()} == {1.0}


@pytest.mark.parametrize("typed", ["", "--mod lexical", "'", "a b"])
def test_settings_that_cannot_be_are_refused_in_a_line(index: Path, beir: Path, typed: str) -> None:
    found = lepton_search("eval", index, beir, "--against", typed)
    assert found.exit_code == 2
    assert "Error" in found.output


def test_a_page_takes_no_other_files_place(index: Path, beir: Path, tmp_path: Path) -> None:
    other = tmp_path / "thesis.html"
    other.write_text("mine")
    assert lepton_search("eval", index, beir, "--html", other).exit_code == 2
    assert other.read_text() == "mine"


# --- drafted questions


def test_a_test_set_is_drafted_and_then_asked(index: Path, tmp_path: Path) -> None:
    found = lepton_search("questions", index, "-n", "5", "--quiet")
    assert found.exit_code == 0, found.output
    rows = list(csv.DictReader(io.StringIO(found.stdout)))
    told = {row["question"]: (row["answer"], row["kind"], row["line"]) for row in rows}
    assert told == {
        "What is a gearbox?": ("a set of gears in a metal case", "definition", "3"),
        "How do I feed a sourdough starter?": (
            "'=Feed= it with rye flour every morning.",  # a spreadsheet would run it
            "asked",
            "7",
        ),
    }
    sheet = tmp_path / "mine.csv"
    sheet.write_text(found.stdout + "Who won the cup?,,,,\nWhen does it open?,at nine | nine,,,\n")
    data = load_dataset(sheet)
    assert isinstance(data, QuestionSet)
    assert [each.answers for each in data.questions][1:] == [
        ("=Feed= it with rye flour every morning.",),
        (),
        ("at nine", "nine"),
    ]
    report = json.loads(lepton_search("eval", index, sheet, "--no-rerank", "--json").stdout)
    assert (report["questions"], report["unanswerable"]) == (3, 1)
    assert report["hit@5"] > 0.6


def test_documents_that_ask_nothing_give_no_questions(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Nothing of note.\n")
    made = ["build", str(tmp_path / "a.txt"), "--out", str(tmp_path / "index"), "--quiet"]
    assert CliRunner().invoke(index_command, made).exit_code == 0
    assert lepton_search("questions", tmp_path / "index").exit_code == 1
    assert lepton_search("questions", tmp_path / "index", "-n", "0").exit_code == 2


def test_a_spreadsheet_without_the_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("frage,antwort\nWer?,Ich\n")
    with pytest.raises(InputError, match="question and answer"):
        load_dataset(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("A gearbox is a set of gears.", "What is a gearbox?"),
        ("Compaction is the merging of segments.", "What is compaction?"),
        ("FAISS is a library for likeness of vectors.", "What is FAISS?"),
        ("The Linux kernel is the core of a system.", "What is the Linux kernel?"),
        ("Otters are a kind of small mammal.", "What are otters?"),
        ("This is a sentence of no use.", None),
        ("There are a number of ways to do it.", None),
        ("It is the best of all possible worlds.", None),
        ("What he wants is a good night of sleep.", None),
    ],
)
def test_definitions_are_asked_for(sentence: str, question: str | None) -> None:
    assert [each.question for each in mined(sentence, "")] == ([question] if question else [])


def test_questions_are_known_by_their_marks() -> None:
    assert all(map(asks, ["Why?", "为什么\uff1f", "Why (not?)", "¿Qué?", "متى؟"]))
    assert not any(map(asks, ["Why", "", "?" * 500, "What is this? An answer."]))
