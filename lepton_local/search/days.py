"""Days as people write them: "2026-01-31", "2026-01", "2026", "31.1.2026", "today", "30d"."""

from __future__ import annotations

import calendar
import datetime
import re

from lepton_local.errors import InputError

Span = tuple[datetime.date, datetime.date]  # the first day, and the one after the last
DAY = datetime.timedelta(days=1)
_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_AGO = re.compile(r"(\d{1,4})([dwmy])")
EVER = datetime.date.min, datetime.date.max


def days(name: str, value: str) -> Span:
    """The days that a filter's value means: a day, a month, a year; "30d" and "2w" the last days
    and weeks up to today, "6m" and "1y" months and years; "A/B" all from A to B, either of which
    may be empty. Raises InputError.
    """
    first, slash, last = value.partition("/")
    try:
        if not slash:
            return _span(value)
        if not first and not last:
            raise ValueError(value)
        return _span(first)[0] if first else EVER[0], _span(last)[1] if last else EVER[1]
    except (ValueError, OverflowError):
        raise InputError(
            f"filter '{name}:{value}' has no date, expected a day such as 2026-01-31, a month, a "
            "year, or 30d, 2w, 6m, 1y for as long until today",
            advice=f"lepton-search query INDEX QUESTION --filter {name}:2026-01-31",
        ) from None


def _span(value: str) -> Span:
    today = datetime.date.today()
    if value in ("today", "yesterday"):
        day = today - DAY * (value == "yesterday")
        return day, day + DAY
    if back := _AGO.fullmatch(value):
        return ago(today, int(back[1]), back[2]), EVER[1]
    if dotted := _DOTTED.fullmatch(value):
        value = "-".join(dotted.group(3, 2, 1))
    found = _ISO.fullmatch(value)
    if found is None:
        raise ValueError(value)
    year, month, day_ = (int(each) if each else 0 for each in found.groups())
    first = datetime.date(year, month or 1, day_ or 1)
    if day_:
        return first, first + DAY
    last = month or 12
    return first, datetime.date(year, last, calendar.monthrange(year, last)[1]) + DAY


def ago(day: datetime.date, many: int, unit: str) -> datetime.date:
    """The day that lies so many days, weeks, months or years before another."""
    if unit in "dw":
        return day - DAY * many * (7 if unit == "w" else 1)
    years, month = divmod(day.year * 12 + day.month - 1 - many * (12 if unit == "y" else 1), 12)
    return datetime.date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))
