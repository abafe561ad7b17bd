"""E-mail: a message is a document, and what is attached to it are members; a mailbox is a container
of messages.
"""

from __future__ import annotations

import base64
import email
import quopri
import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message
from functools import partial
from itertools import chain, pairwise
from mimetypes import MimeTypes
from pathlib import PurePosixPath
from typing import cast

from lepton_local.corpus.formats.calendar import entries_text
from lepton_local.corpus.formats.headers import attachment_name, decoded, header_text, mended
from lepton_local.corpus.formats.html import parse_html
from lepton_local.corpus.formats.leftovers import counted
from lepton_local.corpus.formats.letter import (
    SHOWN,
    Body,
    day_of,
    page_body,
    plain_body,
    says_more,
    write_letter,
)
from lepton_local.corpus.formats.member import Member
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

# A message of a mailbox begins with a line "From somebody at a time", and a header below it. A line
# of a message that begins so was written with a ">" before it.
_BEGIN = re.compile(rb"^From (?>[^\n]*?\d\d:\d\d)[^\n]*+\n(?=[!-9;-~]++:)", re.MULTILINE)
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
_MIME = ("content-type", "mime-version", "message-id", "received", "cc")
_OPENED = {  # parts that are opened, and the ending that tells so
    "application/ms-tnef": ".tnef",
    "application/vnd.ms-tnef": ".tnef",
    "application/pkcs7-mime": ".p7m",
    "application/x-pkcs7-mime": ".p7m",
}
_REPORTS = (  # parts of what mail servers and programs send back by themselves
    "message/delivery-status",
    "message/disposition-notification",
    "message/feedback-report",
    "message/global-delivery-status",
    "message/global-disposition-notification",
)
_SUFFIXES = MimeTypes()  # those that Python knows, the same on every machine


def parse_mbox(source: Source, data: bytes) -> Iterator[Member]:
    """The messages of a mailbox, under their numbers, from 1.

    A number stays when messages are appended, every message has one, and a person can count to it;
    a Message-ID may be missing, or be there twice.
    """
    begins = _BEGIN.finditer(data)
    first = next(begins, None)
    if first is None or data[: first.start()].strip():
        raise SourceError("no mailbox: expected a line 'From …' with a time, and a header below it")
    name = PurePosixPath(source.path).stem
    places = chain(
        ((each.start(), each.end()) for each in chain([first], begins)), [(len(data), 0)]
    )
    for number, ((_, begin), (end, _)) in enumerate(pairwise(places), 1):
        yield Member(str(number), f"{name} {number}.eml", partial(_message, data, begin, end))


def parse_eml(source: Source, data: bytes) -> Iterator[Document | Member]:
    """The message, and its attachments."""
    # The policy that gives headers as they stand; the newer one fails on what programs do write.
    message = email.message_from_bytes(mended(data))
    headers = {name: _header(message, name) for name in SHOWN}
    if headers["Reply-To"] == headers["From"]:
        headers["Reply-To"] = ""
    if not any(headers.values()) and not any(name in message for name in _MIME):
        raise SourceError("no message: expected headers such as From, Date and Subject")
    parts = list(enumerate(parts_of(message), 1))
    letter = write_letter(source, headers, [_body(source, p) for _, p in parts if _is_body(p)])
    left = counted(["picture"] * sum(is_shown(part) for _, part in parts))
    yield replace(letter, metadata={**letter.metadata, **left})
    for number, part in parts:
        if not _is_body(part) and not is_shown(part):
            key, name = _names(part, number)
            yield Member(key, name, partial(_attached, part), day_of(headers["Date"]))


def parse_mhtml(source: Source, data: bytes) -> Iterator[Document]:
    """The page that a browser has saved with its pictures."""
    message = email.message_from_bytes(mended(data))
    page = next((p for p in parts_of(message) if p.get_content_type() == "text/html"), None)
    if page is None:
        raise SourceError("no page in it: expected a part of HTML")
    text = decoded(content(page), page.get_content_charset(""))
    yield from parse_html(source, text.encode("utf-8", "replace"))


def _message(data: bytes, begin: int, end: int) -> bytes:
    return _ESCAPED.sub(rb"\1", data[begin:end])


