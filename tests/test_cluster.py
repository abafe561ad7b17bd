"""Machines of a cluster build what one process builds, whatever happens to them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lepton_local.cli.index import main
from lepton_local.indexing import builder, deal
from lepton_local.indexing.deal import cost
from lepton_local.store.index import Index
from lepton_local.types import Source

pytest.importorskip("ray")

WORDS = "otter heron river willow moss kite wind bread rye loaf tomato evening garden".split()


@pytest.fixture(scope="module")
def machines() -> Iterator[Any]:
    """Two nodes of one processor each."""
    from ray.cluster_utils import Cluster

    from lepton_local.cluster.machines import OBJECTS  # it keeps Ray from telling its makers

    small = {"num_cpus": 1, "object_store_memory": OBJECTS, "include_dashboard": False}
    nodes = Cluster(initialize_head=True, head_node_args=small)
    nodes.second = nodes.add_node(**small)
    yield nodes
    nodes.shutdown()


def _write(folder: Path, names: range, seed: int) -> None:
    chance = random.Random(seed)
    folder.mkdir(exist_ok=True)
    for number in names:
        said = [" ".join(chance.choices(WORDS, k=12)).capitalize() for _ in range(8)]
        (folder / f"{number:02}.md").write_text(f"# {chance.choice(WORDS)}\n\n" + ".\n".join(said))
    (folder / "copy.md").write_text((folder / "00.md").read_text())
    (folder / "torn.pdf").write_bytes(b"%PDF-1.7 nothing")


def _facts(place: Path) -> tuple[Any, ...]:
    """All that is in an index: the names of its segments tell their bytes."""
    manifest = Index.open(place).manifest
    told = [entry.name.partition("-")[2] for entry in manifest.segments]
    return told, [entry.deleted_rows for entry in manifest.segments], manifest.skipped


def test_what_two_machines_write_is_what_one_process_writes(
    tmp_path: Path, machines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lepton_local.cluster.building import ClusterCrew

    monkeypatch.setattr(deal, "LEAST", 4096)
    monkeypatch.setattr(deal, "MOST", 8192)
    corpus, alone, together = (tmp_path / name for name in ("corpus", "alone", "together"))
    _write(corpus, range(24), seed=1)

    def kill(stage: str, done: int, total: int | None) -> None:
        if stage == "encode" and machines.second is not None:
            machines.remove_node(machines.second, allow_graceful=False)
            machines.second = None

    builder.build(corpus, alone)
    with ClusterCrew(machines.address) as crew:
        report = builder.build(corpus, together, crew=crew, progress=kill)
        assert machines.second is None
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
