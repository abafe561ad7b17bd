"""Subtitles (SubRip, WebVTT): the cues joined to running text, with a mark at the time of each."""

# ruff: noqa: RUF001 - signs that look alike are meant
from __future__ import annotations

import html
import re
from collections.abc import Iterator

from lepton_local.corpus.decode import decode
from lepton_local.corpus.formats.title import from_name
from lepton_local.corpus.formats.writer import Writer
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

_TIME = r"(?:(\d+):)?([0-5]?\d):([0-5]?\d)[.,]\d{1,3}"
_TIMING = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}")
_VOICE = re.compile(r"<v(?:\.[^ \t>]*)?[ \t]+([^<>]+)>")  # who speaks, in WebVTT
_TAG = re.compile(r"</?[A-Za-z0-9][^<>]*>|\{\\[^{}]*\}")
_NOTE = re.compile(r"(?:NOTE|STYLE|REGION)\b")
_PAUSE = 4  # seconds of silence that end a paragraph


def parse_subtitles(source: Source, data: bytes) -> Iterator[Document]:
    """One document, titled after the file's name; a cue begins at a mark like "00:12:31"."""
    writer = Writer()
    ended: float | None = None  # seconds at which the cue before ended
    spoken: list[str] = []  # its lines
    for begin, end, lines in _cues(decode(data)):
        fresh = [line for line in lines if line not in spoken]
        spoken = lines
        for number, line in enumerate(fresh):
            if not number:
                writer.mark_next(f"{begin // 3600:02}:{begin // 60 % 60:02}:{begin % 60:02}")
            if not number and ended is not None and begin - ended >= _PAUSE:
                writer.end_line(2)
            elif line.startswith(("-", "–")) or ": " in line[:40]:
                writer.end_line(1)  # another speaker
            else:
                writer.words(" ")
            writer.words(line)
        ended = end
    text = writer.text()
    if not text:
        raise SourceError("no subtitles in it: expected lines like 00:00:01,000 --> 00:00:02,500")
    yield Document(source=source, text=text, title=from_name(source.path), marks=writer.marks())


def _cues(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """(second it begins, second it ends, its lines), cue by cue, without markup."""
    rows = text.split("\n")
    timings = [(row, match) for row, line in enumerate(rows) if (match := _TIMING.match(line))]
    ends = [*(row for row, _ in timings), len(rows)][1:]
    for (row, timing), end in zip(timings, ends, strict=True):
        body = rows[row + 1 : end]
        if end < len(rows) and body and (body[-1].strip().isdigit() or "" in body[-2:-1]):
            body.pop()  # the number, or the name, of the cue below
        lines = [bare for line in _without_notes(body) if (bare := _plain(line))]
        hours, minutes, seconds, *until = (int(part or 0) for part in timing.groups())
        ended = until[0] * 3600 + until[1] * 60 + until[2]
        yield hours * 3600 + minutes * 60 + seconds, ended, lines


def _without_notes(rows: list[str]) -> Iterator[str]:
    """The lines without WebVTT's comments and settings, which end at an empty line."""
    note, above = False, ""
    for row in rows:
        bare = row.strip()
        note = bool(bare) and (note or (not above and _NOTE.match(bare) is not None))
        above = bare
        if not note:
            yield row


def _plain(line: str) -> str:
    return " ".join(html.unescape(_TAG.sub("", _VOICE.sub(r"\1: ", line))).split())
