"""What to read next, by marks that were kept beside the index."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lepton_local.indexing import builder
from lepton_local.search.profile import profile_of
from lepton_local.search.searcher import Searcher
from lepton_local.store.feedback import Event, Feedback, Judged
from lepton_local.store.index import Index
from lepton_local.types import Hit
from tests.conftest import WordEncoder
from tests.test_cli import lepton_search
from tests.test_search import PLAIN

TOPICS = {
    "bread": "sourdough starter rye flour oven crust loaf baker",
    "sea": "harbour boat sail anchor salt fish captain tide",
    "law": "court judge contract clause notice tenant statute appeal",
}
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("foryou")
    for topic, words in TOPICS.items():
        listed = words.split()
        for number in range(6):
            turned = listed[number:] + listed[:number]
            day = (NOW - timedelta(days=number)).date()
            path = folder / "docs" / topic / f"{day} {number}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{' '.join(turned[:6])} {turned[0]} {turned[1]}.")
    builder.build([folder / "docs"], folder / "index", encoder=WordEncoder())
    return folder / "index"


@pytest.fixture
def index(built: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    encoder = WordEncoder()
    monkeypatch.setattr("lepton_local.search.searcher.load_encoder", lambda *_, **__: encoder)
    yield built
    Feedback(built).forget(lambda _: True)


@pytest.fixture
def hit(built: Path) -> Callable[[str, int], Hit]:
    """The hit of a topic's document of this number."""
    with Searcher.open(built, PLAIN) as opened:
        searcher = Searcher(opened.index, encoder=WordEncoder(), config=PLAIN)
        hits = searcher.search(" ".join(TOPICS.values()), k=50)
    return lambda topic, n: next(
        each for each in hits if each.path.startswith(topic) and each.path.endswith(f" {n}.txt")
    )


def mark(index: Path, hit: Hit, action: str = "hit_good", *, days: float = 0) -> Event:
    passage = hit.passage
    what = Judged(passage.digest, passage.document, passage.start, passage.end, 1)
    time = (NOW - timedelta(days=days)).isoformat(timespec="seconds")
    event = Event(action, time, passage.text.split()[0], 1, (passage.digest,), what)
    Feedback(index).add(event)
    return event


def suggested(index: Path, *args: str) -> list[dict[str, object]]:
    found = lepton_search("for-you", index, "--json", *args)
    assert found.exit_code == 0, found.output
    return list(json.loads(found.stdout)["suggestions"])


def topics(found: list[dict[str, object]]) -> list[str]:
    return [str(each["path"]).split("/")[0] for each in found]


def test_without_marks_it_says_how_to_begin(index: Path) -> None:
    found = lepton_search("for-you", index)
    assert found.exit_code == 1
    assert found.stdout.startswith("Nothing is known of what you read")
    assert "lepton-search rate" in found.stdout


def test_what_is_near_is_suggested_with_its_reason(
    index: Path, hit: Callable[[str, int], Hit]
) -> None:
    seen = hit("bread", 0)
    mark(index, seen)
    found = suggested(index, "-k", "5", "--explore", "0")
    assert topics(found) == ["bread"] * 5
    assert seen.path not in {each["path"] for each in found}  # it is known
    why = found[0]["why"]
    assert isinstance(why, dict)
    assert (why["action"], why["question"]) == ("hit_good", "sourdough")
    assert why["passage"]["document"] == seen.path
    said = lepton_search("for-you", index, "-k", "2", "--explore", "0").stdout
    assert f"because you marked as good {seen.path}:1 for “sourdough”" in " ".join(said.split())


def test_several_interests_are_served_by_how_strong_and_new_they_are(
    index: Path, hit: Callable[[str, int], Hit]
) -> None:
    mark(index, hit("sea", 0))
    mark(index, hit("bread", 0))
    mark(index, hit("bread", 1))
    found = topics(suggested(index, "-k", "3", "--explore", "0"))
    assert sorted(found) == ["bread", "bread", "sea"]
    mark(index, hit("bread", 0), days=200)
    mark(index, hit("bread", 1), days=200)  # of a passage the last event counts
    assert topics(suggested(index, "-k", "3", "--explore", "0"))[0] == "sea"


def test_a_share_is_of_other_topics(index: Path, hit: Callable[[str, int], Hit]) -> None:
    mark(index, hit("bread", 0))
    found = suggested(index, "-k", "4", "--explore", "0.5")
    assert topics(found)[:2] == ["bread", "bread"]
    assert set(topics(found)[2:]) == {"sea", "law"}
    assert [each["topic"] for each in found] == [None, None, 6, 6]
    assert (
        "another topic, of 6 documents"
        in lepton_search("for-you", index, "-k", "2", "--explore", "1").stdout
    )


def test_what_was_bad_is_neither_suggested_nor_followed(
    index: Path, hit: Callable[[str, int], Hit]
) -> None:
    mark(index, hit("bread", 0))
    mark(index, hit("bread", 1), "hit_bad")
    mark(index, hit("sea", 0))
    mark(index, hit("sea", 0), "hit_bad")
    found = suggested(index, "-k", "4", "--explore", "0")
    assert topics(found) == ["bread"] * 4
    assert hit("bread", 1).path not in {each["path"] for each in found}


def test_filters_days_and_what_is_not_wanted(index: Path, hit: Callable[[str, int], Hit]) -> None:
    mark(index, hit("bread", 0))
    mark(index, hit("sea", 0))
    assert set(topics(suggested(index, "--explore", "0", "--not", "sea"))) == {"bread"}
    recent = suggested(index, "--explore", "0", "--since", "2d")
    assert {str(each["path"])[-5] for each in recent} <= {"0", "1", "2"}
    assert topics(suggested(index, "--explore", "0", "--filter", "path:sea")) == ["sea"] * 5
    assert lepton_search("for-you", index, "--filter", "nope:1").exit_code == 2
    assert lepton_search("for-you", index, "-k", "0").exit_code == 2
    assert lepton_search("for-you", index, "--not", "sea", "--not", "bread").exit_code == 1


def test_a_question_alone_is_an_interest_and_odd_lines_are_none(index: Path) -> None:
    time = NOW.isoformat(timespec="seconds")
    Feedback(index).add(Event("answer_bad", time, "judge court statute", 1, ()))
    assert topics(suggested(index, "-k", "2", "--explore", "0")) == ["law", "law"]
    assert "because you asked" in lepton_search("for-you", index, "--explore", "0").stdout
    opened = Index.open(index)
    odd = Event("hit_good", "not a day", "salt", 1, (), Judged("ab" * 16, "x", 0, 1, 1))
    profile = profile_of(opened, WordEncoder(), [odd], now=NOW)
    assert sum(profile.worths) == 0
    assert not any(mask.any() for mask in profile.known)
