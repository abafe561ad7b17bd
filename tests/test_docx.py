"""Word documents as Word shows them: numbers, boxes, tables, what stands around the text."""

# ruff: noqa: E501 - XML in one piece is easier to read
from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import pytest

from lepton_local.errors import SourceError
from tests.archives import zipped
from tests.parsing import document, documents, marked, refused

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
D = "http://schemas.openxmlformats.org/drawingml/2006"
STRICT = {
    W: "http://purl.oclc.org/ooxml/wordprocessingml/main",
    R: "http://purl.oclc.org/ooxml/officeDocument/relationships",
}


def word(
    body: str, *, parts: Mapping[str, str] | None = None, links: Mapping[str, str] | None = None
) -> bytes:
    """A DOCX of this body; parts: kind -> XML, each the relation of its kind; links: id -> URL."""
    parts = parts or {}
    names = {kind: f"{kind.rstrip('0123456789')}{n}.xml" for n, kind in enumerate(parts)}
    told = "".join(
        f'<Relationship Id="{kind}" Type="{R}/{kind.rstrip("0123456789")}" Target="{names[kind]}"/>'
        for kind in parts
    ) + "".join(
        f'<Relationship Id="{id_}" Type="{R}/hyperlink" Target="{url}" TargetMode="External"/>'
        for id_, url in (links or {}).items()
    )
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    return zipped(
        {
            "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="a" '
            f'Type="{R}/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f'<w:document xmlns:w="{W}" xmlns:r="{R}"><w:body>{body}</w:body></w:document>',
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{package}">{told}</Relationships>',
            **{f"word/{names[kind]}": xml for kind, xml in parts.items()},
        }
    )


def p(words: str, told: str = "", *, run: str = "") -> str:
    return f"<w:p><w:pPr>{told}</w:pPr><w:r><w:rPr>{run}</w:rPr><w:t>{words}</w:t></w:r></w:p>"


def listed(words: str, level: int, number: int = 1, style: str = "") -> str:
    told = f'<w:pStyle w:val="{style}"/>' if style else ""
    return p(
        words, f'{told}<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
    )


def part(name: str, inner: str) -> str:
    return f'<w:{name} xmlns:w="{W}" xmlns:r="{R}">{inner}</w:{name}>'


def level(at: int, form: str, shown: str, more: str = "") -> str:
    return f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{shown}"/>{more}</w:lvl>'


