"""A hit is cited where its words stand, not where its passage begins."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lepton_local.cli.search import main
from lepton_local.cli.show import hit_lines
from lepton_local.config import SearchConfig
from lepton_local.errors import InputError
from lepton_local.indexing import builder
from lepton_local.search.listing import faded
from lepton_local.search.record import hit_record
from lepton_local.search.searcher import Searcher
from lepton_local.types import Hit
from tests.conftest import WordEncoder
from tests.pdfs import drawn
from tests.test_search import PLAIN, Needle

CODE = '''\
import os


def f_alpha(x):
    """Alpha."""
    return x + 1


class Kiln:
    def f_beta(self, y):
        """Beta."""
        return y * 2


def f_gamma(z):
    return z
'''


def searcher(tmp_path: Path, encoder: WordEncoder, config: SearchConfig = PLAIN) -> Searcher:
    index = builder.build(tmp_path / "docs", tmp_path / "index", encoder=encoder).index
    return Searcher(index, encoder=encoder, config=config)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    return folder


def first(found: Searcher, question: str) -> Hit:
    return found.search(question, k=1)[0]


def shown(hit: Hit, monkeypatch: pytest.MonkeyPatch, width: int = 80) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(width))
    return [re.sub("\x1b.*?m", "", line) for line in hit_lines(hit, 1, index="i", why=False)]


def test_the_page_is_that_of_the_words(
    docs: Path, tmp_path: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = ["The harbour was rebuilt.", "Boats lay there.", "A lighthouse keeper wrote it down."]
    (docs / ("annual report " * 9 + ".pdf")).write_bytes(
        drawn([[(50, 700, page)] for page in pages])
    )
    hit = first(searcher(tmp_path, encoder), "lighthouse keeper")
    assert (hit.passage.mark, hit.mark) == ("page 1", "page 3")
    for width in (40, 80, 100):
        assert ", page 3" in shown(hit, monkeypatch, width)[0]
    assert "lighthouse keeper" in " ".join(shown(hit, monkeypatch))
    assert "harbour" not in " ".join(shown(hit, monkeypatch))


def test_code_is_cited_by_function_and_line_and_shown_as_lines(
    docs: Path, tmp_path: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (docs / "a.py").write_text(CODE)
    hit = first(searcher(tmp_path, encoder), "f_beta")
    assert (hit.line, hit.column, hit.mark) == (10, 9, "def Kiln.f_beta")
    head, *lines = shown(hit, monkeypatch)
    assert head.startswith(" 1  a.py:10, def Kiln.f_beta")
    assert lines == [
        "    10      def f_beta(self, y):",
        '    11          """Beta."""',
        "    12          return y * 2",
    ]


def test_a_section_below_the_first_is_named(
    docs: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    (docs / "a.md").write_text(
        "# House\n\n### Roof\n\nTiles of slate.\n\n### Door\n\nAn oak door.\n"
    )
    hit = first(searcher(tmp_path, encoder), "oak")
    assert hit.passage.heading == "House > Roof"
    assert (hit.heading, hit.mark, hit.line, hit.column) == ("House > Door", "### Door", 9, 4)


def test_the_row_is_the_one_where_the_words_stand_together(
    docs: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    rows = "\n".join(f"- {name}: budget {n}" for n, name in enumerate(["Sales", "Law", "Press"]))
    (docs / "a.md").write_text(f"# Budget of each part\n\n{rows}\n")
    assert first(searcher(tmp_path, encoder), "press budget").line == 5


def test_a_phrase_decides_over_its_words(docs: Path, tmp_path: Path, encoder: WordEncoder) -> None:
    (docs / "a.txt").write_text("A keeper, no lighthouse.\n\nOn the rock: a lighthouse keeper.\n")
    found = searcher(tmp_path, encoder)
    assert first(found, "lighthouse keeper").line == 1
    hit = first(found, '"lighthouse keeper"')
    assert hit.line == 3
    assert [(docs / "a.txt").read_text()[slice(*each)] for each in hit.matches][-1] == (
        "lighthouse keeper"
    )


def test_where_the_reader_answered_the_hit_is_cited_by_the_answer(
    docs: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    (docs / "a.txt").write_text("Rent and rent again.\n\nIt is due on the third of May.\n")
    index = builder.build(docs, tmp_path / "index", encoder=encoder).index
    needle = Needle("third of May")
    result = Searcher(index, encoder=encoder, reranker=needle, reader=needle).answer("rent?")
    assert result.answer is not None
    assert (result.hits[0].line, result.hits[0].column) == (result.answer.line, 18)


WORDS = st.sampled_from(["otter", "E-Mail", "snake_case", "中文水獺", "Übung", "HTTPServer", "x."])
TEXTS = st.lists(st.lists(WORDS, min_size=1, max_size=9).map(" ".join), min_size=1, max_size=6)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=TEXTS, asked=st.lists(WORDS, min_size=1, max_size=3, unique=True))
def test_spans_are_those_of_the_words(
    tmp_path_factory: pytest.TempPathFactory,
    encoder: WordEncoder,
    lines: list[str],
    asked: list[str],
) -> None:
    place = tmp_path_factory.mktemp("spans")
    (place / "docs").mkdir()
    text = "".join(f"{line}\n\n" for line in lines)
    (place / "docs" / "a.txt").write_text(text)
    wanted = {part for word in asked for part in re.findall(r"\w+", word.lower())}
    allowed = {"otter", "e-mail", "snake_case", "中文水獺", "übung", "httpserver", "x"}
    for hit in searcher(place, encoder).search(" ".join(asked)):
        assert list(hit.matches) == sorted(hit.matches)
        for start, end in hit.matches:
            assert hit.passage.start <= start < end <= hit.passage.end
            word = text[start:end].lower()
            assert any(word in each for each in allowed)
            assert any(word in each or each in word for each in wanted)
        if hit.matches:
            before = text[: min(start for start, _ in hit.matches)]
            assert hit.line >= before.count("\n") + 1
            stands = text.split("\n")[hit.line - 1][hit.column - 1 :]
            assert any(stands.startswith(text[start:end]) for start, end in hit.matches)


def test_json_says_all_that_is_known(docs: Path, tmp_path: Path, encoder: WordEncoder) -> None:
    (docs / "t.csv").write_text(
        "id,text,author,date,colour\n7,A pumpkin grows.,Lee,2026-03-01,red\n"
    )
    record = hit_record(first(searcher(tmp_path, encoder), "pumpkin"), 1)
    assert Path(record["file"]) == docs / "t.csv"
    assert (record["root"], record["format"]) == (str(docs), "csv")
    assert (record["date"], record["author"]) == ("2026-03-01", "Lee")
    assert record["metadata"]["colour"] == "red"
    assert record["heading"] == ""
    assert record["matches"] == [[2, 9]]
    assert 0 <= record["relevance"] <= 1


def test_lines_around_come_from_neighbouring_passages(
    docs: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    text = "".join(
        f"\tline {n} of the {'long ' * (n % 7)}tale.\n" * (1 + n % 2) for n in range(200)
    )
    text = text.replace("line 77", "line otter", 1).replace("\t", "    ")
    (docs / "a.py").write_text(text)
    found = searcher(
        tmp_path, encoder, SearchConfig(rerank=False, answer=False, before=30, after=9)
    )
    assert found.index.rows > 4
    hit = first(found, "otter")
    whole = text.split("\n")
    assert [number for number, _ in hit.lines] == [*range(hit.line - 30, hit.line + 10)]
    assert all(whole[number - 1] == line for number, line in hit.lines)
    assert "otter" in whole[hit.line - 1]
    assert hit_record(hit, 1)["lines"][30] == {"line": hit.line, "text": whole[hit.line - 1]}


def test_pages_files_and_dates(docs: Path, tmp_path: Path, encoder: WordEncoder) -> None:
    for n in range(6):
        heads = "".join(f"## Part {i}\n\nThe otter {n} {i} swims.\n\n" for i in range(3))
        (docs / f"{n}.md").write_text(f"---\ndate: 2026-01-0{1 + n * 5 % 6}\n---\n\n{heads}")
    index = searcher(tmp_path, encoder).index

    def ask(k: int, skip: int = 0, **how: object) -> list[Hit]:
        config = SearchConfig(rerank=False, answer=False, **how)  # type: ignore[arg-type]
        return Searcher(index, encoder=encoder, config=config).search("otter", k=k, skip=skip)

    every = ask(18)
    assert [ask(5, skip)[0] for skip in (0, 5, 10)] == [every[skip] for skip in (0, 5, 10)]
    assert ask(5, 18) == []
    assert len({hit.path for hit in ask(6, per_file=1)}) == 6
    assert len(ask(18, per_file=2)) == 12
    dates = [hit.date for hit in ask(18, sort="date")]
    assert dates == sorted(dates, reverse=True)
    assert {hit.passage for hit in ask(18, sort="date")} == {hit.passage for hit in every}
    newest = [hit.date for hit in ask(6, recent=0.5)]  # all alike, so that the day decides
    assert newest == sorted(dates, reverse=True)[:6]
    assert [hit.passage for hit in ask(18, recent=1e9)] == [hit.passage for hit in every]
    assert faded("2026-01-01", datetime.date(2026, 1, 15), 7) == 0.25
    assert faded("2026-02-01", datetime.date(2026, 1, 15), 7) == 1
    assert [hit.relevance for hit in every] == sorted(
        (hit.relevance for hit in every), reverse=True
    )
    least = every[4].relevance
    kept = ask(18, min_score=least)
    assert kept == [hit for hit in every if hit.relevance >= least]
    for wrong in (
        {"sort": "size"},
        {"recent": -1.0},
        {"per_file": -1},
        {"min_score": 2.0},
        {"before": -1},
    ):
        with pytest.raises(InputError):
            ask(1, **wrong)
    with pytest.raises(InputError, match="skip is -1"):
        ask(1, -1)


def test_the_command_takes_them(tmp_path: Path, notes: Path) -> None:
    index = str(tmp_path / "index")
    builder.build(notes, index)

    def run(*options: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["query", index, "bread", "--no-answer", *options])
        return done.exit_code, done.output

    status, output = run("--json", "--skip", "1", "-k", "2", "-C", "1", "--per-file", "1")
    hits = json.loads(output)["hits"]
    assert (status, [hit["rank"] for hit in hits]) == (0, [2, 3])
    assert all(hit["lines"] for hit in hits)
    assert len({hit["document"] for hit in hits}) == 2
    assert run("--min-score", "1", "--paths") == (1, "")
    assert "expected a share from 0 to 1" in run("--min-score", "7")[1]
    status, output = run("-k", "1", "-A", "2")
    assert status == 0
    assert re.search(r"^ +\d+  ", output, re.MULTILINE)


def test_letters_that_mean_nothing_find_nothing(tmp_path: Path, notes: Path) -> None:
    index = str(tmp_path / "index")
    builder.build(notes, index)
    for asked in ("xqzt blorp wugga", "xyzzy frobnicate"):
        done = CliRunner().invoke(main, ["query", index, asked, "--paths"])
        assert (done.exit_code, done.stdout) == (1, "")
    done = CliRunner().invoke(main, ["query", index, "xqzt blorp wugga"])
    assert "No passage found." in done.stdout
    assert "nothing is near it in meaning" in done.stderr
    assert CliRunner().invoke(main, ["query", index, "mammals", "--paths"]).stdout != ""
