"""Canonical text of formats that are no text themselves: written piece by piece, with marks at what
was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lepton_local.corpus.formats.title import from_name
from lepton_local.corpus.halves import whole
from lepton_local.types import Document, Mark, Source

# Soft hyphens and characters of no width stand inside words and hide them from a search.
_UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")


def clean(text: str) -> str:
    """Text without characters that nobody sees, and that can be stored."""
    return text if text.isascii() else whole(_UNSEEN.sub("", text))


class Writer:
    """Builds a text of lines and paragraphs. White space is asked for, and written when the next
    ink comes.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._marks: list[Mark] = []
        self._breaks = 0  # line ends to write before the next ink
        self._space = False  # a space to write before it, unless it begins a line
        self._lead = ""  # a bullet or a border to write right before it
        self._labels: list[str] = []  # of marks to set at it
        self.indent = ""  # of each new line of running text
        self.at = 0  # characters written

    def words(self, text: str) -> None:
        """Running text: any white space in it is one space."""
        text = clean(text)
        bare = " ".join(text.split())
        if not bare:
            self._space = self._space or bool(text)
            return
        self._space = self._space or text[0].isspace()
        self._begin(self.indent)
        self._write(bare)
        self._space = text[-1].isspace()

    def raw(self, text: str) -> None:
        """Text whose line ends and spaces count, such as code."""
        if text:
            self._begin("")
            self._write(clean(text))

    def row(self, cells: Iterable[str]) -> None:
        """A line of a table: its cells with bars between them."""
        self.end_line(1)
        self.words(" | ".join(" ".join(cell.split()) for cell in cells).strip(" |"))
        self.end_line(1)

    def end_line(self, breaks: int = 1) -> None:
        """Let the next ink begin a line; 2 leaves an empty one between. After `lead`, the line has
        begun already.
        """
        if not self._lead:
            self._breaks = max(self._breaks, breaks)
            self._space = False

    def lead(self, text: str) -> None:
        """Put `text` right before the next ink."""
        self._lead += text

    def drop_lead(self) -> None:
        """Forget what `lead` asked for, if no ink has come since."""
        self._lead = ""

    def mark_next(self, label: str) -> None:
        """Mark the next ink."""
        self._labels.append(label)

    def mark(self, label: str, start: int) -> None:
        """Mark the first ink that was written at or after `start`."""
        written = self.since(start)
        self._marks.append(Mark(start + len(written) - len(written.lstrip()), label))

    def since(self, start: int) -> str:
        """What was written from `start` on."""
        tail: list[str] = []
        at = self.at
        for part in reversed(self._parts):
            if at <= start:
                break
            at -= len(part)
            tail.append(part)
        return "".join(reversed(tail))[max(0, start - at) :]

    def text(self) -> str:
        """All that was written."""
        return "".join(self._parts)

    def marks(self) -> tuple[Mark, ...]:
        """The marks, by their start."""
        return tuple(sorted(self._marks, key=lambda mark: mark.start))

    def document(self, source: Source, title: str, metadata: Mapping[str, str]) -> Document:
        """All that was written, as one document. If it says no title, the file's name makes one."""
        return Document(
            source=source,
            text=self.text(),
            title=title or from_name(source.path),
            titled=bool(title),
            marks=self.marks(),
            metadata=metadata,
        )

    def _begin(self, indent: str) -> None:
        fresh = bool(self._breaks) or not self.at
        if fresh:
            self._write("\n" * self._breaks * bool(self.at) + indent)
        elif not self._lead:
            self._write(" " * self._space)
        self._marks.extend(Mark(self.at, label) for label in self._labels)
        self._write(self._lead.lstrip() if fresh else self._lead)
        self._breaks, self._space, self._lead = 0, False, ""
        self._labels.clear()

    def _write(self, text: str) -> None:
        if text:
            self._parts.append(text)
            self.at += len(text)
