"""One network in one runtime, as a process: told a task a line, it answers a line.

It needs numpy and the runtime it is asked for, and runs in any environment that has them:

    runtime_worker.py KIND MODEL ROWS PRECISION

KIND: onnx, onnx-optimised (the library's optimiser over the graph), openvino, torch, or sentence.
ROWS: an npz of `ids`, `types` (n, longest) and `lengths` (n,); of `sentence` a JSON list of texts.
A task is {"batch", "streams", "seconds"}: rows are run, `batch` at a time, in `streams` streams of
as many threads as there are cores for each; the answer is rows a second. Or it is {"rows", "out"}:
every row of that npz is run alone, and its outputs are kept in the other.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from typing import Any

import numpy as np

CORES = len(os.sched_getaffinity(0))
WARM = 0.8  # seconds that nobody counts: a core that was idle begins at half of its speed
TEXTS = 64  # that sentence-transformers is given at a time

Batch = tuple[np.ndarray, np.ndarray]  # ids and types (n, tokens), without padding
Run = Callable[[Batch], dict[str, np.ndarray]]


def onnx(model: str, precision: str, streams: int, *, optimised: bool = False) -> Run:
    """ONNX Runtime on the CPU."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime  # type: ignore[import-untyped]

    levels = onnxruntime.GraphOptimizationLevel
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = CORES // streams
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.graph_optimization_level = (
        levels.ORT_ENABLE_ALL if optimised else levels.ORT_DISABLE_ALL
    )
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]
    given = {each.name for each in session.get_inputs()}

    def run(batch: Batch) -> dict[str, np.ndarray]:
        told = {k: v for k, v in zip(("ids", "types"), batch, strict=True) if k in given}
        return dict(zip(names, session.run(names, told), strict=True))

    return run


def openvino(model: str, precision: str, streams: int) -> Run:
    """OpenVINO's CPU plug-in."""
    import openvino as ov  # type: ignore[import-not-found]

    settings = {
        "INFERENCE_PRECISION_HINT": precision,
        "NUM_STREAMS": streams,
        "INFERENCE_NUM_THREADS": CORES,
    }
    compiled = ov.Core().compile_model(model, "CPU", settings)
    # An output has the name of the node that it comes from as well, which has a slash in it.
    names = [next(n for n in each.names if "/" not in n) for each in compiled.outputs]
    own = threading.local()

    def run(batch: Batch) -> dict[str, np.ndarray]:
        if not hasattr(own, "request"):
            own.request = compiled.create_infer_request()
        found = own.request.infer({"ids": batch[0], "types": batch[1]})
        return {name: found[place].copy() for place, name in enumerate(names)}

    return run


def torch(model: str, precision: str, streams: int) -> Run:
    """torch on the network that the product trains."""
    from pathlib import Path

    import torch

    from lepton_local.models.card import encoder_card, judge_card
    from lepton_local.models.networks import network

    folder = Path(model)
    card = encoder_card(folder) if (folder / "modules.json").exists() else judge_card(folder)
    assert card is not None
    net = network(card).eval().to(getattr(torch, precision))

    def run(batch: Batch) -> dict[str, np.ndarray]:
        torch.set_num_threads(CORES // streams)  # a thread's own
        ids, types = (torch.from_numpy(each) for each in batch)
        with torch.inference_mode():
            found = net(ids, torch.ones_like(ids), types)
        return {name: value.float().numpy() for name, value in found.items()}

    return run


RUNTIMES: dict[str, Callable[[str, str, int], Run]] = {
    "onnx": onnx,
    "onnx-optimised": lambda *given: onnx(*given, optimised=True),
    "openvino": openvino,
    "torch": torch,
}


def batches(rows: Any, size: int) -> Iterator[Batch]:
    """Rows that stand together, as many at a time; they are of one length, or else `size` is 1."""
    for first in range(0, len(rows["lengths"]), size):
        some = slice(first, first + size)
        length = int(rows["lengths"][some].min())
        yield rows["ids"][some, :length], rows["types"][some, :length]


def rate(run: Run, made: list[Batch], streams: int, seconds: float) -> float:
    """Rows a second of all streams together."""
    todo, lock, done = cycle(made), threading.Lock(), [0] * streams
    for batch in islice(made, 0, None, max(1, len(made) // 3)):
        run(batch)
    began = time.perf_counter() + (WARM if seconds else 0)

    def work(stream: int) -> None:
        while (now := time.perf_counter() - began) < seconds:
            with lock:
                batch = next(todo)
            run(batch)
            if now >= 0:
                done[stream] += len(batch[0])

    threads = [threading.Thread(target=work, args=(stream,)) for stream in range(streams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - began)


def sentence(folder: str, texts: list[str]) -> Callable[[float], float]:
    """sentence-transformers as its documentation calls it, tokenising included."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(folder, device="cpu")

    def rate(seconds: float) -> float:
        done, began = 0, time.perf_counter()
        while (took := time.perf_counter() - began) < seconds:
            done += len(model.encode(texts[done % len(texts) :][:TEXTS]))
        return done / took

    return rate


def main() -> None:
    """Answer tasks until there are no more."""
    kind, model, path, precision = sys.argv[1:]
    if kind == "sentence":
        with open(path, encoding="utf-8") as file:
            encode = sentence(model, json.load(file))
        for line in sys.stdin:
            print(json.dumps(encode(json.loads(line)["seconds"])), flush=True)
        return
    rows = _read(path)
    kept: dict[int, Run] = {}
    for line in sys.stdin:
        task = json.loads(line)
        streams = task.get("streams", 1)
        if streams not in kept:
            kept[streams] = RUNTIMES[kind](model, precision, streams)
        if "out" in task:
            found = [kept[streams](batch) for batch in batches(_read(task["rows"]), 1)]
            parts = {key: [each[key].ravel() for each in found] for key in found[0]}
            joined: Any = {key: np.concatenate(each) for key, each in parts.items()}
            np.savez(task["out"], **joined)
            print("true", flush=True)
        else:
            made = list(batches(rows, task["batch"]))
            print(json.dumps(rate(kept[streams], made, streams, task["seconds"])), flush=True)


def _read(path: str) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


if __name__ == "__main__":
    main()
