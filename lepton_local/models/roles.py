"""What a model is to the rest of the engine: three roles, and the runtime below them.

Anything with these attributes and methods will do: a searcher takes an encoder, a reranker and a
reader of your own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from lepton_local.models.calibration import Calibration

Kind = Literal["passage", "question"]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


class PassageText(NamedTuple):
    """A passage as a judge sees it: where it stands ("Title > Section"), and its words."""

    heading: str
    text: str


class Span(NamedTuple):
    """`text[start:end]` of one passage, in code points. `score` is its start logit plus its end
    logit.
    """

    start: int
    end: int
    score: float


class Reading(NamedTuple):
    """What a reader found in one passage.

    `null` is the logit of "no answer here", so `spans[0].score - null` is the score difference that
    SQuAD 2 thresholds. `spans` are at most ten, best first. `relevance` is a logit, None where the
    reader does not judge it. `tags` are starts and ends of all parts of answers, in order, None
    where the reader tags no tokens.
    """

    null: float
    spans: tuple[Span, ...]
    relevance: float | None = None
    tags: tuple[tuple[int, int], ...] | None = None


class Runtime(Protocol):
    """A network on some device: token ids in, arrays out."""

    batch: int  # rows that one call is best given

    def run(self, ids: Ints, mask: Ints, types: Ints) -> dict[str, Floats]:
        """Run (n, length) padded rows; `mask` is 1 where there is a token, `types` 1 in the second
        segment.

        Gives one array per output of the network, its first axis n; an output per token has shape
        (n, length) and is zero in the padding.
        """
        ...


class Encoder(Protocol):
    """Text to a unit vector, so that likeness of meaning is a dot product."""

    name: str
    digest: str  # of weights and settings: vectors of two encoders with one digest may be compared
    languages: frozenset[str]  # it was made for these (ISO 639-1); empty: not said
    dim: int
    max_tokens: int  # longer texts are cut, special tokens included

    def encode(
        self,
        texts: Sequence[str],
        *,
        kind: Kind = "passage",
        progress: Callable[[int], None] | None = None,
    ) -> Floats:
        """Give unit rows (n, dim), each of its own text alone. `progress` hears how many texts a
        step has done.
        """
        ...

    def spans(self, text: str) -> NDArray[np.int32]:
        """Give the (n, 2) code point offsets of the word pieces of a text, special tokens left out,
        nothing cut. Another thread may call it while `encode` runs.

        A long text is asked for in sections that end before a line end or other white space, if
        there is any. Most tokenizers (BERT's, and those of SentencePiece that split at white space)
        give the same pieces for it as for the whole; of others, pieces at these ends may differ.
        """
        ...


class Reranker(Protocol):
    """A judge of how well a passage serves a question."""

    name: str
    digest: str
    languages: frozenset[str]
    calibration: Calibration  # what its logits are worth; `Calibration()` where nobody measured

    def score(self, question: str, passages: Sequence[PassageText]) -> Floats:
        """Give one logit a passage, (n,): the larger the more relevant."""
        ...


class Reader(Protocol):
    """A finder of the words in a passage that answer a question."""

    name: str
    digest: str
    languages: frozenset[str]
    calibration: Calibration

    def read(self, question: str, passages: Sequence[PassageText]) -> list[Reading]:
        """Give one reading a passage, in order."""
        ...