def parts_of(part: Message) -> Iterator[Message]:
    """The parts of a message that have no parts; of bodies that say the same, the plain text, or
    else the page.
    """
    if part.get_content_maintype() != "multipart" or not part.is_multipart():
        yield part
        return
    inner = [list(parts_of(each)) for each in _within(part)]
    if part.get_content_type() == "multipart/alternative":
        best = _best(inner)
        inner = [parts if parts is best else [*filter(_is_apart, parts)] for parts in inner]
    for parts in inner:
        yield from parts


def _within(part: Message) -> list[Message]:
    return cast(list[Message], part.get_payload())


def _best(alternatives: list[list[Message]]) -> list[Message]:
    """Of alternatives the plain text, unless the page says what it does not: the text may be no
    more than that the message cannot be shown.
    """
    ranked = sorted(alternatives, key=_plainness, reverse=True)
    if len(ranked) > 1 and _plainness(ranked[0]) == 3 and _plainness(ranked[1]) == 2:
        plain, page = (_words(parts) for parts in ranked[:2])
        if says_more(page, plain):
            return ranked[1]
    return ranked[0] if ranked else []


def _words(parts: list[Message]) -> str:
    source = Source("", "", 0, 0)
    return "\n".join(_body(source, part).text for part in parts if _is_body(part))


def _plainness(parts: list[Message]) -> int:
    """3 for an alternative with plain text, 2 for a page, 1 for other text."""
    ranks = {"text/plain": 3, "text/html": 2}
    bodies = (part for part in parts if _is_body(part) and content(part).strip())
    return max((ranks.get(part.get_content_type(), 1) for part in bodies), default=0)


def _is_apart(part: Message) -> bool:
    """Whether a part says something beside the alternatives that it stands among."""
    return not _is_body(part) or part.get_content_type() == "text/calendar"


def _is_body(part: Message) -> bool:
    """Whether a part is read with the message. A "multipart" here is one whose parts are lost."""
    if part.get_content_type() in _REPORTS:
        return True
    return (
        part.get_content_maintype() in ("text", "multipart")
        and part.get_content_disposition() != "attachment"
    )


def is_shown(part: Message) -> bool:
    """Whether a part is a picture that a page shows, such as a logo."""
    return (
        part.get_content_maintype() == "image"
        and "content-id" in part
        and part.get_content_disposition() != "attachment"
    )


def _body(source: Source, part: Message) -> Body:
    if part.get_content_type() in _REPORTS:
        fields = (
            f"{name}: {header_text(str(v))}" for each in _within(part) for name, v in each.items()
        )
        return plain_body("\n".join(fields))
    text = decoded(content(part), part.get_content_charset(""))
    kind = part.get_content_subtype()
    if kind == "calendar":
        return Body(entries_text(text))
    return page_body(source, text) if kind == "html" else plain_body(text)


def content(part: Message) -> bytes:
    """The bytes of a part, decoded."""
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _attached(part: Message) -> bytes:
    """The bytes of an attachment; of one that is a message, the message."""
    if part.is_multipart():
        data = b"".join(each.as_bytes() for each in _within(part))
        coding = part.get("content-transfer-encoding", "").strip().lower()
        # Such parts may have none, and some have.
        if coding == "base64":
            return base64.b64decode(data)
        whole = all("content-transfer-encoding" in each for each in _within(part))
        return data if coding != "quoted-printable" or whole else quopri.decodestring(data)
    return content(part)


def _names(part: Message, number: int) -> tuple[str, str]:
    """The name of an attachment, or "part 2", with an ending that tells its format if its type
    does; and the same with the ending by which it is opened.
    """
    name = attachment_name(part.get_filename("")) or f"part {number}"
    kind = part.get_content_type()
    if kind in _OPENED:
        return name, name if name.lower().endswith(_OPENED[kind]) else name + _OPENED[kind]
    if not PurePosixPath(name).suffix or kind == "message/rfc822":
        suffix = _SUFFIXES.guess_extension(kind) or ""
        name = name if name.lower().endswith(suffix) else name + suffix
    return name, name


def _header(message: Message, name: str) -> str:
    """The first header of a name, decoded, on one line; empty where there is none."""
    values = (value for key, value in message.raw_items() if key.lower() == name.lower())
    return header_text(str(next(values, "")))
