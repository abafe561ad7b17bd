"""Who teaches a judge from marks: `lepton-train pair` with adapters, as `adapt` asks for it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lepton_local.learning.adapters import Teach
    from lepton_local.types import Progress

RANK, RATE, TOKENS = 8, 5e-4, 256  # of the adapters; how fast they learn; word pieces that are read


def teacher(index: str, *, device: str, rerank: bool, progress: Progress) -> Teach | str:
    """Who trains, or why nobody does."""
    from lepton_local.store.place import decrypted, stored_at

    if not rerank:
        return "a search without a judge has none to teach"
    if not all(find_spec(name) for name in ("torch", "peft")):
        return 'it takes the extra: pip install "lepton-local[train]"'
    if decrypted(stored_at(index)) is not None:
        return "what it learns would lie beside an encrypted index in the clear"

    def teach(pairs: Path, remember: Path, out: Path) -> None:
        from lepton_local.models.load import choose_device
        from lepton_local.models.resolve import BUNDLED, BUNDLED_PAIR, resolve
        from lepton_local.train.paired import PairRun
        from lepton_local.train.recipe import Recipe

        PairRun(
            data=(pairs,),
            validation=None,
            remember=remember,
            base=resolve(BUNDLED, bundled=BUNDLED_PAIR, allow_download=False),
            out=out,
            recipe=Recipe(lora=RANK, lr=RATE, task="rank"),
            device=choose_device(device),
            max_tokens=TOKENS,
            resume=False,
        ).run(threads=0, progress=progress)

    return teach


@contextmanager
def workshop(index: str) -> Iterator[Path]:
    """A folder beside an index, where a model can be made and is moved from; gone afterwards."""
    from lepton_local.store.taught import folder_of

    place = folder_of(index)
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{place.name}-", dir=place.parent) as folder:
        yield Path(folder)
