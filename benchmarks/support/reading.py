"""Every file of some folders parsed and chunked, each beside the library that its parser uses."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from time import process_time
from typing import Any

import click
from support.alone import library_of, read_alone
from support.record import table

from lepton_local.config import BuildConfig
from lepton_local.corpus.chunk import chunk
from lepton_local.corpus.crawl import crawl
from lepton_local.corpus.parse import format_of, parse
from lepton_local.corpus.read import read
from lepton_local.errors import SourceError
from lepton_local.models.load import load_encoder
from lepton_local.models.roles import Encoder
from lepton_local.types import Document, Passage, Skipped, Source

_INK = re.compile(r"[^\s\ufeff]+")  # a byte order mark is no ink
_PAGES = ("page ", "slide ")  # marks that count as pages

Report = dict[str, Any]


@dataclass(slots=True)
class Read:
    """What came of one file. Times are of the processor, in seconds."""

    root: str
    path: str
    form: str
    bytes: int = 0
    reason: str = ""  # why it is skipped
    refused: int = 0  # members of it
    pages: int = 0
    documents: int = 0
    characters: int = 0  # that are not white space
    left_out: int = 0  # of these, in no passage
    passages: int = 0
    parse: float = 0.0
    chunk: float = 0.0
    alone: float = 0.0  # the library by itself

    def raw(self) -> list[Any]:
        """The fields in their order, without the root."""
        return [round(each, 5) if isinstance(each, float) else each for each in astuple(self)[1:]]


def read_all(folders: Sequence[Path]) -> list[Read]:
    """Parse and chunk every file that a crawl finds, but each only once, however many links lead to
    it; of those that cannot be read, tell why.
    """
    encoder, config = load_encoder("bundled"), BuildConfig()
    rows: list[Read] = []
    warm: set[str] = set()
    seen: set[Path] = set()
    for item in crawl(folders):
        source = item.source if isinstance(item, Skipped) else item
        real = Path(source.root, source.path).resolve()
        if real in seen:
            continue
        seen.add(real)
        row = Read(source.root, source.path, format_of(source.path)[0], source.size)
        rows.append(row)
        if isinstance(item, Skipped):
            row.reason = item.reason
            continue
        if row.form not in warm:  # the first of a kind imports what its parser needs
            warm.add(row.form)
            _measure(replace(row), item, encoder, config)
        _measure(row, item, encoder, config)
        if len(rows) % 500 == 0:
            click.echo(f"{len(rows):,} files read", err=True)
    return rows


def _measure(row: Read, source: Source, encoder: Encoder, config: BuildConfig) -> None:
    source, data = read(source)
    began = process_time()
    read_alone(row.form, source.path, data)
    row.alone = process_time() - began
    began = process_time()
    try:
        found = list(parse(source, data))
    except SourceError as error:
        row.reason = str(error)
        return
    row.parse = process_time() - began
    for document in found:
        if isinstance(document, Skipped):
            row.refused += 1
            continue
        began = process_time()
        passages = list(
            chunk(
                document, encoder.spans, tokens=config.chunk_tokens, overlap=config.overlap_tokens
            )
        )
        row.chunk += process_time() - began
        row.documents += 1
        row.passages += len(passages)
        row.characters += _ink(document.text, 0, len(document.text))
        row.left_out += _left_out(document, passages)
        marks = {mark.label for mark in document.marks if mark.label.startswith(_PAGES)}
        row.pages += int(document.metadata.get("pages", len(marks)))


def _left_out(document: Document, passages: Sequence[Passage]) -> int:
    """The characters between the passages that are not white space."""
    left, at = 0, 0
    for passage in passages:
        left += _ink(document.text, at, passage.start)
        at = max(at, passage.end)
    return left + _ink(document.text, at, len(document.text))


def _ink(text: str, start: int, end: int) -> int:
    return sum(match.end() - match.start() for match in _INK.finditer(text, start, max(start, end)))


def by_format(rows: Iterable[Read]) -> dict[str, Report]:
    """The sums of each format, its speed, and how many times as long as its library it takes."""
    groups: dict[str, list[Read]] = defaultdict(list)
    for row in rows:
        groups[row.form].append(row)
    return {form: _sums(form, groups[form]) for form in sorted(groups)}


def _sums(form: str, rows: Sequence[Read]) -> Report:
    whole = [row for row in rows if not row.reason]

    def total(*names: str) -> Any:
        return sum(getattr(row, name) for row in whole for name in names)

    sums = {name: total(name) for name in ("bytes", "pages", "documents", "passages", "characters")}
    library = library_of(form)
    ours, alone = total("parse", "chunk"), total("alone") if library else 0.0
    return {
        "files": len(rows),
        "skipped": len(rows) - len(whole),
        "refused_members": total("refused"),
        **sums,
        "characters_left_out": total("left_out"),
        "seconds": round(ours, 3),
        "files_a_second": _rate(len(whole), ours),
        "mb_a_second": _rate(sums["bytes"] / 1e6, ours),
        "pages_a_second": _rate(sums["pages"], ours),
        "characters_a_second": _rate(sums["characters"], ours),
        "library": library,
        "library_seconds": round(alone, 3),
        "library_files_a_second": _rate(len(whole), alone),
        "library_mb_a_second": _rate(sums["bytes"] / 1e6, alone),
        "library_pages_a_second": _rate(sums["pages"], alone),
        "parse_to_library": _rate(total("parse"), alone),
        "parse_and_chunk_to_library": _rate(ours, alone),
    }


def _rate(amount: float, seconds: float) -> float | None:
    return float(f"{amount / seconds:.3g}") if seconds and amount else None


def summarise(formats: Mapping[str, Report]) -> str:
    """What was read, and how fast, as two tables."""
    what = table(
        [
            *("format", "files", "skipped", "MB", "pages", "documents", "passages"),
            *("characters", "of these in passages"),
        ],
        [
            [
                form,
                *(f"{sums[name]:,}" for name in ("files", "skipped")),
                f"{sums['bytes'] / 1e6:,.2f}",
                *(f"{sums[name]:,}" for name in ("pages", "documents", "passages", "characters")),
                _held(sums),
            ]
            for form, sums in formats.items()
        ],
    )
    names = ["files_a_second", "mb_a_second", "pages_a_second"]
    speed = table(
        [
            *("format", "files/s", "MB/s", "pages/s", "million characters/s"),
            *("library alone", "files/s", "MB/s", "pages/s"),
            *("parse : library", "parse + chunk : library"),
        ],
        [
            [
                form,
                *(_figure(sums[name]) for name in names),
                f"{(sums['characters_a_second'] or 0) / 1e6:.2f}",
                sums["library"] or "-",
                *(_figure(sums[f"library_{name}"]) for name in names),
                _figure(sums["parse_to_library"]),
                _figure(sums["parse_and_chunk_to_library"]),
            ]
            for form, sums in formats.items()
        ],
    )
    return f"{what}\n{speed}"


def _held(sums: Report) -> str:
    """The share of the characters that lie in a passage: 100 % only if every one does."""
    if not sums["characters"]:
        return "-"
    left = sums["characters_left_out"]
    return "100 %" if not left else f"{100 * (1 - left / sums['characters']):.4f} %"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:,g}"
