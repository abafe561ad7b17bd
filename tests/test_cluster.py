"""Machines of a cluster build what one process builds, whatever happens to them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from lepton_local.cli.index import main
from lepton_local.config import SearchConfig
from lepton_local.errors import InputError
from lepton_local.indexing import builder, deal
from lepton_local.indexing.deal import cost
from lepton_local.search import searcher as searcher_module
from lepton_local.search.record import result_record
from lepton_local.search.searcher import Searcher
from lepton_local.serve.app import app
from lepton_local.serve.live import Live
from lepton_local.store.encrypted import Encrypted
from lepton_local.store.index import Index
from lepton_local.store.keys import MAGIC, RING, make_key_file
from lepton_local.store.storage import Memory
from lepton_local.types import Source
from tests.conftest import WordEncoder
from tests.objects import new_bucket, object_store, sign_in

pytest.importorskip("ray")

WORDS = "otter heron river willow moss kite wind bread rye loaf tomato evening garden".split()


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """An object store, and what a user sets to ask it: processes of a cluster inherit that."""
    with object_store() as address, pytest.MonkeyPatch.context() as patch:
        sign_in(patch, address)
        yield f"s3://{new_bucket(address)}"


@pytest.fixture(scope="module")
def machines(bucket: str) -> Iterator[Any]:
    """A node of one processor; tests add others."""
    from ray.cluster_utils import Cluster

    from lepton_local.cluster.machines import OBJECTS  # it keeps Ray from telling its makers

    small = {"num_cpus": 1, "object_store_memory": OBJECTS, "include_dashboard": False}
    nodes = Cluster(initialize_head=True, head_node_args=small)
    yield nodes
    nodes.shutdown()


@pytest.fixture
def second(machines: Any) -> Iterator[Callable[[], None]]:
    """A second node for a test, and what kills it."""
    here = [machines.add_node(num_cpus=1, object_store_memory=80 << 20)]

    def kill() -> None:
        while here:
            machines.remove_node(here.pop(), allow_graceful=False)

    yield kill
    kill()


def _write(folder: Path, names: range, seed: int) -> None:
    chance = random.Random(seed)
    folder.mkdir(exist_ok=True)
    for number in names:
        said = [" ".join(chance.choices(WORDS, k=12)).capitalize() for _ in range(8)]
        (folder / f"{number:02}.md").write_text(f"# {chance.choice(WORDS)}\n\n" + ".\n".join(said))
    (folder / "copy.md").write_text((folder / "00.md").read_text())
    (folder / "torn.pdf").write_bytes(b"%PDF-1.7 nothing")


def _facts(place: str | Path) -> tuple[Any, ...]:
    """All that is in an index: the names of its segments tell their bytes."""
    manifest = Index.open(place).manifest
    told = [entry.name.partition("-")[2] for entry in manifest.segments]
    return told, [entry.deleted_rows for entry in manifest.segments], manifest.skipped


def test_what_two_machines_write_is_what_one_process_writes(
    tmp_path: Path,
    machines: Any,
    second: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    from lepton_local.cluster.building import ClusterCrew

    monkeypatch.setattr(deal, "LEAST", 4096)
    monkeypatch.setattr(deal, "MOST", 8192)
    corpus, alone, together = (tmp_path / name for name in ("corpus", "alone", "together"))
    _write(corpus, range(24), seed=1)

    def kill(stage: str, done: int, total: int | None) -> None:
        if stage == "encode":
            second()

    builder.build(corpus, alone)
    with ClusterCrew(machines.address) as crew:
        report = builder.build(corpus, together, crew=crew, progress=kill)
        assert _facts(together) == _facts(alone)
        assert sum(each["passages"] for each in report.machines.values()) == report.passages
        _write(corpus, range(10, 30), seed=2)
        (corpus / "01.md").unlink()
        builder.update(alone)
        builder.update(together, crew=crew)
        assert _facts(together) == _facts(alone)
        assert len(_facts(alone)[0]) == 2
        builder.compact(alone)
        builder.compact(together, crew=crew)
        assert _facts(together) == _facts(alone)
    assert capfd.readouterr() == ("", "")  # of all that, Ray has said nothing here


QUESTIONS = [
    ("otter heron river", ()),
    ("willow", ("path:0*",)),
    ('"moss kite" wind', ()),
    ("bread -rye loaf OR garden", ("type:md",)),
    ("evenng tomato", ()),  # misspelt
    ("07.md", ()),
    ("zzz", ("path:nowhere/*",)),
]


@pytest.fixture
def index(tmp_path: Path, encoder: WordEncoder) -> Index:
    """Of four segments, two with deleted rows."""
    corpus = tmp_path / "corpus"
    for seed in range(4):
        _write(corpus, range(10 * seed - 4 * (seed > 0), 10 * seed + 10), seed=seed)
        make = builder.update if seed else partial(builder.build, corpus)
        make(tmp_path / "index", encoder=encoder)
    found = Index.open(tmp_path / "index")
    assert len(found.segments) == 4
    assert sum(not live.all() for live in found.live) >= 2
    return found


def test_machines_that_share_an_index_find_what_one_finds_or_say_what_they_lack(
    machines: Any,
    second: Callable[[], None],
    index: Index,
    encoder: WordEncoder,
    capfd: pytest.CaptureFixture[str],
) -> None:
    from lepton_local.cluster.machines import connected
    from lepton_local.cluster.shards import Shards

    def told(searcher: Searcher, asked: str, filters: Sequence[str]) -> str:
        result = searcher.answer(asked, filters=filters, k=20)
        return json.dumps(result_record(replace(result, seconds={})))

    with connected(machines.address), Shards(index, replicas=1) as shards:
        for judge in (True, False):
            config = SearchConfig(rerank=judge, answer=judge, candidates=12)
            alone = Searcher(index, encoder=encoder, config=config)
            together = Searcher(shards.index, encoder=encoder, config=config, look=shards.look)
            for asked, filters in QUESTIONS[: 1 if judge else None]:
                assert told(together, asked, filters) == told(alone, asked, filters)

        second()  # the other machine answers, at once
        for _ in range(20):
            assert told(together, *QUESTIONS[0]) == told(alone, *QUESTIONS[0])

        for remote in shards.holding(0):  # now nobody holds the first part
            remote.end()
        whole = alone.answer("otter", k=200)
        while not (less := together.answer("otter", k=200)).missing:
            pass  # it takes a moment to die
        record = result_record(less)
        assert (record["partial"], 0.3 < record["missing"] < 0.7) == (True, True)
        assert "of the passages were not searched" in record["notes"][0]
        assert 0 < len(less.hits) < len(whole.hits)

        while together.answer("otter", k=200).missing:  # until it is held again
            shards.wait()
        assert told(together, *QUESTIONS[0]) == told(alone, *QUESTIONS[0])
    assert capfd.readouterr() == ("", "")  # of all that, Ray has said nothing here


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["--ray", "127.0.0.1:1"], "no Ray answers at 127.0.0.1:1 ("),
        (["--ray", "notes"], "'notes' is no HOST:PORT; without one, let --ray be the last word"),
    ],
)
def test_what_is_no_cluster_is_told_in_a_line(
    tmp_path: Path, notes: Path, typed: list[str], told: str
) -> None:
    run = CliRunner().invoke(main, ["build", str(notes), "--out", str(tmp_path / "index"), *typed])
    assert run.exit_code == 2
    assert told in run.stderr
    assert not (tmp_path / "index").exists()


def test_batches_follow_their_sources_and_cost_about_the_same() -> None:
    sources = [
        Source("/", f"{number}.{kind}", size, 0)
        for number, (kind, size) in enumerate([("md", 90_000), ("pdf", 900_000), ("txt", 9)] * 40)
    ]
    batches = deal.deal(sources, 4)
    assert [source for batch in batches for source in batch] == sources
    costs = [sum(map(cost, batch)) for batch in batches]
    assert 20 < len(batches) < 60
    assert max(costs) < 1.5 * deal.LEAST
    assert deal.deal([], 4) == []


def test_machines_write_to_an_object_store_what_is_encrypted(
    machines: Any,
    bucket: str,
    notes: Path,
    encoder: WordEncoder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And search it there, as a server does for whoever asks it."""
    from lepton_local.cluster.building import ClusterCrew
    from lepton_local.cluster.shards import Shards

    monkeypatch.setenv("LEPTON_CACHE", str(tmp_path / "cache"))
    place, alone = f"{bucket}/index", tmp_path / "alone"
    secret = make_key_file(tmp_path / "key")
    builder.build(notes, alone)
    with (
        RING.looking(tmp_path / "key"),
        ClusterCrew(machines.address) as crew,
    ):
        builder.build(notes, place, secret=secret, crew=crew)
        hidden = Index.open(place)
        assert isinstance(hidden.storage, Encrypted)
        assert _facts(place) == _facts(alone)
        for name in ("passages.parquet", "vectors.npy", "segment.json"):
            there = hidden.storage.below.map(f"{hidden.manifest.segments[0].folder}/{name}")
            assert there.to_pybytes().startswith(MAGIC)
        found = []
        config = SearchConfig(rerank=False, answer=False)
        with Shards(hidden) as shards:
            for index, look in ((hidden, None), (shards.index, shards.look)):
                searcher = Searcher(index, config=config, look=look)
                found.append([hit.passage.text for hit in searcher.search("otters", k=9)])
        assert found[0]
        assert found[0] == found[1]


