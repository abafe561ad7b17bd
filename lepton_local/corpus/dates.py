"""Dates as people write them -> ISO 8601 ("2026-01-31")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath

# Of the fields of a row, a page or a message, the first of these that holds a date is the
# document's.
DATE_FIELDS = (
    "date",
    "published",
    "publication_date",
    "publish_date",
    "pubdate",
    "created",
    "created_at",
    "updated",
    "timestamp",
)
_FORMATS = (
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%d %B %Y",
    "%d %b %Y",
    "%B %d, %Y",
    "%b %d, %Y",
    "%B %d %Y",
    "%b %d %Y",
    "%B %Y",
    "%Y %B %d",
    "%Y-%m",
    "%Y",
)
_IN_NAMES = re.compile(
    r"(?<!\d)(?:(?P<year>(?:19|20)\d\d)(?P<sign>[-_. ]?)"
    r"(?P<month>0[1-9]|1[0-2])(?P=sign)(?P<day>[0-3]\d)"
    r"|(?P<first>[0-3]?\d)(?P<dot>[-_.])(?P<middle>0?[1-9]|1[0-2])(?P=dot)"
    r"(?P<last>(?:19|20)\d\d))(?!\d)"
)
_PDF = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?")


def iso_date(text: str) -> str:
    """The date in `text` as "YYYY-MM-DD", or "" if it is none. Days that are not named are the
    first.
    """
    text = text.strip()
    if len(text) > 40 or not any(map(str.isdigit, text)):
        return ""
    pdf = _PDF.match(text)
    if pdf is not None:
        text = "-".join(part or "01" for part in pdf.groups())
    try:
        return datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        pass
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form).date().isoformat()
        except ValueError:
            continue
    from email.utils import parsedate_to_datetime  # with much of email, which a search needs not

    try:
        return parsedate_to_datetime(text).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""


def day_in_name(path: str) -> str:
    """The day that stands in a file's name ("2026-01-02.md", "Protokoll 3.2.2026.pdf"), as
    "YYYY-MM-DD"; "" where there is none, or more than one.
    """
    days = set()
    for found in _IN_NAMES.finditer(PurePosixPath(path).name):
        year, month = found["year"] or found["last"], found["month"] or found["middle"]
        days.add(iso_date(f"{year}-{month:0>2}-{found['day'] or found['first']:0>2}"))
    days.discard("")
    return days.pop() if len(days) == 1 else ""


def dated(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields, with the document's date under "date" as ISO; what is called a date and is none
    goes under "date_text".
    """
    kept = {name: value for name, value in fields.items() if name.lower() != "date"}
    lower = {name.lower(): value for name, value in fields.items()}
    if "date" in lower and not iso_date(lower["date"]):
        kept["date_text"] = lower["date"]
    found = next((day for name in DATE_FIELDS if (day := iso_date(lower.get(name, "")))), "")
    return {**kept, "date": found} if found else kept
