"""What `bench.py peers` says of its figures: tables, ratios, and what others do better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from support.record import table

OURS = "lepton-local"
# Of their documentation, not measured here.
BETTER = {
    "txtai": "many more things in one library (graphs, SQL over results, pipelines and workflows"
    " with language models, agents, an HTTP server); any model of the Hub, images and audio too;"
    " a choice of approximate indexes and databases; GPU used without being asked",
    "chromadb": "a database: a server with clients in several languages, collections that are"
    " written while they are read, filters on any metadata, images; documents may be added and"
    " deleted one by one from a program, without files",
    "haystack": "a framework: pipelines of exchangeable parts, some dozens of document stores and"
    " model providers behind one interface, language models, agents, evaluation and tracing; its"
    " in-memory store is meant for trying things out",
    "leann": "an index without stored vectors, a small part of the size where text is not counted;"
    " applications over mail, chats and browsers, answers by language models; code search by syntax"
    " trees; by default its server stays for a quarter of an hour, so that a second question does"
    " not begin cold (here it does)",
}
EXPLAINED = """\
The same text files, the same network (all-MiniLM-L6-v2, from the same folder), one machine, one
run. Ours encodes in int8, in passages; the peers in float32, one vector a document, which ends
where the network's input does. Every peer has its default settings: those of its documentation's
first example that saves an index. `docs/s`: ours of the whole command, from the start of Python to
the saved index (the mean of two builds, the first and the last of the run); a peer's of adding and
saving alone, after its library and model are loaded. `cold`: from the start of a process to the
printed result, median; the commands take turns. `warm`: median of all questions, asked in turn of
processes that stay. MiB are peaks: of the largest process of a command, and of all processes of a
warm one. nDCG@10 is over the documents of this run, a part of the set, so that it can be compared
here only.
"""

Report = Mapping[str, Any]


def summarise(report: Report) -> str:
    """Tables of every set, then what is to be known of each peer."""
    parts = [EXPLAINED]
    for name, measured in report["sets"].items():
        systems = measured["systems"]
        passages = next(iter(systems.values()))["told"]["passages"]
        parts += [
            f"## {name}: {measured['documents']:,} documents, {measured['characters']:,}"
            f" characters, {passages:,} passages of ours, {measured['questions']} questions\n",
            _figures(systems),
            _ratios(systems),
        ]
    parts.append("## The peers\n")
    versions = [
        f"- {peer}: {', '.join(f'{name} {version}' for name, version in found.items())}\n"
        for peer, found in report["versions"].items()
    ]
    unusable = [f"- {peer} was left out: {why}\n" for peer, why in report["unusable"].items()]
    better = [f"- {peer}: {what}.\n" for peer, what in BETTER.items()]
    parts += ["".join([*versions, *unusable]), "What they do, and lepton-local does not:\n"]
    return "\n".join([*parts, "".join(better)])


def _figures(systems: Report) -> str:
    header = [
        *("system", "docs/s", "cold, s", "warm, ms", "MiB index", "MiB cold", "MiB warm"),
        *("disk, MB", "nDCG@10"),
    ]
    rows = [
        [
            name,
            f"{one['documents_a_second']:.1f}",
            f"{one['cold_seconds']:.2f}",
            f"{one['warm_ms']:.1f}",
            *(f"{one[key]:.0f}" for key in ("index_mib", "cold_mib", "warm_mib")),
            f"{one['bytes'] / 1e6:.1f}",
            f"{one['ndcg@10']:.3f}",
        ]
        for name, one in systems.items()
    ]
    return table(header, rows)


def _ratios(systems: Report) -> str:
    """Ours to the best peer of each column; above 1 ours is better."""
    peers = [one for name, one in systems.items() if not name.startswith(OURS)]
    if not peers:
        return ""
    rows = [
        [
            name,
            f"{one['documents_a_second'] / max(_of(peers, 'documents_a_second')):.2f}",
            *(f"{min(_of(peers, key)) / one[key]:.2f}" for key in ("cold_seconds", "warm_ms")),
            *(f"{min(_of(peers, key)) / one[key]:.2f}" for key in ("index_mib", "bytes")),
            f"{one['ndcg@10'] - max(_of(peers, 'ndcg@10')):+.3f}",
        ]
        for name, one in systems.items()
        if name.startswith(OURS)
    ]
    header = ["times as good as the best peer", "docs/s", "cold", "warm", "memory", "disk"]
    return table([*header, "nDCG@10, difference"], rows)


def _of(some: Sequence[Report], key: str) -> list[float]:
    return [one[key] for one in some]
