"""What the tests share: an encoder that is made of word counts, small corpora, and a cache of their
own.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from lepton_local.models import scale

settings.register_profile("lepton", deadline=None)  # a busy machine is no failure
settings.load_profile("lepton")

with contextlib.suppress(ValueError):  # of a thread
    # Where the suite runs in the background a shell has it ignore Ctrl-C, and every child with it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

MEASURED = [passage for _, _, passage in scale.texts()]  # every encoder is asked for these once


class WordEncoder:
    """An encoder whose vectors count words: a second or two faster than a network, and as
    deterministic.
    """

    name = "words"
    digest = "sha256:words"
    languages = frozenset({"en", "de"})
    dim = 64
    max_tokens = 256

    def __init__(self) -> None:
        self.encoded: list[
            str
        ] = []  # every text it was ever asked for: the regression guard counts them

    def encode(
        self,
        texts: Sequence[str],
        *,
        kind: str = "passage",
        progress: Callable[[int], None] | None = None,
    ) -> np.ndarray:
        if kind == "passage" and list(texts) != MEASURED:
            self.encoded.extend(texts)
        rows = np.full((len(texts), self.dim), 1e-3, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                row[int(hashlib.sha256(word.encode()).hexdigest(), 16) % self.dim] += 1
        if progress is not None:
            progress(len(texts))
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))

    def spans(self, text: str) -> np.ndarray:
        found = [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]
        return np.array(found, dtype=np.int32).reshape(-1, 2)


@pytest.fixture(scope="session", autouse=True)
def own_places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Graphs go into a cache of this run's own; commands that tests start share it. Names and
    settings of whoever runs the tests stay out.
    """
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEPTON_CACHE", str(home / "cache"))
        patch.setenv("LEPTON_DATA", str(home / "data"))
        patch.setenv("LEPTON_CONFIG", str(home / "config.toml"))
        yield


@pytest.fixture
def one_thread() -> Iterator[None]:
    """One thread for torch, which else fights for the cores."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A folder of three small files of different formats."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "bread.md").write_text(
        "# Bread\n\n## Starter\n\nFeed the sourdough starter with rye flour every morning.\n\n"
        "## Baking\n\nBake the loaf for forty minutes at 230 degrees.\n"
    )
    (folder / "garden.txt").write_text(
        "The tomatoes were planted on 3 May. Water them in the evening, never at noon.\n"
    )
    (folder / "rows.jsonl").write_text(
        '{"_id": "a", "title": "Otter", "text": "Otters hold hands while they sleep."}\n'
        '{"_id": "b", "title": "Heron", "text": "A heron stands still for an hour."}\n'
    )
    return folder
