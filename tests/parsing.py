"""Sources for the tests of parsers: parsed in one call, and made by hand where that takes some."""

from __future__ import annotations

import io
import math
import re
import time
from collections.abc import Callable, Sequence

import docx
import numpy as np
import numpy.typing as npt

from lepton_local.corpus.chunk import chunk
from lepton_local.corpus.parse import parse
from lepton_local.types import Document, Source


def documents(path: str, data: bytes | str) -> list[Document]:
    """What the parser of this file's format makes of it, without what it refused."""
    source = Source("/root", path, 1, 1)
    found = parse(source, data.encode() if isinstance(data, str) else data)
    return [item for item in found if isinstance(item, Document)]


def document(path: str, data: bytes | str) -> Document:
    """The one document in it."""
    (only,) = documents(path, data)
    return only


def ids(path: str, data: bytes) -> list[str]:
    """How the documents in it are cited."""
    return [found.id for found in documents(path, data)]


def refused(path: str, data: bytes) -> dict[str, str]:
    """What was refused of a source: place -> reason."""
    found = parse(Source("/root", path, len(data), 1), data)
    return {item.source.path: item.reason for item in found if not isinstance(item, Document)}


def left_out(found: Document, *, tokens: int = 40) -> str:
    """The characters that lie in no passage and are not white space; a byte order mark may."""
    kept = bytearray(len(found.text))
    for passage in chunk(found, quick, tokens=tokens, overlap=tokens // 5):
        assert passage.text == found.text[passage.start : passage.end]
        kept[passage.start : passage.end] = b"\x01" * (passage.end - passage.start)
    left = (sign for sign, one in zip(found.text, kept, strict=True) if not one)
    return "".join(sign for sign in left if not sign.isspace()).removeprefix("\ufeff")


def quick(text: str) -> npt.NDArray[np.int64]:
    """Pieces of up to four letters: quicker than a tokenizer, and as hard to cut between."""
    found = [match.span() for match in re.finditer(r"\w{1,4}|[^\w\s]", text)]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def marked(found: Document) -> list[tuple[str, str]]:
    """Each mark with the first line that it stands at."""
    return [(mark.label, found.text[mark.start :].split("\n")[0]) for mark in found.marks]


def pdf(
    pages: Sequence[Sequence[tuple[int, str]]], *, title: str = "", encrypted: bool = False
) -> bytes:
    """A PDF of lines (size in points, words) in Helvetica, which is bold from 14 points on."""
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        rows, height = [], 800
        for size, words in page:
            height -= size + 4
            font = "F2" if size >= 14 else "F1"
            escaped = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
            rows.append(f"BT /{font} {size} Tf 50 {height} Td ({escaped}) Tj ET")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 850] /Contents {6 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>"
        )
        stream = "\n".join(rows)
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    objects.append(f"<< /Title ({title}) /CreationDate (D:20240229120000Z) >>")
    trailer = f"/Root 1 0 R /Info {len(objects)} 0 R"
    if encrypted:
        key = "00" * 32
        objects.append(f"<< /Filter /Standard /V 1 /R 2 /O <{key}> /U <{key}> /P -4 >>")
        trailer += f" /Encrypt {len(objects)} 0 R /ID [<00> <00>]"
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("cp1252")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    end += f"trailer\n<< /Size {len(objects) + 1} {trailer} >>\nstartxref\n{len(out)}\n%%EOF"
    return out + end.encode()


def word() -> bytes:
    """A DOCX with a title, headings, a list and a table."""
    made = docx.Document()
    made.core_properties.title = ""
    made.add_heading("The Guide", 0)
    made.add_heading("Install", 1)
    made.add_paragraph("First words.\tThen more.")
    made.add_paragraph("one", style="List Bullet")
    made.add_paragraph("two", style="List Bullet")
    table = made.add_table(2, 2)
    for cell, text in zip(
        (c for row in table.rows for c in row.cells), ["a", "b", "c\nd", ""], strict=True
    ):
        cell.text = text
    made.add_heading("Use", 2)
    made.add_paragraph("Last\u00ad words.")
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def grows(work: Callable[[int], object], few: int, many: int) -> float:
    """How many times longer an item takes among `many` than among `few`: 1 or so for what is done
    in one pass, many / few for what looks at every item for each. Processor time, the least of
    three turns: the speed of the machine and other work on it do not count.
    """
    work(few)
    took: dict[int, float] = {few: math.inf, many: math.inf}
    for _ in range(3):
        for size in took:
            began = time.process_time()
            work(size)
            took[size] = min(took[size], time.process_time() - began)
    return took[many] * few / (max(took[few], 1e-3) * many)