STYLES = part(
    "styles",
    '<w:style w:styleId="H1"><w:name w:val="heading 1"/></w:style>'  # no type: one of paragraphs
    '<w:style w:type="paragraph" w:styleId="Clause"><w:name w:val="Clause"/><w:pPr><w:numPr>'
    '<w:numId w:val="4"/></w:numPr></w:pPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Sub"><w:name w:val="Sub"/><w:basedOn w:val="Clause"/></w:style>',
)
NUMBERING = part(
    "numbering",
    f'<w:abstractNum w:abstractNumId="1">{level(0, "decimal", "%1.")}{level(1, "decimal", "%1.%2")}'
    f"{level(2, 'lowerLetter', '(%3)')}</w:abstractNum>"
    f'<w:abstractNum w:abstractNumId="2">{level(0, "upperRoman", "Part %1")}'
    f"{level(1, 'decimal', '%1.%2', '<w:isLgl/>')}</w:abstractNum>"
    f'<w:abstractNum w:abstractNumId="3">{level(0, "bullet", "·")}</w:abstractNum>'
    f'<w:abstractNum w:abstractNumId="4">{level(0, "decimal", "§ %1", "<w:pStyle w:val=~Clause~/>")}'
    f"{level(1, 'lowerLetter', '%2)', '<w:pStyle w:val=~Sub~/>')}</w:abstractNum>".replace("~", '"')
    + "".join(
        f'<w:num w:numId="{n}"><w:abstractNumId w:val="{kind}"/>{more}</w:num>'
        for n, kind, more in (
            (1, 1, ""),
            (2, 2, ""),
            (3, 3, ""),
            (4, 4, ""),
            (5, 1, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride>'),
        )
    ),
)


def lines(body: str) -> list[str]:
    text = document("a.docx", word(body, parts={"styles": STYLES, "numbering": NUMBERING})).text
    return [line for line in text.splitlines() if line]


def test_numbers_of_headings_clauses_and_items() -> None:
    body = (
        listed("Subject", 0, style="H1"),
        listed("The boathouse is let.", 1),
        listed("Rent", 0, style="H1"),
        listed("It is 640 crowns.", 1),
        listed("in January", 2),
        listed("in July", 2),
        listed("Late rent bears interest.", 1),
        listed("paid at once", 2),
    )
    assert lines("".join(body)) == [
        "1. Subject", "1.1 The boathouse is let.", "2. Rent", "2.1 It is 640 crowns.", "(a) in January",
        "(b) in July", "2.2 Late rent bears interest.", "(a) paid at once",
    ]  # fmt: skip
    found = document(
        "a.docx", word("".join(body), parts={"styles": STYLES, "numbering": NUMBERING})
    )
    assert marked(found) == [("# 1. Subject", "1. Subject"), ("# 2. Rent", "2. Rent")]
    assert found.title == "Subject"


def test_numbers_that_begin_anew_and_those_of_styles() -> None:
    assert lines("".join(listed("x", 0, n) for n in (1, 1, 5, 5, 1))) == ["1. x", "2. x", "7. x", "8. x", "9. x"]  # fmt: skip
    assert lines(listed("x", 0, 2) + listed("y", 1, 2)) == ["Part I x", "1.1 y"]
    assert lines(listed("x", 0, 3) + listed("none", 0, 0)) == ["- x", "none"]
    styled = [p("a", f'<w:pStyle w:val="{s}"/>') for s in ("Clause", "Sub", "Sub", "Clause", "Sub")]
    assert lines("".join(styled)) == ["§ 1 a", "a) a", "b) a", "§ 2 a", "a) a"]


def test_numbers_in_other_scripts_and_of_empty_items() -> None:
    forms = {
        "chineseCounting": "第一百零五条",
        "decimalEnclosedCircle": "第105条",
        "russianLower": "第хххх条",
    }
    for form, shown in forms.items():
        numbering = part(
            "numbering",
            f'<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="105"/><w:numFmt w:val="{form}"/>'
            '<w:lvlText w:val="第%1条"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>',
        )
        text = document("a.docx", word(listed("x", 0), parts={"numbering": numbering})).text
        assert text == f"{shown} x"
    empty = '<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>{}</w:pPr></w:p>'
    gone = empty.format("<w:rPr><w:del/></w:rPr>")
    assert lines(listed("a", 0) + empty + gone + listed("c", 0)) == ["1. a", "3. c"]


def test_signs_of_picture_fonts_and_fields_of_old_forms() -> None:
    def run(inner: str) -> str:
        return f"<w:r>{inner}</w:r>"

    def field(inner: str) -> str:
        return run(f'<w:fldChar w:fldCharType="begin"><w:ffData>{inner}</w:ffData></w:fldChar>')

    ticked = field('<w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>')
    empty = field('<w:checkBox><w:default w:val="1"/><w:checked w:val="0"/></w:checkBox>')
    chosen = field(
        '<w:ddList><w:result w:val="1"/><w:listEntry w:val="North"/><w:listEntry w:val="South"/></w:ddList>'
    )
    body = "".join(
        f'<w:p><w:r><w:t xml:space="preserve">{words}: </w:t></w:r>{sign}</w:p>'
        for words, sign in (
            ("Insured", run('<w:sym w:font="Wingdings" w:char="F0FE"/>')),
            ("Heat", run('<w:t>20 </w:t><w:sym w:font="Symbol" w:char="F0B0"/>')),
            ("Paid", ticked),
            ("Late", empty),
            ("Quay", chosen),
        )
    )
    text = document("a.docx", word(body)).text
    assert text.split("\n\n") == ["Insured: ☑", "Heat: 20 °", "Paid: ☒", "Late: ☐", "Quay: South"]


CELL = "<w:tc>{}</w:tc>"


def test_cells_in_content_controls_stay_in_their_row() -> None:
    control = "<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>"
    row = f"<w:tr>{CELL.format(p('Berth'))}{control.format(CELL.format(p('Pier 7')))}</w:tr>"
    assert lines(control.format(p("A cover")) + f"<w:tbl>{row}</w:tbl>") == [
        "A cover",
        "Berth | Pier 7",
    ]
    look = '<w:tblPr><w:tblLook w:firstRow="1"/></w:tblPr>'
    assert lines(p("No row follows") + f"<w:tbl>{look}</w:tbl>") == ["No row follows"]


def test_boxes_and_large_first_letters() -> None:
    box = f"<w:r><w:pict><w:txbxContent>{p('Emergency 5512')}</w:txbxContent></w:pict></w:r>"
    copy = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f"<mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
    )
    assert lines(f"<w:p>{copy}<w:r><w:t>Call first.</w:t></w:r></w:p>") == [
        "Call first.",
        "Emergency 5512",
    ]
    assert lines(p("O", '<w:framePr w:dropCap="drop"/>') + p("xford")) == ["Oxford"]
    ruby = "<w:p><w:r><w:ruby><w:rt><w:r><w:t>small</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>Words</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>"
    assert lines(ruby + p("unseen", run="<w:vanish/>")) == ["Words"]


