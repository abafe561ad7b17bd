"""Days in the words of a question, and what they do to a search: through the front door, on a day
that stays.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence

import pytest

from lepton_local.errors import InputError
from lepton_local.indexing import builder
from lepton_local.models.roles import PassageText, Reading, Span
from lepton_local.search import moments
from lepton_local.search.moments import moment, newest, since_day
from lepton_local.search.searcher import Searcher
from lepton_local.searched import Condition, Part
from tests.conftest import WordEncoder
from tests.test_conditions import Today
from tests.test_search import Needle
from tests.test_update import PLAIN

FRIDAY = datetime.date(2026, 11, 27)
SAID = {
    "what did the report say this week?": "2026-11-23/2026-11-29",
    "and last week?": "2026-11-16/2026-11-22",
    "what is new since Monday": "2026-11-23/",
    "who left since Friday?": "2026-11-20/",
    "what was decided last Friday": "2026-11-20",
    "what happened yesterday": "2026-11-26",
    "today's news": "2026-11-27",
    "since yesterday": "2026-11-26/",
    "before today": "/2026-11-26",
    "news of the past 3 days": "2026-11-24/",
    "in the last two weeks": "2026-11-13/",
    "in the past month": "2026-10-27/",
    "what happened this month?": "2026-11-01/2026-11-30",
    "who came last year?": "2025-01-01/2025-12-31",
    "since March, who left?": "2026-03-01/",
    "since December": "2025-12-01/",
    "what happened in March 2026": "2026-03-01/2026-03-31",
    "on the news of May 5, 2026": "2026-05-05",
    "on 5th of May 2026": "2026-05-05",
    "after March 2026": "2026-04-01/",
    "before 5 May 2026": "/2026-05-04",
    "since 2026-01-31": "2026-01-31/",
    "Was wurde gestern beschlossen?": "2026-11-26",
    "Was geschah letzte Woche?": "2026-11-16/2026-11-22",
    "Was gibt es seit Montag?": "2026-11-23/",
    "im März 2026": "2026-03-01/2026-03-31",
    "am 5. Mai 2026": "2026-05-05",
    "seit dem 3.2.2026": "2026-02-03/",
    "in den letzten zwei Wochen": "2026-11-13/",
    "Qu'est-ce qui s'est passé hier ?": "2026-11-26",
    "les journaux d\u2019aujourd\u2019hui": "2026-11-27",
    "la semaine dernière": "2026-11-16/2026-11-22",
    "depuis lundi": "2026-11-23/",
    "en mars 2026": "2026-03-01/2026-03-31",
    "les 3 derniers jours": "2026-11-24/",
    "¿Qué pasó ayer?": "2026-11-26",
    "la semana pasada": "2026-11-16/2026-11-22",
    "desde el lunes": "2026-11-23/",
    "en marzo de 2026": "2026-03-01/2026-03-31",
    "los últimos 7 días": "2026-11-20/",
    "昨天发生了什么": "2026-11-26",
    "本周的新闻": "2026-11-23/2026-11-29",
    "自周一以来": "2026-11-23/",
    "2026年3月发生了什么": "2026-03-01/2026-03-31",
    "2026年3月5日之前": "/2026-03-04",
    "最近7天": "2026-11-20/",
    "上个月": "2026-10-01/2026-10-31",
}
NO_DAYS = """Was steht hier?
who may sign on the second?
what happened in 2019?
the meeting on Monday
10 March
on 31 February 2026
on 40 March 2026
from May to June
the last of the Mohicans
日本
weekly report
the week of the year
in the last 0
git log --since""".split("\n")


@pytest.mark.parametrize("asked", SAID)
def test_days_are_understood(asked: str) -> None:
    found = moment(asked, FRIDAY)
    assert found is not None
    assert found.condition.parts[0] == Part("date", SAID[asked])


@pytest.mark.parametrize("asked", NO_DAYS)
def test_other_words_are_none(asked: str) -> None:
    assert moment(asked, FRIDAY) is None


@pytest.mark.parametrize("day", ["2024-02-29", "2026-01-01", "2025-12-31", "2026-03-31"])
def test_no_day_of_the_calendar_is_too_much(day: str) -> None:
    today = datetime.date.fromisoformat(day)
    for asked in SAID:
        found = moment(asked, today)
        assert found is not None
        assert found.days[0] < found.days[1]


def test_the_latest_is_understood_where_it_is_asked_for() -> None:
    for asked in ("the latest news", "Neueste Version?", "la plus récente", "lo más reciente"):
        assert newest(asked)
    assert newest("最新消息")
    for asked in ("pay at the latest", "later", "the last one", "最近7天", "recent"):
        assert not newest(asked)


# --- what they do

FILES = {
    "a/2026-10-05 council.md": "The council has voted for a school. It costs 7 million.",
    "b/2026-11-24 council.md": "The council has voted for a bridge. It costs 9 million.",
    "b/2026-11-25 garden.md": "Otters eat trout.",
    "minutes.md": "On the agenda in March 2026: a harbour, said the treasurer.",
    "2026-03-09 harbour.md": "The harbour was opened by boats.",
    "2026-04-02 harbour.md": "The harbour was closed by ice.",
}


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    folder = tmp_path_factory.mktemp("moments")
    for name, text in FILES.items():
        path = folder / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (1.7e9, 1.7e9))  # 2023-11-14
    encoder = WordEncoder()
    index = builder.build([folder / "docs"], folder / "index", encoder=encoder).index
    return Searcher(index, encoder=encoder, config=PLAIN)


@pytest.fixture(autouse=True)
def friday(monkeypatch: pytest.MonkeyPatch) -> None:
    class Friday(Today):
        @classmethod
        def today(cls) -> Friday:
            return cls(FRIDAY.year, FRIDAY.month, FRIDAY.day)

    monkeypatch.setattr(datetime, "date", Friday)


def paths(found: object) -> list[str]:
    return [hit.path for hit in getattr(found, "hits", ())]


def test_this_week_is_searched_and_said(searcher: Searcher) -> None:
    result = searcher.answer("what has the council voted for this week?")
    assert paths(result) == ["b/2026-11-24 council.md", "b/2026-11-25 garden.md"]
    assert result.conditions == (Condition((Part("date", "2026-11-23/2026-11-29"),)),)
    (note,) = result.notes
    assert note == (
        "“this week” was taken for date:2026-11-23/2026-11-29; add after:1900 to search every day"
    )


def test_a_filter_on_days_overrules_words(searcher: Searcher) -> None:
    result = searcher.answer("what has the council voted for this week? after:1900")
    assert len(paths(result)) == len(FILES)
    beside = searcher.answer("the council this week", filters=["before:2026-10-31"])
    assert "a/2026-10-05 council.md" in paths(beside)
    assert all("this week" not in note for note in (*result.notes, *beside.notes))


def test_what_stands_in_quotation_marks_names_no_days(searcher: Searcher) -> None:
    result = searcher.answer('"the council" "this week"')
    assert all(part.kind == "phrase" for each in result.conditions for part in each.parts)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("which harbour was closed by ice this week?", "nothing that fits is of “this week”"),
        ("which harbour was closed by ice yesterday?", "no document is of “yesterday”"),
    ],
)
def test_days_that_leave_nothing_that_fits_are_passed_over(
    searcher: Searcher, asked: str, why: str
) -> None:
    result = searcher.answer(asked)
    assert paths(result)[0] == "2026-04-02 harbour.md"
    assert result.conditions == ()
    assert result.notes[0].startswith(why)
    assert result.notes[0].endswith("so every day was searched")


def test_a_date_is_of_the_document_or_in_its_words(searcher: Searcher) -> None:
    result = searcher.answer("harbour in March 2026")
    assert sorted(paths(result)) == ["2026-03-09 harbour.md", "minutes.md"]
    assert result.notes[0].startswith(
        "“in March 2026” was taken for date:2026-03-01/2026-03-31 or what tells of it"
    )
    early = searcher.answer("who was born on 5 May 1818?")  # no document is so old
    assert len(paths(early)) == len(FILES)
    assert early.notes == ()


def test_the_latest_comes_first_and_answers(searcher: Searcher) -> None:
    plain = searcher.answer("what has the council voted for")
    assert paths(plain)[0] == "a/2026-10-05 council.md"
    result = searcher.answer("what has the council voted for, the latest")
    assert paths(result)[:2] == ["b/2026-11-24 council.md", "a/2026-10-05 council.md"]
    assert result.notes == ("“latest”: of what fits about as well, the newest comes first",)

    class Costs(Needle):
        """It finds the costs of both, and is surer of the old ones."""

        def read(self, question: str, passages: Sequence[PassageText]) -> list[Reading]:
            found = []
            for each in passages:
                at = max(each.text.find("7 million"), each.text.find("9 million"))
                spans = (Span(at, at + 9, 8.0 + 1.5 * ("7" in each.text)),) if at >= 0 else ()
                found.append(Reading(0.0, spans, 3.0 if spans else -3.0))
            return found

    costs = Costs("million")
    reading = Searcher(searcher.index, encoder=searcher.encoder, reranker=costs, reader=costs)
    first = reading.answer("what does what the council has voted for cost?").answer
    last = reading.answer("what does the latest thing the council has voted for cost?")
    assert first is not None
    assert last.answer is not None
    assert (first.text, last.answer.text) == ("7 million", "9 million")
    assert not last.conflicts


UNITS = """3 days, 3 Tagen, 3 jours, 3 días, 3 天, 2 weeks, 2 Wochen, 2 semaines, 2 semanas, 2 周,
2 个星期, 2 months, 2 Monaten, 2 mois, 2 meses, 2 mes, 2 个月, 2 years, 2 Jahren, 2 ans, 2 années,
2 años, 2 年, 3days"""
DAYS = """this week, diese Woche, dieser Woche, cette semaine, esta semana, 本周, 这一周, 这周,
这个星期, last week, vorige Woche, la semaine passée, la semana pasada, 上周, 上个星期, this month,
dieses Monats, diesen Monat, ce mois-ci, este mes, 本月, 这个月, last month, vorigen Monat,
le mois passé, el mes pasado, 上个月, this year, dieses Jahr, diesem Jahr, dieses Jahres,
cette année, este año, 今年, last year, letztes Jahr, vorigen Jahr, l'an dernier,
l'année dernière, el año pasado, 去年, today, heute, aujourd'hui, hoy, 今天, 今日, yesterday,
gestern, hier, ayer, 昨天, 昨日, les 3 dernières années, past year, 2026-01, 2026年3月, 3.2.2026"""


@pytest.mark.parametrize("yesterday", ["", "|hier"])
def test_no_day_escapes_the_quick_look(yesterday: str) -> None:
    """Whatever the whole pattern finds, the small one that is asked first finds too."""
    finder = moments._finder(yesterday)
    units = UNITS.replace("\n", " ").split(", ")
    days = [*DAYS.replace("\n", " ").split(", "), *(f"last {each}" for each in units)]
    days += [f"letzten {each}" for each in units] + [f"{each} 2026" for each in moments.MONTHS]
    days += [f"since {each}" for each in (*moments.MONTHS, *moments._WEEKDAYS)]
    for said in days:
        for asked in (said, f"what came {said}?", f"那{said}的", said.upper()):
            if finder.search(asked):
                assert moments._MAY.search(asked), asked
    assert sum(finder.search(said) is not None for said in days) > 150
    assert not moments._MAY.search("How do I keep an index fresh?")


@pytest.mark.parametrize(
    ("said", "back"),
    [("yesterday", 1), ("last week", None), ("letzte Woche", None), ("7d", 7), ("gestern", 1)],
)
def test_a_first_day_is_told_in_words_or_as_filters_tell_it(said: str, back: int | None) -> None:
    today = datetime.date.today()
    day = since_day("since", said)
    if back is None:
        assert (day.weekday(), 7 <= (today - day).days <= 13) == (0, True)
    else:
        assert today - day == datetime.timedelta(days=back)


def test_more_than_a_day_is_no_day() -> None:
    with pytest.raises(InputError):
        since_day("since", "the garden of last week")
