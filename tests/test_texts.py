"""ODT, ODP and RTF: canonical text, marks, properties, and refusals."""

# ruff: noqa: RUF001 - signs that look alike are meant
from __future__ import annotations

import pytest

from lepton_local.errors import SourceError
from tests.archives import zipped
from tests.office import odf, passages, place
from tests.parsing import document, documents, marked

META = (
    "<meta:initial-creator>Ada</meta:initial-creator><dc:creator>Bo</dc:creator>"
    "<dc:date>2024-02-29T10:00:00.123456789</dc:date><dc:title>Untitled 1</dc:title>"
)
STYLES = '<style:style style:name="P1" style:parent-style-name="Title"/>'
TEXT = """<office:text><text:sequence-decls/><text:tracked-changes><text:p>gone</text:p>
</text:tracked-changes><text:table-of-content><text:index-body><text:p>Install 1</text:p>
</text:index-body></text:table-of-content><text:p text:style-name="P1">The Guide</text:p>
<text:h text:outline-level="1">Install<text:line-break/>it</text:h><text:section><text:p>First
<text:span>words</text:span><text:s text:c="3"/>here<text:note><text:note-citation>1
</text:note-citation><text:note-body><text:p>A footnote.</text:p></text:note-body></text:note>.
<draw:frame><draw:text-box><text:p>A box.</text:p></draw:text-box></draw:frame>
<office:annotation><text:p>a comment</text:p></office:annotation></text:p></text:section>
<text:list><text:list-item><text:p>one</text:p><text:list><text:list-item><text:p>deep</text:p>
</text:list-item></text:list></text:list-item><text:list-item><text:p/></text:list-item>
</text:list><text:list><text:list-item><text:p>two</text:p><text:p>goes on</text:p>
</text:list-item></text:list>
<table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>a</text:p>
</table:table-cell><table:table-cell><text:p>b</text:p></table:table-cell></table:table-row>
</table:table-header-rows><table:table-row><table:table-cell><text:p>c</text:p><table:table>
<table:table-row><table:table-cell><text:p>d</text:p></table:table-cell></table:table-row>
</table:table></table:table-cell><table:covered-table-cell/><table:table-cell><text:p>漢字</text:p>
</table:table-cell></table:table-row></table:table><text:list><text:list-item>
<text:h text:outline-level="2">שימוש</text:h></text:list-item></text:list><text:p>Last.</text:p>
</office:text>"""


def test_odt() -> None:
    found = document("a.odt", odf(TEXT, styles=STYLES, meta=META))
    assert found.text == (
        "The Guide\n\nInstall\nit\n\nFirst words here.\n\nA footnote.\n\nA box.\n\n"
        "Comment: a comment\n\n"
        "- one\n  - deep\n- two\ngoes on\n\na | b\na: c d | b: 漢字\n\nשימוש\n\nLast."
    )
    assert marked(found) == [
        ("# The Guide", "The Guide"),
        ("# Install it", "Install"),
        ("## שימוש", "שימוש"),
    ]
    assert (found.title, found.titled) == ("The Guide", True)
    assert found.metadata == {"author": "Ada", "date": "2024-02-29"}
    assert place(found, "漢字") == "# Install it"
    assert passages(found)[-1].heading == "The Guide > Install it > שימוש"


def test_a_field_of_an_odt_is_text() -> None:
    body = "<text:p>On <text:title>otters</text:title> by <text:author-name>Ada</text:author-name>"
    assert document("a.odt", odf(f"<office:text>{body}</text:p></office:text>")).text == (
        "On otters by Ada"
    )


def test_odt_titles() -> None:
    body = "<office:text><text:h>Install</text:h><text:p>Words</text:p></office:text>"
    titled = odf(body, meta="<dc:title>A Guide</dc:title>")
    assert document("a.odt", titled).title == "A Guide"
    assert document("a.odt", odf(body, meta=META)).title == "Install"
    bare = document("a_b.odt", odf("<office:text><text:p>Words</text:p></office:text>"))
    assert (bare.title, bare.titled, bare.metadata) == ("a b", False, {})


