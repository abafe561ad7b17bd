"""What a CUDA machine makes of the same commands. Where there is none, the record says so."""

from __future__ import annotations

import json
import random
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from support.launch import launched
from support.record import new_record, table, write_json
from support.runtime_rows import documents_of, retrieval_set
from support.vectors import make

from lepton_local.evaluation.evaluate import questions_of
from lepton_local.models.card import encoder_card
from lepton_local.models.load import load_encoder, load_reranker
from lepton_local.models.resolve import BUNDLED_ENCODER
from lepton_local.models.roles import PassageText
from lepton_local.models.tokens import Tokens
from lepton_local.store import ann

ROOF = 8192  # rows and columns of the product that shows what the chip can do in bfloat16
PAIRS = 2048
RECALL = 0.98
_TRAIN = [sys.executable, "-c", "from lepton_local.cli.train import main; main()", "pair"]
NOT_MEASURED = """\
This machine has no CUDA device that torch can use: nothing was measured on a GPU.

What the tests hold of that path, with networks on the CPU in the place of GPUs
(`tests/test_gpu.py`): batches are cut by tokens and dealt out to all GPUs, outputs come back in
order and in the shape that the CPU gives; a GPU without memory is given half, and later batches are
as small; one that fails is left out with a warning, and after the last one the CPU goes on.
`tests/test_loading.py` holds that a device that is not there is refused. Not held by any test:
speed, the chip's own arithmetic, pinned copies, and FAISS's training on a GPU.
"""

Report = dict[str, Any]


def run(
    data: Path,
    work: Path,
    *,
    set_name: str,
    questions: Path | None,
    rows: int,
    minutes: float,
    seed: int,
    name: str,
) -> Path:
    """Measure encoding, judging, training on `questions` and FAISS; return the record's folder."""
    record = new_record(name)
    if not torch.cuda.is_available():
        write_json(record / "summary.json", {"measured": False, "torch": torch.__version__})
        (record / "summary.md").write_text(NOT_MEASURED, encoding="utf-8")
        return record
    work.mkdir(parents=True, exist_ok=True)
    texts = list(documents_of(data / set_name, work / set_name).values())
    asked = [words for _, words, _ in questions_of(retrieval_set(data / set_name))]
    report: Report = {
        "measured": True,
        "device": torch.cuda.get_device_name(),
        "devices": torch.cuda.device_count(),
        "encoder": encoding(texts, device="cuda"),
        "pair": judging(asked, texts, device="cuda", seed=seed),
        "faiss": indexing(texts[:20_000], work, rows=rows, seed=seed),
    }
    if questions is not None:
        report["training"] = training(questions, work, device="cuda", minutes=minutes)
    write_json(record / "summary.json", report)
    (record / "summary.md").write_text(summarise(report), encoding="utf-8")
    return record


def encoding(texts: Sequence[str], *, device: str) -> Report:
    """Texts to vectors, tokenising included, and the share of the chip's bfloat16 roof."""
    encoder = load_encoder(device=device)
    encoder.encode(texts[:1024])
    seconds = _seconds(lambda: encoder.encode(texts))
    card = encoder_card(BUNDLED_ENCODER)
    assert card is not None
    assert card.shape is not None
    tokens = Tokens.load(BUNDLED_ENCODER / "tokenizer.json", encoder.max_tokens)
    lengths = np.array([len(row.ids) for row in tokens.rows(texts)], dtype=np.float64)
    layers, width = card.shape.layers, card.shape.width
    inner = int(card.config["intermediate_size"])
    products = 2 * (4 * width * width + 2 * width * inner)  # of a token in a layer
    work = layers * (products * lengths + 4 * width * lengths**2).sum()
    roof = bf16_roof(device)
    return {
        "texts": len(texts),
        "texts_a_second": len(texts) / seconds,
        "tokens_a_second": lengths.sum() / seconds,
        "teraflops": work / seconds / 1e12,
        "roof": roof / 1e12,
        "share": work / seconds / roof,
    }


def bf16_roof(device: str, *, size: int = ROOF, repeats: int = 20) -> float:
    """Operations a second of one large product."""
    a = torch.randn(size, size, device=device, dtype=torch.bfloat16)

    def products() -> None:
        for _ in range(repeats):
            torch.mm(a, a)
        if a.is_cuda:
            torch.cuda.synchronize()

    products()
    return 2 * size**3 * repeats / _seconds(products)


def judging(asked: Sequence[str], texts: Sequence[str], *, device: str, seed: int) -> Report:
    """Pairs of a question and a passage a second, all of one question at once."""
    reranker = load_reranker(device=device)
    passages = [
        PassageText("", text)
        for text in random.Random(seed).sample(list(texts), min(PAIRS, len(texts)))
    ]
    reranker.score(asked[0], passages[:256])
    seconds = _seconds(lambda: reranker.score(asked[0], passages))
    return {"pairs": len(passages), "pairs_a_second": len(passages) / seconds}


def training(questions: Path, work: Path, *, device: str, minutes: float) -> Report:
    """Questions a second of the pair model's training, from its own history."""
    out, batch = work / "trained", 32
    shutil.rmtree(out, ignore_errors=True)
    options = ["--base", "bundled", "--out", str(out), "--device", device, "--batch", str(batch)]
    launched([*_TRAIN, str(questions), *options, "--minutes", str(minutes), "--quiet"])
    rows = [json.loads(line) for line in (out / "history.jsonl").read_text().splitlines()]
    return {"steps": rows[-1]["step"], "a_second": batch * rows[-1]["step"] / rows[-1]["seconds"]}


def indexing(texts: Sequence[str], work: Path, *, rows: int, seed: int) -> Report:
    """Seconds to build an inverted FAISS index of made vectors, without and with the GPU."""
    real = load_encoder().encode(texts)
    vectors = np.load(make(real, work / f"{rows}.npy", rows=rows, seed=seed), mmap_mode="r")
    seconds = {
        name: _seconds(partial(ann.build, vectors, "ivf", recall=RECALL, gpu=gpu))
        for name, gpu in (("gpu", True), ("cpu", False))
    }
    return {"rows": rows, **seconds}


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def summarise(report: Report) -> str:
    """A row a measurement."""
    click.echo(report["device"], err=True)
    encoder, faiss = report["encoder"], report["faiss"]
    rows = [
        ["texts to vectors, a second", f"{encoder['texts_a_second']:,.0f}"],
        ["tokens, a second", f"{encoder['tokens_a_second']:,.0f}"],
        ["share of the bfloat16 roof, as measured", f"{encoder['share']:.2f}"],
        ["pairs judged, a second", f"{report['pair']['pairs_a_second']:,.0f}"],
        [f"FAISS, {faiss['rows']:,} vectors: CPU to GPU", f"{faiss['cpu'] / faiss['gpu']:.2f}"],
    ]
    if "training" in report:
        rows.append(["questions trained on, a second", f"{report['training']['a_second']:,.0f}"])
    return table([report["device"], ""], rows)
