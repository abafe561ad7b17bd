"""The CPU runtime: ONNX Runtime over a graph from the cache.

Every row runs alone, without padding, on one thread; several rows run at once, each on a thread of
its own. So a row's output depends on the row and on nothing beside it, to the bit, for any batch
and any number of threads: dynamic quantisation, which shares one scale among the rows of a batch,
cannot leak from one to another. It costs nothing: a row of 158 tokens already fills a core (91 to
96 rows a CPU-second alone, 95 to 97 in batches of four).

All graphs share one pool of a thread a core, however many ask at once.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from lepton_local.errors import ModelError
from lepton_local.models.folder import reason
from lepton_local.models.processor import cores
from lepton_local.models.roles import Floats, Ints

# Some builds of the library note each session in a file under the home folder, to be sent later.
# It has to be told before it is loaded; its own function comes too late.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime  # type: ignore[import-untyped]

PER_TOKEN = "tokens"  # how graphs name the axis that has a place for each token


class OnnxRuntime:
    """A graph with inputs `ids` and `types`, run row by row on `threads` cores."""

    batch = 32  # rows that a call spreads over its threads

    def __init__(self, model: Path, *, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only
        # The graph is written as it shall run: what an optimiser would do has been done.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        try:
            self._session = onnxruntime.InferenceSession(
                str(model), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the library's own classes share no public parent
            raise ModelError(
                f"{model}: ONNX Runtime cannot load it ({reason(error)})",
                advice=f"remove the folder {model.parent}, it is made again at the next run",
            ) from error
        self._outputs = [out.name for out in self._session.get_outputs()]
        self._per_token = {o.name for o in self._session.get_outputs() if PER_TOKEN in o.shape}
        self._threads = threads
        self._model = model

    def run(self, ids: Ints, mask: Ints, types: Ints) -> dict[str, Floats]:
        """See `roles.Runtime.run`."""
        lengths = mask.sum(axis=1)

        def one(row: int) -> list[Floats]:
            own = slice(row, row + 1), slice(0, lengths[row])
            try:
                outputs: list[Floats] = self._session.run(
                    self._outputs, {"ids": ids[own], "types": types[own]}
                )
            except Exception as error:  # the library's own classes share no public parent
                raise ModelError(
                    f"{self._model}: ONNX Runtime cannot run it ({reason(error)})",
                    advice="use a folder whose weights, config.json and tokenizer belong together",
                ) from error
            return outputs

        # Long rows first, so that no core is left alone with the longest at the end.
        order = np.argsort(-lengths, kind="stable").tolist()
        done = _shared(one, order, workers=min(self._threads, len(order)))
        return {
            name: _stacked(
                [done[row][i] for row in range(len(ids))],
                width=ids.shape[1] if name in self._per_token else None,
            )
            for i, name in enumerate(self._outputs)
        }


def _begin() -> None:
    """Make the pool, in a process that was forked too: threads do not come along."""
    global _pool
    _pool = ThreadPoolExecutor(cores(), "lepton-rows")


_pool: ThreadPoolExecutor
_begin()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin)


def _shared(
    one: Callable[[int], list[Floats]], rows: Sequence[int], *, workers: int
) -> dict[int, list[Floats]]:
    """What `one` gives for each of the rows, by so many threads of the pool."""
    if workers < 2:
        return {row: one(row) for row in rows}
    done: dict[int, list[Floats]] = {}
    left = deque(rows)

    def work() -> None:
        while True:
            try:
                row = left.popleft()
            except IndexError:
                return
            done[row] = one(row)

    begun = [_pool.submit(work) for _ in range(workers)]
    try:
        for each in begun:
            # With no row left, one that has not begun has nothing to do but wait for its turn.
            if left or not each.cancel():
                each.result()
    finally:
        left.clear()  # after an error, or Ctrl-C, nobody begins another row
    return done


def _stacked(parts: list[Floats], *, width: int | None) -> Floats:
    """Put (1, ...) arrays on one another, padded with zeros to `width` along the second axis."""
    if width is None:
        return np.concatenate(parts)
    out = np.zeros((len(parts), width), dtype=np.float32)
    for row, part in zip(out, parts, strict=True):
        row[: part.shape[1]] = part[0]
    return out