SLIDES = """<office:presentation><draw:page><draw:frame presentation:class="subtitle">
<draw:text-box><text:p>A talk</text:p></draw:text-box></draw:frame><draw:frame
 presentation:class="title"><draw:text-box><text:p>Otters</text:p></draw:text-box></draw:frame>
<draw:frame presentation:class="page-number"><draw:text-box><text:p>7</text:p></draw:text-box>
</draw:frame></draw:page><draw:page/><draw:page><draw:g><draw:custom-shape><text:p>水獭</text:p>
</draw:custom-shape></draw:g><draw:frame presentation:class="outline"><draw:text-box><text:list>
<text:list-item><text:p>holt</text:p></text:list-item></text:list></draw:text-box></draw:frame>
<draw:frame><table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell>
<table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table></draw:frame>
<presentation:notes><draw:page-thumbnail/><draw:frame presentation:class="notes"><draw:text-box>
<text:p>Mention the Tamar.</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>
</office:presentation>"""


def test_odp() -> None:
    found = document(
        "a.odp", odf(SLIDES, meta="<meta:creation-date>2023-05-01</meta:creation-date>")
    )
    assert found.text == "Otters\n\nA talk\n\n水獭\n\n- holt\n\na | b\n\nMention the Tamar."
    assert marked(found) == [
        ("## Otters", "Otters"),
        ("slide 1", "Otters"),
        ("## slide 3", "水獭"),
        ("slide 3", "水獭"),
        ("slide 3, notes", "Mention the Tamar."),
    ]
    assert (found.title, found.titled) == ("Otters", True)
    assert found.metadata == {"date": "2023-05-01"}
    assert place(found, "holt") == "slide 3"


