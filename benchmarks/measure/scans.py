"""How much of pages that were made to look scanned is read right, by the extra `ocr` and by
tesseract.
"""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import fmean
from time import process_time
from typing import Any

import click
import numpy as np
import numpy.typing as npt
import pypdfium2  # type: ignore[import-untyped]
from support.record import new_record, table, write_json, write_rows

from lepton_local.corpus.formats.ocr import INSTALL, recogniser

PAGES = Path(__file__).with_name("scanned-pages.txt")
DOTS = 200  # an inch
RUN = 4  # characters of the runs that are compared: their order over the page does not count

Picture = npt.NDArray[np.uint8]
Report = dict[str, Any]


def run(folder: Path, work: Path, *, seed: int, name: str) -> Path:
    """Each line of PAGES is a kind, what was done to the page, a PDF under `folder` and a page of
    it; the text of the PDF is the truth. Gives the record.
    """
    recognise = recogniser()
    if recognise is None:
        raise click.UsageError(f"the extra ocr is not there: {INSTALL}")
    record = new_record(name)
    work.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(seed)
    rows: list[Report] = []
    for line in PAGES.read_text(encoding="utf-8").splitlines():
        kind, damage, file, number = line.split("\t")
        with pypdfium2.PdfDocument(next(folder.rglob(file))) as pdf:
            page = pdf[int(number) - 1]
            truth = _bare(page.get_textpage().get_text_range())
            drawn = page.render(scale=DOTS / 72, rev_byteorder=True).to_numpy()[:, :, :3].copy()
        picture = np.ascontiguousarray(DAMAGES[damage](drawn, chance))
        began = process_time()
        ours = _bare("".join(recognise(picture)))
        seconds = process_time() - began
        theirs = _bare(_tesseract(picture, work / "page.ppm", chinese=kind == "Chinese"))
        told = {"ours": _found(ours, truth), "tesseract": _found(theirs, truth)}
        row = {"kind": kind, "damage": damage, "file": file, "page": number, **told}
        rows.append({**row, "characters": len(truth), "seconds": round(seconds, 1)})
        click.echo(f"{kind}, {damage}: {told}", err=True)
    write_rows(record / "pages.jsonl.gz", rows)
    summary = {"pages": len(rows), "dots an inch": DOTS, "seed": seed, "kinds": _summary(rows)}
    write_json(record / "summary.json", summary)
    (record / "summary.md").write_text(_shown(summary), encoding="utf-8")
    return record


def _noise(picture: Picture, chance: np.random.Generator) -> Picture:
    """As a copier makes it: each dot a little lighter or darker, and soft edges."""
    soft = picture.astype(np.float64)
    for axis in (0, 1):
        soft = (np.roll(soft, 1, axis) + 2 * soft + np.roll(soft, -1, axis)) / 4
    soft += chance.normal(0, 12, soft.shape)
    return soft.clip(0, 255).astype(np.uint8)


def _faint(picture: Picture, chance: np.random.Generator) -> Picture:
    """A quarter of the contrast, on grey."""
    faint = 150 + picture.astype(np.float64) * 60 / 255 + chance.normal(0, 4, picture.shape)
    return faint.clip(0, 255).astype(np.uint8)


def _tilted(picture: Picture, chance: np.random.Generator) -> Picture:
    """By two degrees, about: each line of dots is moved aside, then each column up."""
    slope = np.tan(np.radians(2))
    for axis in (0, 1):
        moved = np.full_like(picture, 255)
        for at in range(picture.shape[axis]):
            shift = round((at - picture.shape[axis] / 2) * slope) * (1 if axis else -1)
            place = (at, slice(None)) if axis == 0 else (slice(None), at)
            moved[place] = np.roll(picture[place], shift, 0)
        picture = moved
    return _noise(picture, chance)


DAMAGES: dict[str, Callable[[Picture, np.random.Generator], Picture]] = {
    "noise": _noise,
    "low contrast": _faint,
    "tilted by 2°": _tilted,
    "turned by 90°": lambda picture, chance: _noise(np.rot90(picture, 3), chance),
    "upside down": lambda picture, chance: _noise(np.rot90(picture, 2), chance),
}


def _tesseract(picture: Picture, path: Path, *, chinese: bool) -> str:
    height, width, _ = picture.shape
    path.write_bytes(b"P6 %d %d 255\n" % (width, height) + picture.tobytes())
    command = ["tesseract", str(path), "-", "-l", "chi_sim" if chinese else "eng"]
    told = subprocess.run(
        command, capture_output=True, check=False, env={**os.environ, "OMP_THREAD_LIMIT": "1"}
    )
    return told.stdout.decode("utf-8", "replace")


def _bare(text: str) -> str:
    return "".join(text.split())


def _found(read: str, truth: str) -> float:
    """The share of the runs of characters of a page that were read."""
    mine, known = (
        Counter(text[at : at + RUN] for at in range(len(text) - RUN + 1)) for text in (read, truth)
    )
    return round((mine & known).total() / known.total(), 3)


def _summary(rows: list[Report]) -> dict[str, Report]:
    kinds: dict[str, list[Report]] = {}
    for row in rows:
        kinds.setdefault(f"{row['kind']}, {row['damage']}", []).append(row)
    return {
        kind: {
            "pages": len(found),
            **{who: round(fmean(r[who] for r in found), 3) for who in ("ours", "tesseract")},
            "seconds a page": round(fmean(r["seconds"] for r in found), 1),
        }
        for kind, found in kinds.items()
    }


def _shown(summary: Mapping[str, Any]) -> str:
    rows = [
        [kind, *(str(told[name]) for name in ("pages", "ours", "tesseract", "seconds a page"))]
        for kind, told in summary["kinds"].items()
    ]
    heads = ["pages that look scanned", "pages", "extra `ocr`", "tesseract", "seconds a page"]
    return (
        f"Share of the runs of {RUN} characters that were read right, at {DOTS} dots an inch. "
        "Seconds are of the processor.\n\n" + table(heads, rows)
    )
