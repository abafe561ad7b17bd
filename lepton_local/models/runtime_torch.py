"""The GPU runtime, which also runs on a CPU what no graph can be written for."""

from __future__ import annotations

import torch
from torch import nn

from lepton_local.errors import DependencyError, ModelError
from lepton_local.models.roles import Floats, Ints

GPU_BATCH = 256


class TorchRuntime:
    """A network on a device: bfloat16 on a GPU, float32 on a CPU.

    On a CPU rows run one at a time, so that a row's output does not depend on what is beside it. On
    a GPU a batch that does not fit into memory is halved, and batches stay that small from then on.
    """

    def __init__(self, network: nn.Module, *, device: str) -> None:
        self._device = torch.device(device)
        self._network = network.to(self._device).eval()
        self._half = self._device.type == "cuda"
        self.batch = GPU_BATCH if self._half else 1

    def run(self, ids: Ints, mask: Ints, types: Ints) -> dict[str, Floats]:
        """See `roles.Runtime.run`."""
        given = [torch.from_numpy(array).to(self._device) for array in (ids, mask, types)]
        parts: list[dict[str, torch.Tensor]] = []
        done = 0
        while done < len(ids):
            rows = slice(done, done + self.batch)
            try:
                parts.append(self._forward([tensor[rows] for tensor in given]))
            except torch.OutOfMemoryError as error:
                if self.batch == 1:
                    raise ModelError(
                        f"the GPU has no memory for one row of {ids.shape[1]} tokens;"
                        " use --device cpu"
                    ) from error
                self.batch //= 2
                torch.cuda.empty_cache()
            else:
                done += self.batch
        return {name: torch.cat([part[name] for part in parts]).numpy() for name in parts[0]}

    def _forward(self, given: list[torch.Tensor]) -> dict[str, torch.Tensor]:
        ids, mask, types = given
        with (
            torch.inference_mode(),
            torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=self._half),
        ):
            outputs = self._network(ids, mask, types)
        out = {}
        for name, tensor in outputs.items():
            value = tensor.float()
            # Per token, the padding reads zero, as it does on every runtime.
            out[name] = (value * mask if name in ("start", "end") else value).cpu()
        return out


def has_cuda() -> bool:
    """Whether torch can use a CUDA device."""
    return torch.cuda.is_available()


def check_cuda() -> None:
    """DependencyError if torch can use no CUDA device."""
    if not has_cuda():
        build = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built for CPUs"
        raise DependencyError(
            f"device cuda: torch {torch.__version__} is {build} and sees no such device;"
            " use --device cpu, or install torch for CUDA and the NVIDIA driver"
        )