def test_entities_are_not_expanded() -> None:
    bomb = (
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
        '<o:document-content xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:t="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><o:body><o:text>'
        "<t:p>b&a;&f;c</t:p></o:text></o:body></o:document-content>"
    )
    assert document("a.odt", zipped({"content.xml": bomb})).text == "b&a;&f;c"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (odf(TEXT, manifest="<manifest:encryption-data/>"), "encrypted: "),
        (zipped({"content.xml": "<a/>"}), "no body"),
        (zipped({"content.xml": "<a>" * 300 + "</a>" * 300}), "malformed"),
        (odf("<office:text/>"), "no text"),
        (odf(TEXT)[:500], "not a zip"),
    ],
)
def test_malformed_opendocument(data: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        documents("a.odt", data)


RTF = r"""{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\froman\fcharset0 Times;}{\f1\fcharset134 Sun;}
{\f2\fcharset128 Mincho{\*\falt Arial};}{\f3\fcharset177 David;}}{\colortbl;\red0\green0\blue0;}
{\stylesheet{\ql Normal;}{\s1\outlinelevel0 heading 1,h1;}{\s15 Title;}{\*\cs10 Default;}}
{\*\generator Word;}{\info{\title Untitled}{\author Ada Lovelace}{\creatim\yr2023\mo5\dy1\hr9}
{\revtim\yr2024\mo2\dy29\hr10\min5}}{\header Page 1\par}
\pard\plain\s15 The Guide\par\pard\plain\s1 Install{\*\bkmkstart _Toc}\par
\pard\plain Caf\'e9 \ldblquote quoted\rdblquote\emdash and {\v hidden}{\b bold}{\deleted gone}
 \u-10179?\u-8704? \f1\'ba\'ba\'d7\'d6\plain
\f2 \'83e\'83\'58\'83\'67\f3 \'f9\'ec\f0\uc2\u8364\'80\'80.{\footnote
\pard\plain {\super 1} A note.\par A second.}\par
\pard{\listtext\tab \'b7\tab}one\par\pard{\pntext 2.\tab}two\line lines\par
\pard{\listtext \'b7}\ilvl1 deep\par
\pard Read {\field{\*\fldinst HYPERLINK "http://x"}{\fldrslt the site}}.{\pict\bin5 }{}{x}\par
\trowd\cellx1\cellx2\pard\intbl a\par x\cell \pard\intbl{\footnote\pard In a cell.}b\cell\row
\trowd\pard\intbl\itap2 n1\nestcell n2\nestcell{\*\nesttableprops\nestrow}{\nonesttables\par}
\pard\intbl c\cell\cell\row
\pard\outlinelevel1 Use\par{\shp{\*\shpinst{\sp{\sn name}{\sv value}}{\shptxt A box.\par}}}
\pard{\upr{ansi}{\*\ud{\u8364?}}} Braces \{\} and \\.\par {Last}}trailing rubbish"""


def test_rtf() -> None:
    found = document("a.rtf", RTF)
    assert found.text == (
        "The Guide\n\nInstall\n\nCafé “quoted”—and bold 😀 汉字テストשל€.\n\n1 A note.\n\n"
        "A second.\n\n- one\n2. two\nlines\n  - deep\n\nRead the site.\n\na x | b\n\nIn a cell.\n\n"
        "n1 n2 c\n\nUse\n\nansi Braces {} and \\.\n\nA box.\n\nLast"
    )
    assert marked(found) == [
        ("# The Guide", "The Guide"),
        ("# Install", "Install"),
        ("## Use", "Use"),
    ]
    assert (found.title, found.titled) == ("The Guide", True)
    assert found.metadata == {"author": "Ada Lovelace", "date": "2024-02-29"}
    assert place(found, "n1 n2 c") == "# Install"
    assert passages(found)[-1].heading == "The Guide > Install > Use"


def test_rows_of_an_rtf_table_say_the_names_of_its_columns() -> None:
    rows = [r"\trowd\trhdr River\cell Otters\cell\row", r"\trowd Tamar\cell 7\cell\row"]
    table = "".join(rows).replace(r"\trowd", r"\trowd\intbl")
    plain = table.replace(r"\trhdr", "")
    found = document("a.rtf", rf"{{\rtf1 {table}\pard Between.\par{plain}}}")
    assert found.text == (
        "River | Otters\nRiver: Tamar | Otters: 7\n\nBetween.\n\nRiver | Otters\nTamar | 7"
    )


def test_a_title_of_rtf_beyond_sixteen_bits() -> None:
    data = r"{\rtf1{\info{\title Otter \u-10179?\u-8704?}}Words}"
    assert document("a.rtf", data).title == "Otter \U0001f600"


@pytest.mark.parametrize(
    ("head", "words", "text"),
    [
        (r"\ansi\ansicpg1251", r"\'cf\'f0\'e8\'e2\'e5\'f2", "Привет"),
        (r"\ansi\ansicpg936", r"\'ba\'ba\'d7\'d6", "汉字"),
        (r"\mac", r"\'8e", "é"),
        (r"\pc", r"\'82", "é"),
        (r"\ansi\ansicpg99999", r"\'e9", "é"),
        (r"\ansi\deff1{\fonttbl{\f1\fcharset238 A;}}\plain", r"\'f8", "ř"),
        (r"\ansi", r"\uc2\u26085\'93\'fa\uc0\u26412", "日本"),
    ],
)
def test_rtf_encodings(head: str, words: str, text: str) -> None:
    data = "{\\rtf1" + head + " " + words + "}"
    assert document("a.rtf", data).text == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (RTF[: RTF.index("quoted")], "Café"),  # what was saved of a file that was cut
        (r"{\rtf1 a}}}\par b", "a"),
        (r"{\rtf1 " + "{" * 5000 + "deep", "deep"),
        (r"{\rtf1 a\bin99999 b", "a"),
        (r"{\rtf1 a\u-99999999 ?b\fs\'", "b"),
    ],
)
def test_rtf_made_to_break_readers(data: str, text: str) -> None:
    assert text in document("a.rtf", data).text


@pytest.mark.parametrize("data", ["no rtf", r"{\rtf1}", r"{\rtf1{\info{\title A}}}", "\x00\x01"])
def test_rtf_without_text(data: str) -> None:
    with pytest.raises(SourceError, match=r"malformed RTF|no text"):
        documents("a.rtf", data)
