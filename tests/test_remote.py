"""An index in an object store: the same answers, one winner, and nothing lost on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import obstore
import pytest
from click.testing import CliRunner

from lepton_local.cli.index import main
from lepton_local.errors import DamagedError, InputError, LockedError, StoreError
from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.store.folder import Folder
from lepton_local.store.index import Index
from lepton_local.store.place import storage_at
from lepton_local.store.remote import Remote
from lepton_local.store.storage import digest
from tests.conftest import WordEncoder
from tests.objects import KEY, SECRET, new_bucket, object_store, sign_in
from tests.test_storage import put
from tests.test_update import answers


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with object_store() as address:
        yield address


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """An empty bucket, a user who may use it, and a cache in which nothing is yet."""
    sign_in(monkeypatch, server)
    monkeypatch.setenv("LEPTON_CACHE", str(tmp_path / "cache"))
    return f"s3://{new_bucket(server)}"


def elsewhere(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Go on as another machine, on which nothing has been kept."""
    monkeypatch.setenv("LEPTON_CACHE", str(folder))


def test_the_promises_of_a_storage(bucket: str) -> None:
    storage = Remote(f"{bucket}/index")
    assert storage.list("a") == storage.list("") == []
    put(storage, "a/one", b"first")
    put(storage, "a/.tmp-0123456789abcdef/two", b"second")
    assert storage.map("a/.tmp-0123456789abcdef/two").to_pybytes() == b"second"
    assert storage.list("a") == ["one"]  # what is half written is nobody's business
    storage.rename("a/.tmp-0123456789abcdef", "a/whole")
    assert storage.list("a") == ["one", "whole"]
    assert storage.read("a/whole/two", 6) == storage.map("a/whole/two").to_pybytes() == b"second"
    with pytest.raises(DamagedError, match="6 bytes, expected at most 5"):
        storage.read("a/whole/two", 5)
    for ask in (lambda: storage.read("a/none", 5), lambda: storage.map("a/none")):
        with pytest.raises(FileNotFoundError):
            ask()
    with pytest.raises(TypeError), storage.put("a/one") as file:
        file.write(b"half" + None)  # type: ignore[operator]
    assert storage.read("a/one", 9) == b"first"
    storage.swap("b", b"one", "")
    with pytest.raises(LockedError, match="changed by another process"):
        storage.swap("b", b"two", "")
    storage.swap("b", b"two", digest(b"one"))
    with storage.lock(), pytest.raises(LockedError, match="another process"), storage.lock():
        pass


def test_an_index_there_is_the_one_in_a_folder(
    bucket: str, tmp_path: Path, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same answers at every step, here and on a machine that has kept nothing."""
    far, near, encoder = f"{bucket}/team/notes", tmp_path / "index", WordEncoder()
    for step in range(4):
        if step == 1:
            (notes / "kite.txt").write_text("A kite needs wind.\n")
        if step == 2:
            (notes / "bread.md").unlink()
        for place in (far, near):
            if step == 0:
                builder.build(notes, place, encoder=encoder)
            elif step == 3:
                builder.compact(place)
            else:
                builder.update(place, encoder=encoder)
        assert answers(Index.open(far), encoder) == answers(Index.open(near), encoder)
        assert all(finding.ok for finding in check(far))
        elsewhere(monkeypatch, tmp_path / f"cache{step}")
    assert Index.open(far).manifest.segments == Index.open(near).manifest.segments
    assert answers(Index.open(far), encoder) == answers(Index.open(near), encoder)


def test_a_place_may_be_a_url_of_a_folder(tmp_path: Path) -> None:
    place = storage_at(f"file://{tmp_path}/my%20index")
    assert isinstance(place, Folder)
    assert place.root == tmp_path / "my index"
    for wrong in ("file://host/x", "http://host/x", "s3:///x", "s3://B/x", "s3://bucket/../x"):
        with pytest.raises(InputError, match="expected s3://BUCKET/PREFIX"):
            storage_at(wrong)
    with pytest.raises(InputError) as caught:
        storage_at(f"s3://{KEY}:{SECRET}@bucket/x")
    assert SECRET not in str(caught.value)


def test_what_goes_wrong_is_told_in_a_line(
    bucket: str, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def info(place: str) -> str:
        ran = CliRunner().invoke(main, ["info", place])
        assert ran.exit_code == 2
        assert len(ran.output.splitlines()) == 1
        assert SECRET not in ran.output
        assert KEY not in ran.output
        return ran.output

    assert f"{bucket}/x is not an index" in info(f"{bucket}/x")
    assert "has no bucket nowhere" in info("s3://nowhere/x")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "no keys for an object store" in info(bucket)


def test_a_manifest_holds_no_key(bucket: str, notes: Path) -> None:
    builder.build(notes, bucket, encoder=WordEncoder())
    told = CliRunner().invoke(main, ["info", bucket, "--json"]).output
    assert json.loads(told)["index"] == bucket
    every = Remote(bucket).read("manifest.json", 1 << 20).decode() + told
    assert SECRET not in every
    assert KEY not in every


def test_a_store_without_conditions_is_no_place_for_an_index(
    bucket: str, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = obstore.put
    monkeypatch.setattr(obstore, "put", lambda to, name, data, mode=None: send(to, name, data))
    with pytest.raises(StoreError, match="takes no conditional writes"):
        builder.build(notes, bucket, encoder=WordEncoder())
