"""FAISS: approximate search for segments where an exact scan would be slow, tuned by measurement to
a wanted recall.

This is the one file that imports faiss. The index proposes rows; their scores are computed from the
stored vectors.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lepton_local.errors import DependencyError, InputError
from lepton_local.store import files
from lepton_local.store.dense import exact, scan


def check_wheels(installed: Iterable[str]) -> None:
    """faiss-cpu and faiss-gpu put the same files in the same place: removing one breaks the other.

    Raises DependencyError unless exactly one of them is among the `installed` distributions.
    """
    names = {name.lower() for name in installed}
    wheels = sorted(n for n in names if n == "faiss-cpu" or n.startswith("faiss-gpu"))
    if len(wheels) > 1:
        keep = next(name for name in wheels if name != "faiss-cpu")
        raise DependencyError(
            f"{' and '.join(wheels)} are both installed and overwrite each other's files, expected "
            f"one of them: pip uninstall -y {' '.join(wheels)} && pip install {keep}"
        )
    if not wheels:
        raise DependencyError(
            "faiss is not installed, expected faiss-cpu or faiss-gpu: pip install faiss-cpu"
        )


check_wheels(d.metadata["Name"] or "" for d in importlib.metadata.distributions())
import faiss  # noqa: E402  # after the check: a mixed installation may crash on import

EXACT_ROWS = 50_000
SAMPLE = 200  # stored rows that, a little moved, play the questions while tuning
STEPS = (8, 16, 32, 64, 128, 256, 512, 1024)  # efSearch or nprobe, cheapest first


def factory(kind: str, rows: int, dim: int) -> str | None:
    """FAISS's factory string for a `--faiss` word, or None where an exact scan of the stored
    vectors is best.
    """
    lists = max(1, int(4 * rows**0.5))
    words = {"flat": "SQfp16", "hnsw": "HNSW32,SQfp16", "ivf": f"IVF{lists},SQfp16"}
    if kind == "auto":
        return None if rows <= EXACT_ROWS else words["hnsw" if rows <= 1_000_000 else "ivf"]
    return words.get(kind, kind)


def build(
    vectors: np.ndarray, kind: str, *, recall: float, gpu: bool = False
) -> tuple[Any, dict[str, Any]] | None:
    """Build and tune an index of unit rows; None where `kind` asks for no index at this size.

    vectors: (rows, dim) float16. Returns the FAISS index and how to search it: the cheapest setting
    whose recall@10 against an exact scan reaches `recall` on sampled rows, and what it measured.
    """
    rows, dim = vectors.shape
    description = factory(kind, rows, dim)
    if description is None or rows == 0:
        return None
    try:
        index = faiss.index_factory(dim, description, faiss.METRIC_INNER_PRODUCT)
        _fill(index, vectors, gpu=gpu)
        return index, {"factory": description, **_tune(index, vectors, recall)}
    except RuntimeError as error:
        raise _refused(kind, f"{rows} rows of {dim} numbers", error) from None


def check_kind(kind: str, dim: int) -> None:
    """Raises InputError for a `--faiss` word that FAISS does not know: before anything is encoded,
    not after.
    """
    description = factory(kind, EXACT_ROWS + 1, dim) or kind
    try:
        faiss.index_factory(dim, description, faiss.METRIC_INNER_PRODUCT)
    except RuntimeError as error:
        raise _refused(kind, f"rows of {dim} numbers", error) from None


def write(index: Any, path: Path) -> None:
    """Write a FAISS index; always one that a CPU can read."""
    with files.writing(path) as file:
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))


def load(path: Path) -> Any:
    """Map a FAISS index: processes that search it share its pages."""
    return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)


def search(
    index: Any, question: np.ndarray, n: int, mask: np.ndarray, setting: Mapping[str, Any]
) -> np.ndarray:
    """Rows proposed for `question` (dim,) float32 among those that `mask` (rows,) allows."""
    bits = np.packbits(mask, bitorder="little")
    selector = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
    parameters = _parameters(index, int(setting.get("effort", 0)), selector=selector, n=n)
    _, rows = index.search(question[None, :], n, params=parameters)
    return np.asarray(rows[0][rows[0] >= 0])


def _refused(kind: str, rows: str, error: RuntimeError) -> InputError:
    # FAISS puts its function and source line in front of what it has to say.
    reason = re.sub(r".*\.(?:cpp|h):\d+: (?:Error: )?", "", " ".join(str(error).split()))
    return InputError(
        f"--faiss {kind}: FAISS cannot use it for {rows} ({reason}), expected auto, flat, hnsw, "
        "ivf or a factory string: lepton-index build FOLDER --faiss auto"
    )


def _fill(index: Any, vectors: np.ndarray, *, gpu: bool) -> None:
    rows = len(vectors)
    if not index.is_trained:
        pick = np.random.default_rng(0).choice(rows, min(rows, 262_144), replace=False)
        sample = vectors[np.sort(pick)].astype(np.float32)
        quantizer = faiss.try_extract_index_ivf(index)
        if gpu and quantizer is not None and faiss.get_num_gpus() > 0:
            quantizer.clustering_index = faiss.index_cpu_to_all_gpus(faiss.IndexFlatIP(index.d))
        index.train(sample)
        if quantizer is not None:
            quantizer.clustering_index = None
    for first in range(0, rows, 65_536):
        index.add(vectors[first : first + 65_536].astype(np.float32))


def _tune(index: Any, vectors: np.ndarray, wanted: float) -> dict[str, Any]:
    everything = np.ones(len(vectors), dtype=bool)
    random = np.random.default_rng(1)
    pick = np.sort(random.choice(len(vectors), min(len(vectors), SAMPLE), replace=False))
    questions = vectors[pick].astype(np.float32)
    # A stored row finds itself too easily: a question lies near what it asks for, not on it.
    questions += (
        random.standard_normal(questions.shape, dtype=np.float32) / len(questions[0]) ** 0.5
    )
    questions /= np.linalg.norm(questions, axis=1, keepdims=True)
    near = [(question, scan(vectors, question, 10, everything)) for question in questions]
    truth = [set(rows[np.argsort(-exact(vectors, q, rows))[:10]].tolist()) for q, rows in near]
    measured = 0.0
    for effort in STEPS if _parameters(index, 8) is not None else (0,):
        found = [
            set(search(index, q, 10, everything, {"effort": effort}).tolist()) for q in questions
        ]
        measured = float(np.mean([len(a & b) / len(b) for a, b in zip(found, truth, strict=True)]))
        if measured >= wanted:
            break
    return {"effort": effort, "recall": round(measured, 4), "wanted": wanted}


def _parameters(index: Any, effort: int, *, selector: Any = None, n: int = 0) -> Any:
    """FAISS's name for how hard to look: efSearch, nprobe, or none for exhaustive kinds."""
    chosen = {} if selector is None else {"sel": selector}
    if faiss.try_extract_index_ivf(index) is not None:
        return faiss.SearchParametersIVF(nprobe=effort, **chosen)
    if isinstance(faiss.downcast_index(index), faiss.IndexHNSW):
        return faiss.SearchParametersHNSW(efSearch=max(effort, n), **chosen)
    return faiss.SearchParameters(**chosen) if chosen else None
