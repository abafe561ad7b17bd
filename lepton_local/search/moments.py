"""Days in the words of a question: "this week", "since Monday", "in March 2026", in English,
German, French, Spanish and Chinese.

The table is our own: a library of dates knows more languages, but takes "may", "second" and "10"
for days as well, and a question has more of these than of days.
"""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from lepton_local.corpus.words import APOSTROPHE
from lepton_local.search.days import DAY, EVER, Span, ago, days
from lepton_local.searched import Condition, Part


@dataclass(frozen=True, slots=True)
class Moment:
    """Days that a question names."""

    said: str  # its own words
    days: Span
    told: str = ""  # a date in full, which a passage may tell of, whenever it was written

    @property
    def condition(self) -> Condition:
        """That a document is of these days, or a passage tells of them."""
        first, end = self.days
        since = "" if first == EVER[0] else first.isoformat()
        until = "" if end == EVER[1] else (end - DAY).isoformat()
        words = (Part("phrase", self.told),) if self.told else ()
        span = since if since == until else f"{since}/{until}"
        return Condition((Part("date", span), *words))


def moment(asked: str, today: datetime.date) -> Moment | None:
    """The days that a question names, the first if there are several; None where it names none."""
    if not _MAY.search(asked):
        return None
    for found in _finder("|hier" if _IS_FRENCH.search(asked) else "").finditer(asked):
        days = _days(found, today)
        if days is not None and days[0] < days[1]:
            told = (found["date"] or "") if days[1] != EVER[1] and days[0] != EVER[0] else ""
            return Moment(" ".join(found[0].split()), days, told)
    return None


def since_day(name: str, said: str) -> datetime.date:
    """The first of the days that are meant, as a filter writes them or in words: "last week".
    Raises InputError.
    """
    when = moment(said, datetime.date.today())
    if when is not None and when.said.casefold() == " ".join(said.split()).casefold():
        return when.days[0]
    return days(name, said)[0]


def newest(asked: str) -> str:
    """The words by which a question asks for what is newest; "" where it does not."""
    found = _NEWEST.search(asked)
    return found[0] if found else ""


def _numbers(lines: str, first: int) -> dict[str, int]:
    """The words of each line as one number, from `first` on."""
    return {word: n for n, line in enumerate(lines.split("\n"), first) for word in line.split()}


MONTHS = _numbers(
    """january jan januar jänner janvier enero
february feb februar février febrero
march mar märz mars marzo
april apr avril abril
may mai mayo
june jun juni juin junio
july jul juli juillet julio
august aug août agosto
september sep sept septembre septiembre
october oct oktober octobre octubre
november nov novembre noviembre
december dec dezember décembre diciembre""",
    1,
)
_WEEKDAYS = _numbers(
    """monday montag lundi lunes 周一 星期一
tuesday dienstag mardi martes 周二 星期二
wednesday mittwoch mercredi miércoles 周三 星期三
thursday donnerstag jeudi jueves 周四 星期四
friday freitag vendredi viernes 周五 星期五
saturday samstag sonnabend samedi sábado 周六 星期六
sunday sonntag dimanche domingo 周日 星期日 星期天""",
    0,
)
_COUNTS = _numbers(
    """two zwei deux dos 两
three drei trois tres 三
four vier quatre cuatro 四
five fünf cinq cinco 五
six sechs seis 六
seven sieben sept siete 七""",
    2,
)
_UNITS = {
    "d": "days?|tagen?|jours?|días?|天|日",
    "w": "weeks?|wochen?|semaines?|semanas?|周|个?星期",
    "m": "months?|monaten?|mois|mes(?:es)?|个月",
    "y": "years?|jahren?|ans?|années?|años?|年",
}
_SPANS = {
    "d0": f"today|heute|aujourd{APOSTROPHE}hui|hoy|今天|今日",
    "d1": "yesterday|gestern|ayer|昨天|昨日",
    "w0": "this week|diese[rn]? woche|cette semaine|esta semana|本周|这一?周|[本这]个?星期",
    "w1": "last week|(?:letzte|vergangene|vorige)[rn]? woche|(?:la )?semaine (?:dernière|passée)"
    "|(?:la )?semana pasada|上一?周|上个?星期",
    "m0": "this month|diese[nms] monats?|ce mois(?:-ci)?|este mes|本月|这个月",
    "m1": "last month|(?:letzten|vergangenen|vorigen) monats?|(?:le )?mois (?:dernier|passé)"
    "|(?:el )?mes pasado|上个?月",
    "y0": "this year|diese[ms] jahr(?:es)?|cette année|este año|今年",
    "y1": "last year|(?:letzte|vergangene|vorige)[snm] jahr(?:es)?"
    f"|(?:l{APOSTROPHE})?an(?:née)? dernière?|(?:el )?año pasado|去年",
}


