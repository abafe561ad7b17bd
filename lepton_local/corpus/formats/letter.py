"""What messages of every format become: a few header lines, and the body below them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lepton_local.corpus.dates import iso_date
from lepton_local.corpus.formats.html import parse_html
from lepton_local.corpus.formats.title import from_name, one_line
from lepton_local.corpus.formats.writer import clean
from lepton_local.errors import SourceError
from lepton_local.types import Document, Mark, Source

SHOWN = (
    "From",
    "To",
    "Cc",
    "Reply-To",
    "Date",
    "Subject",
)  # headers, in the order in which they are written


_UNSAID = 0.5  # share of a page's words that its plain text lacks: it is no plain text of the page


@dataclass(frozen=True, slots=True)
class Body:
    """A part of a message that is read with it, and the marks in it."""

    text: str
    marks: tuple[Mark, ...] = ()


def plain_body(text: str) -> Body:
    """A part that is plain text; its quotations stay."""
    lines = clean(text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Body("\n".join(line.rstrip() for line in lines).strip("\n"))


def page_body(source: Source, page: str) -> Body:
    """A part that is a page of HTML; one without text is empty."""
    try:
        (document,) = parse_html(source, page.encode("utf-8", "replace"), of_site=False)
    except SourceError:
        return Body("")
    return Body(document.text, document.marks)


def says_more(page: str, plain: str) -> bool:
    """Whether a page says what the plain text beside it does not: the text may be no more than that
    the message cannot be shown.
    """
    told, known = (set(re.findall(r"\w{3,}", text.casefold())) for text in (page, plain))
    return len(told - known) > _UNSAID * len(told)


def write_letter(source: Source, headers: Mapping[str, str], bodies: Sequence[Body]) -> Document:
    """The document of a message. Bodies after the first are marked "part 2", "part 3".

    headers: of SHOWN, each one line, empty where there is none. The title is the subject.
    """
    text = "\n".join(f"{name}: {headers[name]}" for name in SHOWN if headers.get(name))
    marks: list[Mark] = []
    for number, body in enumerate((body for body in bodies if body.text.strip()), 1):
        text += "\n\n" if text else ""
        if number > 1:
            marks.append(Mark(len(text), f"part {number}"))
        marks += [replace(mark, start=len(text) + mark.start) for mark in body.marks]
        text += body.text
    metadata = {
        "author": headers["From"],
        "to": headers["To"],
        "cc": headers.get("Cc", ""),
        "date": day_of(headers["Date"]),
    }
    return Document(
        source=source,
        text=text,
        title=one_line(headers["Subject"]) or from_name(source.path),
        titled=bool(headers["Subject"]),
        marks=tuple(marks),
        metadata={name: value for name, value in metadata.items() if value},
    )


def day_of(date: str) -> str:
    """The day in a Date header, as ISO 8601; what stands in brackets behind it is a comment."""
    return iso_date(date.partition("(")[0])
