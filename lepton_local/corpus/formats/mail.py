"""E-mail: a message is a document, and what is attached to it are members; a mailbox is a container
of messages.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.message import Message
from functools import partial
from itertools import chain, pairwise
from mimetypes import MimeTypes
from pathlib import PurePosixPath
from typing import cast

from lepton_local.corpus.formats.headers import attachment_name, decoded, header_text
from lepton_local.corpus.formats.letter import (
    SHOWN,
    Body,
    day_of,
    page_body,
    plain_body,
    write_letter,
)
from lepton_local.corpus.formats.member import Member
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

# A message of a mailbox begins with a line "From somebody at a time", and a header below it. A line
# of a message that begins so was written with a ">" before it.
_BEGIN = re.compile(rb"^From (?>[^\n]*?\d\d:\d\d)[^\n]*+\n(?=[!-9;-~]++:)", re.MULTILINE)
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
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
    message = email.message_from_bytes(data.removeprefix(b"\xef\xbb\xbf").lstrip())
    headers = {name: _header(message, name) for name in SHOWN}
    if not any(headers.values()):
        raise SourceError("no message: expected headers such as From, Date and Subject")
    parts = list(enumerate(_parts(message), 1))
    yield write_letter(source, headers, [_body(source, p) for _, p in parts if _is_body(p)])
    for number, part in parts:
        if not _is_body(part) and not _is_shown(part):
            name = _name(part, number)
            yield Member(name, name, partial(_attached, part), day_of(headers["Date"]))


def _message(data: bytes, begin: int, end: int) -> bytes:
    return _ESCAPED.sub(rb"\1", data[begin:end])


def _parts(part: Message) -> Iterator[Message]:
    """The parts of a message that have no parts; of bodies that say the same, the plain text, or
    else the page.
    """
    if part.get_content_maintype() != "multipart" or not part.is_multipart():
        yield part
        return
    inner = [list(_parts(each)) for each in _within(part)]
    if part.get_content_type() == "multipart/alternative":
        best = max(inner, key=_plainness, default=[])
        inner = [
            parts if parts is best else [p for p in parts if not _is_body(p)] for parts in inner
        ]
    for parts in inner:
        yield from parts


def _within(part: Message) -> list[Message]:
    return cast(list[Message], part.get_payload())


def _plainness(parts: list[Message]) -> int:
    """3 for an alternative with plain text, 2 for a page, 1 for other text."""
    ranks = {"text/plain": 3, "text/html": 2}
    bodies = (part for part in parts if _is_body(part) and _bytes(part).strip())
    return max((ranks.get(part.get_content_type(), 1) for part in bodies), default=0)


def _is_body(part: Message) -> bool:
    """Whether a part is read with the message. A "multipart" here is one whose parts are lost."""
    return (
        part.get_content_maintype() in ("text", "multipart")
        and part.get_content_disposition() != "attachment"
    )


def _is_shown(part: Message) -> bool:
    """Whether a part is a picture that a page shows, such as a logo."""
    return (
        part.get_content_maintype() == "image"
        and "content-id" in part
        and part.get_content_disposition() != "attachment"
    )


def _body(source: Source, part: Message) -> Body:
    text = decoded(_bytes(part), part.get_content_charset(""))
    return page_body(source, text) if part.get_content_subtype() == "html" else plain_body(text)


def _bytes(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _attached(part: Message) -> bytes:
    """The bytes of an attachment; of one that is a message, the message."""
    if part.is_multipart():
        return b"".join(each.as_bytes() for each in _within(part))
    return _bytes(part)


def _name(part: Message, number: int) -> str:
    """The name of an attachment, or "part 2", with an ending that tells its format if its type
    does.
    """
    name = attachment_name(part.get_filename("")) or f"part {number}"
    kind = part.get_content_type()
    if PurePosixPath(name).suffix and kind != "message/rfc822":
        return name
    suffix = _SUFFIXES.guess_extension(kind) or ""
    return name if name.lower().endswith(suffix) else name + suffix


def _header(message: Message, name: str) -> str:
    """The first header of a name, decoded, on one line; empty where there is none."""
    values = (value for key, value in message.raw_items() if key.lower() == name.lower())
    return header_text(str(next(values, "")))
