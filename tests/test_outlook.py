"""MSG: what Outlook saves, message or not, in whatever code page and one within another; and what
mail servers send back.
"""

from __future__ import annotations

import pytest

from lepton_local.corpus.parse import parse
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source
from tests.messages import (
    BINARY,
    NUMBER,
    TEXT,
    TEXT8,
    TIME,
    Properties,
    compound,
    item_of,
    outlook,
)
from tests.parsing import document, documents
from tests.test_mail import REPORT

DAY = 133_000_000_000_000_000  # 18 June 2022, in the ticks of Windows
RTF = rb"{\rtf1\ansi Tide at six.\par}"


def unpacked(rtf: bytes) -> bytes:
    return len(rtf).to_bytes(4, "little") * 2 + b"MELA" + bytes(4) + rtf


def letter(text: bytes, page: int) -> bytes:
    return compound(item_of({(0x1000, TEXT8): text, (0x3FFD, NUMBER): page}))


def test_a_message() -> None:
    data = outlook("The rent", text="It is due.\r\n", attached={"report.pdf": REPORT, "a.png": b""})
    found = documents("a.msg", data)
    assert [item.key for item in found] == ["", "report.pdf"]
    assert found[0].text == (
        "From: Ann Lee <ann@example.org>\nTo: Bob <bob@example.org>\n"
        "Date: Mon, 03 Feb 2025 09:00:00 +0000\nSubject: The rent\n\nIt is due."
    )
    assert found[0].metadata["date"] == "2025-02-03"


def test_a_body_that_is_a_page_or_rich_text() -> None:
    page = outlook("Page", page="<h1>News</h1><p>Café")
    assert document("a.msg", page).text.endswith("\n\nNews\n\nCafé")
    stub = outlook("Page", text="Shown as HTML only.", page="<p>The ferry leaves pier nine at noon")
    assert document("a.msg", stub).text.endswith("\n\nThe ferry leaves pier nine at noon")
    same = outlook("Page", text="The ferry leaves.", page="<p>The ferry leaves.")
    assert document("a.msg", same).text.endswith("\n\nThe ferry leaves.")
    assert document("a.msg", outlook("Rich", rtf=unpacked(RTF))).text.endswith("Tide at six.")
    # The example of the specification: "{\rtf1\ansi\ansicpg1252\pard hello world}\r\n".
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c0900206277"
        "05b06c647d0a800fa0"
    )
    assert document("a.msg", outlook("Packed", rtf=packed)).text.endswith("hello world")
    with pytest.raises(SourceError, match="RTF"):
        document("a.msg", outlook("Bad", rtf=b"x" * 20))


@pytest.mark.parametrize(
    ("text", "codec", "page"),
    [
        ("Ключ от склада", "cp1251", 1251),
        ("訊息格式測試", "big5", 950),
        ("消息格式测试", "gbk", 936),
        ("Gruß öäü", "utf-8", 1252),  # it is not what it says
        ("Ключ хранится на складе Лукина", "cp1251", 65001),
    ],
)
def test_code_pages(text: str, codec: str, page: int) -> None:
    assert document("a.msg", letter(text.encode(codec), page)).text == text


def test_the_code_page_of_a_language() -> None:
    about = {(0x1000, TEXT8): "Ключ от склада".encode("cp1251"), (0x3FF1, NUMBER): 1049}
    assert document("a.msg", compound(item_of(about))).text == "Ключ от склада"


def test_addresses_are_those_that_others_can_write_to() -> None:
    exchange = "/O=EXCHANGELABS/OU=FIRST/CN=RECIPIENTS/CN=1F3A"
    about = {(0x0C1A, TEXT): "Ann Lee", (0x0C1F, TEXT): exchange}
    recipients: list[Properties] = [
        {(0x3001, TEXT): "Bob", (0x3003, TEXT): exchange, (0x39FE, TEXT): "bob@example.org"},
        {(0x3001, TEXT): "Cyra Dunn", (0x3003, TEXT): exchange, (0x0C15, NUMBER): 2},
        {(0x3001, TEXT): "Secret", (0x0C15, NUMBER): 3},
    ]
    with_smtp = {**about, (0x5D01, TEXT): "ann@example.org"}
    told = {**about, (0x007D, TEXT): "From: Ann Lee <ann@home.example>\nReply-To: x@y.example\n\n"}
    for known, sender in (
        (about, "From: Ann Lee"),
        (with_smtp, "From: Ann Lee <ann@example.org>"),
        (told, "From: Ann Lee <ann@home.example>"),
    ):
        found = document("a.msg", compound(item_of(known, recipients=recipients)))
        lines = found.text.splitlines()
        assert lines[:3] == [sender, "To: Bob <bob@example.org>", "Cc: Cyra Dunn"]
        assert ("Reply-To: x@y.example" in lines) == (known is told)


