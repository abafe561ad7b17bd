"""Nodes of a cluster beside one process: what a build and a question take more, and how soon what a
node held is there again after it was killed.

All nodes are on this machine, and share its processors: the ratios tell what the sharing costs, not
what several machines gain. What starting costs is measured by a build of one file, and taken off.
"""

from __future__ import annotations

import shutil
import sysconfig
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import click
from measure.speed import MADE, questions_of
from ray.cluster_utils import Cluster
from support.large import grow
from support.record import new_record, table, write_json, write_rows
from support.spent import spent_by

from lepton_local import __version__
from lepton_local.cluster.building import ClusterCrew
from lepton_local.cluster.machines import OBJECTS, Process, connected, given, started
from lepton_local.cluster.machines import machines as nodes_of
from lepton_local.cluster.shards import Shards
from lepton_local.config import BuildConfig, SearchConfig
from lepton_local.corpus.crawl import crawl
from lepton_local.indexing import builder
from lepton_local.indexing.crew import Alone, Crew
from lepton_local.indexing.merge import merge_chosen
from lepton_local.indexing.report import silent
from lepton_local.indexing.tally import Tally
from lepton_local.models.processor import cores
from lepton_local.search.searcher import Searcher
from lepton_local.store.folder import Folder
from lepton_local.store.index import Index
from lepton_local.store.manifest import load_manifest

SEGMENTS = 8  # of the index that is searched
PATIENCE = 60.0  # seconds in which a part must be held again
WARM_UP = 5
CALLS = 500
TRIES = 4
IDLE = 5.0  # seconds in which it is seen what a cluster spends while nothing is asked
PLAIN = SearchConfig(rerank=False, answer=False)  # the judge works where the question is asked


def run(
    work: Path,
    *,
    corpus: Path,
    rows: int,
    rounds: int,
    questions: int,
    nodes: Sequence[int],
    seed: int,
    name: str,
) -> Path:
    """Build `corpus`, and search an index of `rows` made passages, with so many nodes; return the
    record.
    """
    work.mkdir(parents=True, exist_ok=True)
    record = new_record(name)
    builds = list(_builds(work, corpus, nodes, rounds))
    base = Index.open(work / "built")
    made = grow(base, work / f"{rows}", rows=rows, config=BuildConfig(), pieces=SEGMENTS)
    asked = questions_of(made.path, questions, seed)
    lookups = [row for many in nodes for row in _lookups(made, asked, many)]
    deaths = [_death(made, asked, replicas) for replicas in (0, 1)]
    summary = {
        "cores": cores(),
        "passages": {"built": builds[-1]["passages"], "searched": made.rows},
        "segments": len(made.segments),
        "build": _build_figures(builds, nodes),
        "search": _search_figures(lookups, nodes),
        "deaths": deaths,
        "costs": _costs(made, work),
    }
    write_json(record / "summary.json", summary)
    write_rows(record / "builds.jsonl.gz", builds)
    write_rows(record / "lookups.jsonl.gz", lookups)
    (record / "summary.md").write_text(MADE + _told(summary), encoding="utf-8")
    return record


