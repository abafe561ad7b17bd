"""Files of neighbouring endings and of older formats, and the numbers of OpenDocument texts."""

# ruff: noqa: E501 - XML in one piece is easier to read
from __future__ import annotations

import io
import quopri
import zipfile

import pytest

from lepton_local.corpus.parse import format_of, knows
from tests.archives import zipped
from tests.office import odf
from tests.parsing import document, documents, marked, word
from tests.samples import samples
from tests.test_office import deck


@pytest.mark.parametrize("name", ["a.docm", "a.dotx", "a.DOTM"])
def test_documents_and_templates_of_word(name: str) -> None:
    assert document(name, word()).text.startswith("The Guide\n\nInstall")
    assert format_of(name) == ("docx", "suffix")


@pytest.mark.parametrize(
    ("name", "kind"), [("a.ppsx", "slideshow"), ("a.potx", "template"), ("a.ppsm", "slideshow")]
)
def test_shows_and_templates(name: str, kind: str) -> None:
    with zipfile.ZipFile(io.BytesIO(deck())) as archive:
        parts: dict[str, bytes | str] = {each: archive.read(each) for each in archive.namelist()}
    types = "[Content_Types].xml"
    text = parts[types]
    assert isinstance(text, bytes)
    parts[types] = text.replace(b"presentation.main", f"{kind}.main".encode())
    assert document(name, zipped(parts)).text == document("a.pptx", deck()).text


@pytest.mark.parametrize("name", ["a.xltx", "a.xltm", "a.xlt"])
def test_templates_of_workbooks(name: str) -> None:
    data = samples()["office.xls" if name == "a.xlt" else "office.xlsx"]
    assert "River: Tamar" in document(name, data).text


def test_flat_opendocument_files() -> None:
    with zipfile.ZipFile(
        io.BytesIO(odf("<office:text><text:p>Words.</text:p></office:text>"))
    ) as archive:
        content = archive.read("content.xml").replace(b"document-content", b"document")
    assert document("a.fodt", b'<?xml version="1.0"?>' + content).text == "Words."
    assert (
        document("a.ott", odf("<office:text><text:p>Words.</text:p></office:text>")).text
        == "Words."
    )


def test_what_is_read() -> None:
    named = "docm dotx ppsx potm xltx ott ots otp fodt fods mht mhtml ics vcf".split()
    assert all(knows(f"a.{each}") for each in named)


def level(at: int, form: str, more: str = "") -> str:
    return f'<text:list-level-style-number text:level="{at}" style:num-format="{form}" {more}/>'


STYLES = (
    f'<text:list-style style:name="L">{level(1, "1", "style:num-suffix=~.~")}'
    f"{level(2, '1', 'text:display-levels=~2~')}{level(3, 'a', 'style:num-prefix=~(~ style:num-suffix=~)~')}"
    '<text:list-level-style-bullet text:level="4"/></text:list-style>'
    f"<text:outline-style>{level(1, 'I')}{level(2, '1', 'text:display-levels=~2~')}</text:outline-style>"
).replace("~", '"')


def item(words: str, inner: str = "", *, more: str = "") -> str:
    return f"<text:list-item {more}><text:p>{words}</text:p>{inner}</text:list-item>"


def listed(*items: str, more: str = "") -> str:
    return f'<text:list text:style-name="L" {more}>{"".join(items)}</text:list>'


def text(body: str) -> list[str]:
    found = document("a.odt", odf(f"<office:text>{body}</office:text>", styles=STYLES))
    return [line.strip() for line in found.text.splitlines() if line]


def test_numbers_of_items() -> None:
    inner = listed(
        item("It is 640 crowns.", listed(item("in January"), item("in July"))),
        item("Late rent bears interest."),
    )
    assert text(listed(item("Subject"), item("Rent", inner))) == [
        "1. Subject", "2. Rent", "2.1 It is 640 crowns.", "(a) in January", "(b) in July",
        "2.2 Late rent bears interest.",
    ]  # fmt: skip
    again = listed(item("x"), more='text:continue-numbering="true"')
    assert text(listed(item("x")) + again + listed(item("x"))) == ["1. x", "2. x", "1. x"]
    assert text(listed(item("x", more='text:start-value="7"'), item("y"))) == ["7. x", "8. y"]


def test_numbers_of_headings() -> None:
    headings = [(1, "Use"), (2, "Install"), (2, "Ask"), (1, "Share"), (2, "Send")]
    body = "".join(f'<text:h text:outline-level="{at}">{name}</text:h>' for at, name in headings)
    assert text(body) == ["I Use", "I.1 Install", "I.2 Ask", "II Share", "II.1 Send"]
    found = document("a.odt", odf(f"<office:text>{body}</office:text>", styles=STYLES))
    assert marked(found)[1] == ("## I.1 Install", "I.1 Install")


def test_an_old_card_that_has_its_name_in_parts() -> None:
    card = (
        "BEGIN:VCARD\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=98st;Jon\nTEL:123\nEND:VCARD\n"
    )
    assert document("a.vcf", card.encode()).text == "Name: Jon Øst\nTelephone: 123"


def test_messages_whose_letters_are_packed_in_rare_ways() -> None:
    letter = "From: a@b.example\nSubject: Berths\n\nThe b\u00e9rth is six.\n"
    assert "The bérth is six." in document("a.eml", letter.encode("utf-16-le")).text
    packed = quopri.encodestring(letter.encode()).decode()
    outer = (
        'From: c@d.example\nContent-Type: multipart/mixed; boundary="x"\n\n--x\n\nSee below.\n--x\n'
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n"
        f"{packed}\n--x--\n"
    )
    assert "The bérth is six." in documents("a.eml", outer.encode())[1].text
