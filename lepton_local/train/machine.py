"""What training asks of the machine: threads, memory that stays, and half precision."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from typing import Any

import torch

from lepton_local.models.processor import cores


def use_threads(count: int) -> None:
    """Compute on `count` cores; 0: as many as this process may use.

    With fewer cores free than threads, each waits for the others: one thread was then four times as
    fast as two.
    """
    torch.set_num_threads(count or cores())


def steady_memory() -> None:
    """Ask glibc to keep the memory that it frees, and oneDNN to forget old shapes.

    By default glibc returns every large tensor to the system and asks for it again, zeroed, at the
    next step: that took a seventh of the time. And oneDNN keeps programs for a thousand shapes of
    matrices, megabytes each, while batches hardly ever have the same shape twice.
    """
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "100")
    mallopt = _of_glibc("mallopt")
    if mallopt is not None:
        # M_MMAP_THRESHOLD (the largest that is allowed), M_TRIM_THRESHOLD, M_TOP_PAD
        for option, value in ((-3, 32 << 20), (-1, 2**31 - 1), (-2, 64 << 20)):
            mallopt(option, value)


def spare_memory() -> None:
    """Return what glibc keeps and nothing uses.

    Batches differ in shape, so the holes between their tensors add up. Now and then this costs
    nothing.
    """
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        trim(0)


def _of_glibc(name: str) -> Any:
    """A function of the C library; None in other ones than glibc."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None


@cache
def computes_in_half(device: str) -> bool:
    """Whether the hardware multiplies in bfloat16; where it is only imitated, it is slower."""
    if torch.device(device).type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    told = torch.cpu.get_capabilities()
    return bool(told.get("amx_bf16") or told.get("avx512_bf16") or told.get("bf16"))
