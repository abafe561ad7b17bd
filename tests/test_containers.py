"""Archives and compressed files: their members are documents, and what is wrong with one is named
and costs no other.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import stat
import struct
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lepton_local.cli.index import main as index_command
from lepton_local.config import SearchConfig
from lepton_local.corpus.parse import knows
from lepton_local.errors import SourceError
from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.indexing.explain import explain
from lepton_local.indexing.report import Report
from lepton_local.search.searcher import Searcher
from tests.archives import tarred, zipped
from tests.conftest import WordEncoder
from tests.parsing import document, documents, ids, refused

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PLAIN = SearchConfig(rerank=False, answer=False)
MANUAL = "# The pump\n\nPrime the pump before the winter.\n"
LETTER = "The lease of the boathouse ends in May.\n"


NESTED: dict[str, bytes | str] = {
    "docs/x.md": MANUAL,
    "inner.zip": zipped({"y.txt": LETTER}),
    "rows.jsonl": '{"_id": "a", "text": "An otter."}\n{"_id": "b", "text": "A heron."}\n',
    "photo.jpg": b"\xff\xd8",
    ".hidden.txt": "Passed over.",
    "sub/.git/config.txt": "Passed over.",
}
KEYS = ["docs/x.md", "inner.zip/y.txt", "rows.jsonl/a", "rows.jsonl/b"]


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.zip", lambda _: zipped(NESTED)),
        ("a.zip", lambda _: zipped(NESTED, method=zipfile.ZIP_BZIP2)),
        ("a.zip", lambda _: zipped(NESTED, method=zipfile.ZIP_LZMA)),
        ("a.tar", bytes),
        ("a.tar.gz", gzip.compress),
        ("A.TGZ", gzip.compress),
        ("a.tar.bz2", bz2.compress),
        ("a.tar.xz", lzma.compress),
        ("a.tar.zst", zstd.compress),
        ("a.zip.gz", lambda _: gzip.compress(zipped(NESTED))),
    ],
)
def test_members_are_documents(name: str, pack: Callable[[bytes], bytes]) -> None:
    data = pack(tarred(NESTED))
    found = documents(name, data)
    assert [item.id for item in found] == [f"{name}#{key}" for key in KEYS]
    first = found[0]
    assert (first.text, first.title, first.exact, first.titled) == (MANUAL, "The pump", True, True)
    assert first.metadata["date"] == "2025-02-03", "the member's own day"
    assert first.source.path == name
    assert found[1].title == "y"
    assert not refused(name, data)
    assert knows(name)


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("notes.txt.gz", gzip.compress),
        ("notes.txt.bz2", bz2.compress),
        ("notes.txt.xz", lzma.compress),
        ("notes.TXT.ZST", zstd.compress),
    ],
)
def test_a_compressed_file_is_the_file(name: str, pack: Callable[[bytes], bytes]) -> None:
    found = document(name, pack(LETTER.encode()))
    assert (found.id, found.text, found.title, found.exact) == (name, LETTER, "notes", True)


def test_names_of_compressed_files() -> None:
    for name in ("README.gz", "a.tgz", "a.csv.zst", "a.pdf.xz", "mail.mbox.gz"):
        assert knows(name), name
    for name in ("a.gz", "a.jpg.gz", ".gz", "gz", "a.exe.xz"):
        assert not knows(name), name


def test_a_bad_member_costs_only_itself() -> None:
    data = zipped({"good.txt": LETTER, "bad.pdf": "no PDF", "empty.md": "", "broken.zip": "no ZIP"})
    assert ids("a.zip", data) == ["a.zip#good.txt"]
    told = refused("a.zip", data)
    assert list(told) == ["a.zip#bad.pdf", "a.zip#empty.md", "a.zip#broken.zip"]
    assert told["a.zip#bad.pdf"].startswith("malformed PDF")
    assert told["a.zip#empty.md"] == "empty"


def test_when_no_member_can_be_read_the_archive_is_refused() -> None:
    with pytest.raises(SourceError, match=r"bad\.pdf: malformed PDF"):
        documents("a.zip", zipped({"bad.pdf": "no PDF", "photo.jpg": "x"}))
    with pytest.raises(SourceError, match="no text in it"):
        documents("a.zip", zipped({"photo.jpg": "x"}))
    with pytest.raises(SourceError, match="not a zip file"):
        documents("a.zip", b"no ZIP")
    for data in (gzip.compress(LETTER.encode())[:-9], b"no gzip"):
        with pytest.raises(SourceError, match="malformed"):
            documents("notes.txt.gz", data)


TRICKS = ("../up.txt", "/etc/abs.txt", "a/../../up.txt", "..\\up.txt", "C:\\windows.txt")


@pytest.mark.parametrize("trick", TRICKS)
def test_paths_that_lead_out_are_refused(trick: str) -> None:
    for name, data in (
        ("a.zip", zipped({"good.txt": LETTER, trick: "out"})),
        ("a.tar", tarred({"good.txt": LETTER, trick: "out"})),
    ):
        assert ids(name, data) == [f"{name}#good.txt"]
        assert list(refused(name, data).values()) == ["its path leads out of the archive"]


def test_links_and_devices_are_refused() -> None:
    data = tarred(
        {"x.txt": LETTER}, soft="SYMTYPE", hard="LNKTYPE", disk="BLKTYPE", pipe="FIFOTYPE"
    )
    assert ids("a.tar", data) == ["a.tar#x.txt"]
    kinds = {f"a.tar#{name}.txt" for name in ("soft", "hard", "disk", "pipe")}
    assert refused("a.tar", data) == dict.fromkeys(kinds, "a link or a device, not a file")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("x.txt", LETTER)
    assert set(refused("a.zip", out.getvalue())) == {"a.zip#link.txt"}


def test_encrypted_members_are_named() -> None:
    data = bytearray(zipped({"secret.txt": "hidden words", "open.txt": LETTER}))
    for sign, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(sign) + flags] |= 1
    assert ids("a.zip", bytes(data)) == ["a.zip#open.txt"]
    assert refused("a.zip", bytes(data))["a.zip#secret.txt"].startswith("encrypted")


def test_a_name_that_is_no_utf8_can_be_kept() -> None:
    data = tarred({"caf\udce9.txt": LETTER})
    assert ids("a.tar", data) == ["a.tar#caf\ufffd.txt"]
    unsaid = zipped({"f__r.txt": LETTER}).replace(b"f__r.txt", "für.txt".encode())
    assert ids("a.zip", unsaid) == ["a.zip#für.txt"], "UTF-8, though it does not say so"


def test_a_damaged_archive_keeps_what_can_be_read() -> None:
    whole = tarred({f"{number}.txt": LETTER for number in range(3)})
    for damaged in (whole[:2000], whole[:1024] + b"\xff" * 512 + whole[1536:]):
        found = ids("a.tar", damaged)
        assert found[0] == "a.tar#0.txt"
        assert len(found) < 3
        assert "cannot be read to its end" in refused("a.tar", damaged)["a.tar"]


def test_equal_names_are_told_apart() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for text in (b"First.", b"Second."):
            entry = tarfile.TarInfo("a.txt")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    found = documents("a.tar", out.getvalue())
    assert [(item.key, item.text) for item in found] == [
        ("a.txt", "First."),
        ("a.txt@2", "Second."),
    ]
    rows = "".join(
        f'{{"id": "{key}", "text": "An otter."}}\n' for key in ("a@3", "a", "a", "a@3@2")
    )
    keys = [item.key for item in documents("a.jsonl", rows)]
    assert len(set(keys)) == len(keys) == 4


# Through the index.


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A folder with an archive that has a bad member, a compressed file and a plain one."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / "a.zip").write_bytes(zipped({"pump.md": MANUAL, "bad.pdf": "no PDF"}))
    (folder / "lease.txt.gz").write_bytes(gzip.compress(LETTER.replace("\n", "\r\n").encode()))
    (folder / "plain.txt").write_text("Ducks walk to the mill.\n")
    return folder


def skipped(report: Report) -> list[str]:
    assert report.skipped == report.index.manifest.skipped
    return [each.source.path for each in report.skipped]


def test_members_are_found_cited_and_proved(
    shelf: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    report = builder.build(shelf, tmp_path / "index", encoder=encoder)
    searcher = Searcher(report.index, encoder=encoder, config=PLAIN)
    result = searcher.verify(
        searcher.answer("prime the pump before winter, lease of the boathouse")
    )
    proved = {hit.passage.document: (hit.verified, hit.stale) for hit in result.hits}
    assert set(proved) == {"a.zip#pump.md", "lease.txt.gz", "plain.txt"}
    assert [hit.path for hit in searcher.search("pump", filters=["type:md"])] == ["a.zip"]
    for glob in ("*.md", "a.zip#pump.md", "a.zip#*", "a.zip"):
        assert [hit.path for hit in searcher.search("pump", filters=[f"path:{glob}"])] == ["a.zip"]
    assert not searcher.search("pump", filters=["-path:*.md", "path:a.zip"])
    assert set(proved.values()) == {(True, False)}
    lease = next(hit for hit in result.hits if hit.path == "lease.txt.gz")
    with gzip.open(shelf / "lease.txt.gz", "rt") as file:
        assert file.read()[lease.passage.start : lease.passage.end] == lease.passage.text
    assert lease.exact
    assert all(finding.ok for finding in check(tmp_path / "index", sources=True))
    (shelf / "a.zip").write_bytes(zipped({"pump.md": MANUAL.replace("winter", "summer")}))
    wrong = [each.subject for each in check(tmp_path / "index", sources=True) if not each.ok]
    assert wrong == ["a.zip"]


def test_what_was_refused_stays_while_its_archive_does(
    shelf: Path, tmp_path: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    first = builder.build(shelf, index, encoder=encoder)
    assert skipped(first) == ["a.zip#bad.pdf"]
    (entry,) = first.skipped
    assert entry.source.digest == explain(index, shelf / "a.zip")["digest"]

    def update() -> Report:
        encoder.encoded.clear()
        return builder.update(index, encoder=encoder)

    nothing = update()
    assert (nothing.unchanged, nothing.passages) == (3, 0)
    assert nothing.index.manifest == first.index.manifest
    (shelf / "plain.txt").write_text("Ducks swim to the mill.\n")
    assert skipped(update()) == ["a.zip#bad.pdf"], "another file changed"
    os.utime(shelf / "a.zip", (0, 0))
    touched = update()
    assert (skipped(touched), touched.encoded) == (["a.zip#bad.pdf"], 0)
    assert touched.skipped[0].source.mtime_ns == 0
    (shelf / "a.zip").write_bytes(zipped({"pump.md": MANUAL, "worse.pdf": "no PDF"}))
    replaced = update()
    assert (skipped(replaced), replaced.encoded) == (["a.zip#worse.pdf"], 0)
    (shelf / "a.zip").write_bytes(zipped({"worse.pdf": "no PDF"}))
    assert skipped(update()) == ["a.zip"], "now nothing of it is indexed"
    (shelf / "a.zip").write_bytes(zipped({"pump.md": MANUAL, "bad.pdf": "no PDF"}))
    assert skipped(update()) == ["a.zip#bad.pdf"]
    (shelf / "a.zip").unlink()
    assert skipped(update()) == []


def lepton_index(*args: str | Path) -> Result:
    return CliRunner().invoke(index_command, [str(arg) for arg in args])


def test_commands_name_a_refused_member(shelf: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    built = lepton_index("build", shelf, "--out", index)
    assert built.exit_code == 2
    assert "a.zip#bad.pdf: malformed PDF" in built.stderr
    assert lepton_index("update", index).exit_code == 2
    listed = lepton_index("info", index, "--skipped")
    assert [line.partition(": ")[0] for line in listed.stdout.splitlines()] == ["a.zip#bad.pdf"]
    for name in ("a.zip#bad.pdf", shelf / "a.zip#bad.pdf"):
        record = json.loads(lepton_index("explain", index, name, "--json").stdout)
        assert record["status"] == "skipped"
        assert record["reason"].startswith("malformed PDF")
    for name in ("a.zip#no.md", shelf / "a.zip#no.md"):
        nothing = lepton_index("explain", index, name)
        assert nothing.exit_code == 1
        assert nothing.stdout.startswith("a.zip#no.md: missing\n")
    whole = lepton_index("explain", index, shelf / "a.zip")
    assert whole.exit_code == 0
    assert whole.stdout.startswith("a.zip: indexed\n")
    assert "skipped a.zip#bad.pdf: malformed PDF" in whole.stdout
    assert lepton_index("check", index, "--sources").exit_code == 0


@pytest.mark.parametrize(
    ("names", "codec"),
    [
        (["第一章.txt", "議事録/会議の資料.txt"], "cp932"),
        (["合同/附件一.txt", "说明文件.txt"], "gbk"),
        (["文件說明.txt", "會議記錄.txt"], "big5"),
        (["회의록자료.txt", "계약서.txt"], "cp949"),
        (["Отчёт за год.txt", "Смета.txt"], "cp866"),
        (["Größe.txt", "Müller/Übersicht.txt"], "cp437"),
        (["café.txt", "плюс.txt"], "utf-8"),
    ],
)
def test_names_in_the_encoding_of_a_system(names: list[str], codec: str) -> None:
    stand_ins = {
        f"{number:03d}".ljust(len(n.encode(codec)), "x"): n for number, n in enumerate(names)
    }
    data = zipped(dict.fromkeys(stand_ins, "Words."))
    for stand_in, name in stand_ins.items():
        data = data.replace(stand_in.encode(), name.encode(codec))
    assert [found.key for found in documents("a.zip", data)] == names


def test_a_name_that_is_told_once_more() -> None:
    told = "Übersicht.txt".encode()
    entry = zipfile.ZipInfo("_bersicht.txt")
    entry.extra = struct.pack("<HHBI", 0x7075, len(told) + 5, 1, 0) + told
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(entry, "Words.")
    assert [found.key for found in documents("a.zip", held.getvalue())] == ["Übersicht.txt"]


def test_documents_in_formats_that_are_not_read_are_named() -> None:
    data = zipped({"a.txt": "Words.", "old/deck.ppt": "x", "p.png": "x", ".hidden.ppt": "x"})
    assert refused("a.zip", data) == {"a.zip#old/deck.ppt": "a format that is not read: .ppt"}
