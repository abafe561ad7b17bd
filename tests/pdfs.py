"""PDFs whose words stand where the test wants them, with fields, notes and attached files."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import pypdfium2  # type: ignore[import-untyped]

Words = tuple[float, float, str]  # from the left and from the bottom, in points


def drawn(
    pages: Sequence[Sequence[Words]],
    *,
    annotations: Sequence[str] = (),
    attached: Mapping[str, bytes] | None = None,
) -> bytes:
    """Words of 10 points at their places, in the order given; annotations, of which those with
    /FT are fields, on the first page.
    """
    first = 5 + 2 * len(pages)
    numbers = range(first, first + len(annotations))
    fields = [number for number, each in zip(numbers, annotations, strict=True) if "/FT" in each]
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R /AcroForm << /DA (/F1 10 Tf) /DR << /Font << /F1 3 0 R >> "
        f">> /Fields [{_refs(fields)}] >> >>",
        f"<< /Type /Pages /Kids [{_refs(range(5, first, 2))}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        "<< >>",
    ]
    for number, page in enumerate(pages):
        stream = "\n".join(f"BT /F1 10 Tf {x} {y} Td ({text}) Tj ET" for x, y, text in page)
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 850] /Contents {6 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> "
            f"/Annots [{'' if number else _refs(numbers)}] >>",
            f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        ]
    objects += [f"<< /Type /Annot {each} >>" for each in annotations]
    made = _file(objects)
    if not attached:
        return made
    pdf, out = pypdfium2.PdfDocument(made), io.BytesIO()
    for name, data in attached.items():
        pdf.new_attachment(name).set_data(data)
    pdf.save(out)
    pdf.close()
    return out.getvalue()


def _refs(numbers: Sequence[int]) -> str:
    return " ".join(f"{number} 0 R" for number in numbers)


def _file(objects: Sequence[str]) -> bytes:
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("cp1252")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    end += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF"
    return out + end.encode()
