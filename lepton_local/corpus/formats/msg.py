"""MSG: a message, an appointment, a contact or a task that Outlook has saved."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from dataclasses import replace
from email.utils import format_datetime
from functools import partial

from lepton_local.corpus.formats.compound import open_compound
from lepton_local.corpus.formats.headers import attachment_name, decoded, header_text
from lepton_local.corpus.formats.letter import (
    Body,
    day_of,
    page_body,
    plain_body,
    says_more,
    write_letter,
)
from lepton_local.corpus.formats.lzfu import unpack_rtf
from lepton_local.corpus.formats.mapi import Storage
from lepton_local.corpus.formats.member import Member, Refused
from lepton_local.corpus.formats.outlook import item_fields, people, person
from lepton_local.corpus.formats.rtf import parse_rtf
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

_DEEPEST = 4  # items within items
_SUBJECT, _HEADERS, _REPORT = 0x0037, 0x007D, 0x1001
_PLAIN, _RTF, _PAGE = 0x1000, 0x1009, 0x1013
_TIMES = (0x0039, 0x0E06, 0x3007)  # when it was sent, came, was made
# Who sent it, and in whose name: address at home, name, address.
_SENDERS = ((0x5D02, 0x0042, 0x0065), (0x5D01, 0x0C1A, 0x0C1F))
_DATA, _HOW, _ELSEWHERE = 0x3701, 0x3705, 7
_NAMES = (0x3707, 0x3704, 0x3001)
_CHARSET = re.compile(rb"<meta[^>]*charset=[\"']?([\w-]+)", re.IGNORECASE)

Found = Document | Member | Refused


def parse_msg(source: Source, data: bytes) -> Iterator[Found]:
    """The item, and its attachments. Its body is the plain text, or else the page or the RTF."""
    with open_compound(data) as opened:
        if not opened.exists("__properties_version1.0"):
            raise SourceError("malformed: there is no item of Outlook in it")
        yield from _item(source, Storage(opened), "", 0)


def _item(source: Source, item: Storage, key: str, depth: int) -> Iterator[Found]:
    headers = _headers(item)
    body = _with_fields(item_fields(item), _body(source, item))
    yield replace(write_letter(source, headers, [body]), key=key)
    for number, part in enumerate(item.parts("__attach_version1.0_#"), 1):
        names = (attachment_name(part.text(each)) for each in _NAMES)
        name = next(filter(None, names), "") or f"part {number}"
        place = "/".join(filter(None, (key, name)))
        inner, data = part.inner, part.binary(_DATA)
        if inner is not None:
            within = replace(source, path=name)
            place += "" if name.lower().endswith(".msg") else ".msg"
            if depth == _DEEPEST:
                yield Refused(place, f"it lies in more than {_DEEPEST} items, one within another")
            else:
                yield from _item(within, inner, place, depth + 1)
        elif data:
            yield Member(place, name, partial(bytes, data), day_of(headers["Date"]))
        elif part.number(_HOW) == _ELSEWHERE:
            yield Refused(place, "it was not sent along, only where it lies")
        elif part.has_object:
            yield Refused(place, "an object that another program draws; save it alone")


def _headers(item: Storage) -> dict[str, str]:
    sent = email.message_from_string(item.text(_HEADERS).lstrip())
    times = (time for number in _TIMES if (time := item.time(number)) is not None)
    when = next(times, None)
    headers = {
        "From": _sender(item) or str(sent["From"] or ""),
        **people(item),
        "Reply-To": str(sent["Reply-To"] or ""),
        "Date": format_datetime(when) if when is not None else str(sent["Date"] or ""),
        "Subject": item.text(_SUBJECT),
    }
    if "@" not in headers["From"] and "@" in str(sent["From"]):
        headers["From"] = str(sent["From"])
    if headers["Reply-To"].strip("<> ") in headers["From"]:
        headers["Reply-To"] = ""
    return {name: header_text(value) for name, value in headers.items()}


def _sender(item: Storage) -> str:
    known = (
        person(item.text(name), item.text(smtp) or item.text(address))
        for smtp, name, address in _SENDERS
    )
    return next(filter(None, known), "")


def _body(source: Source, item: Storage) -> Body:
    plain = plain_body((item.text(_PLAIN) or item.text(_REPORT)).replace("\0", ""))
    page = page_body(source, _page(item))
    if page.text.strip() and (not plain.text.strip() or says_more(page.text, plain.text)):
        return page
    return plain if plain.text.strip() else _rich(source, item)


def _page(item: Storage) -> str:
    data = item.binary(_PAGE)
    if not data:
        return item.text(_PAGE)
    told = _CHARSET.search(data[:4096])
    return decoded(data, told[1].decode() if told is not None else item.page_codec)


def _rich(source: Source, item: Storage) -> Body:
    data = item.binary(_RTF)
    if not data:
        return Body("")
    (document,) = parse_rtf(source, unpack_rtf(data))
    return Body(document.text, document.marks)


def _with_fields(fields: str, body: Body) -> Body:
    """The fields of an item above its body."""
    if not fields or not body.text.strip():
        return Body(fields) if fields else body
    marks = tuple(replace(mark, start=mark.start + len(fields) + 2) for mark in body.marks)
    return Body(f"{fields}\n\n{body.text}", marks)
