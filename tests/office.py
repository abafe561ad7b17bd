"""Office files for the tests, made by hand where no library that the project has writes them."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from lepton_local.corpus.chunk import chunk
from lepton_local.types import Document, Passage
from tests.archives import zipped
from tests.parsing import left_out, quick

_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_SPACES = " ".join(
    f'xmlns:{name}="{_ODF}:{urn}:1.0"'
    for name, urn in {
        "office": "office",
        "text": "text",
        "table": "table",
        "draw": "drawing",
        "style": "style",
        "presentation": "presentation",
        "meta": "meta",
    }.items()
)


def passages(found: Document, *, tokens: int = 40) -> list[Passage]:
    """The passages of a document, once it is certain that all its ink lies in them, at the places
    that they name.
    """

    assert not left_out(found, tokens=tokens)
    assert [mark.start for mark in found.marks] == sorted(mark.start for mark in found.marks)
    assert all(found.text[mark.start].strip() for mark in found.marks)
    return list(chunk(found, quick, tokens=tokens, overlap=tokens // 5))


def place(found: Document, words: str) -> str:
    """The mark of the passage in which these words stand."""
    return next(passage.mark for passage in passages(found) if words in passage.text)


def odf(
    body: str,
    *,
    styles: str = "",
    meta: str = "",
    manifest: str = "",
    common: str = "",
    chart: str = "",
) -> bytes:
    """An OpenDocument file; `body` is what stands in office:body, `common` in styles.xml, `chart`
    in the body of its "Object 1".
    """
    dublin = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument",
            "content.xml": f"<office:document-content {_SPACES}><office:automatic-styles>{styles}"
            f"</office:automatic-styles><office:body>{body}</office:body>"
            "</office:document-content>",
            "meta.xml": f"<office:document-meta {_SPACES} {dublin}><office:meta>{meta}"
            "</office:meta></office:document-meta>",
            "META-INF/manifest.xml": f"<manifest>{manifest}</manifest>",
            "styles.xml": f"<office:document-styles {_SPACES}>{common}</office:document-styles>",
            **(
                {
                    "Object 1/content.xml": f"<office:document-content {_SPACES}><office:body>"
                    f"<office:chart>{chart}</office:chart></office:body></office:document-content>"
                }
                if chart
                else {}
            ),
        }
    )


def xlsb(name: str, rows: Sequence[Sequence[str | float]], *, more: bytes = b"") -> bytes:
    """A binary workbook of one sheet ([MS-XLSB] 2.2.1), with `more` records after its cells."""

    def record(kind: int, data: bytes = b"") -> bytes:
        code = bytes((kind,)) if kind < 128 else bytes((kind & 127 | 128, kind >> 7))
        size = bytes((len(data) & 127 | 128, len(data) >> 7))
        return code + size + data

    def wide(text: str) -> bytes:
        return struct.pack("<I", len(text)) + text.encode("utf-16-le")

    cells = b""
    for number, row in enumerate(rows):
        cells += record(0, struct.pack("<II", number, 0) + bytes(9))
        for column, value in enumerate(row):
            head = struct.pack("<II", column, 0)
            if isinstance(value, str):
                cells += record(6, head + wide(value))
            else:
                cells += record(5, head + struct.pack("<d", value))
    extent = struct.pack("<4I", 0, len(rows) - 1, 0, max(map(len, rows)) - 1)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.bin": record(131)
            + record(143)
            + record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide(name))
            + record(144)
            + record(132),
            "xl/_rels/workbook.bin.rels": '<Relationships xmlns="http://schemas.openxmlformats.org'
            f'/package/2006/relationships"><Relationship Id="rId1" Type="{kind}/worksheet" '
            'Target="worksheets/sheet1.bin"/></Relationships>',
            "xl/worksheets/sheet1.bin": record(129)
            + record(148, extent)
            + record(145)
            + cells
            + more
            + record(146)
            + record(130),
        }
    )


def old_record(kind: int, data: bytes = b"") -> bytes:
    """A record of XLS."""
    return struct.pack("<HH", kind, len(data)) + data


def xls(
    name: str,
    rows: Sequence[Sequence[str | float]],
    *,
    more: bytes = b"",
    below: bytes = b"",
) -> bytes:
    """A workbook of Excel 97 with one sheet ([MS-XLS] 2.1.7), in its compound file ([MS-CFB]);
    `more` records stand at its beginning, those `below` at the end of the sheet.
    """
    record = old_record
    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            head = struct.pack("<HHH", number, column, 0)
            if isinstance(value, str):
                text = struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
                sheet += record(0x204, head + text)
            else:
                sheet += record(0x203, head + struct.pack("<d", value))
    sheet += below + record(0xA)
    globals_ = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)) + more
    entry = struct.pack("<HBB", 0, len(name), 1) + name.encode("utf-16-le")
    start = len(globals_) + 4 + 4 + len(entry) + 4
    stream = globals_ + record(0x85, struct.pack("<I", start) + entry) + record(0xA) + sheet
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")

    free, end = 0xFFFFFFFF, 0xFFFFFFFE
    chain = [0xFFFFFFFD, end, *range(3, 2 + len(stream) // 512), end]
    table = struct.pack("<128I", *chain, *[free] * (128 - len(chain)))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack(
        "<HHHHH6xIIIIIIIII", 62, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, end, 0, end, 0
    )
    header += struct.pack("<109I", 0, *[free] * 108)

    def node(title: str, kind: int, child: int, first: int, size: int) -> bytes:
        label = (title + "\0").encode("utf-16-le") if title else b""
        return label.ljust(64, b"\0") + struct.pack(
            "<HBBIII36xIQ", len(label), kind, 1, free, free, child, first, size
        )

    nodes = node("Root Entry", 5, 1, end, 0) + node("Workbook", 2, free, 2, len(stream))
    return header + table + nodes + node("", 0, free, 0, 0) * 2 + stream
