"""Mail as people send it: stubs, damaged headers, invitations, reports, what Outlook packs."""

# ruff: noqa: E501 - files in one piece are easier to read
from __future__ import annotations

import base64
import struct
from email.message import EmailMessage

import pytest

from lepton_local.errors import SourceError
from tests.messages import der
from tests.parsing import document, documents, left_out

HEAD = "From: ada@brook.example\r\nTo: ben@cole.example\r\nSubject: Berth\r\n"
STUB = "This message needs a program that shows HTML."
ORDER = "<p>Order 88: two lanterns.</p><p>They arrive on 19 March by parcel.</p>"


def made(plain: str = "Words.", **headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in ({"From": "ada@brook.example", "Subject": "Berth"} | headers).items():
        message[name.replace("_", "-")] = value
    message.set_content(plain)
    return message


def body(message: EmailMessage) -> str:
    return document("a.eml", message.as_bytes()).text.partition("\n\n")[2].strip()


def test_a_page_is_read_where_its_plain_text_is_a_stub() -> None:
    message = made(STUB)
    message.add_alternative(ORDER, subtype="html")
    assert body(message) == "Order 88: two lanterns.\n\nThey arrive on 19 March by parcel."
    same = made("Order 88: two lanterns.\n\nThey arrive on 19 March by parcel.\n> quoted")
    same.add_alternative(ORDER, subtype="html")
    assert body(same).endswith("> quoted")


def test_copies_and_replies() -> None:
    found = document("a.eml", made(Cc="Cyra <c@d.example>", Reply_To="board@b.example").as_bytes())
    assert "Cc: Cyra <c@d.example>\nReply-To: board@b.example" in found.text
    assert found.metadata["cc"] == "Cyra <c@d.example>"
    assert "Reply-To" not in document("a.eml", made(Reply_To="ada@brook.example").as_bytes()).text


@pytest.mark.parametrize(
    "data",
    [
        HEAD.replace(":", " :", 1).encode() + b"\r\nBerth 6.",
        HEAD.replace("To", "no header at all\r\nTo").encode() + b"\r\nBerth 6.",
        f"{HEAD}\r\nBerth 6.".encode("utf-16"),
        b"\xfe\xff" + f"{HEAD}\r\nBerth 6.".encode("utf-16-be"),
        f"\ufeff{HEAD}\r\nBerth 6.".encode(),
    ],
)
def test_headers_that_are_damaged_or_wide(data: bytes) -> None:
    found = document("a.eml", data)
    assert (found.title, found.metadata["author"]) == ("Berth", "ada@brook.example")
    assert found.text.endswith("Subject: Berth\n\nBerth 6.")


def test_a_message_of_a_type_alone() -> None:
    assert document("a.eml", b"Content-Type: text/plain\r\n\r\nBerth 6.").text.strip() == "Berth 6."
    with pytest.raises(SourceError, match="expected headers"):
        documents("a.eml", b"Just some words.\n\nMore of them.")


EVENT = """BEGIN:VCALENDAR\r
X-WR-CALNAME:Piers\r
BEGIN:VEVENT\r
SUMMARY:Pier inspection\\, east\r
DTSTART;TZID=Europe/Oslo:20310317T133000\r
DTEND:20310317T150000Z\r
LOCATION:Shed 14\\, east \r
 quay\r
ORGANIZER;CN=Ada Brook:mailto:ada@brook.example\r
BEGIN:VALARM\r
DESCRIPTION:not shown\r
END:VALARM\r
END:VEVENT\r
END:VCALENDAR\r
"""
TOLD = (
    "Summary: Pier inspection, east\nStart: 2031-03-17 13:30 Europe/Oslo\n"
    "End: 2031-03-17 15:00 UTC\nLocation: Shed 14, east quay\n"
    "Organizer: Ada Brook <ada@brook.example>"
)


def test_invitations_and_calendars() -> None:
    message = made("Ada invites you.")
    message.add_alternative(EVENT, subtype="calendar")
    assert body(message) == f"Ada invites you.\n\n{TOLD}"
    found = document("a.ics", EVENT)
    assert (found.title, found.text) == ("Pier inspection, east", TOLD)
    assert left_out(found) == ""
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:Tor Halvard\nTEL;TYPE=work:+47 55\nADR:;;Quay 3;Skarvik;;;\nEND:VCARD"
    assert document("a.vcf", card).text == "Name: Tor Halvard\nTelephone: +47 55\nAddress: Quay 3, Skarvik"  # fmt: skip
    card = "BEGIN:VCARD\r\nFN:Tor\r\nPHOTO;ENCODING=b:/9j=\r\nNOTE;ENCODING=QUOTED-PRINTABLE:By =\r\nthe =\r\nquay\r\nTEL:55\r\nEND:VCARD"
    assert document("a.vcf", card).text == "Name: Tor\nTelephone: 55\nNote: By the quay"
    with pytest.raises(SourceError, match="no entry"):
        documents("a.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR")


def test_a_message_that_is_attached_in_base64() -> None:
    inner = base64.encodebytes(made("The lamp is lit.", Subject="Lamp").as_bytes()).decode()
    data = (
        f"{HEAD}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
        "Content-Type: message/rfc822; name=lamp.eml\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        f"{inner}\r\n--x--\r\n"
    )
    assert [each.title for each in documents("a.eml", data)] == ["Berth", "Lamp"]


def test_a_report_of_what_was_not_delivered() -> None:
    data = (
        f"{HEAD}MIME-Version: 1.0\r\nContent-Type: multipart/report; boundary=x\r\n\r\n--x\r\n\r\n"
        "It came back.\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; a.example\r\n\r\nFinal-Recipient: rfc822; ben@cole.example\r\n"
        "Diagnostic-Code: smtp; 550 mailbox full\r\n\r\n--x--\r\n"
    )
    assert "Diagnostic-Code: smtp; 550 mailbox full" in document("a.eml", data).text


def tnef(attributes: list[tuple[int, bytes]]) -> bytes:
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(
        struct.pack("<BII", 2, kind, len(value)) + value + b"\0\0" for kind, value in attributes
    )


def test_what_outlook_packs() -> None:
    wide = "long plans.txt".encode("utf-16-le") + b"\0\0"
    properties = struct.pack("<IHHII", 1, 0x1F, 0x3707, 1, len(wide)) + wide + b"\0\0"
    packed = tnef(
        [
            (0x2800C, b"The body.\0"),
            (0x69002, b"\0" * 14),
            (0x18010, b"PLANS~1.TXT\0"),
            (0x69005, properties),
            (0x6800F, b"The crane stands beside shed 9."),
            (0x69002, b"\0" * 14),
            (0x18010, b"b.txt\0"),
            (0x6800F, b"Second."),
        ]
    )
    message = made()
    message.add_attachment(
        packed, maintype="application", subtype="ms-tnef", filename="winmail.dat"
    )
    found = documents("a.eml", message.as_bytes())[1:]
    assert [(each.key, each.text) for each in found] == [
        ("winmail.dat/body", "The body."),
        ("winmail.dat/long plans.txt", "The crane stands beside shed 9."),
        ("winmail.dat/b.txt", "Second."),
    ]
    for cut in range(6, len(packed), 7):
        message = made()
        message.add_attachment(packed[:cut], maintype="application", subtype="ms-tnef")
        assert documents("a.eml", message.as_bytes()), "the message is read whatever is attached"


@pytest.mark.parametrize(
    ("id_", "value"),
    [
        (0x1009, struct.pack("<4I", 43, 31, 0x414C454D, 0) + rb"{\rtf1 The crane is at shed 9.}"),
        (0x1013, b"<p>The crane is at shed 9.</p>"),
    ],
)
def test_what_outlook_packs_without_a_plain_body(id_: int, value: bytes) -> None:
    properties = (
        struct.pack("<IHHII", 1, 0x102, id_, 1, len(value)) + value + bytes(-len(value) % 4)
    )
    message = made()
    packed = tnef([(0x69003, properties)])
    message.add_attachment(
        packed, maintype="application", subtype="ms-tnef", filename="winmail.dat"
    )
    found = documents("a.eml", message.as_bytes())[1:]
    assert [(each.key, each.text) for each in found] == [
        ("winmail.dat/body", "The crane is at shed 9.")
    ]


@pytest.mark.parametrize("endless", [False, True])
def test_a_message_in_its_signature(endless: bool) -> None:
    inner = made("The lease ends in June.", Subject="Lease").as_bytes()
    octets = der(0x24, der(4, inner[:50]), der(4, inner[50:]), endless=endless)
    signed = bytes.fromhex("2a864886f70d010702")
    data = bytes.fromhex("2a864886f70d010701")
    content = der(0x30, der(6, data), der(0xA0, octets, endless=endless), endless=endless)
    whole = der(0x30, der(2, b"\1"), der(0x31), content, endless=endless)
    envelope = der(0x30, der(6, signed), der(0xA0, whole, endless=endless), endless=endless)
    message = made()
    message.add_attachment(
        envelope, maintype="application", subtype="pkcs7-mime", filename="smime.p7m"
    )
    found = documents("a.eml", message.as_bytes())[1:]
    assert [(each.key, each.title) for each in found] == [("smime.p7m/message", "Lease")]
    encrypted = envelope.replace(signed, signed[:-1] + b"\3")
    with pytest.raises(SourceError, match="encrypted"):
        documents("a.p7m", encrypted)
    with pytest.raises(SourceError, match="malformed"):
        documents("a.p7m", envelope[:60])


def test_a_page_that_a_browser_saved() -> None:
    data = (
        "From: <Saved by Blink>\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n"
        "<title>Herons</title><p>They stand still.</p>\r\n--x\r\nContent-Type: image/png\r\n\r\nx\r\n--x--\r\n"
    )
    found = document("a.mhtml", data)
    assert (found.title, found.text) == ("Herons", "They stand still.")