def _either(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_MONTH, _WEEKDAY, _COUNT = _either(MONTHS), _either(_WEEKDAYS), rf"\d{{1,3}}|{_either(_COUNTS)}"
_PAST = (
    r"(?:(?:the|den|les|las|los|ces) )?(?:last|past|letzten|vergangenen|últim[oa]s|最近|过去)"
    rf" ?(?P<count>{_COUNT}) ?(?P<unit>{_either(_UNITS.values())})"
    rf"|(?:les|ces) (?P<fcount>{_COUNT}) derni[eè]re?s (?P<funit>jours|semaines|mois|années)"
    r"|(?:the )?past (?P<one>day|week|month|year)"
)
_DATE = (
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.)? (?:of |de )?)?"
    rf"(?P<month>{_MONTH})\.?,?(?: of| del?)? (?P<year>\d{{4}})"
    rf"|(?P<emonth>{_MONTH})\.? (?P<eday>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<eyear>\d{{4}})"
    r"|(?P<zyear>\d{4})年(?P<zmonth>\d{1,2})月(?:(?P<zday>\d{1,2})日)?"
    r"|(?P<iyear>\d{4})-(?P<imonth>\d\d)(?:-(?P<iday>\d\d))?"
    r"|(?P<dday>\d{1,2})\.(?P<dmonth>\d{1,2})\.(?P<dyear>\d{4})"
)
_SINCE = r"since|seit(?: dem)?|depuis(?: le)?|desde(?: el)?|自从?"
_AFTER = r"after|nach(?: dem)?|après(?: le)?|después del?"
_BEFORE = r"before|vor(?: dem)?|avant(?: le)?|antes del?"
_IN = r"in|on|during|from|of|im|am|vom|en|le|el|du|del?"


@functools.cache  # to compile one takes longer than most of what is done with it
def _finder(yesterday: str) -> re.Pattern[str]:
    """What finds days. yesterday: further words for it, since "hier" is "here" in German."""
    spans = "|".join(
        f"(?P<{name}>{words}{yesterday if name == 'd1' else ''})" for name, words in _SPANS.items()
    )
    in_words = (
        rf"(?:(?:(?P<since>{_SINCE})|(?P<after>{_AFTER})|(?P<before>{_BEFORE})) ?)?"
        rf"(?:{spans}|(?P<past>{_PAST}))"
        rf"|(?:(?P<from>{_SINCE}) ?(?:last |letzte[nm] )?|(?:am )?(?:last|letzten|vergangenen) )"
        rf"(?P<weekday>{_WEEKDAY})"
        rf"|(?:{_SINCE}) (?P<alone>{_MONTH})(?! \d)"
        rf"|(?:(?P<dsince>{_SINCE})|(?P<dafter>{_AFTER})|(?P<dbefore>{_BEFORE})|(?:{_IN}) "
        rf"|(?=\d+年)) ?(?P<date>{_DATE})"
    )
    # Chinese puts no spaces between words, and what the others put before a day behind it.
    return re.compile(
        rf"(?:(?<!\w)|(?<=[㐀-鿿])|(?=[㐀-鿿]))(?:{in_words})"
        r"(?:(?P<zsince>以来|以后|起)|(?P<zbefore>之前|以前))?(?:(?!\w)|(?<=[㐀-鿿])|(?=[㐀-鿿]))",
        re.IGNORECASE,
    )


