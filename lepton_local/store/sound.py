"""Whether a FAISS index that was read is what its search takes for granted: FAISS follows every
number of it, and a wrong one ends the process.
"""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np

_RANGED = {getattr(faiss.ScalarQuantizer, f"QT_{bits}bit") for bits in (4, 6, 8)}


def is_sound(index: Any, rows: int, dim: int) -> bool:
    """Whether an index that was read holds `rows` vectors of `dim` numbers, and leads nowhere else:
    that is, its search stays in it. Of kinds that are not looked into, a digest must do.
    """
    index = faiss.downcast_index(index)
    if (index.ntotal, index.d, index.is_trained) != (rows, dim, True):
        return False
    if isinstance(index, faiss.IndexIVF):
        return _lists_are_sound(index, rows, dim)
    if isinstance(index, faiss.IndexHNSW):
        return _links_are_sound(index.hnsw, rows) and is_sound(index.storage, rows, dim)
    if isinstance(index, faiss.IndexRaBitQ):
        sound = _bits_are_sound(index, dim) and index.center.size() == dim
        return bool(sound and index.codes.size() == rows * index.code_size)
    if isinstance(index, faiss.IndexScalarQuantizer):
        fresh = faiss.IndexScalarQuantizer(dim, index.sq.qtype, index.metric_type)
        widths = {index.code_size, index.sq.code_size}
        trained = 2 * dim if index.sq.qtype in _RANGED else 0  # a range for every number
        sound = widths == {fresh.code_size} and index.sq.d == dim
        sound &= index.sq.trained.size() == trained
        return bool(sound and index.codes.size() == rows * index.code_size)
    if isinstance(index, faiss.IndexFlat):
        return bool(index.codes.size() == rows * dim * 4 == rows * index.code_size)
    return True


def is_searched(index: Any) -> bool:
    """Whether FAISS can search some rows of such an index alone: those that filters leave."""
    index = faiss.downcast_index(index)
    if isinstance(index, faiss.IndexPreTransform):
        return is_searched(index.index)
    some = (faiss.IndexFlat, faiss.IndexScalarQuantizer, faiss.IndexRaBitQ, faiss.IndexHNSW)
    # Those of fast scan are packed in another way, which is not looked into.
    lists = isinstance(index, faiss.IndexIVF) and not isinstance(index, faiss.IndexIVFFastScan)
    return lists or isinstance(index, some)


def _bits_are_sound(index: Any, dim: int) -> bool:
    fresh = faiss.IndexRaBitQ(dim, faiss.METRIC_INNER_PRODUCT)
    sound = {index.code_size, index.rabitq.code_size} == {fresh.code_size}
    return bool(sound and index.rabitq.d == dim and 1 <= index.qb <= 8)


def _lists_are_sound(index: Any, rows: int, dim: int) -> bool:
    lists = index.invlists
    if not (index.nlist == lists.nlist == index.quantizer.ntotal and index.nlist > 0):
        return False
    if index.code_size != lists.code_size or not is_sound(index.quantizer, index.nlist, dim):
        return False
    if isinstance(index, faiss.IndexIVFRaBitQ) and not _bits_are_sound(index, dim):
        return False
    seen = np.zeros(rows, dtype=bool)
    for number in range(index.nlist):
        size = lists.list_size(number)
        ids = faiss.rev_swig_ptr(lists.get_ids(number), size) if size else np.empty(0, np.int64)
        if size and not 0 <= ids.min() <= ids.max() < rows:
            return False
        seen[ids] = True
    return bool(seen.all())


def _links_are_sound(graph: Any, rows: int) -> bool:
    offsets = faiss.vector_to_array(graph.offsets).astype(np.int64)
    levels = faiss.vector_to_array(graph.levels)
    widths = faiss.vector_to_array(graph.cum_nneighbor_per_level)
    if len(offsets) != rows + 1 or len(levels) != rows or not len(widths):
        return False
    links = faiss.vector_to_array(graph.neighbors)
    if not 1 <= levels.min() <= levels.max() < len(widths) or (np.diff(widths) < 0).any():
        return False
    if offsets[0] or offsets[-1] != len(links) or (np.diff(offsets) != widths[levels]).any():
        return False
    entry, highest = graph.entry_point, graph.max_level
    if not 0 <= entry < rows or not 0 <= highest < levels[entry]:
        return False
    return not len(links) or bool(-1 <= links.min() <= links.max() < rows)
