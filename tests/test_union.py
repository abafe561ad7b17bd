"""Several indexes searched as one find what one index of everything would."""

from __future__ import annotations

import gc
import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lepton_local.config import SearchConfig
from lepton_local.errors import InputError, VersionError
from lepton_local.indexing import builder, fields
from lepton_local.search.record import result_record
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index
from lepton_local.store.union import union
from tests.conftest import WordEncoder
from tests.test_search import Needle
from tests.test_search_fields import Letters
from tests.test_update import PLAIN, alike

WORDS = "otter heron river stone willow moss rain ferry lantern quay mill".split()
QUESTIONS = [
    "otter river",
    "heron stone willow moss",
    "ferrry at the quay",
    '"otter heron"',
    "mill -rain",
    "Otter des Flusses",
]
GERMAN = "Der Otter schläft am Fluss, und die Fähre hat heute eine neue Laterne bekommen. "
MODES = ["hybrid", "dense", "lexical"]


def corpora(folder: Path, seed: int) -> list[Path]:
    """Three roots with files of equal names, some of them copies of one another."""
    chance = random.Random(seed)
    roots = []
    for name in ("a", "b", "c"):
        root = folder / name
        root.mkdir()
        for number in range(chance.randint(1, 12)):
            text = " ".join(chance.choices(WORDS, k=chance.randint(4, 30)))
            (root / f"{number}.txt").write_text(f"{GERMAN * (number % 4 == 3)}{text}.\n")
        (root / "copy.md").write_text("# Copy\n\nThe otter and the heron share a river.\n")
        roots.append(root)
    return roots


def records(searcher: Searcher) -> list[Any]:
    found = [result_record(searcher.answer(question, k=12)) for question in QUESTIONS]
    return [json.dumps(alike(record)) for record in found]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6), st.sampled_from(MODES), st.permutations([0, 1, 2]))
def test_a_union_equals_an_index_of_everything(
    tmp_path_factory: pytest.TempPathFactory, seed: int, mode: str, order: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("union")
    roots, encoder = corpora(folder, seed), WordEncoder()
    whole = builder.build(roots, folder / "whole", encoder=encoder).index
    parts = []
    for root in roots:
        out = folder / f"index-{root.name}"
        builder.build(root, out, encoder=encoder)
        gone = root / "gone.txt"
        gone.write_text("An otter that leaves the river again.\n")
        builder.update(out, encoder=encoder)
        gone.unlink()
        parts.append(builder.update(out, encoder=encoder).index)
    together = union([parts[number] for number in order])
    config = SearchConfig(mode=mode, rerank=False, answer=False)
    ours = Searcher(together, encoder=encoder, config=config)
    theirs = Searcher(whole, encoder=encoder, config=config)
    assert records(ours) == records(theirs)
    similar = [json.dumps(alike(_hits(each.similar("0.txt", k=9)))) for each in (ours, theirs)]
    assert similar[0] == similar[1]
    shutil.rmtree(folder)


@pytest.mark.parametrize("mode", ["hybrid", "dense"])
def test_a_union_equals_an_index_of_everything_by_several_fields_too(
    tmp_path: Path, encoder: WordEncoder, mode: str
) -> None:
    roots = corpora(tmp_path, 11)
    builder.build(roots, tmp_path / "whole", encoder=encoder)
    places = [tmp_path / f"index-{root.name}" for root in roots]
    for root, place in zip(roots, places, strict=True):
        builder.build(root, place, encoder=encoder)
    for place in (tmp_path / "whole", *places):
        fields.add(place, "letters", encoder=Letters())
    config = SearchConfig(mode=mode, rerank=False, answer=False, fields=("text", "letters"))
    ours, theirs = (
        Searcher(each, encoder=encoder, fields={"letters": Letters()}, config=config)
        for each in (union(list(map(Index.open, places))), Index.open(tmp_path / "whole"))
    )
    assert records(ours) == records(theirs)
    stages = {vote.stage for hit in ours.search("otter river", k=9) for vote in hit.why}
    assert stages >= {"dense", "letters"}


def _hits(hits: Any) -> list[Any]:
    return [(hit.root, hit.path, hit.score, len(hit.also)) for hit in hits]


def test_each_hit_names_its_index_and_a_copy_is_one_hit(
    tmp_path: Path, encoder: WordEncoder
) -> None:
    roots = corpora(tmp_path, 5)
    places = [tmp_path / f"index-{root.name}" for root in roots]
    for root, place in zip(roots, places, strict=True):
        builder.build(root, place, encoder=encoder)
    together = union([Index.open(place) for place in places])
    needle = Needle("share a river")
    searcher = Searcher(together, encoder=encoder, reranker=needle, reader=needle)
    result = searcher.answer("what do the otter and the heron share?", k=30)
    index_of = {str(root): str(place) for root, place in zip(roots, places, strict=True)}
    assert all(hit.index == index_of[hit.root] for hit in result.hits)
    assert {hit.index for hit in result.hits} == set(map(str, places))
    (copy,) = (hit for hit in result.hits if "share a river" in hit.passage.text)
    assert [place.index for place in copy.also] == list(map(str, places[1:]))
    assert result.answer is not None
    assert result.answer.mark == "# Copy"
    told = result_record(result)
    assert told["indexes"] == [{"index": str(place), "generation": 1} for place in places]
    assert told["index"] == str(places[0])
    assert searcher.verify(result).answer.hit.verified  # type: ignore[union-attr]


def test_a_file_that_two_indexes_hold_is_one_place(tmp_path: Path, encoder: WordEncoder) -> None:
    (root, *_) = corpora(tmp_path, 5)
    places = [tmp_path / "one", tmp_path / "two"]
    for place in places:
        builder.build(root, place, encoder=encoder)
    once = Searcher(Index.open(places[0]), encoder=encoder, config=PLAIN).search("otter", k=50)
    twice = Searcher(union(list(map(Index.open, places))), encoder=encoder, config=PLAIN)
    found = twice.search("otter", k=50)
    assert [(hit.root, hit.path) for hit in found] == [(hit.root, hit.path) for hit in once]
    assert all(hit.also == () for hit in found)


def test_a_searcher_lets_go_of_the_files_of_its_indexes(
    tmp_path: Path, encoder: WordEncoder
) -> None:
    places = []
    for root in corpora(tmp_path, 5):
        places.append(tmp_path / f"index-{root.name}")
        builder.build(root, places[-1], encoder=encoder)

    def mapped() -> int:
        return Path("/proc/self/maps").read_text().count(str(tmp_path / "index-"))

    with Searcher.open(places) as asking:
        searcher = Searcher(asking.index, encoder=encoder, config=PLAIN)
        assert searcher.search("otter", filters=["type:txt"])
        if Path("/proc/self/maps").exists():
            assert mapped() > 0
        searcher.close()
    del searcher, asking
    gc.collect()
    if Path("/proc/self/maps").exists():
        assert mapped() == 0


def test_indexes_of_other_encoders_are_refused(tmp_path: Path, encoder: WordEncoder) -> None:
    class Other(WordEncoder):
        name, digest = "other", "sha256:other"

    roots = corpora(tmp_path, 5)
    one = builder.build(roots[0], tmp_path / "one", encoder=encoder).index
    other = builder.build(roots[1], tmp_path / "two", encoder=Other()).index
    with pytest.raises(VersionError, match="cannot be searched together"):
        union([one, other])
    with pytest.raises(InputError, match="no index was named"):
        Searcher.open([])
