"""A mean of the weights of two models of one kind, tensor by tensor.

    python benchmarks/pair_model/mean.py ONE SHARE OTHER OUT

SHARE is ONE's; OUT gets everything else from OTHER.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

WEIGHTS = "model.safetensors"


def main(one: Path, share: float, other: Path, out: Path) -> None:
    shutil.copytree(other, out, dirs_exist_ok=True)
    first, second = load_file(one / WEIGHTS), load_file(other / WEIGHTS)
    mean = {
        name: (
            share * first[name].astype(np.float32) + (1 - share) * second[name].astype(np.float32)
        ).astype(second[name].dtype)
        for name in second
    }
    save_file(mean, out / WEIGHTS)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
