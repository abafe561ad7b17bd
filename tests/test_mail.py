"""E-mail: messages are documents with a subject, an author and a day; attachments are members."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_local.cli.search import main as search_command
from lepton_local.config import SearchConfig
from lepton_local.corpus.parse import PARSERS, parse
from lepton_local.errors import InputError, SourceError
from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.search.searcher import Searcher
from lepton_local.types import Document, Source
from tests.conftest import WordEncoder
from tests.messages import mailbox, message, outlook
from tests.parsing import document, documents, marked, pdf

PLAIN = SearchConfig(rerank=False, answer=False)
RENT = "Dear Bob,\n\nthe rent of the boathouse is 840 euros.\n\n> When is it due?\nFrom May on.\n"
REPORT = pdf([[(10, "Forty otters were counted in the harbour.")]])


def with_report() -> bytes:
    made = message("The rent", RENT)
    made.add_attachment(REPORT, maintype="application", subtype="pdf", filename="report.pdf")
    return made.as_bytes()


def test_a_message_is_its_headers_and_its_body() -> None:
    found = document("a.eml", message("The rent", RENT).as_bytes())
    assert found.text == (
        "From: Ann Lee <ann@example.org>\nTo: Bob <bob@example.org>\n"
        "Date: Mon, 03 Feb 2025 10:00:00 +0100\nSubject: The rent\n\n" + RENT.strip()
    )
    assert (found.id, found.title, found.titled, found.exact) == ("a.eml", "The rent", True, False)
    assert found.metadata == {
        "author": "Ann Lee <ann@example.org>",
        "to": "Bob <bob@example.org>",
        "date": "2025-02-03",
    }
    assert not found.marks


def test_of_alternatives_the_plain_text_is_read() -> None:
    made = message("Both", "The plain one.")
    made.add_alternative("<p>The page.", subtype="html")
    assert document("a.eml", made.as_bytes()).text.endswith("\n\nThe plain one.")


def test_of_a_page_alone_its_text_is_read() -> None:
    made = message("Page", " \n")
    made.add_alternative("<h1>News</h1><p>Caf&eacute; <b>open</b>.<script>x()", subtype="html")
    found = document("a.eml", made.as_bytes())
    assert found.text.endswith("Subject: Page\n\nNews\n\nCafé open.")
    assert marked(found) == [("# News", "News")]


def test_further_parts_are_marked() -> None:
    parts = (b"\n--x\n\n" + text for text in (b"First part.", b" ", b"Second part."))
    data = (
        b"From: a@b\nContent-Type: multipart/mixed; boundary=x\n" + b"".join(parts) + b"\n--x--\n"
    )
    found = document("a.eml", data)
    assert found.text == "From: a@b\n\nFirst part.\n\nSecond part."
    assert marked(found) == [("part 2", "Second part.")]


def test_attachments_are_members() -> None:
    made = message("All", "See below.")
    made.add_attachment(REPORT, maintype="application", subtype="pdf", filename="re/port.pdf")
    made.add_attachment("id,text\n7,Hello\n", subtype="csv", filename="größen.csv")
    made.add_attachment(b"no PDF", maintype="application", subtype="pdf")
    made.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="logo.png")
    made.add_attachment(message("Inner", "Of a message.", sender="Cy <cy@example.org>"))
    data = made.as_bytes()
    found = documents("a.eml", data)
    assert [item.key for item in found] == ["", "port.pdf", "größen.csv/7", "part 6.eml"]
    assert found[1].text == "Forty otters were counted in the harbour."
    assert found[2].metadata["date"] == "2025-02-03", "of the message"
    assert found[3].metadata["author"] == "Cy <cy@example.org>"
    source = Source("/root", "a.eml", len(data), 1)
    refused = [item for item in parse(source, data) if not isinstance(item, Document)]
    assert [item.source.path for item in refused] == ["a.eml#part 4.pdf"]


def test_an_attachment_has_a_name_and_no_folders() -> None:
    files = {"..\\up/re\0port.txt": b"An otter.", "a/.hidden.txt": b"A heron."}
    found = documents("a.msg", outlook("Files", text="See below.", attached=files))
    assert [item.key for item in found] == ["", "report.txt", "hidden.txt"]


def test_a_picture_that_a_page_shows_is_no_attachment(monkeypatch: pytest.MonkeyPatch) -> None:
    """With OCR each logo would be a file without words."""
    monkeypatch.setitem(PARSERS, "png", PARSERS["text"])
    made = message("Logo", "Words.")
    made.add_attachment(b"logo", maintype="image", subtype="png", filename="l.png", cid="<1>")
    made.add_attachment(b"scan", maintype="image", subtype="png", filename="scan.png")
    data = made.as_bytes().replace(b'attachment; filename="l.png', b'inline; filename="l.png')
    assert [item.key for item in documents("a.eml", data)] == ["", "scan.png"]


@pytest.mark.parametrize(
    ("header", "read"),
    [
        (b"=?utf-8?B?w4RuZGVydW5n?=", "Änderung"),
        (b"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        (b"=?utf-8?Q?caf=C3?= =?utf-8?Q?=A9?= C:\\users", "café C:\\users"),
        (b"=?x-unknown?Q?f=FCr?=", "für"),
        (b"=?utf-8?B?a?= rest", "=?utf-8?B?a?= rest"),
        ("Größe".encode(), "Größe"),
        (b"folded\r\n over lines", "folded over lines"),
        (b"", "a"),
    ],
)
def test_headers_as_programs_write_them(header: bytes, read: str) -> None:
    found = document("a.eml", b"From: a@b\r\nSubject: " + header + b"\r\n\r\nWords.\r\n")
    assert found.title == read


@pytest.mark.parametrize(
    ("kind", "body", "read"),
    [
        (b"text/plain; charset=iso-8859-1", b"caf\xe9 \x80", "café €"),
        (b"text/plain; charset=bogus", "größer als".encode(), "größer als"),
        (b"text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", b"YWJj!ZA==", "abcd"),
        (b"text/plain\nContent-Transfer-Encoding: quoted-printable", b"a=\nb =3D =zz", "ab = =zz"),
        (b"text/plain; charset=gb2312", "这是一个例子".encode("gb18030"), "这是一个例子"),
        (b"text/plain", b"nul\0byte", "nulbyte"),
        (b"multipart/mixed; boundary=x", b"no boundary", "no boundary"),
        (b"multipart/mixed; boundary=x", b"--x\n\ncut off", "cut off"),
        (b"garbage", b"Words.", "Words."),
    ],
)
def test_bodies_as_programs_write_them(kind: bytes, body: bytes, read: str) -> None:
    found = document("a.eml", b"From: a@b\nContent-Type: " + kind + b"\n\n" + body)
    assert found.text == f"From: a@b\n\n{read}"


def test_a_day_is_read_whatever_stands_behind_it() -> None:
    for written, day in (
        ("Mon, 3 Feb 2025 23:30:00 -0800 (Pacific Standard Time, with much to say)", "2025-02-03"),
        ("3 Feb 25 10:00 GMT", "2025-02-03"),
        ("yesterday", None),
    ):
        found = document("a.eml", f"From: a@b\nDate: {written}\n\nWords.")
        assert found.metadata.get("date") == day


def test_what_is_no_message_is_refused() -> None:
    for name in ("a.eml", "a.mbox", "a.msg"):
        for data in (b"Only words.", b"\x00\x01\x02"):
            with pytest.raises(SourceError):
                documents(name, data)


def test_a_mailbox_holds_messages() -> None:
    prose = "From me to you.\n>From afar at 10:30\nFrom what I saw at 10:30\nnothing: no\n"
    data = mailbox(with_report(), b"Subject: Two\n\n" + prose.encode(), b"X: y\n\nNo message.")
    found = documents("in/box.mbox", data)
    assert [item.id for item in found] == [
        f"in/box.mbox#{key}" for key in ("1", "1/report.pdf", "2")
    ]
    assert found[2].text == f"Subject: Two\n\n{prose.strip()}"
    later = documents("in/box.mbox", data + mailbox(message("New", "More.").as_bytes()))
    assert [(item.key, item.text) for item in later[:3]] == [(i.key, i.text) for i in found]
    assert later[3].key == "4"


def test_lines_that_nobody_escaped_do_not_part_messages() -> None:
    data = b"From a Mon Feb  3 10:00:00 2025\nSubject: One\n\nFrom 10:30 on\nwe wait.\n"
    assert document("a.mbox", data).text.endswith("From 10:30 on\nwe wait.")


SEEDS = {
    "a.eml": with_report(),
    "a.mbox": mailbox(with_report(), message("Two", "Words.").as_bytes()),
    "a.msg": outlook("The rent", text="It is due.", attached={"report.pdf": REPORT}),
}


@settings(max_examples=100, deadline=None)
@given(
    name=st.sampled_from(sorted(SEEDS)),
    at=st.floats(0, 1),
    put=st.binary(max_size=40),
    drop=st.integers(0, 200),
)
def test_nothing_but_source_error(name: str, at: float, put: bytes, drop: int) -> None:
    seed = SEEDS[name]
    place = int(at * len(seed))
    with contextlib.suppress(SourceError):
        for found in documents(name, seed[:place] + put + seed[place + drop :]):
            found.text.encode()
            assert all(0 <= mark.start < len(found.text) for mark in found.marks)


# Through the index.


@pytest.fixture
def post(tmp_path: Path) -> Path:
    """A folder with a mailbox, a message, and rows that have authors."""
    folder = tmp_path / "post"
    folder.mkdir()
    other = message("Otters", "The otter is asleep.", sender='"Lee, Cy" <cy@example.org>')
    (folder / "inbox.mbox").write_bytes(mailbox(with_report(), other.as_bytes()))
    (folder / "old.eml").write_bytes(
        message(
            "Otters", "Otters in 1999.", sender="Dee", day="Fri, 1 Jan 1999 10:00 GMT"
        ).as_bytes()
    )
    (folder / "rows.jsonl").write_text(
        '{"_id": "a", "Author": "Ann Lee", "text": "An otter swims."}\n'
        '{"_id": "b", "authors": ["Cy Lee", "Dee Dow"], "text": "Two otters swim."}\n'
        '{"_id": "c", "text": "No otter of Ann Lee swims."}\n'
    )
    return folder


def test_mail_is_found_filtered_and_proved(
    post: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    index = builder.build(post, tmp_path / "index", encoder=encoder).index
    searcher = Searcher(index, encoder=encoder, config=PLAIN)

    def found(*filters: str) -> set[str]:
        hits = searcher.search("otters", k=50, filters=filters)
        return {hit.passage.document for hit in hits}

    everything = found()
    assert found("author:ann") == {"inbox.mbox#1", "rows.jsonl#a"}
    assert found("author:LEE") == {"inbox.mbox#1", "inbox.mbox#2", "rows.jsonl#a", "rows.jsonl#b"}
    assert found("author:cy lee") == {"inbox.mbox#2", "rows.jsonl#b"}
    assert found("author:ann@example.org") == {"inbox.mbox#1"}
    assert found("author:lee", "-author:cy") == {"inbox.mbox#1", "rows.jsonl#a"}
    assert found("-author:lee") == everything - found("author:lee")
    assert found("author:dee", "before:2000-01-01") == {"old.eml"}
    assert found("title:otters") == {"inbox.mbox#2", "old.eml"}
    assert found("author:nobody") == set()
    with pytest.raises(InputError, match="'author:!!' has no word"):
        found("author:!!")
    result = searcher.verify(searcher.answer("how many otters were counted", k=50))
    assert result.hits[0].passage.document == "inbox.mbox#1/report.pdf"
    assert result.hits[0].passage.mark == "page 1"
    assert all(hit.verified for hit in result.hits)
    assert all(finding.ok for finding in check(tmp_path / "index", sources=True))


def test_an_appended_message_encodes_only_itself(
    post: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    builder.build(post, tmp_path / "index", encoder=encoder)
    encoder.encoded.clear()
    with open(post / "inbox.mbox", "ab") as file:
        file.write(mailbox(message("New", "The kite is red.").as_bytes()))
    report = builder.update(tmp_path / "index", encoder=encoder)
    assert (report.changed, len(encoder.encoded)) == (1, 1)


def test_the_command_filters_by_author(post: Path, tmp_path: Path) -> None:
    builder.build(post, tmp_path / "index")
    asked = ["query", str(tmp_path / "index"), "otters", "--no-answer", "--no-rerank", "--json"]
    done = CliRunner().invoke(search_command, [*asked, "--filter", "author:cy"])
    assert done.exit_code == 0
    hits = json.loads(done.stdout)["hits"]
    assert {hit["document"] for hit in hits} == {"inbox.mbox#2", "rows.jsonl#b"}
