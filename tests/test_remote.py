"""An index in an object store: the same answers, one winner, and nothing lost on the way."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import obstore
import pytest
from click.testing import CliRunner

from lepton_local.cli.index import main
from lepton_local.config import BuildConfig, SearchConfig
from lepton_local.errors import DamagedError, InputError, LockedError, SecretError, StoreError
from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.indexing.rewrite import rewrite
from lepton_local.serve.live import Live
from lepton_local.store import account, objects, parts
from lepton_local.store.arrays import FarRows, write_array
from lepton_local.store.folder import Folder
from lepton_local.store.index import Index
from lepton_local.store.keys import RING, make_key_file
from lepton_local.store.parts import Parts
from lepton_local.store.place import storage_at
from lepton_local.store.remote import Remote
from lepton_local.store.storage import Mapped, Memory, digest
from tests.conftest import WordEncoder
from tests.objects import KEY, SECRET, between, new_bucket, object_store, sign_in
from tests.test_storage import grown, put
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
    with pytest.raises(DamagedError, match="more than 5 bytes"):
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
    for step in grown(notes, (far, near), encoder):
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
    server: str, bucket: str, notes: Path, monkeypatch: pytest.MonkeyPatch
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
    with between(server) as way:
        monkeypatch.setenv("AWS_ENDPOINT_URL", way.address)
        for fault, said in (
            ("moved", "is not in the region us-east-1, expected its own: set AWS_REGION"),
            ("refused", "refuses it (AccessDenied)"),
        ):
            way.fault = lambda method, path, fault=fault: fault  # type: ignore[misc]
            assert said in info(f"{bucket}/x")
    monkeypatch.setattr(objects, "RETRIES", 1)
    assert f"{way.address} cannot be reached" in info(f"{bucket}/x")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "no keys for an object store" in info(bucket)


def test_a_manifest_holds_no_key(bucket: str, notes: Path) -> None:
    builder.build(notes, bucket, encoder=WordEncoder())
    told = CliRunner().invoke(main, ["info", bucket, "--json"]).output
    assert json.loads(told)["index"] == bucket
    every = Remote(bucket).read("manifest.json", 1 << 20).decode() + told
    assert SECRET not in every
    assert KEY not in every


def test_what_nobody_names_goes_a_day_later(
    bucket: str, notes: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Readers of the generation before have that long."""
    encoder, clock = WordEncoder(), [1_000_000_000.0]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    builder.build(notes, bucket, encoder=encoder)
    first = {each.folder for each in Index.open(bucket).manifest.segments}
    reader = Index.open(bucket)
    elsewhere(monkeypatch, tmp_path / "other")
    (notes / "kite.txt").write_text("A kite needs wind.\n")
    builder.update(bucket, encoder=encoder)
    builder.compact(bucket)
    assert len(Remote(bucket).list("segments")) == 3
    assert answers(reader, encoder)
    clock[0] += 2 * 24 * 3600  # the compaction noted what it left; the next writer removes it
    (notes / "kite.txt").write_text("A kite needs much wind.\n")
    builder.update(bucket, encoder=encoder)
    left = {f"segments/{each}" for each in Remote(bucket).list("segments")}
    assert left == {each.folder for each in Index.open(bucket).manifest.segments}
    assert not left & first
    assert all(finding.ok for finding in check(bucket))


