"""What a person says of results is kept beside the index, and nowhere else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from lepton_local.cli import index as index_command
from lepton_local.cli import search as search_command
from lepton_local.config import SearchConfig
from lepton_local.errors import InputError, StoreError
from lepton_local.indexing import builder
from lepton_local.search.searcher import Searcher
from lepton_local.store import feedback, learnt
from lepton_local.store.feedback import Event, Feedback, Judged
from lepton_local.store.learnt import Learnt
from lepton_local.types import Result
from tests.conftest import WordEncoder
from tests.systems import forks

QUESTION = "who needs a river?"
EVENT = Event(
    action="hit_good",
    time="2026-01-31T10:00:00+00:00",
    question=QUESTION,
    generation=3,
    hits=("ab", "cd"),
    what=Judged("cd", "otters.txt", 0, 9, 2),
    comment="größer",
)


@pytest.fixture
def kept(tmp_path: Path) -> Feedback:
    return Feedback(tmp_path / "index")


def test_an_event_is_read_as_it_was_written_and_for_its_owner_alone(kept: Feedback) -> None:
    assert kept.events() == []
    kept.add(EVENT)
    kept.add(Event("answer_bad", "2026-02-01T10:00:00+00:00", "what else?", 3, (), said="19 euros"))
    first, second = kept.events()
    assert first == EVENT
    assert (second.what, second.said) == (None, "19 euros")
    line = json.loads(kept.path.read_bytes().splitlines()[0])
    assert line["user_query"] == QUESTION
    assert line["event_attributes"]["object"]["object_id"] == "cd"
    assert line["event_attributes"]["position"] == {"ordinal": 2}
    if os.name == "posix":
        assert kept.path.stat().st_mode & 0o777 == 0o600


def test_a_torn_line_costs_itself_alone(kept: Feedback) -> None:
    kept.add(EVENT)
    whole = kept.path.read_bytes()
    for cut in range(1, len(whole)):
        kept.path.write_bytes(whole + whole[:-cut])
        kept.add(EVENT)
        found = kept.events()
        assert found.count(EVENT) == len(found) == (3 if cut == 1 else 2)


@forks
def test_killed_while_it_writes(kept: Feedback, tmp_path: Path) -> None:
    code = (
        "import sys; from tests.test_feedback import EVENT, Feedback\n"
        "kept = Feedback(sys.argv[1]); print(flush=True)\n"
        "while True: kept.add(EVENT); print(flush=True)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "index")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent) as run:
        assert run.stdout is not None
        told = sum(1 for _ in zip(range(6), run.stdout, strict=False)) - 1
        run.send_signal(signal.SIGKILL)
        told += len(run.stdout.read().splitlines())
    found = kept.events()
    assert len(found) >= told
    assert set(found) == {EVENT}
    kept.add(EVENT)  # its lock went with it
    assert len(kept.events()) == len(found) + 1


def test_what_is_forgotten_is_gone_and_nothing_else(kept: Feedback) -> None:
    other = Event("hit_bad", "2026-02-01T10:00:00+00:00", "another?", 3, ())
    kept.add(EVENT)
    kept.path.write_bytes(kept.path.read_bytes() + b"a line of somebody else\n")
    kept.add(other)
    assert kept.forget(lambda event: event.question == "no such?") == 0
    assert kept.forget(lambda event: event == EVENT) == 1
    assert kept.events() == [other]
    assert b"somebody else" in kept.path.read_bytes()
    kept.path.write_text("")
    kept.add(EVENT)
    assert kept.forget(lambda _: True) == 1
    assert not kept.path.exists()


def test_a_file_that_is_not_ones_own_is_refused(kept: Feedback, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine\n")
    kept.path.symlink_to(target)
    with pytest.raises(StoreError, match="no regular file"):
        kept.add(EVENT)
    assert target.read_text() == "mine\n"
    kept.path.unlink()
    kept.path.touch()
    kept.path.chmod(0o666)
    with pytest.raises(StoreError, match="chmod 600"):
        kept.events()


def test_a_hit_that_was_not_shown_cannot_be_judged() -> None:
    with pytest.raises(InputError, match="hit 3 was not shown, expected 1 to 0"):
        feedback.judged(Result(QUESTION, ()), "hit_good", hit=3)


def test_the_commands_keep_find_and_remove(tmp_path: Path, notes: Path) -> None:
    """And an index that is built, updated and compacted leaves it where it is."""
    index = tmp_path / "index"
    builder.build(notes, index)
    run = CliRunner().invoke
    place = Feedback(index).path

    def search(*words: str) -> str:
        return run(search_command.main, list(words)).output

    told = json.loads(search("query", str(index), QUESTION, "--json", "--no-answer"))
    assert not place.exists(), "nothing is kept unless asked"
    assert "is good" in search("rate", str(index), QUESTION, "--good", "--hit", "1")
    first = Feedback(index).events()[0]
    assert first.query_id == told["query_id"]
    assert first.what is not None
    assert first.what.passage == told["hits"][0]["passage"]
    assert "is bad" in search("rate", str(index), first.query_id, "--bad", "--hit", "2")
    assert "neither --good nor --bad" in search("rate", str(index), QUESTION)
    (notes / "kite.txt").write_text("A kite needs wind.")
    builder.update(index)
    builder.compact(index)
    builder.build(notes, index)
    assert [event.question for event in Feedback(index).events()] == [QUESTION, QUESTION]
    forget = run(index_command.main, ["forget", str(index), "--question", first.query_id])
    assert "removed 2" in forget.output
    again = run(index_command.main, ["forget", str(index), "--all", "--json"])
    assert (again.exit_code, json.loads(again.output)["removed"]) == (1, 0)
    assert run(index_command.main, ["forget", str(index)]).exit_code == 2
    assert "is no question that was rated" in search("rate", str(index), "0" * 16, "--good")


def test_what_is_forgotten_may_be_of_a_document_or_of_days(kept: Feedback, tmp_path: Path) -> None:
    later = replace(EVENT, time="2026-03-01T10:00:00+00:00")
    elsewhere = replace(EVENT, what=Judged("ef", "bread.md", 0, 9, 1))
    for event in (EVENT, later, elsewhere):
        kept.add(event)

    def forget(*words: str) -> list[Event]:
        CliRunner().invoke(index_command.main, ["forget", str(tmp_path / "index"), *words])
        return kept.events()

    assert forget("--document", "otters.txt", "--since", "2026-02-01") == [EVENT, elsewhere]
    assert forget("--document", "bread.md") == [EVENT]
    assert forget("--since", "2026-01-31") == []


def test_one_document_voted_up_for_much_rises_for_nothing_else(tmp_path: Path, notes: Path) -> None:
    index = builder.build(notes, tmp_path / "index", encoder=WordEncoder()).index
    plain = SearchConfig(rerank=False, answer=False)
    searcher = Searcher(index, encoder=WordEncoder(), config=plain)
    questions = ["sourdough starter flour", "otter river", "rye flour every morning"]
    before = {each: [hit.passage.digest for hit in searcher.search(each)] for each in questions}
    kept = Feedback(index.path)
    for number in range(40):
        result = searcher.answer(f"who pays for advertisement {number}, the otter?")
        kept.add(feedback.judged(result, "hit_good", hit=1))
    after = {each: [hit.passage.digest for hit in searcher.search(each)] for each in questions}
    assert after == before


def test_a_mark_holds_for_its_question_and_ones_like_it_alone(tmp_path: Path, notes: Path) -> None:
    """Good goes first and bad last, whoever judged; the last mark of a passage holds."""
    index = builder.build(notes, tmp_path / "index", encoder=WordEncoder()).index
    plain = SearchConfig(rerank=False, answer=False)
    searcher = Searcher(index, encoder=WordEncoder(), config=plain)

    def found(question: str) -> list[str]:
        return [hit.passage.digest for hit in searcher.search(question)]

    asked, near, other = "sourdough starter flour", "starter flour sourdough", "otter river"
    before = {each: found(each) for each in (asked, near, other)}
    last = before[asked][-1]
    assert len(before[asked]) > 2
    kept = Feedback(index.path)

    def mark(action: str, rank: int) -> None:
        kept.add(feedback.judged(searcher.answer(asked), action, hit=rank))

    mark("hit_good", len(before[asked]))
    first, *others = (each for each in before[asked] if each != last)
    for question in (asked, f"  {asked.title()}? ", near):  # it may be a slip
        assert found(question)[0] == first
    mark("hit_bad", 1)
    assert found(asked)[-1] == first
    mark("hit_good", len(before[asked]))
    assert found(asked)[0] == first
    kept.forget(lambda _: True)
    mark("hit_good", len(before[asked]))
    mark("hit_good", 2)
    for question in (asked, f"  {asked.title()}? ", near):
        assert found(question) == [last, first, *others]
    assert found(other) == before[other]
    assert [v.stage for v in searcher.search(asked)[0].why if v.score > 1] == ["marked"]
    mark("hit_bad", 1)
    assert found(asked)[-1] == last
    kept.forget(lambda _: True)
    assert found(asked) == before[asked]


def test_marks_that_are_not_ones_own_are_not_believed(tmp_path: Path, notes: Path) -> None:
    index = builder.build(notes, tmp_path / "index", encoder=WordEncoder()).index
    searcher = Searcher(
        index, encoder=WordEncoder(), config=SearchConfig(rerank=False, answer=False)
    )
    before = searcher.search(QUESTION)
    kept = Feedback(index.path)
    kept.add(feedback.judged(searcher.answer(QUESTION), "hit_good", hit=len(before)))
    assert searcher.search(QUESTION) != before
    kept.path.chmod(0o666)
    assert searcher.search(QUESTION) == before


def test_a_mark_keeps_the_filters_of_its_question(tmp_path: Path, notes: Path) -> None:
    """It holds where these are asked with, and a name of the question asks with them again."""
    index = builder.build(notes, tmp_path / "index", encoder=WordEncoder()).index
    plain = SearchConfig(rerank=False, answer=False)
    searcher = Searcher(index, encoder=WordEncoder(), config=plain)
    asked, only = "sourdough starter flour", ("type:markdown,text",)
    before, within = searcher.search(asked), searcher.search(asked, filters=only)
    event = feedback.judged(searcher.answer(asked, filters=only), "hit_good", hit=len(within))
    assert event.filters == only
    kept = Feedback(index.path)
    kept.add(event)
    kept.add(event)
    assert kept.events() == [event, event]
    assert searcher.search(asked) == before
    again = searcher.search(asked, filters=(*only, "path:*"))
    assert again[0].passage.digest == within[-1].passage.digest
    assert searcher.search(f"{asked} {only[0]}")[0].passage.digest == within[-1].passage.digest


def test_a_bad_answer_is_not_given_again_and_nothing_else_moves(
    tmp_path: Path, notes: Path
) -> None:
    index = builder.build(notes, tmp_path / "index").index
    searcher = Searcher(index)
    before, other = searcher.answer(QUESTION), searcher.answer("sourdough starter flour")
    shown = before.answer or before.answers[0]
    Feedback(index.path).add(
        feedback.judged(replace(before, answer=shown), "answer_bad", said="nobody")
    )
    after = searcher.answer(QUESTION)
    told = [after.answer, *after.answers]
    assert shown.text not in [each.text for each in told if each is not None]
    assert [hit.passage for hit in after.hits] == [hit.passage for hit in before.hits]
    assert searcher.answer("sourdough starter flour").answer == other.answer
    Feedback(index.path).forget(lambda _: True)
    again = searcher.answer(QUESTION)
    assert (again.answer, again.answers) == (before.answer, before.answers)


def test_what_was_said_is_shown_and_exported(tmp_path: Path, notes: Path) -> None:
    index = builder.build(notes, tmp_path / "index", encoder=WordEncoder()).index
    plain = SearchConfig(rerank=False, answer=False)
    searcher = Searcher(index, encoder=WordEncoder(), config=plain)
    result = searcher.answer("sourdough starter flour")
    good, bad = (hit.passage for hit in result.hits[:2])
    words = good.text[:9]
    what = Judged(good.digest, good.document, good.start, good.start + 9, 1, words)
    kept = Feedback(index.path)
    kept.add(feedback.judged(result, "hit_good", hit=1, comment="größer"))
    kept.add(feedback.judged(result, "hit_bad", hit=2))
    kept.add(replace(kept.events()[0], action="answer_good", what=what))
    kept.add(EVENT)  # its passage is gone

    def run(*more: str) -> str:
        return CliRunner().invoke(index_command.main, ["feedback", str(index.path), *more]).output

    assert "größer" in run()
    assert len(json.loads(run("--json"))["events"]) == 4
    for kind in ("beir", "squad", "pairs"):
        told = run("--export", kind, "--out", str(tmp_path / kind))
        assert "1 marks of passages that are gone" in told
        assert "is there already" in run("--export", kind, "--out", str(tmp_path / kind))
    grades = (tmp_path / "beir" / "qrels.tsv").read_text().splitlines()[1:]
    assert sorted(grades) == sorted([f"q0\t{good.digest}\t1", f"q0\t{bad.digest}\t0"])
    (pair,) = map(json.loads, (tmp_path / "pairs" / "pairs.jsonl").read_text().splitlines())
    assert (pair["positive"], pair["negatives"]) == (good.text, [bad.text])
    data = json.loads((tmp_path / "squad" / "feedback.json").read_text())["data"]
    (paragraph,) = data[0]["paragraphs"]
    assert paragraph["qas"][0]["answers"] == [{"text": words, "answer_start": 0}]
    assert "expected both" in run("--export", "beir")


def test_what_is_forgotten_is_unlearnt(tmp_path: Path, kept: Feedback) -> None:
    kept.add(EVENT)
    learnt.write(tmp_path / "index", Learnt("2026-01-01", 40, "e", 0.4))
    done = CliRunner().invoke(index_command.main, ["forget", str(tmp_path / "index"), "--all"])
    assert "removed 1" in done.output
    assert "and what was learnt from it" in done.output
    assert learnt.read(tmp_path / "index") is None