def test_what_stands_around_the_text() -> None:
    body = (
        '<w:p><w:r><w:t>We confirm.</w:t><w:commentReference w:id="4"/></w:r></w:p>'
        '<w:p><w:hyperlink r:id="l"><w:r><w:t>Register here</w:t></w:r></w:hyperlink></w:p>'
    )
    note = f'<w:comment w:id="4" w:author="Jorun">{p("Is it berth 19?")}</w:comment>'
    parts = {
        "comments": part("comments", note),
        "header1": part("hdr", p("Harbour office, HO-5583")),
        "header2": part("hdr", p("Harbour office, HO-5583")),
        "footer": part("ftr", p("3")),
        "footer2": part("ftr", p("Account 2244")),
    }
    found = document("a.docx", word(body, parts=parts, links={"l": "https://a.example/b"}))
    assert [line for line in found.text.splitlines() if line] == [
        "We confirm.",
        "Comment by Jorun: Is it berth 19?",
        "Register here (https://a.example/b)",
        "Harbour office, HO-5583",
        "Account 2244",
    ]
    assert marked(found)[-2:] == [("header", "Harbour office, HO-5583"), ("footer", "Account 2244")]


def test_strict_files_and_inserted_ones() -> None:
    with zipfile.ZipFile(io.BytesIO(word(p("The gatekeeper is Piet.")))) as usual:
        texts = {name: usual.read(name).decode() for name in usual.namelist()}
    for name, text in texts.items():
        for known, other in STRICT.items():
            texts[name] = text = text.replace(known, other)
    assert document("a.docx", zipped(texts)).text == "The gatekeeper is Piet."
    (chunk,) = documents("a.docx", word("", parts={"aFChunk": "<p>The keeper is Hesper.</p>"}))
    assert (chunk.id, "The keeper is Hesper." in chunk.text) == ("a.docx#aFChunk0.xml", True)
    with pytest.raises(SourceError, match="no text"):
        documents("a.docx", word(""))


def test_what_stands_in_boxes_is_told_once() -> None:
    drawing = f'<c:chart xmlns:c="{D}/chart" r:id="chart"/><w:footnoteReference w:id="2"/>'
    box = f"<w:r><w:pict><w:txbxContent><w:p>{drawing}</w:p></w:txbxContent></w:pict></w:r>"
    title = "<a:p><a:r><a:t>Tides of May</a:t></a:r></a:p>"
    parts = {
        "chart": f'<c:chartSpace xmlns:c="{D}/chart" xmlns:a="{D}/main"><c:chart><c:title><c:tx>'
        f"<c:rich>{title}</c:rich></c:tx></c:title></c:chart></c:chartSpace>",
        "footnotes": part("footnotes", f'<w:footnote w:id="2">{p("As measured.")}</w:footnote>'),
    }
    for body in (f"<w:p>{box}</w:p>", f"<w:tbl><w:tr><w:tc><w:p>{box}</w:p></w:tc></w:tr></w:tbl>"):
        text = document("a.docx", word(body, parts=parts)).text
        assert text.split("\n\n") == ["As measured.", "Tides of May"]


def test_what_is_missing_beside_the_text_costs_no_more() -> None:
    whole = word(p("The gatekeeper is Piet."), parts={"aFChunk": "<p>The keeper is Hesper.</p>"})
    with zipfile.ZipFile(io.BytesIO(whole)) as usual:
        texts = {name: usual.read(name).decode() for name in usual.namelist()}
    del texts["word/aFChunk0.xml"]
    assert document("a.docx", zipped(texts)).text == "The gatekeeper is Piet."
    assert "there is no" in refused("a.docx", zipped(texts))["a.docx#aFChunk0.xml"]
