"""Which whole numbers a graph may use on a processor."""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np
import pytest
import torch

from lepton_local.models.graph import Graph, quantised
from lepton_local.models.processor import adds_bytes_exactly
from lepton_local.models.runtime_onnx import OnnxRuntime


@pytest.mark.parametrize(
    ("machine", "flags", "exact"),
    [
        ("x86_64", "flags\t\t: fpu avx2 avx512f\n", False),
        ("x86_64", "processor\t: 0\nflags\t\t: fpu avx2 avx_vnni\n", True),
        ("x86_64", "flags\t\t: avx512_vnni\n", True),
        ("arm64", "", True),
        ("x86_64", None, False),
    ],
)
def test_bytes_are_added_exactly_where_the_processor_can(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, machine: str, flags: str | None, exact: bool
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    told = tmp_path / "cpuinfo"
    if flags is not None:
        told.write_text(flags)
    assert adds_bytes_exactly(told) is exact


def test_eight_bits_round_half_as_much_as_seven() -> None:
    weight = np.random.default_rng(1).standard_normal((64, 32)).astype(np.float32)
    errors = {}
    for largest in (63, 127):
        rounded, scale = quantised(weight, largest=largest)
        assert np.abs(rounded).max() == largest
        errors[largest] = np.abs(rounded * scale - weight).mean()
    assert errors[127] == pytest.approx(errors[63] / 2, rel=0.1)


@pytest.mark.parametrize("activation", ["", "gelu", "relu"])
def test_a_large_token_costs_the_others_no_precision(tmp_path: Path, activation: str) -> None:
    random = np.random.default_rng(2)
    sizes = np.array([[1], [1000], [0], [1e-30], [30]])  # of five tokens; one is all zeros
    weights = {
        "table": (random.standard_normal((5, 48)) * sizes).astype(np.float32),
        "narrow.weight": random.standard_normal((32, 48)).astype(np.float32),
        "narrow.bias": np.zeros(32, dtype=np.float32),
    }
    graph = Graph(weights, tmp_path, precision="int8")
    x = graph.node("Gather", [graph.weight("table"), "ids"])
    x = graph.activate(x, activation) if activation else x
    found = graph.linear(x, "narrow", even=True)
    graph.save(tmp_path / "model.onnx", {"found": (found, ("rows", 5, 32))})
    ids = np.arange(5, dtype=np.int64)[None]
    runtime = OnnxRuntime(tmp_path / "model.onnx", threads=1)
    told = runtime.run(ids, np.ones_like(ids), np.zeros_like(ids))["found"][0]
    exact = torch.tensor(weights["table"])
    exact = getattr(torch.nn.functional, activation)(exact) if activation else exact
    exact = exact.numpy() @ weights["narrow.weight"].T
    for token in (0, 1, 4):
        wrong = np.linalg.norm(told[token] - exact[token]) / np.linalg.norm(exact[token])
        assert wrong < 0.03
    assert np.abs(told[2:4]).max() < 1e-6
