"""The marks of a slide: a heading, so that no passage goes over two slides, and its number."""

from __future__ import annotations

from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.writer import Writer


def mark_slide(writer: Writer, number: int, *, title: str, start: int, notes: int) -> None:
    """Mark what was written from `start` on as a slide, and from `notes` on as its notes.

    A slide without a title has a heading too, "## slide 3": it is no part of the slide before.
    """
    if writer.at > start:
        writer.mark(f"## {one_line(title) or f'slide {number}'}", start)
        writer.mark(f"slide {number}", start)
    if writer.at > notes:
        writer.mark(f"slide {number}, notes", notes)