def test_a_store_without_conditions_is_no_place_for_an_index(
    bucket: str, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = obstore.put
    monkeypatch.setattr(obstore, "put", lambda to, name, data, mode=None: send(to, name, data))
    with pytest.raises(StoreError, match="takes no conditional writes"):
        builder.build(notes, bucket, encoder=WordEncoder())


def test_what_is_brought_is_proved_and_kept(
    bucket: str, notes: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    builder.build(notes, bucket, encoder=WordEncoder())
    elsewhere(monkeypatch, tmp_path / "other")
    entry = Index.open(bucket).manifest.segments[0]
    kept = tmp_path / "other" / "objects"
    assert kept.stat().st_mode & 0o777 == 0o700
    assert len(list(kept.iterdir())) == len(entry.stored)
    first = min(kept.iterdir())
    first.write_bytes(b"")  # cut short
    last = max(kept.iterdir())
    last.unlink()
    last.symlink_to(first)  # a link
    assert all(finding.ok for finding in check(bucket))
    Index.open(bucket)
    assert first.stat().st_size > 0
    assert not last.is_symlink()
    name = f"{entry.folder}/passages.parquet"
    there = Remote(bucket).map(name).to_pybytes()
    put(Remote(bucket), name, there[:-1] + bytes([there[-1] ^ 1]))
    elsewhere(monkeypatch, tmp_path / "third")
    with pytest.raises(DamagedError, match=r"passages.parquet has sha256:\w+, expected sha256:"):
        Index.open(bucket)
    put(Remote(bucket), name, there[:-1])
    with pytest.raises(DamagedError, match=r"passages.parquet"):
        Index.open(bucket)
    assert digest(there).removeprefix("sha256:") not in os.listdir(tmp_path / "third" / "objects")


def test_the_cache_has_a_limit_and_one_owner(
    bucket: str, notes: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    builder.build(notes, bucket, encoder=WordEncoder())
    elsewhere(monkeypatch, tmp_path / "small")
    monkeypatch.setenv("LEPTON_CACHE_GIB", "0.00000001")  # 10 bytes: each file drives out the last
    assert answers(Index.open(bucket), WordEncoder())
    assert len(os.listdir(tmp_path / "small" / "objects")) == 1
    monkeypatch.setenv("LEPTON_CACHE_GIB", "much")
    with pytest.raises(StoreError, match=r"LEPTON_CACHE_GIB is 'much', expected a number"):
        Index.open(bucket)
    monkeypatch.delenv("LEPTON_CACHE_GIB")
    (tmp_path / "small" / "objects").chmod(0o777)
    with pytest.raises(StoreError, match=r"others may write to .*/objects, expected a cache"):
        Index.open(bucket)


def test_nobody_else_is_asked(
    server: str, bucket: str, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tools of AWS ask services of the machine, and others, for keys; this does not."""
    with between(server) as other:
        monkeypatch.setenv("AWS_METADATA_ENDPOINT", other.address)
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{other.address}/keys")
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", other.address)
        monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/x")
        monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(notes / "bread.md"))
        builder.build(notes, bucket, encoder=WordEncoder())
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(notes / "none"))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(notes / "none"))
        with pytest.raises(InputError, match="no keys for an object store"):
            Index.open(bucket)
        monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
        with pytest.raises(StoreError, match="refuses it"):  # it is not open to everybody
            Index.open(bucket)
        assert other.asked == []


def test_keys_are_read_where_users_keep_them(
    bucket: str, notes: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    address = os.environ["AWS_ENDPOINT_URL"]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "team")
    (tmp_path / "config").write_text(
        f"[profile team]\nregion = eu-west-1\nendpoint_url = {address}\n[default]\nregion = x\n"
    )
    keys = f"aws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
    (tmp_path / "credentials").write_text(f"[team]\n{keys}")
    builder.build(notes, bucket, encoder=WordEncoder())
    assert account.server() == account.Server("eu-west-1", address, True)
    assert account.keys() == (KEY, SECRET, "")
    (tmp_path / "credentials").write_text(f"[team\n{keys}")
    with pytest.raises(InputError, match="credentials cannot be read") as caught:
        Index.open(bucket)
    assert SECRET not in str(caught.value)
    (tmp_path / "credentials").write_text(f"[team]\n{keys}")
    for name, value in (
        ("AWS_ENDPOINT_URL", f"http://{KEY}:{SECRET}@host:1/p"),
        ("AWS_ENDPOINT_URL", "nonsense"),
        ("AWS_ENDPOINT_URL", "http://"),
        ("AWS_REGION", "here and there"),
        ("AWS_SECRET_ACCESS_KEY", f"{SECRET}\n"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv("AWS_ACCESS_KEY_ID", KEY)
            patch.setenv(name, value)
            with pytest.raises(InputError) as caught:
                Index.open(bucket)
            assert SECRET not in str(caught.value)


@pytest.mark.parametrize("share", [2.0, 0.3])
def test_a_first_answer_needs_a_few_parts(
    bucket: str, notes: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, share: float
) -> None:
    """Passages, postings and, where FAISS proposes rows, vectors are read by parts; where much is
    wanted, they are brought whole. The answers are the same.
    """
    for number in range(8):
        (notes / f"{number}.md").write_text(f"# Note {number}\n\nThe kite {number} needs wind.\n")
    config = BuildConfig(faiss="flat")
    near = builder.build(notes, tmp_path / "near", config, encoder=WordEncoder()).index
    builder.build(notes, bucket, config, encoder=WordEncoder())
    elsewhere(monkeypatch, tmp_path / "other")
    for name, value in (("LEAST", 0), ("BLOCK", 1024), ("SHARE", share)):
        monkeypatch.setattr(parts, name, value)
    far = Index.open(bucket)
    assert answers(far, WordEncoder()) == answers(near, WordEncoder())
    entry = far.manifest.segments[0]
    here = os.listdir(tmp_path / "other" / "objects")
    whole = {
        name.rpartition("/")[2]
        for name, stored in entry.stored.items()
        if stored.digest.removeprefix("sha256:") in here
    }
    few = {"passages.parquet", "postings.npy", "vectors.npy"}
    assert whole >= {each.rpartition("/")[2] for each in entry.stored} - few
    assert (whole & few == set()) == (share == 2.0)
    assert [each.to_pylist() for each in far.segments[0].passages.batches()] == [
        each.to_pylist() for each in near.segments[0].passages.batches()
    ]


@pytest.mark.parametrize("dtype", [np.int32, np.float16])
def test_rows_of_parts_are_those_of_the_array(monkeypatch: pytest.MonkeyPatch, dtype: Any) -> None:
    monkeypatch.setattr(parts, "BLOCK", 16)
    storage, every = Memory(), np.arange(300).reshape(100, 3).astype(dtype)
    stored = write_array(storage, "a", [every], every.shape, dtype)
    data = storage.read("a", 10_000)

    def bring(starts: Sequence[int], lengths: Sequence[int]) -> list[bytes]:
        return [data[start : start + n] for start, n in zip(starts, lengths, strict=True)]

    chance = np.random.default_rng(1)
    for share in (2.0, 0.2):
        monkeypatch.setattr(parts, "SHARE", share)
        rows = FarRows(Mapped(storage, "a", stored, Parts(len(data), bring)), every.shape, dtype)
        assert (rows.shape, len(rows)) == (every.shape, 100)
        some = chance.integers(0, 100, 7)
        asked: list[Any] = [slice(3, 9), slice(90, None), slice(5, 5), slice(None, -95), some]
        asked += [np.array([], dtype=np.int64), np.arange(100) % 40 == 3, np.array([-1, 0])]
        asked += [(slice(2, 30), 0), (some, 1), ([0, -1], 2), slice(None)]
        for each in asked:
            assert np.array_equal(rows[each], every[each])


def test_a_server_sees_what_others_commit(
    server: str, bucket: str, notes: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    builder.build(notes, bucket, encoder=WordEncoder())
    live = Live([bucket], SearchConfig(mode="lexical", rerank=False, answer=False))
    assert list(live.newest().members) == [bucket.removeprefix("s3://")]
    elsewhere(monkeypatch, tmp_path / "other")
    (notes / "kite.txt").write_text("A kite needs wind.\n")
    builder.update(bucket, encoder=WordEncoder())
    monkeypatch.setattr("lepton_local.serve.live.PATIENCE", 30)  # until the new one is open
    found = live.now().listing.answer("kite", k=1)
    assert [hit.source.path for hit in found.hits] == ["kite.txt"]
    with between(server) as way:
        monkeypatch.setenv("AWS_ENDPOINT_URL", way.address)
        monkeypatch.setattr(objects, "RETRIES", 0)
        live = Live([bucket], SearchConfig(mode="lexical", rerank=False, answer=False))
    assert live.now().listing.answer("kite", k=1).hits  # though nobody answers any more


def test_an_encrypted_index_lies_there_too(
    bucket: str, tmp_path: Path, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder, keys = WordEncoder(), [tmp_path / "one.key", tmp_path / "two.key"]
    secrets = [make_key_file(key) for key in keys]
    with RING.looking(keys[0]):
        builder.build(notes, bucket, encoder=encoder, secret=secrets[0])
        (notes / "bread.md").unlink()
        builder.update(bucket, encoder=encoder)
        rewrite(bucket, secrets[1])
    with pytest.raises(SecretError, match="is encrypted, expected its key"):
        Index.open(bucket)
    clear = builder.build(notes, tmp_path / "clear", encoder=encoder).index
    with RING.looking(keys[1]):
        assert answers(Index.open(bucket), encoder) == answers(clear, encoder)
        kept = sorted((tmp_path / "cache" / "objects").iterdir())
        assert kept
        assert not any(b"PAR1" in each.read_bytes() for each in kept)
        with monkeypatch.context() as patch:  # of what was kept nothing is brought again
            asked: list[str] = []
            brings = objects.Objects.pieces

            def noted(self: objects.Objects, name: str, size: int) -> Iterator[bytes]:
                asked.append(name)
                return brings(self, name, size)

            patch.setattr(objects.Objects, "pieces", noted)
            assert answers(Index.open(bucket), encoder) == answers(clear, encoder)
        assert not any(each.startswith("segments/") for each in asked)
        for each in kept:  # what a disk has done to it is noticed, and mended
            each.write_bytes(bytes(each.stat().st_size))
        assert answers(Index.open(bucket), encoder) == answers(clear, encoder)
