"""Archives and mailboxes made to fill the memory or to take for ever: each is read up to a limit,
and named.
"""

from __future__ import annotations

import bz2
import gzip
import sys
import tarfile
import tracemalloc
import zipfile

import pytest

from lepton_local.corpus import members
from lepton_local.errors import SourceError
from tests.archives import tarred, zipped
from tests.messages import mailbox, message
from tests.parsing import documents, ids, refused

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LETTER = "The lease of the boathouse ends in May.\n"
ZEROS = bytes(40 << 20)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.zip", zipped({"zeros.txt": ZEROS})),
        ("a.txt.gz", gzip.compress(ZEROS)),
        ("a.txt.zst", zstd.compress(ZEROS)),
        ("a.tar.bz2", bz2.compress(tarred({"zeros.bin": ZEROS}))),
        ("a.zip.gz", gzip.compress(zipped({"zeros.zip": zipped({"zeros.txt": ZEROS})}))),
    ],
)
def test_a_bomb_is_refused(name: str, data: bytes) -> None:
    assert len(data) < 100_000
    with pytest.raises(SourceError, match="unpacks to"):
        documents(name, data)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_no_more_of_a_member_is_unpacked_than_it_says_to_hold(method: int) -> None:
    data = bytearray(zipped({"zeros.txt": ZEROS}, method=method))
    for sign, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(sign) + place
        data[at : at + 4] = (10).to_bytes(4, "little")
    tracemalloc.start()
    with pytest.raises(SourceError, match="cannot be unpacked"):
        documents("a.zip", bytes(data))
    assert tracemalloc.get_traced_memory()[1] < 12 << 20  # LZMA looks back over 8 MB
    tracemalloc.stop()


def test_nobody_waits_for_the_end_of_a_file_that_has_none() -> None:
    entry = tarfile.TarInfo("endless.iso")
    entry.size = 1 << 62
    data = tarred({"a.txt": LETTER})[:1024] + entry.tobuf(tarfile.GNU_FORMAT) + bytes(1024)
    assert ids("a.tar", data) == ["a.tar#a.txt"]
    assert "expected 2,560" in refused("a.tar", data)["a.tar"]
    with pytest.raises(SourceError, match="unpacks to"):
        documents("a.tar.gz", gzip.compress(data[1024:]))


def test_members_share_one_limit() -> None:
    """No single member is too large; together they are, and what came before stays."""
    layers = {f"{number}.txt.gz": gzip.compress(LETTER.encode() * 200_000) for number in range(6)}
    data = zipped(layers)
    found = ids("a.zip", data)
    assert 0 < len(found) < 6
    (reason,) = refused("a.zip", data).values()
    assert reason.endswith("the rest is left out")


def test_archives_within_archives_end() -> None:
    data = zipped({"leaf.txt": LETTER})
    for level in range(8):
        data = zipped({f"{level}.zip": data, f"{level}.txt": f"Level {level}."})
    found = ids("a.zip", data)
    assert (
        found
        == [
            "a.zip#7.zip/6.zip/5.zip/4.txt",
            "a.zip#7.zip/6.zip/5.txt",
            "a.zip#7.zip/6.txt",
            "a.zip#7.txt",
        ][: len(found)]
    )
    assert len(found) == members.DEPTH
    assert all("one within another" in reason for reason in refused("a.zip", data).values())


def test_so_many_members_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "MEMBERS", 3)
    data = tarred({f"{number}.txt": f"Note {number}." for number in range(9)})
    assert len(ids("a.tar", data)) == 3
    assert refused("a.tar", data) == {"a.tar": "more than 3 files in it; the rest is left out"}


def test_a_mailbox_made_to_be_read_slowly() -> None:
    """Each of its lines begins like that of a message, and ends otherwise."""
    data = mailbox(message("One", "Words.").as_bytes()) + b"From " + b"00:00 " * 200_000 + b"\nx"
    assert len(documents("a.mbox", data)) == 1
