"""Titles and headings as one line of plain text."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_INLINE = (
    (re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])"), r"\1"),  # [words](address)
    (re.compile(r"<[^>]+>"), ""),
    (re.compile(r"(`+)(.+?)\1"), r"\2"),
    (re.compile(r"(?<!\w)(\*\*|__|\*|_)(?=\S)(.+?)(?<=\S)\1(?!\w)"), r"\2"),
    (re.compile(r"\\([!-/:-@\[-`{-~])"), r"\1"),
)


def from_name(path: str) -> str:
    """A title from a file's name: "guide/2008_Summer_Olympics.txt" -> "2008 Summer Olympics"."""
    name = PurePosixPath(path).name
    stem = PurePosixPath(name).stem if not name.startswith(".") else name
    return " ".join(stem.replace("_", " ").split()) or name


def plain(markup: str) -> str:
    """A heading in Markdown without its marks."""
    for pattern, words in _INLINE:
        markup = pattern.sub(words, markup)
    return " ".join(markup.split())


def one_line(text: str, *, longest: int = 200) -> str:
    """Text on one line, cut at `longest` characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
