"""The GPU runtime, on fake GPUs that are the CPU: batches, memory, failures, several of them."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lepton_local.errors import ModelError
from lepton_local.models import judge, runtime_torch
from lepton_local.models.roles import Ints
from lepton_local.models.runtime_torch import TorchRuntime
from lepton_local.models.tokens import Row, Window

LOST = "CUDA error: unspecified launch failure"

Fails = Callable[[Tensor], None]


class Fake(nn.Module):
    """Gives what it was given. Each copy has a number, 1 for the first; the network itself has 0,
    and runs on no GPU.
    """

    def __init__(self, *fails: Fails) -> None:
        super().__init__()
        self.fails = fails  # what each copy does first with the ids of a batch
        self.number = 0
        self.seen: list[tuple[int, tuple[int, ...], torch.dtype]] = []  # of all copies

    def __deepcopy__(self, memo: dict[int, Any]) -> Fake:
        self.number += 1
        twin = copy.copy(self)
        self.number = 0 if self.number == len(self.fails) else self.number
        return twin

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> dict[str, Tensor]:
        if self.number:
            self.fails[self.number - 1](ids)
        half = torch.mm(torch.ones(1, 1), torch.ones(1, 1)).dtype
        self.seen.append((self.number, tuple(ids.shape), half))
        return {"vector": (ids * mask).sum(1, keepdim=True).float(), "start": ids.float() + types}


def fine(ids: Tensor) -> None:
    pass


def small(ids: Tensor) -> None:
    """A GPU with room for 16 tokens."""
    if ids.numel() > 16:
        raise torch.OutOfMemoryError("no room")


def lost(ids: Tensor) -> None:
    raise RuntimeError(f"{LOST}\nmore of it")


@pytest.fixture
def pinned(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Memory is pinned with CUDA alone; this tells how many rows were."""
    rows: list[int] = []

    def pin(tensor: Tensor) -> Tensor:
        rows.append(len(tensor))
        return tensor

    monkeypatch.setattr(Tensor, "pin_memory", pin)
    return rows


@pytest.fixture
def made(
    monkeypatch: pytest.MonkeyPatch, pinned: list[int]
) -> Callable[..., tuple[TorchRuntime, Fake]]:
    """A runtime on as many fake GPUs as there are ways to fail, with batches of 32 tokens."""

    def make(*fails: Fails) -> tuple[TorchRuntime, Fake]:
        network = Fake(*fails)
        monkeypatch.setattr(runtime_torch, "gpus", lambda device: ["cpu"] * len(fails))
        monkeypatch.setattr(runtime_torch, "GPU_TOKENS", 32)
        return TorchRuntime(network, device="cuda"), network

    return make


def rows(lengths: Sequence[int]) -> tuple[Ints, Ints, Ints]:
    mask = np.array([[1] * n + [0] * (max(lengths) - n) for n in lengths], dtype=np.int64)
    return mask * np.arange(1, 1 + mask.size).reshape(mask.shape), mask, np.zeros_like(mask)


LENGTHS = (12, 10, 10, 9, 5, 4, 4, 4, 4, 2, 1, 1)


def check(runtime: TorchRuntime, given: tuple[Ints, Ints, Ints]) -> None:
    out = runtime.run(*given)
    np.testing.assert_array_equal(out["vector"][:, 0], given[0].sum(axis=1))
    np.testing.assert_array_equal(out["start"], given[0])


def shapes(network: Fake, number: int) -> list[tuple[int, ...]]:
    return [shape for which, shape, _ in network.seen if which == number]


def test_a_batch_is_so_many_tokens_without_needless_padding(
    made: Callable[..., tuple[TorchRuntime, Fake]], pinned: list[int]
) -> None:
    runtime, network = made(fine)
    check(runtime, rows(LENGTHS))
    assert shapes(network, 1) == [(2, 12), (3, 10), (7, 4)]
    assert {half for *_, half in network.seen} == {torch.bfloat16}
    assert sum(pinned) == 3 * len(LENGTHS)


def test_out_of_memory_halves_a_batch_and_later_ones_are_as_small(
    made: Callable[..., tuple[TorchRuntime, Fake]], caplog: pytest.LogCaptureFixture
) -> None:
    runtime, network = made(small)
    check(runtime, rows(LENGTHS))
    check(runtime, rows(LENGTHS))
    assert all(many * width <= 16 for many, width in shapes(network, 1))
    assert len(shapes(network, 1)) < 2 * len(LENGTHS)
    assert not shapes(network, 0)
    assert not caplog.records
    with pytest.raises(ModelError, match="one row of 20 tokens: use --device cpu"):
        runtime.run(*rows([20]))


def test_gpus_share_the_batches(made: Callable[..., tuple[TorchRuntime, Fake]]) -> None:
    runtime, network = made(fine, fine)
    check(runtime, rows(LENGTHS))
    assert [len(shapes(network, number)) for number in range(3)] == [0, 2, 1]


def test_a_gpu_that_fails_is_left_out(
    made: Callable[..., tuple[TorchRuntime, Fake]], caplog: pytest.LogCaptureFixture
) -> None:
    runtime, network = made(lost, fine)
    check(runtime, rows(LENGTHS))
    check(runtime, rows(LENGTHS))
    assert len(shapes(network, 2)) == 2 * 3
    assert not shapes(network, 0)
    assert [record.getMessage() for record in caplog.records] == [
        f"cpu has failed ({LOST}); the others go on"
    ]


def test_after_the_last_gpu_the_cpu_goes_on(
    made: Callable[..., tuple[TorchRuntime, Fake]], caplog: pytest.LogCaptureFixture
) -> None:
    """In float32, a row at a time, and with one warning, however many calls there are."""
    runtime, network = made(lost)
    windows = [Window(0, Row([5] * n, [0] * n), 0, np.zeros((n, 2), np.int32)) for n in LENGTHS]
    found = judge.outputs(runtime, windows)
    assert [len(each["start"]) for each in found] == list(LENGTHS)
    check(runtime, rows(LENGTHS))
    assert shapes(network, 0) == [(1, n) for n in LENGTHS] * 2
    assert {half for *_, half in network.seen} == {torch.float32}
    assert [(each.levelno, each.getMessage()) for each in caplog.records] == [
        (logging.WARNING, f"cpu has failed ({LOST}); the CPU goes on, more slowly")
    ]


def test_an_error_of_the_cpu_is_told(made: Callable[..., tuple[TorchRuntime, Fake]]) -> None:
    class Wrong(nn.Module):
        def forward(self, *given: Tensor) -> dict[str, Tensor]:
            raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes do not fit"):
        TorchRuntime(Wrong(), device="cpu").run(*rows([3]))
