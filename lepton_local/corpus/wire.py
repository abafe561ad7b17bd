"""What a process that parses tells the one that indexes: frames of plain JSON and plain text.

A document may have been made to take over its parser. Whoever reads these frames takes data from
them, and nothing else: no pickle, no names of classes, no more bytes than were agreed.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import IO, Any, NamedTuple

from lepton_local.corpus.halves import whole
from lepton_local.corpus.how import How
from lepton_local.corpus.pixels import Pixels
from lepton_local.types import Document, Mark, Skipped, Source

_LENGTHS = struct.Struct(">QQ")  # bytes of the JSON and of the text behind it

Fields = dict[str, Any]


class TooLongError(Exception):
    """A frame is longer than whoever reads it allows."""


def write_frame(stream: IO[bytes], fields: Mapping[str, Any], text: str | bytes = "") -> None:
    """Write one frame. Half a surrogate pair, which no file can hold, arrives as U+FFFD."""
    head, body = _encoded(json.dumps(fields, ensure_ascii=False)), text
    body = body if isinstance(body, bytes) else _encoded(body)
    stream.write(_LENGTHS.pack(len(head), len(body)))
    stream.write(head)
    stream.write(body)


class Frame(NamedTuple):
    """A frame as it came."""

    fields: Fields  # what `head` says
    head: bytes
    body: bytes

    @property
    def size(self) -> int:
        """Its bytes."""
        return _LENGTHS.size + len(self.head) + len(self.body)


def read_frame(stream: IO[bytes], most: int) -> Frame:
    """The next frame.

    Raises EOFError where the stream ends, TooLongError for more than `most` bytes, and ValueError
    for what is no frame.
    """
    head, body = _LENGTHS.unpack(_exactly(stream, _LENGTHS.size))
    if head + body > most:
        raise TooLongError
    told = _exactly(stream, head)
    try:
        fields = json.loads(told)
    except RecursionError:
        raise ValueError("a frame of frames") from None
    if not isinstance(fields, dict):
        raise ValueError("a frame without fields")
    return Frame(fields, told, _exactly(stream, body))


class Documents:
    """The documents of a source, kept as they came, and each made when it is its turn: of a table
    with a million rows, that is a fraction of what a million documents take.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._frames = bytearray()
        self._many = 0

    def add(self, frame: Frame) -> None:
        """Take one more. Raises KeyError, TypeError or ValueError for what is no document."""
        unpack(self._source, frame.body.decode(), frame.fields)
        self._frames += _LENGTHS.pack(len(frame.head), len(frame.body))
        self._frames += frame.head
        self._frames += frame.body
        self._many += 1

    def __len__(self) -> int:
        return self._many

    def __iter__(self) -> Iterator[Document]:
        frames, at = memoryview(self._frames), 0
        while at < len(frames):
            head, body = _LENGTHS.unpack_from(frames, at)
            middle = at + _LENGTHS.size + head
            fields = json.loads(bytes(frames[middle - head : middle]))
            at = middle + body
            yield unpack(self._source, str(frames[middle:at], "utf-8"), fields)


def pack(document: Document) -> Fields:
    """The fields of a document, without its text and its source, which the reader knows."""
    return {
        "title": document.title,
        "key": document.key,
        "titled": document.titled,
        "marks": [[mark.start, mark.label] for mark in document.marks],
        "begin": document.begin,
        "exact": document.exact,
        "language": document.language,
        "format": document.format,
        "metadata": dict(document.metadata),
    }


def unpack(source: Source, text: str, fields: Fields) -> Document:
    """The document of these fields. Raises KeyError, TypeError or ValueError for other fields, for
    words that nobody can store, and for places that are not in the text.
    """
    document = Document(
        source,
        text,
        title=str(fields["title"]),
        key=str(fields["key"]),
        titled=bool(fields["titled"]),
        marks=tuple(Mark(int(start), str(label)) for start, label in fields["marks"]),
        begin=int(fields["begin"]),
        exact=bool(fields["exact"]),
        language=str(fields["language"]),
        format=str(fields["format"]),
        metadata={str(name): str(value) for name, value in fields["metadata"].items()},
    )
    places = (document.begin, *(mark.start for mark in document.marks))
    if min(places) < 0 or max(places) > len(text):
        raise ValueError("a place outside of the text")
    words = (document.title, document.key, document.language, document.format)
    labels = (mark.label for mark in document.marks)
    "".join((*words, *labels, *document.metadata, *document.metadata.values())).encode()
    return document


def pack_source(source: Source) -> Fields:
    """The fields of a source."""
    return asdict(source)


def unpack_source(fields: Fields) -> Source:
    """The source of these fields. Raises KeyError, TypeError or ValueError for other fields."""
    return Source(
        str(fields["root"]),
        str(fields["path"]),
        int(fields["size"]),
        int(fields["mtime_ns"]),
        str(fields["digest"]),
    )


def unpack_how(fields: Fields) -> How:
    """How a source is to be read, which was sent as a mapping."""
    return How(**{**fields, "text_fields": tuple(fields["text_fields"])})


def pack_pixels(pixels: Pixels) -> Fields:
    """The fields of a picture, without its dots."""
    return {"key": pixels.key, "width": pixels.width, "height": pixels.height}


def unpack_pixels(fields: Fields, data: bytes) -> Pixels:
    """A picture. Raises KeyError, TypeError or ValueError for what is none."""
    found = Pixels(str(fields["key"]), int(fields["width"]), int(fields["height"]), data)
    if min(found.width, found.height) < 1 or len(data) != 3 * found.width * found.height:
        raise ValueError("a picture of other dots than it has")
    return found


def pack_skipped(skipped: Skipped) -> Fields:
    """The fields of what was refused, without its source but for the path."""
    return {"path": skipped.source.path, "reason": skipped.reason}


def unpack_skipped(source: Source, fields: Fields) -> Skipped:
    """What was refused of a source. Raises KeyError, TypeError or ValueError for other fields, and
    for what is no part of the source.
    """
    path, reason = str(fields["path"]), str(fields["reason"])
    (path + reason).encode()
    if path != source.path and not path.startswith(f"{source.path}#"):
        raise ValueError("a part of another file")
    return Skipped(replace(source, path=path), reason)


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return whole(text).encode()


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) != count:
        raise EOFError
    return data
