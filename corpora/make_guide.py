"""Make the parts of the user guide that are not read as they are written: a PDF, a Word document.

    python corpora/make_guide.py

reads `corpora/sources/*.md` and writes `corpora/guide/privacy.pdf` and
`corpora/guide/troubleshooting.docx`. The same sources give the same bytes, so a file changes in
version control only when its text does. The project itself does not need this script: it uses
reportlab (BSD), which is not among the project's dependencies (`pip install reportlab`), and
python-docx, which is.

The sources are Markdown with nothing but headings, paragraphs, `- ` lists, tables, fenced code, and
`code` in a line.
"""

from __future__ import annotations

import html
import io
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
from docx.shared import Cm, Pt
from reportlab.lib import colors  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]
from reportlab.lib.units import cm  # type: ignore[import-untyped]
from reportlab.platypus import (  # type: ignore[import-untyped]
    CondPageBreak,
    Flowable,
    ListFlowable,
    Paragraph,
    Preformatted,
    SimpleDocTemplate,
    Spacer,
    Table,
)

HERE = Path(__file__).parent
AUTHOR = "lepton-local"
WRITTEN = datetime(2026, 11, 21, tzinfo=UTC)  # what both files say, whenever they are made
CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a source. `kind` is h1, h2, h3, text, list, table or code.

    `lines` are the items of a list, the rows of a table (cells joined by tabs), the lines of code,
    or the one line of anything else.
    """

    kind: str
    lines: tuple[str, ...]


def blocks(source: str) -> Iterator[Block]:
    """The pieces of a source, in order."""
    parts = re.split(r"^```\n(.*?)^```$", source, flags=re.DOTALL | re.MULTILINE)
    for number, part in enumerate(parts):
        if number % 2:
            yield Block("code", tuple(part.splitlines()))
        else:
            yield from (_block(piece) for piece in re.split(r"\n\s*\n", part) if piece.strip())


def _block(piece: str) -> Block:
    lines = piece.strip().splitlines()
    if heading := re.match(r"(#{1,3}) (.*)", lines[0]):
        return Block(f"h{len(heading[1])}", (heading[2],))
    if lines[0].startswith("- "):
        items = re.split(r"^- ", "\n".join(lines), flags=re.MULTILINE)[1:]
        return Block("list", tuple(" ".join(item.split()) for item in items))
    if lines[0].startswith("|"):
        cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
        rows = ("\t".join(row) for row in cells if set("".join(row)) != {"-"})
        return Block("table", tuple(rows))
    return Block("text", (" ".join(" ".join(lines).split()),))


# --- PDF ---

INK = colors.HexColor("#1a1a1a")
BODY = ParagraphStyle(
    "body", fontName="Times-Roman", fontSize=11, leading=15, spaceAfter=7, textColor=INK
)
CELL = ParagraphStyle("cell", BODY, fontSize=10, leading=13, spaceAfter=0)
HEAD = ParagraphStyle("head", CELL, fontName="Times-Bold")
MONO = ParagraphStyle(
    "mono",
    BODY,
    fontName="Courier",
    fontSize=9.5,
    leading=13,
    leftIndent=6,
    spaceBefore=4,
    spaceAfter=12,
)
TITLES = {
    "h1": ParagraphStyle(
        "h1", BODY, fontName="Helvetica-Bold", fontSize=20, leading=25, spaceAfter=12
    ),
    "h2": ParagraphStyle(
        "h2", BODY, fontName="Helvetica-Bold", fontSize=14, leading=18, spaceBefore=10, spaceAfter=6
    ),
    "h3": ParagraphStyle(
        "h3",
        BODY,
        fontName="Helvetica-Bold",
        fontSize=11.5,
        leading=15,
        spaceBefore=6,
        spaceAfter=4,
    ),
}


def write_pdf(source: str, path: Path) -> None:
    """Lay a source out on A4 pages. No heading is left alone at the foot of one."""
    pieces = list(blocks(source))
    page = SimpleDocTemplate(
        str(path),
        pagesize=A4,
        leftMargin=2.5 * cm,
        rightMargin=2.5 * cm,
        topMargin=2.2 * cm,
        bottomMargin=2.2 * cm,
        title=pieces[0].lines[0],
        author=AUTHOR,
        lang="en-GB",
        invariant=1,
    )
    page.build([flowable for block in pieces for flowable in _flowables(block)])


def _flowables(block: Block) -> list[Flowable]:
    first = block.lines[0]
    if block.kind in TITLES:
        return [CondPageBreak(3.5 * cm), Paragraph(_rich(first), TITLES[block.kind])]
    if block.kind == "code":
        return [Preformatted("\n".join(block.lines), MONO)]
    if block.kind == "list":
        items = [Paragraph(_rich(line), BODY) for line in block.lines]
        return [ListFlowable(items, bulletType="bullet", bulletFontSize=7, bulletOffsetY=-2)]
    if block.kind == "table":
        rows = [
            [Paragraph(_rich(cell), CELL if number else HEAD) for cell in line.split("\t")]
            for number, line in enumerate(block.lines)
        ]
        table = Table(rows, colWidths=[6.2 * cm, 9.8 * cm])
        table.setStyle(
            [("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")]
        )
        return [table, Spacer(1, 0.4 * cm)]
    return [Paragraph(_rich(first), BODY)]


def _rich(text: str) -> str:
    """A line in reportlab's markup."""
    return CODE.sub(r'<font face="Courier" size="9.5">\1</font>', html.escape(text, quote=False))