def test_appointments_contacts_and_tasks_say_their_fields() -> None:
    meeting = item_of(
        {(0x001A, TEXT): "IPM.Appointment", (0x1000, TEXT): "About jumping."},
        named={(2, 0x820D): DAY, (2, 0x8208): "Shed 14", (3, 0x8105): DAY},
    )
    assert document("a.msg", compound(meeting)).text == (
        "Start: 2022-06-18 04:26 UTC\nLocation: Shed 14\n\nAbout jumping."
    )
    contact = item_of(
        {
            (0x001A, TEXT): "IPM.Contact",
            (0x0037, TEXT): "Mette Orlund",
            (0x3A16, TEXT): "Boathouse",
            (0x3A08, TEXT): "+45 5512",
            (0x3A42, TIME): DAY,
        },
        named={(4, 0x8083): "mette@example.org"},
    )
    found = document("a.msg", compound(contact))
    assert found.title == "Mette Orlund"
    assert found.text.splitlines()[2:] == [
        "Organisation: Boathouse",
        "Telephone: +45 5512",
        "E-mail: mette@example.org",
        "Birthday: 2022-06-18",
    ]
    task = item_of({(0x001A, TEXT): "IPM.Task"}, named={(3, 0x8105): DAY})
    assert document("a.msg", compound(task)).text == "Due: 2022-06-18"


def test_items_within_items() -> None:
    tree = item_of({(0x1000, TEXT): "The innermost."}, within=True, attached={"a.pdf": REPORT})
    for _ in range(5):
        tree = item_of({(0x1000, TEXT): "Outer."}, within=True, attached={"Plan": tree, "It": None})
    data = compound(item_of({(0x1000, TEXT): "Top."}, attached={"Plan": tree}))
    found = list(parse(Source("/root", "a.msg", len(data), 1), data))
    keys = [item.key for item in found if isinstance(item, Document)]
    assert keys == ["/".join(["Plan.msg"] * depth) for depth in range(5)]
    refused = {s.source.path: s.reason for s in found if not isinstance(s, Document)}
    assert "one within another" in refused["a.msg#" + "/".join(["Plan.msg"] * 5)]
    assert "draws" in refused["a.msg#Plan.msg/It"]
    one = item_of({(0x1000, TEXT): "Inner."}, within=True, attached={"a.pdf": REPORT})
    data = compound(item_of({(0x0037, TEXT): "Fw"}, attached={"Plan.msg": one}))
    assert [d.id for d in documents("a.msg", data)] == [
        "a.msg",
        "a.msg#Plan.msg",
        "a.msg#Plan.msg/a.pdf",
    ]


def test_what_was_sent_beside_its_signature() -> None:
    signed = b"Content-Type: text/plain\n\nThe berth is number 19."
    about = {(0x001A, TEXT): "IPM.Note.SMIME.MultipartSigned", (0x0037, TEXT): "Signed"}
    data = compound(item_of(about, attached={"smime.p7m": signed}))
    assert [d.text for d in documents("a.msg", data)][1] == "The berth is number 19."


@pytest.mark.parametrize("data", [b"Only words.", compound({"Workbook": b"x"}), b"\x00\x01"])
def test_what_is_no_item(data: bytes) -> None:
    with pytest.raises(SourceError):
        document("a.msg", data)


def test_an_item_without_anything() -> None:
    with pytest.raises(SourceError, match="no text"):
        document("a.msg", compound(item_of({(0x1013, BINARY): b"<p>"})))


@pytest.mark.parametrize("kind", ["delivery-status", "disposition-notification"])
def test_reports_of_mail_servers_are_read_with_their_letter(kind: str) -> None:
    report = (
        "From: postmaster@example.org\nSubject: Returned\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; boundary="b"\n\n--b\nContent-Type: text/plain\n\n'
        f"Not delivered.\n--b\nContent-Type: message/{kind}\n\n"
        "Final-Recipient: rfc822; bob@example.org\nStatus: 5.1.1\n\n--b--\n"
    )
    found = document("a.eml", report.encode())
    assert "Not delivered." in found.text
    assert "Final-Recipient: rfc822; bob@example.org\nStatus: 5.1.1" in found.text
