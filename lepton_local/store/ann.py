"""FAISS: approximate search for segments where an exact scan would be slow, tuned by measurement to
a wanted recall.

This file and sound.py are the ones that import faiss. The index holds a few bits of each number and
proposes rows; their scores are computed from the stored vectors, so a proposal too many costs time
and nothing else.
"""

from __future__ import annotations

import importlib.util
import logging
import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lepton_local.errors import DependencyError, InputError
from lepton_local.store.arrays import RowsOf
from lepton_local.store.dense import EXACT_NUMBERS, exact
from lepton_local.store.entry import FieldEntry
from lepton_local.store.names import FAISS_FILE
from lepton_local.store.storage import Mapped, Storage, StoredFile, digest


def check_wheels(installed: Iterable[str]) -> None:
    """faiss-cpu and faiss-gpu put the same files in the same place: removing one breaks the other.

    Raises DependencyError unless exactly one of them is among the `installed` distributions.
    """
    names = {name.lower() for name in installed}
    wheels = sorted(n for n in names if n == "faiss-cpu" or n.startswith("faiss-gpu"))
    if len(wheels) > 1:
        keep = next(name for name in wheels if name != "faiss-cpu")
        raise DependencyError(
            f"{' and '.join(wheels)} are both installed and overwrite each other's files, "
            "expected one of them",
            advice=f"pip uninstall -y {' '.join(wheels)} && pip install {keep}",
        )
    if not wheels:
        raise DependencyError(
            "faiss is not installed, expected faiss-cpu or faiss-gpu",
            advice="pip install faiss-cpu",
        )


def _wheels() -> Iterable[str]:
    """The distributions that have put files where faiss is. Asking importlib.metadata for every
    distribution's name takes longer than importing faiss.
    """
    spec = importlib.util.find_spec("faiss")
    if spec is None or spec.origin is None:
        return []
    around = Path(spec.origin).parent.parent.glob("faiss_*.dist-info")
    return [folder.name.partition("-")[0].replace("_", "-") for folder in around]


check_wheels(_wheels())
import faiss  # noqa: E402  # after the check: a mixed installation may crash on import
from faiss.contrib.exhaustive_search import knn_ground_truth  # noqa: E402

from lepton_local.store.sound import is_searched, is_sound  # noqa: E402

# A flat scan of one bit a number takes 19 ms for a million rows of 384 on one core. Inverted lists
# take 6, and are built in three times the time: from half a million rows on they are worth it.
FLAT_NUMBERS = 192_000_000
QUESTION_BITS = 4  # of each number of a question
TRAINING_ROWS = 100_000
ROWS_PER_LIST = 40  # of training; FAISS asks for 39, and more take longer and gain nothing
ADDED_ROWS = 65_536  # that are float32 at a time
SAMPLE = 200  # questions that are made up of stored rows while tuning
NEAREST = 10  # whose recall is measured
EFFORTS = (8, 16, 32, 64, 128, 256, 512, 1024)  # efSearch or nprobe, cheapest first
PROPOSED = (400, 800, 1600, 3200)  # rows that are scored exactly, cheapest first


def factory(kind: str, rows: int, dim: int) -> str | None:
    """FAISS's factory string for a `--faiss` word, or None where an exact scan of the stored
    vectors is best.

    RaBitQ: Gao and Long, "RaBitQ: Quantizing High-Dimensional Vectors with a Theoretical Error
    Bound" (2024).
    """
    lists = max(1, int(rows**0.5))  # four times as many take four times as long to build
    words = {"flat": "SQfp16", "hnsw": "HNSW32,SQ8", "ivf": f"IVF{lists},RaBitQ"}
    if kind == "auto" and rows * dim <= EXACT_NUMBERS:
        return None
    if kind == "auto":
        return "RaBitQ" if rows * dim <= FLAT_NUMBERS else words["ivf"]
    return words.get(kind, kind)


