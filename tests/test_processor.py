"""Which whole numbers a graph may use on a processor."""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np
import pytest

from lepton_local.models.graph import quantised
from lepton_local.models.processor import adds_bytes_exactly


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
