"""MSG: a message that Outlook has saved."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import format_datetime
from functools import partial
from typing import NoReturn

import oxmsg
from oxmsg.attachment import Attachment
from oxmsg.domain import constants
from oxmsg.properties import Properties

from lepton_local.corpus.formats.headers import attachment_name, decoded, header_text
from lepton_local.corpus.formats.letter import day_of, page_body, plain_body, write_letter
from lepton_local.corpus.formats.member import Member
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source


def parse_msg(source: Source, data: bytes) -> Iterator[Document | Member]:
    """The message, and its attachments. Its body is the plain text, or else the page."""
    message = oxmsg.Message.load(data)
    people = ((each.name, each.email_address) for each in message.recipients)
    headers = {
        "From": message.sender or "",
        "To": ", ".join(
            f"{name} <{mail}>" if name and mail else name or mail for name, mail in people
        ),
        "Date": format_datetime(message.sent_date) if message.sent_date is not None else "",
        "Subject": message.subject,
    }
    headers = {name: header_text(value) for name, value in headers.items()}
    plain = plain_body((message.body or "").replace("\0", ""))
    body = plain if plain.text else page_body(source, _page(message.properties))
    yield write_letter(source, headers, [body])
    if not body.text and message.properties.binary_prop_value(constants.PID_RTF_COMPRESSED):
        yield Member("body", "body.txt", partial(_refuse, "kept as RTF alone; save it as EML"))
    for number, attachment in enumerate(message.attachments, 1):
        name = attachment_name(attachment.file_name or "") or f"part {number}"
        if attachment.file_bytes is None and not name.endswith(".msg"):
            name += ".msg"
        yield Member(name, name, partial(_attached, attachment), day_of(headers["Date"]))


def _page(properties: Properties) -> str:
    data = properties.binary_prop_value(constants.PID_HTML)
    if data is not None:
        return decoded(data, properties.body_encoding)
    return properties.str_prop_value(constants.PID_BODY_HTML) or ""


def _attached(attachment: Attachment) -> bytes:
    if attachment.file_bytes is None:
        _refuse("an item of Outlook inside another; save it alone")
    return attachment.file_bytes


def _refuse(reason: str) -> NoReturn:
    raise SourceError(reason)
