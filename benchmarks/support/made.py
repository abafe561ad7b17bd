"""Office and e-mail files made from real pages, by LibreOffice and by the writer libraries."""

from __future__ import annotations

import email.policy
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path

import click
import pptx
import xlsxwriter

from lepton_local.corpus.parse import parse
from lepton_local.corpus.read import read
from lepton_local.types import Document, Source

_LINES = 8  # of text on a slide
_FROM_PAGES = ("docx", "odt", "rtf")
_FURTHER = {"docx": ("epub",), "pptx": ("odp",), "xlsx": ("ods", "xls")}


def make(pages: Sequence[Path], folder: Path) -> Path:
    """The folder of files made from HTML pages; one that an earlier run has left is used again.

    Without LibreOffice only PPTX, XLSX, e-mail and ZIP are made.
    """
    if folder.exists():
        return folder
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for page in pages:
        source, data = read(Source(str(page.parent), page.name, 0, 0))
        found = [each for each in parse(source, data) if isinstance(each, Document)]
        sections = [section for document in found for section in _sections(document)]
        _presentation(part / f"{page.stem}.pptx", sections)
        _workbook(part / f"{page.stem}.xlsx", sections)
        messages = [_message(*section) for section in sections]
        messages[0].add_attachment(data, maintype="text", subtype="html", filename=page.name)
        (part / f"{page.stem}.eml").write_bytes(messages[0].as_bytes())
        (part / f"{page.stem}.mbox").write_bytes(
            b"\n".join(b"From someone Sat Nov 21 09:00:00 2026\n" + bytes(m) for m in messages)
        )
    with zipfile.ZipFile(part / "pages.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for page in pages:
            archive.write(page, page.name)
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        click.echo("LibreOffice is not installed: its formats are left out", err=True)
    else:
        _convert(office, pages, part, _FROM_PAGES, "--infilter=HTML (StarWriter)")
        for suffix, formats in _FURTHER.items():
            _convert(office, sorted(part.glob(f"*.{suffix}")), part, formats)
    part.rename(folder)
    return folder


def _convert(
    office: str, files: Sequence[Path], folder: Path, formats: Sequence[str], *options: str
) -> None:
    profile = f"-env:UserInstallation={(folder.parent / 'libreoffice').absolute().as_uri()}"
    for form in formats:
        click.echo(f"made: {len(files)} {form}", err=True)
        command = [office, profile, "--headless", *options, "--convert-to", form]
        subprocess.run(
            [*command, "--outdir", str(folder), *map(str, files)],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _sections(document: Document) -> Iterator[tuple[str, str]]:
    """Heading and text of each section."""
    marks = [mark for mark in document.marks if mark.label.startswith("#")]
    starts = [0, *(mark.start for mark in marks), len(document.text)]
    names = [document.title, *(mark.label.lstrip("# ") for mark in marks)]
    for name, start, end in zip(names, starts, starts[1:], strict=False):
        if text := document.text[start:end].strip():
            yield name, text


def _presentation(path: Path, sections: Sequence[tuple[str, str]]) -> None:
    made = pptx.Presentation()
    for name, text in sections:
        slide = made.slides.add_slide(made.slide_layouts[1])
        slide.shapes.title.text = name
        slide.placeholders[1].text = "\n".join(text.split("\n")[:_LINES])
        slide.notes_slide.notes_text_frame.text = text
    made.save(str(path))


def _workbook(path: Path, sections: Sequence[tuple[str, str]]) -> None:
    """A sheet a section, at most 100: a row a line, a cell a cell of its tables."""
    with xlsxwriter.Workbook(str(path)) as book:
        for number, (_, text) in enumerate(sections[:100], 1):
            sheet = book.add_worksheet(f"Section {number}")
            for row, line in enumerate(line for line in text.split("\n") if line):
                for column, cell in enumerate(line.split(" | ")):
                    sheet.write_string(row, column, cell)


def _message(subject: str, text: str) -> EmailMessage:
    made = EmailMessage(policy=email.policy.SMTP.clone(linesep="\n"))
    made["Subject"] = subject
    made["From"] = "A. Writer <writer@example.org>"
    made["To"] = "reader@example.org"
    made["Date"] = "Sat, 21 Nov 2026 09:00:00 +0000"
    made.set_content(text)
    return made
