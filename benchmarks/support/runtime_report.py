"""What `bench.py runtimes` says of its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from support.record import table
from support.runtime_rows import BATCHES

from lepton_local.models.processor import cores
from lepton_local.train.curve import lines

EXPLAINED = """\
Rows are real paragraphs (the pair model: beside a question), sorted by length; each {most} that
stand together are cut to the shortest of them, so that no runtime pads and all do the same work.
Rows a second, median of {rounds} rounds in which the runtimes took turns; `2x1` is two streams of
one thread, `1x2` one stream of two, and so on with the cores of this machine: {cores}. Tokenising
is left out, but for sentence-transformers.
"""

Report = Mapping[str, Any]


def summarise(report: Report) -> str:
    """Speed and nearness of each model, int8's cost, and what could not be had."""
    parts = [EXPLAINED.format(most=BATCHES[-1], rounds=report["rounds"], cores=cores())]
    for model, found in report["models"].items():
        ways = list(next(iter(found["speed"].values())))
        best = max(max(rates.values()) for rates in found["speed"].values())
        near = next(iter(found["near"].values()))
        rows = [
            [
                name,
                *(f"{rates[way]:.1f}" for way in ways),
                f"{max(rates.values()) / best:.2f}",
                *(
                    f"{found['near'][name][key]:.5f}" if name in found["near"] else ""
                    for key in near
                ),
            ]
            for name, rates in found["speed"].items()
        ]
        header = [f"{model}: rows a second, batch and streams", *ways, "best, of the fastest"]
        of = "cosine to fp32, {}" if "least" in near else "mean difference to fp32, {}"
        parts.append(table([*header, *(of.format(key) for key in near)], rows))
    if by_set := report.get("ndcg@10"):
        names = list(next(iter(by_set.values())))
        rows = [[each, *(f"{found[name]:.4f}" for name in names)] for each, found in by_set.items()]
        parts.append(table(["nDCG@10, one vector a document", *names], rows))
    parts.append(
        "".join(f"- {name}: left out, {why}\n" for name, why in report["unusable"].items())
    )
    return "\n".join(parts)


def _shares(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {share:.0%}" for name, share in shares.items() if share >= 0.01)


def picture(speed: Mapping[str, Mapping[str, float]]) -> str:
    """Rows a second against the batch, with the better way to use the cores."""
    series = {
        name: [
            (batch, max(rate for way, rate in rates.items() if way.startswith(f"{batch},")))
            for batch in BATCHES
        ]
        for name, rates in speed.items()
    }
    return lines(series, x="batch", y="rows a second", log=True)