def build(
    vectors: RowsOf, kind: str, *, recall: float, gpu: bool = False
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
        if hasattr(index, "qb"):  # of RaBitQ; without, it multiplies floats, in 150 times the time
            index.qb = QUESTION_BITS
        _fill(index, vectors, gpu=gpu)
        return index, {"factory": description, **_tune(index, vectors, recall)}
    except RuntimeError as error:
        raise _refused(kind, f"{rows} rows of {dim} numbers", error) from None


def check_kind(kind: str, dim: int) -> None:
    """Raises InputError for a `--faiss` word that FAISS does not know: before anything is encoded,
    not after.
    """
    description = factory(kind, 1, dim) or kind
    try:
        index = faiss.index_factory(dim, description, faiss.METRIC_INNER_PRODUCT)
        if not is_searched(index):
            raise RuntimeError("it cannot leave rows out of a search")
    except RuntimeError as error:
        raise _refused(kind, f"rows of {dim} numbers", error) from None


def write(index: Any, storage: Storage, name: str) -> StoredFile:
    """Write a FAISS index; always one that a CPU can read."""
    with storage.put(name) as file:
        faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))
    return file.stored


def load(file: Mapped, entry: FieldEntry) -> Any:
    """Map a FAISS index: processes that search it share its pages.

    FAISS believes what it reads, so that one wrong byte may end the process. So the digest is
    looked at first, and then whether it is an index of these vectors. Raises DamagedError.
    """
    if digest(file.data) != entry.files[FAISS_FILE].digest:
        raise file.damaged("is not as it was written")
    bytes_of = np.frombuffer(file.data, dtype=np.uint8)
    for limit in ("vector_byte", "loop"):  # nothing in it is longer than it; older ones do not ask
        getattr(faiss, f"set_deserialization_{limit}_limit", id)(len(bytes_of))
    reader = faiss.ZeroCopyIOReader(faiss.swig_ptr(bytes_of), len(bytes_of))
    try:
        index = faiss.read_index(reader)
        whole = is_sound(index, entry.rows, entry.dim)
    except (RuntimeError, MemoryError, ValueError, IndexError, OverflowError) as error:
        raise file.damaged(f"is no index of vectors ({error})") from None
    if not whole:
        raise file.damaged(f"is no index of {entry.rows} vectors of {entry.dim} numbers")
    index.referenced_objects = [bytes_of]  # it looks at them as long as it lives
    return index


def search(
    index: Any, question: np.ndarray, n: int, mask: np.ndarray, setting: Mapping[str, Any]
) -> np.ndarray:
    """Rows proposed for `question` (dim,) float32 among those that `mask` (rows,) allows: `n`, or
    as many as the index was tuned to propose.

    A filter hides rows from the walk, so that it has to go further to see as many.
    """
    allowed = int(np.count_nonzero(mask))
    n = min(max(n, int(setting.get("proposed", 0))), allowed)
    selector = None
    if allowed < len(mask):
        bits = np.packbits(mask, bitorder="little")
        selector = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
    effort = int(setting.get("effort", 0)) * len(mask) // max(allowed, 1)
    parameters = _parameters(index, effort, selector=selector, n=n)
    _, rows = index.search(question[None, :], n, params=parameters)
    return np.asarray(rows[0][rows[0] >= 0])


def _refused(kind: str, rows: str, error: RuntimeError) -> InputError:
    # FAISS puts its function and source line in front of what it has to say.
    reason = re.sub(r".*\.(?:cpp|h):\d+: (?:Error: )?", "", " ".join(str(error).split()))
    return InputError(
        f"--faiss {kind}: FAISS cannot use it for {rows} ({reason}), expected auto, flat, hnsw, "
        "ivf or a factory string",
        advice="lepton-index build FOLDER --faiss auto",
    )


def _fill(index: Any, vectors: RowsOf, *, gpu: bool) -> None:
    rows, ivf = len(vectors), faiss.try_extract_index_ivf(index)
    many = max(TRAINING_ROWS, ROWS_PER_LIST * ivf.nlist if ivf is not None else 0)
    pick = np.random.default_rng(0).choice(rows, min(rows, many), replace=False)
    sample = vectors[np.sort(pick)].astype(np.float32)
    if gpu and isinstance(index, faiss.IndexIVF) and faiss.get_num_gpus() > 0:
        try:
            _fill_on_gpus(index, sample, vectors)
        except RuntimeError as error:  # they lack memory, or do not know this quantizer
            reason = " ".join(str(error).split())
            logging.getLogger(__name__).warning("FAISS goes on without a GPU: %s", reason)
            index.reset()
        else:
            return
    if not index.is_trained:
        index.train(sample)
    for block in _blocks(vectors):
        index.add(block)