# --- Word ---


def write_docx(source: str, path: Path) -> None:
    """Write a source as a Word document, in Word's own styles for headings, lists and tables."""
    document = docx.Document()
    document.styles["Normal"].font.size = Pt(11)
    for section in document.sections:
        section.left_margin = section.right_margin = Cm(2.5)
    for block in blocks(source):
        _add(document, block)
    properties = document.core_properties
    properties.title = next(blocks(source)).lines[0]
    properties.author = properties.last_modified_by = AUTHOR
    properties.comments = ""
    properties.language = "en-GB"
    properties.created = properties.modified = WRITTEN
    packed = io.BytesIO()
    document.save(packed)
    path.write_bytes(_dated(packed.getvalue()))


def _add(document: Any, block: Block) -> None:
    if block.kind.startswith("h"):
        document.add_heading(block.lines[0], level=int(block.kind[1]))
    elif block.kind == "list":
        for line in block.lines:
            _runs(document.add_paragraph(style="List Bullet"), line)
    elif block.kind == "code":
        _mono(document.add_paragraph(style="No Spacing").add_run("\n".join(block.lines)))
        document.add_paragraph(style="No Spacing")
    elif block.kind == "table":
        rows = [line.split("\t") for line in block.lines]
        table = document.add_table(rows=0, cols=len(rows[0]), style="Light Grid Accent 1")
        for row in rows:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                _runs(cell.paragraphs[0], text)
        document.add_paragraph(style="No Spacing")
    else:
        _runs(document.add_paragraph(), block.lines[0])


def _runs(paragraph: Any, text: str) -> None:
    for number, part in enumerate(CODE.split(text)):
        run = paragraph.add_run(part)
        if number % 2:
            _mono(run)


def _mono(run: Any) -> None:
    run.font.name = "Courier New"
    run.font.size = Pt(9.5)


def _dated(packed: bytes) -> bytes:
    """The same ZIP archive, its members dated alike: python-docx gives them the time of day."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.infolist():
            dated = zipfile.ZipInfo(member.filename, date_time=WRITTEN.timetuple()[:6])
            new.writestr(dated, old.read(member), compress_type=zipfile.ZIP_DEFLATED)
    return out.getvalue()


PARTS: Sequence[tuple[str, str, Callable[[str, Path], None]]] = (
    ("privacy.md", "privacy.pdf", write_pdf),
    ("troubleshooting.md", "troubleshooting.docx", write_docx),
)


def main() -> None:
    """Make every part anew."""
    os.environ["SOURCE_DATE_EPOCH"] = str(int(WRITTEN.timestamp()))  # reportlab dates a PDF by it
    for source, part, write in PARTS:
        write((HERE / "sources" / source).read_text(encoding="utf-8"), HERE / "guide" / part)


if __name__ == "__main__":
    main()