@contextmanager
def cluster(many: int) -> Iterator[Cluster]:
    """So many nodes on this machine, which share its processors."""
    node = {"num_cpus": max(1, cores() // many), "object_store_memory": OBJECTS}
    found = _until_there(
        partial(Cluster, True, head_node_args={**node, "include_dashboard": False})
    )
    try:
        found.others = [_until_there(partial(found.add_node, **node)) for _ in range(many - 1)]
        yield found
    finally:
        found.shutdown()


def _until_there(start: Callable[[], Any]) -> Any:
    """What is started; Ray gives it 30 seconds, which a busy machine does not."""
    for _ in range(TRIES - 1):
        with suppress(Exception):  # a plain one
            return start()
    return start()


def _builds(
    work: Path, corpus: Path, nodes: Sequence[int], rounds: int
) -> Iterator[dict[str, Any]]:
    """Each way of building, one after the other; nodes: 0 is one process without a cluster."""
    small = work / "small"
    small.mkdir(exist_ok=True)
    (small / "one.md").write_text("# One\n\nA single passage.\n", encoding="utf-8")
    for number in range(rounds):
        for many in (0, *nodes):
            for what, place in (("small", small), ("all", corpus)):
                out = work / "built"
                shutil.rmtree(out, ignore_errors=True)
                click.echo(f"round {number}, {many} nodes, {what}", err=True)
                seconds, report = _built(place, out, many)
                yield {
                    "round": number,
                    "nodes": many,
                    "what": what,
                    "seconds": seconds,
                    "passages": report.passages,
                    "stages": dict(report.seconds),
                    "segments": [each.name for each in report.index.manifest.segments],
                }


def _built(corpus: Path, out: Path, many: int) -> tuple[float, Any]:
    if not many:
        return _timed(corpus, out, Alone())
    with cluster(many) as nodes, ClusterCrew(nodes.address) as crew:
        return _timed(corpus, out, crew)


def _timed(corpus: Path, out: Path, crew: Crew) -> tuple[float, Any]:
    began = time.perf_counter()
    report = builder.build(corpus, out, crew=crew)
    return time.perf_counter() - began, report


def _lookups(made: Index, asked: Sequence[str], many: int) -> Iterator[dict[str, Any]]:
    """Each question, asked here and of a cluster, in turn."""
    click.echo(f"{many} nodes, searching", err=True)
    with cluster(many) as nodes, connected(nodes.address):
        began = time.perf_counter()
        with Shards(made) as shards:
            opened = time.perf_counter() - began
            ways = {
                "alone": Searcher(made, config=PLAIN),
                "cluster": Searcher(shards.index, config=PLAIN, look=shards.look),
            }
            for number, question in enumerate([*asked[:WARM_UP], *asked]):
                took, hits = {}, []
                for way, searcher in ways.items():
                    began = time.perf_counter()
                    hits.append(searcher.search(question))
                    took[way] = time.perf_counter() - began
                assert hits[0] == hits[1], question
                if number >= WARM_UP:
                    yield {"nodes": many, "opened": opened, "question": question, **took}
            waited, passed = spent_by(lambda: time.sleep(IDLE))
            for way, searcher in ways.items():
                asking = partial(_ask_all, searcher, asked)
                taken, _ = spent_by(asking, idle=waited / passed)
                yield {"nodes": many, "way": way, "spent": taken / len(asked)}


def _ask_all(searcher: Searcher, asked: Sequence[str]) -> None:
    for question in asked:
        searcher.search(question)


def _death(made: Index, asked: Sequence[str], replicas: int) -> dict[str, float]:
    """Kill one of two nodes: seconds until an answer lacks something, until all is there again, and
    that the longest answer took meanwhile.
    """
    click.echo(f"a node dies, {replicas} replicas", err=True)
    with cluster(2) as nodes, connected(nodes.address), Shards(made, replicas=replicas) as shards:
        searcher = Searcher(shards.index, config=PLAIN, look=shards.look)
        searcher.search(asked[0])
        nodes.remove_node(nodes.others[0], allow_graceful=False)
        began = last = time.perf_counter()
        lacked, longest, partial = 0.0, 0.0, 0
        while (now := time.perf_counter()) - began < PATIENCE:
            missing = searcher.answer(asked[0]).missing
            last, took = time.perf_counter(), time.perf_counter() - now
            longest, partial = max(longest, took), partial + bool(missing)
            lacked = lacked or (now - began if missing else 0.0)
            if not missing and (lacked or last - began > PATIENCE / 6):
                break
        return {
            "replicas": replicas,
            "partial_answers": partial,
            "first_partial": lacked,
            "whole_again": last - began if partial else 0.0,
            "longest_answer": longest,
        }


def _costs(made: Index, work: Path) -> dict[str, float]:
    """What a simulation of many machines needs to know of one."""
    manifest = load_manifest(made.storage)
    size = (made.path / "manifest.json").stat().st_size
    terms = [len(segment.lexical.vocabulary) for segment in made.segments]
    out = Folder(work / "joined")
    shutil.rmtree(out.root, ignore_errors=True)
    shutil.copytree(made.path, out.root)
    began = time.perf_counter()
    merge_chosen(out, manifest.segments, manifest.segments, BuildConfig(), Tally(silent))
    joined = time.perf_counter() - began
    began = time.perf_counter()
    Index.open(made.storage)
    opened = time.perf_counter() - began
    return {
        "bytes_a_passage": sum(entry.bytes for entry in manifest.segments) / made.rows,
        "manifest_bytes_a_segment": size / len(manifest.segments),
        "terms_a_segment": median(terms),
        "rows_a_segment": median(entry.rows for entry in manifest.segments),
        "crawl_seconds_a_file": _crawled(),
        "ask_seconds": _asked(),
        "join_seconds_a_passage": joined / made.rows,
        "open_seconds_a_segment": opened / len(made.segments),
    }


def _crawled() -> float:
    """Seconds a file that finding them takes: of Python's own library."""
    library, every = Path(sysconfig.get_path("stdlib")), BuildConfig()
    began = time.perf_counter()
    found = crawl([library], include=(), exclude=(), max_bytes=every.max_bytes)
    many = sum(1 for _ in found)
    return (time.perf_counter() - began) / many


def _asked() -> float:
    """Seconds that a process is asked something and answers take the one that asks."""
    with cluster(1) as nodes, connected(nodes.address):
        remote = started(Process, (), nodes_of(1)[0], processors=0)
        given(remote.ask("hello", __version__, ()))
        began = time.perf_counter()
        for ref in [remote.ask("hello", __version__, ()) for _ in range(CALLS)]:
            given(ref)
        return (time.perf_counter() - began) / CALLS


def _build_figures(builds: Sequence[dict[str, Any]], nodes: Sequence[int]) -> dict[str, Any]:
    def took(many: int, what: str) -> float:
        own = (each for each in builds if (each["nodes"], each["what"]) == (many, what))
        return float(median(each["seconds"] for each in own))

    alone: float = took(0, "all") - took(0, "small")
    return {
        str(many): {
            "seconds": took(many, "all"),
            "start": took(many, "small"),
            "ratio": (took(many, "all") - took(many, "small")) / alone,
            "ratio_with_start": took(many, "all") / took(0, "all"),
            "same": len({tuple(each["segments"]) for each in builds if each["what"] == "all"}) == 1,
        }
        for many in (0, *nodes)
    }


def _search_figures(lookups: Sequence[dict[str, Any]], nodes: Sequence[int]) -> dict[str, Any]:
    found = {}
    for many in nodes:
        own = [each for each in lookups if each["nodes"] == many and "question" in each]
        worked = {
            each["way"]: 1000 * each["spent"]
            for each in lookups
            if each["nodes"] == many and "way" in each
        }
        found[str(many)] = {
            "alone_ms": 1000 * median(each["alone"] for each in own),
            "cluster_ms": 1000 * median(each["cluster"] for each in own),
            "more_ms": 1000 * median(each["cluster"] - each["alone"] for each in own),
            "opened_s": own[0]["opened"],
            "alone_worked_ms": worked["alone"],
            "cluster_worked_ms": worked["cluster"],
        }
    return found


def _told(summary: dict[str, Any]) -> str:
    build = table(
        ["nodes, on one machine", "seconds", "of it, to start", "times one process", "with start"],
        (
            [
                many if many != "0" else "none: one process",
                f"{each['seconds']:.1f}",
                f"{each['start']:.1f}",
                f"{each['ratio']:.2f}",
                f"{each['ratio_with_start']:.2f}",
            ]
            for many, each in summary["build"].items()
        ),
    )
    search = table(
        [
            *("nodes, on one machine", "alone, ms", "by the cluster, ms", "more, ms", "to open, s"),
            *("of processors alone, ms", "by the cluster, ms"),
        ],
        (
            [
                many,
                *(f"{each[key]:.1f}" for key in ("alone_ms", "cluster_ms", "more_ms", "opened_s")),
                *(f"{each[key]:.1f}" for key in ("alone_worked_ms", "cluster_worked_ms")),
            ]
            for many, each in summary["search"].items()
        ),
    )
    deaths = table(
        ["replicas", "partial answers", "the first after, s", "whole after, s", "longest, s"],
        (
            [
                str(each["replicas"]),
                str(each["partial_answers"]),
                f"{each['first_partial']:.2f}",
                f"{each['whole_again']:.2f}",
                f"{each['longest_answer']:.2f}",
            ]
            for each in summary["deaths"]
        ),
    )
    same = all(each["same"] for each in summary["build"].values())
    return (
        f"{summary['cores']} cores, {summary['passages']['built']:,} passages built"
        f" ({'the same segments' if same else 'other segments'} each way), "
        f"{summary['passages']['searched']:,} searched in {summary['segments']} segments.\n\n"
        f"{build}\n{search}\nOne of two nodes is killed:\n\n{deaths}"
    )
