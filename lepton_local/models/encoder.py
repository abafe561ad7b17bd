"""A sentence encoder: tokens, a runtime whose graph pools, and rows scaled to length 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from lepton_local.models.roles import Floats, Kind, Runtime
from lepton_local.models.tokens import Row, Tokens, padded

BLOCK = 1024  # texts that are tokenised and sorted by length together


class RowEncoder:
    """An encoder over a runtime with the output `vector`, one row a text."""

    def __init__(
        self,
        name: str,
        digest: str,
        *,
        languages: frozenset[str],
        dim: int,
        tokens: Tokens,
        runtime: Runtime,
        prompts: Mapping[str, str],
    ) -> None:
        self.languages = languages
        self.name = name
        self.digest = digest
        self.dim = dim
        self.max_tokens = tokens.max_tokens
        self._tokens = tokens
        self._runtime = runtime
        self._prompts = prompts

    def encode(
        self,
        texts: Sequence[str],
        *,
        kind: Kind = "passage",
        progress: Callable[[int], None] | None = None,
    ) -> Floats:
        """See `roles.Encoder.encode`."""
        prompt = self._prompts.get(kind, "")
        out = np.empty((len(texts), self.dim), dtype=np.float32)

        def tokenised(start: int) -> list[Row]:
            return self._tokens.rows([prompt + text for text in texts[start : start + BLOCK]])

        with ThreadPoolExecutor(1) as tokeniser:  # one block ahead; a question needs no thread
            coming: Future[list[Row]] | None = None
            for start in range(0, len(texts), BLOCK):
                rows = tokenised(start) if coming is None else coming.result()
                if start + BLOCK < len(texts):
                    coming = tokeniser.submit(tokenised, start + BLOCK)
                for chosen, vectors in self._run(rows):
                    out[[start + i for i in chosen]] = vectors
                    if progress is not None:
                        progress(len(chosen))
        return out

    def _run(self, rows: list[Row]) -> Iterator[tuple[list[int], Floats]]:
        """Numbers of rows, and their vectors."""
        # Texts of like length together: a batch is as long as its longest row.
        order = sorted(range(len(rows)), key=lambda i: -len(rows[i].ids))
        for first in range(0, len(order), self._runtime.batch):
            chosen = order[first : first + self._runtime.batch]
            ids, mask, types = padded([rows[i] for i in chosen])
            yield chosen, unit(self._runtime.run(ids, mask, types)["vector"])

    def spans(self, text: str) -> NDArray[np.int32]:
        """See `roles.Encoder.spans`."""
        return self._tokens.spans(text)


def unit(rows: Floats) -> Floats:
    """Scale rows to length 1; a row of zeros stays one."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Floats = rows / np.maximum(norms, np.finfo(np.float32).tiny)
    return scaled
