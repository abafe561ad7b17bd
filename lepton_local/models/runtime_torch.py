"""The GPU runtime, which also runs on a CPU what no graph can be written for. On real GPUs it is
experimental: tests run it on made-up ones.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import nn

from lepton_local.errors import DependencyError, ModelError
from lepton_local.models.roles import Floats, Ints

GPU_ROWS = 1024  # rows of a call, which are cut into batches here
GPU_TOKENS = 32_768  # of a batch, padding included

Given = tuple[Ints, Ints, Ints]  # ids, mask, types: (rows, length) each
Outputs = dict[str, torch.Tensor]


class TorchRuntime:
    """A network on every GPU that torch sees, in bfloat16, or on the CPU, in float32.

    On the CPU rows run one at a time, so that a row's output does not depend on what is beside it.
    On GPUs neighbouring rows run together up to so many tokens, and the batches are dealt out. A
    GPU that fails is left out from then on, and a warning says so; after the last one, the CPU goes
    on.
    """

    def __init__(self, network: nn.Module, *, device: str) -> None:
        self._network = network.eval()  # stays on the CPU: nothing can be had back from a lost GPU
        self._gpus = [_Gpu(self._network, name) for name in gpus(device)]
        self.batch = GPU_ROWS if self._gpus else 1

    def run(self, ids: Ints, mask: Ints, types: Ints) -> dict[str, Floats]:
        """See `roles.Runtime.run`."""
        given = ids, mask, types
        parts: dict[int, Outputs] = {}  # by their first row
        rest = _batches(mask, GPU_TOKENS) if self._gpus else [slice(0, len(ids))]
        while rest and self._gpus:
            rest = self._dealt(given, rest, parts)
        for rows in rest:
            for row in range(rows.start, rows.stop):
                parts[row] = _forward(self._network, given, slice(row, row + 1))
        ordered = [parts[first] for first in sorted(parts)]
        return {name: torch.cat([part[name] for part in ordered]).numpy() for name in ordered[0]}

    def _dealt(self, given: Given, batches: list[slice], parts: dict[int, Outputs]) -> list[slice]:
        """Have every GPU do its share of the batches; gives those of GPUs that failed."""
        many = len(self._gpus)
        with ThreadPoolExecutor(many) as pool:
            asked = [
                (gpu, batches[first::many], pool.submit(gpu.run, given, batches[first::many]))
                for first, gpu in enumerate(self._gpus)
            ]
        failed: list[slice] = []
        for gpu, share, future in asked:
            try:
                parts.update(future.result())
            except RuntimeError as error:  # what torch raises for every failure of CUDA
                self._gpus.remove(gpu)
                failed += share
                logging.getLogger(__name__).warning(
                    "%s has failed (%s); %s",
                    gpu.device,
                    str(error).partition("\n")[0],
                    "the others go on" if self._gpus else "the CPU goes on, more slowly",
                )
        return failed


class _Gpu:
    """A network's copy on one GPU."""

    def __init__(self, network: nn.Module, device: str) -> None:
        self.device = torch.device(device)
        self._network = copy.deepcopy(network).to(self.device)
        self._tokens = GPU_TOKENS

    def run(self, given: Given, batches: Sequence[slice]) -> dict[int, Outputs]:
        """The outputs of batches, by the first row of each.

        All are begun before the first is fetched: the GPU never waits for this process.
        """
        begun = [part for rows in batches for part in self._fitting(given, rows)]
        return {
            first: {name: value.cpu() for name, value in outputs.items()}
            for first, outputs in begun
        }

    def _fitting(self, given: Given, rows: slice) -> list[tuple[int, Outputs]]:
        """A batch in as many parts as it takes to fit into memory; later ones are no larger."""
        many = rows.stop - rows.start
        tokens = many * int(given[1][rows].sum(axis=1).max())
        if many == 1 or tokens <= self._tokens:
            try:
                return [(rows.start, _forward(self._network, given, rows, gpu=self.device))]
            except torch.OutOfMemoryError as error:
                if many == 1:
                    raise ModelError(
                        f"{self.device} has no memory for one row of {tokens} tokens",
                        advice="use --device cpu",
                    ) from error
            self._tokens = tokens // 2
            torch.cuda.empty_cache()
        middle = rows.start + many // 2
        halves = slice(rows.start, middle), slice(middle, rows.stop)
        return [part for half in halves for part in self._fitting(given, half)]


def _batches(mask: Ints, tokens: int) -> list[slice]:
    """Runs of neighbouring rows, each of at most so many tokens when it is padded, or one row."""
    found, first, longest = [], 0, 0
    for row, length in enumerate(mask.sum(axis=1).tolist()):
        if row > first and max(longest, length) * (row + 1 - first) > tokens:
            found.append(slice(first, row))
            first, longest = row, 0
        longest = max(longest, length)
    return [*found, slice(first, len(mask))]


def _forward(
    network: nn.Module, given: Given, rows: slice, *, gpu: torch.device | None = None
) -> Outputs:
    """Outputs of some rows, where the network is; without the padding that they have no need of."""
    width = int(given[1][rows].sum(axis=1).max())
    ids, mask, types = (_sent(array[rows, :width], gpu) for array in given)
    half = gpu is not None
    with (
        torch.inference_mode(),
        torch.autocast(ids.device.type, dtype=torch.bfloat16, enabled=half),
    ):
        outputs = network(ids, mask, types)
    out = {}
    for name, tensor in outputs.items():
        value = tensor.float()
        if name in ("start", "end", "tag"):
            # Per token, the padding reads zero, as it does on every runtime.
            value = nn.functional.pad(value * mask, (0, given[0].shape[1] - width))
        out[name] = value
    return out


def _sent(array: Ints, gpu: torch.device | None) -> torch.Tensor:
    """An array as a tensor, on a GPU if one is given: copied while that is at work."""
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    return tensor if gpu is None else tensor.pin_memory().to(gpu, non_blocking=True)


def gpus(device: str) -> list[str]:
    """The GPUs behind `cuda`; none behind `cpu`."""
    return [f"cuda:{number}" for number in range(torch.cuda.device_count())] * (device == "cuda")


def has_cuda() -> bool:
    """Whether torch can use a CUDA device."""
    return torch.cuda.is_available()


def check_cuda() -> None:
    """DependencyError if torch can use no CUDA device."""
    if not has_cuda():
        build = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built for CPUs"
        raise DependencyError(
            f"device cuda: torch {torch.__version__} is {build} and sees no such device",
            advice="use --device cpu, or install torch for CUDA and the NVIDIA driver",
        )
