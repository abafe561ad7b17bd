"""Calendars and address cards (RFC 5545, RFC 6350): each event, task or card as lines that say what
its fields are.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from lepton_local.corpus.decode import decode
from lepton_local.corpus.formats.headers import decoded
from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.writer import Writer
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

# What is told of an entry, in this order, and by which words.
_EVENT = {
    "SUMMARY": "Summary",
    "DTSTART": "Start",
    "DTEND": "End",
    "DUE": "Due",
    "DURATION": "Duration",
    "RRULE": "Repeats",
    "LOCATION": "Location",
    "ORGANIZER": "Organizer",
    "ATTENDEE": "Attendee",
    "STATUS": "Status",
    "CATEGORIES": "Categories",
    "URL": "URL",
    "DESCRIPTION": "Description",
    "COMMENT": "Comment",
}
_CARD = {
    "FN": "Name",
    "NICKNAME": "Nickname",
    "ORG": "Organisation",
    "TITLE": "Title",
    "ROLE": "Role",
    "TEL": "Telephone",
    "EMAIL": "E-mail",
    "ADR": "Address",
    "BDAY": "Birthday",
    "URL": "URL",
    "CATEGORIES": "Categories",
    "NOTE": "Note",
}
_ENTRIES = {"VEVENT": _EVENT, "VTODO": _EVENT, "VJOURNAL": _EVENT, "VCARD": _CARD}
_NAMES = ("SUMMARY", "FN")
_PEOPLE = ("ORGANIZER", "ATTENDEE")
_LINE = re.compile(
    r"(?:[\w-]+\.)?([\w-]+)((?:;[^:;=]+(?:=(?:\"[^\"]*\"|[^\":;]*))?)*):(.*)", re.DOTALL
)
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?\Z")
# Values in quoted-printable go on behind a "=" at the line end; others, such as base64, may end so.
_QUOTED = re.compile(
    r"^(?>[^:\n]*?;(?:ENCODING=)?QUOTED-PRINTABLE\b)[^:\n]*+:(?:[^\n]*=\r?\n)+", re.I | re.M
)
_SOFT = re.compile(r"=\r?\n")
_ESCAPED = re.compile(r"\\([\\;,nN])")

Field = tuple[str, str, str]  # name, parameters, value


def parse_calendar(source: Source, data: bytes) -> Iterator[Document]:
    """One document; each entry stands under its name. Its title: the name of the only entry, or
    that of the calendar.
    """
    text = decode(data)
    writer = Writer()
    names = write_entries(text, writer)
    if not writer.at:
        raise SourceError("no entry in it, expected a calendar or an address card")
    called = (value for name, _, value in _fields(text) if name == "X-WR-CALNAME")
    title = names[0] if len(names) == 1 else next(called, "")
    yield writer.document(source, title, {})


def entries_text(text: str) -> str:
    """The entries of a calendar as lines."""
    writer = Writer()
    write_entries(text, writer)
    return writer.text()


def write_entries(text: str, writer: Writer) -> list[str]:
    """Write the entries of a calendar or of address cards; gives their names."""
    names = []
    for kind, fields in _entries(text):
        shown = _ENTRIES[kind]
        if not any(name in _NAMES for name, _, _ in fields):
            fields += _called(fields)
        name = one_line(next((_plain(v) for n, _, v in fields if n in _NAMES), ""))
        writer.end_line(2)
        start = writer.at
        ordered = sorted(
            (each for each in fields if each[0] in shown), key=lambda each: [*shown].index(each[0])
        )
        for field, group in groupby(ordered, key=lambda each: each[0]):
            words = "; ".join(filter(None, (_shown(each) for each in group)))
            if words:
                writer.end_line(1)
                writer.words(f"{shown[field]}: {words}")
        writer.end_line(2)
        if writer.at > start:
            names.append(name)
            writer.mark(f"## {name}" if name else kind.removeprefix("V").lower(), start)
    return names


def _called(fields: Sequence[Field]) -> list[Field]:
    """The name of an old card, which has it in parts alone: family, given, others, title."""
    told = next((each for each in fields if each[0] == "N"), None)
    if told is None:
        return []
    _, parameters, value = told
    if "QUOTED-PRINTABLE" in parameters.upper():
        value = decoded(quopri.decodestring(value.encode("utf-8", "replace")), "")
    family, given, others, title = (re.split(r"(?<!\\);", value) + [""] * 4)[:4]
    words = " ".join(filter(None, map(_plain, (title, given, others, family))))
    return [("FN", "", words)]


def _entries(text: str) -> Iterator[tuple[str, list[Field]]]:
    """The entries and their fields, without those of what is inside them (alarms)."""
    stack: list[tuple[str, list[Field]]] = []
    for field in _fields(text):
        name, _, value = field
        if name == "BEGIN":
            stack.append((value.strip().upper(), []))
        elif name == "END" and stack:
            kind, fields = stack.pop()
            if kind in _ENTRIES:
                yield kind, fields
        elif stack:
            stack[-1][1].append(field)


def _fields(text: str) -> Iterator[Field]:
    """The lines of a file, those that go on in the next one joined."""
    whole = _QUOTED.sub(lambda found: _SOFT.sub("", found[0]), text)
    unfolded = re.sub(r"\r?\n[ \t]", "", whole)
    for line in unfolded.splitlines():
        found = _LINE.match(line)
        if found is not None:
            yield found[1].upper(), found[2], found[3]


def _shown(field: Field) -> str:
    name, parameters, value = field
    if name in _PEOPLE:
        called = re.search(r";CN=\"?([^\";:]+)", parameters, re.IGNORECASE)
        mail = re.sub(r"(?i)^mailto:", "", value)
        return f"{called[1]} <{mail}>" if called is not None else mail
    time = _TIME.match(value)
    if time is not None:
        zone = re.search(r";TZID=\"?([^\";:]+)", parameters, re.IGNORECASE)
        return " ".join(filter(None, (_time(time), zone[1] if zone is not None else "")))
    parts = [_plain(part) for part in re.split(r"(?<!\\);", value)]
    return ", ".join(filter(None, parts))


def _time(found: re.Match[str]) -> str:
    year, month, day, hour, minute, _, zone = found.groups()
    if hour is None:
        return f"{year}-{month}-{day}"
    return f"{year}-{month}-{day} {hour}:{minute}{' UTC' if zone else ''}"


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda m: " " if m[1] in "nN" else m[1], value).strip()