def _fill_on_gpus(index: Any, sample: np.ndarray, vectors: RowsOf) -> None:
    """Inverted lists, their k-means and the choice of each row's list done by all GPUs: nearly all
    of the work. What is kept of a row is made here, so the index is of any kind, and a CPU's.
    """
    index.clustering_index = faiss.index_cpu_to_all_gpus(faiss.IndexFlatIP(index.d))
    try:
        index.train(sample)
    finally:
        index.clustering_index = None
    nearest = faiss.index_cpu_to_all_gpus(index.quantizer)
    for block in _blocks(vectors):
        _, lists = nearest.search(block, 1)
        index.add_core(len(block), faiss.swig_ptr(block), None, faiss.swig_ptr(lists))


def _blocks(vectors: RowsOf) -> Iterable[np.ndarray]:
    for first in range(0, len(vectors), ADDED_ROWS):
        yield vectors[first : first + ADDED_ROWS].astype(np.float32)


def _tune(index: Any, vectors: RowsOf, wanted: float) -> dict[str, Any]:
    """The cheapest way to search that reaches the wanted recall, and what it measured."""
    questions = _questions(vectors)
    if len(vectors) > 1:  # a kind that cannot leave rows out says so now, not at the first filter
        search(index, questions[0], 1, np.arange(len(vectors)) > 0, {"effort": 8})
    n = min(NEAREST, len(vectors))
    _, truth = knn_ground_truth(
        questions, _blocks(vectors), n, metric_type=faiss.METRIC_INNER_PRODUCT, ngpu=0
    )
    tried: dict[str, Any] = {}

    def reached(effort: int, proposed: int) -> bool:
        tried.update({"effort": effort, "proposed": proposed})
        tried.update(_measured(index, vectors, questions, truth, tried))
        return bool(tried["recall"] >= wanted)

    efforts = EFFORTS if _parameters(index, 8) is not None else (0,)
    effort = next((each for each in efforts if reached(each, PROPOSED[-1])), efforts[-1])
    any(reached(effort, each) for each in PROPOSED)
    return {**tried, "wanted": wanted}


def _questions(vectors: RowsOf) -> np.ndarray:
    """Questions as hard as real ones, (n, dim): each lies between four rows of the segment.

    A stored row finds itself too easily. Of a million rows, 64 of 1,000 lists held 99.5 % of the
    neighbours of stored rows, 96.7 % of those of real questions and 96.8 % of those of these; of
    questions between three rows 98.8 %, between five 94.1 %.
    """
    random = np.random.default_rng(1)
    four = random.integers(len(vectors), size=(min(len(vectors), SAMPLE), 4))
    found = vectors[four].astype(np.float32).sum(axis=1)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def _measured(
    index: Any,
    vectors: RowsOf,
    questions: np.ndarray,
    truth: np.ndarray,
    setting: Mapping[str, Any],
) -> dict[str, float]:
    """Recall of the nearest rows among those proposed, and milliseconds a question, scoring
    included.
    """
    everything = np.ones(len(vectors), dtype=bool)
    began, found = time.perf_counter(), []
    for question in questions:
        rows = search(index, question, NEAREST, everything, setting)
        exact(vectors, question, rows)
        found.append(rows)
    took = (time.perf_counter() - began) / len(questions)
    recall = [np.isin(best, rows).mean() for best, rows in zip(truth, found, strict=True)]
    return {"recall": round(float(np.mean(recall)), 4), "milliseconds": round(1000 * took, 2)}


def _parameters(index: Any, effort: int, *, selector: Any = None, n: int = 0) -> Any:
    """FAISS's name for how hard to look: efSearch, nprobe, or none for exhaustive kinds."""
    chosen = {} if selector is None else {"sel": selector}
    if faiss.try_extract_index_ivf(index) is not None:
        return faiss.SearchParametersIVF(nprobe=effort, **chosen)
    if isinstance(faiss.downcast_index(index), faiss.IndexHNSW):
        return faiss.SearchParametersHNSW(efSearch=max(effort, n), **chosen)
    return faiss.SearchParameters(**chosen) if chosen else None
