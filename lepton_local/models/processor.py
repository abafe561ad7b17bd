"""What this machine's processor has, and can do with whole numbers."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Literal

Precision = Literal["fp32", "int8", "int7"]  # of a graph; int7: 7 of the 8 bits are used
_DOT_PRODUCTS = {"avx512_vnni", "avx_vnni"}


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def adds_bytes_exactly(flags: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether sums of products of bytes are exact: not so on x86 processors without VNNI, which add
    two of them in 16 bits. Where it cannot be told, they are taken for such.
    """
    if platform.machine().lower() in ("arm64", "aarch64"):
        return True
    try:
        lines = flags.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    told = next((line for line in lines if line.startswith("flags")), "")
    return not _DOT_PRODUCTS.isdisjoint(told.split())