# One of these is in whatever names days. "an" alone is English.
_NAMES = (
    *MONTHS,
    *_WEEKDAYS,
    "hier",
    _SPANS["d0"],
    _SPANS["d1"],
    *(_UNITS[unit] for unit in "dwm"),
)
_MAY = re.compile(
    r"\d{4}|[天日周年月]|星期|(?<![^\W\d㐀-鿿])(?:"
    rf"{'|'.join(map(str, _NAMES))}|monats?|years?|jahr(?:e[ns]?)?|ans|an(?= derni)|années?|años?"
    r")(?![^\W\d㐀-鿿])",
    re.IGNORECASE,
)
_IS_FRENCH = re.compile(
    rf"\b(?:(?:qu|d){APOSTROPHE}|(?:que|quoi|quels?|quelles?|est|depuis)\b)", re.IGNORECASE
)
_NEWEST = re.compile(
    r"(?<!\w)(?:(?<!at the )(?:latest|newest|most recent(?:ly)?|recently)"
    r"|neueste[nrms]?|aktuellste[nrms]?|jüngste[nrms]?|zuletzt|kürzlich"
    r"|(?:le|la|les) plus récente?s?|dernières nouvelles|récemment"
    r"|más recientes?|más nuev[oa]s?|últimas noticias|recientemente)(?!\w)"
    r"|最新|最近(?![\d两三四五六七])",
    re.IGNORECASE,
)


def _days(found: re.Match[str], today: datetime.date) -> Span | None:
    """The days of what was found; None for a date that does not exist."""
    told = {name: value.lower() for name, value in found.groupdict().items() if value}
    try:
        first, end = _core(told, today)
    except (ValueError, OverflowError):
        return None
    if told.keys() & {"since", "from", "alone", "dsince", "zsince"}:
        return first, EVER[1]
    if told.keys() & {"after", "dafter"}:
        return end, EVER[1]
    if told.keys() & {"before", "dbefore", "zbefore"}:
        return EVER[0], first
    return first, end


def _core(told: dict[str, str], today: datetime.date) -> Span:
    """The days themselves, whatever stands before or behind them. Raises ValueError,
    OverflowError.
    """
    for name in _SPANS:
        if name in told:
            return _calendar(today, name[0], int(name[1]))
    if "past" in told:
        many = told.get("count") or told.get("fcount") or "1"
        unit = told.get("unit") or told.get("funit") or told["one"]
        kind = next(each for each, words in _UNITS.items() if re.fullmatch(words, unit))
        return ago(today, _COUNTS.get(many) or int(many), kind), EVER[1]
    if "weekday" in told:
        back = (today.weekday() - _WEEKDAYS[told["weekday"]] - 1) % 7 + 1
        return today - back * DAY, today - (back - 1) * DAY
    if "alone" in told:
        month = MONTHS[told["alone"]]
        return _month(today.year - (month > today.month), month)
    year, named, day = (
        next((told[sign + part] for sign in ("", *"ezid") if sign + part in told), "")
        for part in ("year", "month", "day")
    )
    month = MONTHS.get(named) or int(named)
    if not day:
        return _month(int(year), month)
    only = datetime.date(int(year), month, int(day))
    return only, only + DAY


def _calendar(today: datetime.date, unit: str, back: int) -> Span:
    """The day, week, month or year that it is, or the one before it."""
    if unit == "d":
        return today - back * DAY, today - (back - 1) * DAY
    if unit == "w":
        monday = today - today.weekday() * DAY
        return monday - 7 * back * DAY, monday + 7 * (1 - back) * DAY
    if unit == "y":
        return datetime.date(today.year - back, 1, 1), datetime.date(today.year - back + 1, 1, 1)
    first = ago(today.replace(day=1), back, "m")
    return _month(first.year, first.month)


def _month(year: int, month: int) -> Span:
    first = datetime.date(year, month, 1)
    return first, ago(first, -1, "m")
