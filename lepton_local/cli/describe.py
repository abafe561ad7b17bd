"""What an index is, holds and left out: lines for a person, a record for a program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from lepton_local.cli.beside import beside_lines, beside_record
from lepton_local.cli.screen import cells, clean, ending, fold, prose
from lepton_local.corpus import cage
from lepton_local.corpus.converter import target_of
from lepton_local.corpus.passed import is_harmless, kind, unread_format
from lepton_local.store.names import PICTURES, QUESTION, TEXT
from lepton_local.types import Skipped

if TYPE_CHECKING:  # they import numpy and pyarrow: see the top of index.py
    from lepton_local.indexing.check import Finding
    from lepton_local.indexing.report import Report
    from lepton_local.store.entry import SegmentEntry
    from lepton_local.store.index import Index

MOST = 20  # skipped files that are named after a build
CHANGES = ("added", "changed", "moved", "removed")
REASONS = 5  # reasons for skipping that `info` counts


def report_record(report: Report) -> dict[str, Any]:
    """What a build or an update did."""
    return {
        "schema": 1,
        "index": report.index.place,
        "generation": report.index.manifest.generation,
        "documents": report.index.documents,
        "passages": report.index.rows,
        **{
            name: getattr(report, name)
            for name in (*CHANGES, "unchanged", "kept", "encoded", "reused")
        },
        "followed": dict(report.followed),
        "seconds": dict(report.seconds),
        "machines": {name: dict(done) for name, done in report.machines.items()},
        "skipped": skipped_record(report.skipped),
    }


def report_lines(report: Report) -> Iterator[str]:
    """What a build or an update did, and how to go on."""
    index = report.index
    seconds = report.seconds.get("total", sum(report.seconds.values()))
    yield f"{click.style(clean(index.place), bold=True)}: {_holdings(index)}"
    for before, now in report.followed.items():
        yield f"moved: {clean(before)} is {clean(now)} now; nothing of it is read or encoded again"
    changes = [f"{getattr(report, name):,} {name}" for name in CHANGES if getattr(report, name)]
    changes += [f"{report.kept:,} kept, cannot be read now"] * bool(report.kept)
    yield (
        f"{', '.join(changes) or 'nothing has changed'}; {count(report.encoded, 'passage')} encoded"
        f"{f', {report.reused:,} kept' if report.reused else ''} in {seconds:.1f} s"
    )
    if report.profile:
        yield click.style(f"some of it side by side: {_stages(report.profile)}", dim=True)
    for name, done in report.machines.items():
        stages = f"{count(int(done['passages']), 'passage')}; {_stages(report.noticed(done))}"
        yield click.style(f"on {clean(name)}: {stages}", dim=True)
    if report.added:
        yield click.style(f'ask it: lepton-search query {clean(index.place)} "…"', dim=True)


def _stages(profile: Mapping[str, float]) -> str:
    return ", ".join(f"{words} {took:.1f} s" for words, took in profile.items())


def field_lines(report: Report, name: str) -> Iterator[str]:
    """What a further field has come to, and how to ask it."""
    place = clean(report.index.place)
    seconds = report.seconds.get("total", 0.0)
    yield f"{click.style(place, bold=True)}: {_field(report.index, name)}"
    known = f", {report.reused:,} kept" if report.reused else ""
    of = report.index.manifest.encoders[name].of
    noun = "picture" if of == PICTURES else "passage"
    yield f"{count(report.encoded, noun)} encoded{known} in {seconds:.1f} s"


def skipped_record(skipped: Iterable[Skipped]) -> list[dict[str, str]]:
    """The files that are not in an index, and why."""
    return [{"path": s.source.path, "root": s.source.root, "reason": s.reason} for s in skipped]


def skipped_lines(skipped: Sequence[Skipped], index: str = "", *, width: int = 0) -> Iterator[str]:
    """A line a file, cut to `width` columns if it is not 0; with `index`, only the first, and the
    command that names them all. Before them how many are of formats that are not read.
    """
    named = f"; name them: lepton-index info {clean(index)} --skipped" if index else ""
    if unread := Counter(form for one in skipped if (form := unread_format(one.reason))):
        told = ", ".join(f"{form} {many:,}" for form, many in unread.most_common())
        total = count(unread.total(), "file")
        if any(target_of(f"a{form}") for form in unread):
            told += " (--with-libreoffice reads more)"
        yield f"{total} of formats that are not read: {told}{named}"
    if index:
        skipped, harmless = _parted(skipped)
        others = [one for one in harmless if not unread_format(one.reason)]
        if others:
            kinds = Counter(kind(one.reason) for one in others)
            told = ", ".join(f"{many:,} {name}" for name, many in kinds.most_common())
            yield f"passed over: {told}{named}"
        if skipped:
            yield f"{count(len(skipped), 'file')} skipped:"
    for one in skipped[:MOST] if index else skipped:
        path, reason = clean(one.source.path), prose(one.reason)
        if width:
            path = ending(path, width - 2 - min(cells(reason), width // 2))
            reason = fold(reason, max(1, width - 2 - cells(path)), lines=1)[0]
        yield f"{click.style(path, bold=True)}: {reason}"
    if index and len(skipped) > MOST:
        yield f"and {len(skipped) - MOST:,} more: lepton-index info {clean(index)} --skipped"


def _parted(skipped: Sequence[Skipped]) -> tuple[list[Skipped], list[Skipped]]:
    """Those that something is wrong with, and those that were passed over as a matter of course."""
    harmless = [one for one in skipped if is_harmless(one.reason)]
    return [one for one in skipped if not is_harmless(one.reason)], harmless


def info_record(index: Index) -> dict[str, Any]:
    """The manifest, with sums."""
    manifest = index.manifest
    return {
        "schema": 1,
        "index": index.place,
        "generation": manifest.generation,
        "documents": index.documents,
        "passages": index.rows,
        "bytes": sum(segment.bytes for segment in manifest.segments),
        "encoder": asdict(manifest.encoder),
        "fields": {name: asdict(made) for name, made in manifest.encoders.items()},
        "config": asdict(manifest.config),
        "roots": list(manifest.roots),
        "segments": [asdict(segment) for segment in manifest.segments],
        "parsers": cage.describe(),
        "feedback": beside_record(index.place),
        "skipped": skipped_record(manifest.skipped),
    }


def info_lines(index: Index) -> Iterator[str]:
    """The same, in short."""
    manifest = index.manifest
    config = manifest.config
    reasons = Counter(one.reason.partition(":")[0] for one in manifest.skipped)
    yield click.style(clean(index.place), bold=True)
    yield from table(
        {
            "holds": _holdings(index),
            "on disk": f"{size(sum(s.bytes for s in manifest.segments))} in "
            f"{count(len(manifest.segments), 'segment')}, generation {manifest.generation}",
            "roots": manifest.roots,
            "encoder": f"{manifest.encoder.name}, {manifest.encoder.dim} numbers a passage",
            "fields": [_field(index, name) for name in manifest.encoders if name != TEXT],
            "passages": f"of at most {config.chunk_tokens} word pieces, FAISS {config.faiss}",
            "vectors": list(_searched(manifest.segments)),
            "languages": ", ".join(index.statistics.languages),
            "skipped": [count(len(manifest.skipped), "file")]
            + [f"{number:,} {reason}" for reason, number in reasons.most_common(REASONS)],
            "rights": ["kept of each file, for tokens with --user"] * bool(manifest.rights),
            "parsers": f"run apart, shut in by {cage.describe()}",
            "feedback": list(beside_lines(index.place)),
        }
    )
    if manifest.skipped:
        names = f"name them: lepton-index info {clean(index.place)} --skipped"
        yield click.style(names, dim=True)


def _field(index: Index, name: str) -> str:
    """A further field: how many of the passages have a vector, and of how many numbers."""
    made = index.manifest.encoders[name]
    having = sum(
        int(live[segment.fields[name].rows()].sum())
        for segment, live in zip(index.segments, index.live, strict=True)
        if name in segment.fields
    )
    if name == QUESTION and made.digest == index.manifest.encoder.digest:
        return f"{name}, that of the passages below one: {count(having, 'passage')}"
    by = "" if made.name == name else f" by {made.name}"
    noun, every = "passage", index.rows
    go_on = f"lepton-index add-field {index.place} --encoder {made.model} --name {name}"
    if made.of == PICTURES:
        noun, every, go_on = "picture", _pictures(index), f"{go_on} --pictures"
    rows = f"{having:,} of {count(every, noun)}"
    lacking = f"; go on: {go_on}" if having < every else ""
    return f"{name}{by}, {made.dim} numbers, {rows}{lacking}"


def _pictures(index: Index) -> int:
    """How many live documents are pictures."""
    from lepton_local.store.pictured import picture_rows

    return sum(
        int(live[list(picture_rows(segment))].sum())
        for segment, live in zip(index.segments, index.live, strict=True)
    )


def _searched(entries: Sequence[SegmentEntry]) -> Iterator[str]:
    """How the vectors of segments are searched; of FAISS, what was measured when it was built."""
    fields = [each for entry in entries for each in entry.fields.values()]
    scanned = sum(each.rows for each in fields if not each.faiss)
    if scanned:
        yield f"{scanned:,} searched exactly"
    for each in fields:
        if told := each.faiss:
            measured = [f"recall@10 {told['recall']}"]
            if "bytes" in told:
                measured += [f"{told['bytes']:g} bytes a vector", f"{told['milliseconds']} ms"]
            yield f"{each.rows:,} in FAISS {told['factory']}: {', '.join(measured)}"


def check_record(index: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """What is wrong with an index."""
    wrong = [{"subject": f.subject, "detail": f.detail} for f in findings if not f.ok]
    return {
        "schema": 1,
        "index": index,
        "ok": not wrong,
        "checked": len(findings),
        "problems": wrong,
    }


def check_lines(index: str, findings: Sequence[Finding]) -> Iterator[str]:
    """What is wrong with an index, and a last line that says how much was looked at."""
    wrong = [finding for finding in findings if not finding.ok]
    for finding in wrong:
        yield f"{click.style(clean(finding.subject), fg='red')}: {prose(finding.detail)}"
    yield (
        f"{clean(index)}: {len(findings):,} things checked, "
        f"{f'{len(wrong):,} wrong' if wrong else 'all is well'}"
    )


def table(values: Mapping[str, Any], *, indent: int = 2) -> Iterator[str]:
    """Names and values in two columns; a list takes a line an item, and a mapping a line a name."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}, {inner}": item for inner, item in value.items()}
        else:
            flat[name] = value
    edge = max(map(len, flat), default=0) + 2
    for name, value in flat.items():
        items = value if isinstance(value, list | tuple) else [value]
        for number, item in enumerate(items):
            shown = f"{item:,.4g}" if isinstance(item, float) else prose(str(item))
            yield f"{'':{indent}}{'' if number else name:<{edge}}{shown}"


def count(number: int, noun: str) -> str:
    """1 file, 2 files."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def size(bytes_: int) -> str:
    """A number of bytes as people say it."""
    amount, units = float(bytes_), iter(("bytes", "kB", "MB", "GB"))
    unit = next(units)
    while amount >= 1000 and unit != "GB":
        amount, unit = amount / 1000, next(units)
    return f"{amount:,.3g} {unit}" if amount < 1000 else f"{amount:,.0f} {unit}"


def _holdings(index: Index) -> str:
    return f"{count(index.documents, 'document')}, {count(index.rows, 'passage')}"