def test_a_server_has_machines_search_and_says_what_they_lack(
    machines: Any, index: Index, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same JSON as without them; where nobody holds a part, that it is partial."""
    from lepton_local.cluster import shards

    monkeypatch.setattr(shards, "TRIES", 0)  # what is gone is not opened again
    monkeypatch.setattr(searcher_module, "load_encoder", lambda *_, **__: encoder)
    config = SearchConfig(rerank=False, answer=False)
    held: list[shards.Shards] = []
    made = shards.Shards.__init__

    def noted(self: shards.Shards, *args: Any, **kwargs: Any) -> None:
        made(self, *args, **kwargs)
        held.append(self)

    monkeypatch.setattr(shards.Shards, "__init__", noted)
    asked = {"question": "otter heron river", "k": 20}

    def told(live: Live) -> dict[str, Any]:
        with TestClient(app(live, cores=1)) as on:
            record: dict[str, Any] = on.post("/v1/search", json=asked).json()
            return {**record, "seconds": {}}

    alone = told(Live([index.storage.place], config))
    with shards.spreading(machines.address, replicas=0) as spread:
        live = Live([index.storage.place], config, spread=spread)
        assert told(live) == alone
        assert "partial" not in alone
        for remote in held[0].holding(0):
            remote.end()
        while not (less := told(live)).get("partial"):
            pass  # it takes a moment to die
        assert less["missing"] > 0.3
        assert "of the passages were not searched" in less["notes"][0]


def test_what_machines_cannot_share_is_refused_before_any_is_asked(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    from lepton_local.cluster.building import ClusterCrew

    with (
        ClusterCrew("127.0.0.1:1") as crew,  # nobody is asked
        pytest.raises(InputError, match="memory is in one process alone, expected a place"),
    ):
        builder.build(notes, Memory(), encoder=encoder, crew=crew)
