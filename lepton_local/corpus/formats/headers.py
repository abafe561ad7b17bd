"""The words of message headers, and text whose encoding is declared, whatever has been written
there.
"""

from __future__ import annotations

import re
from email.errors import MessageError
from email.header import decode_header

from lepton_local.corpus.decode import decode_as
from lepton_local.corpus.formats.writer import clean
from lepton_local.errors import SourceError

_HEADER_END = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(rb"[!-9;-~]+:|[ \t]|From (?!\s*:)")
_SPACED = re.compile(rb"([!-9;-~]+)[ \t]+:")
_KNOWN = re.compile(
    rb"(?:from|to|cc|date|subject|mime-version|content-[a-z-]+|message-id|received|reply-to)\s*:",
    re.IGNORECASE,
)


def header_text(raw: str) -> str:
    """A header on one line: encoded words decoded, and bytes beyond ASCII, which it must not have,
    but has as surrogates.
    """
    text = raw if raw.isascii() else decoded(raw.encode("utf-8", "surrogateescape"), "")
    try:
        chunks = decode_header(text)
    except (MessageError, ValueError):
        chunks = [(text, None)]
    words = (
        chunk if isinstance(chunk, str) else decoded(chunk, charset) if charset else _bare(chunk)
        for chunk, charset in chunks
    )
    return " ".join(clean("".join(words)).replace("\0", "").split())


def mended(message: bytes) -> bytes:
    """A message whose header any program can read: in UTF-8 if it was in UTF-16, no space before a
    colon, and no line in it that is none of a header.
    """
    for mark, name in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if message.startswith(mark):
            message = message[2:].decode(name, "replace").encode()
    for name, first in (("utf-16-le", 1), ("utf-16-be", 0)):  # without a mark
        if message[first:8:2] == bytes(4):
            message = message.decode(name, "replace").encode()
    message = message.removeprefix(b"\xef\xbb\xbf").lstrip()
    end = _HEADER_END.search(message)
    head = message[: end.start()] if end is not None else message
    if all(_FIELD.match(line) for line in head.splitlines()):
        return message
    lines = head.splitlines(keepends=True)
    last = max((number for number, line in enumerate(lines) if _KNOWN.match(line)), default=-1)
    fixed = (
        _SPACED.sub(rb"\1:", line)
        for line in lines[: last + 1]
        if _SPACED.match(line) or _FIELD.match(line)
    )
    return b"".join(fixed) + message[sum(map(len, lines[: last + 1])) :]


def attachment_name(raw: str) -> str:
    """The name of an attached file without the folders that it may claim; empty if it has none."""
    return header_text(raw).replace("\\", "/").rpartition("/")[2].strip(". ")


def _bare(chunk: bytes) -> str:
    """What stands between encoded words, as `decode_header` gives it."""
    try:
        return chunk.decode("raw-unicode-escape")
    except UnicodeDecodeError:  # a backslash that is one
        return chunk.decode("latin-1")


def decoded(data: bytes, charset: str) -> str:
    """Text in the encoding that it is said to be in, or in the likeliest; never an error."""
    if not charset.lower().startswith(("utf-16", "utf-32")):
        data = data.replace(b"\0", b"")
    try:
        return decode_as(data, charset)
    except SourceError:
        return data.decode("utf-8", "replace").replace("\0", "")
