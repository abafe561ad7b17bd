"""The main text of web pages, beside what people took for it, and what other libraries read."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

import click
from support.environments import environment, versions
from support.launch import Failed, Talk, surroundings
from support.record import HERE, new_record, table, write_json, write_rows

from lepton_local.corpus.formats.html import parse_html
from lepton_local.errors import SourceError
from lepton_local.types import Source

RUN = 4  # words of the runs that are compared
# Library -> what is installed for it.
OTHERS = {"trafilatura": ["trafilatura", "lxml_html_clean"], "resiliparse": ["resiliparse"]}

Report = dict[str, Any]


def run(folder: Path, work: Path, *, name: str) -> Path:
    """folder: `ground-truth.json`, and `html/<id>.html.gz`; gives the record."""
    record = new_record(name)
    known = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    readers: dict[str, Callable[[Path], str]] = {
        "all but menus that say so": lambda path: _ours(path, of_site=False),
        "without blocks of links": lambda path: _ours(path, of_site=True),
    }
    installed: Report = {}
    for library, packages in OTHERS.items():
        try:
            python = environment(work / library, packages)
        except Failed as error:
            click.echo(f"{library}: {error}", err=True)
            continue
        worker = [str(python), str(HERE / "support" / "page_worker.py"), library]
        readers[library] = _asking(Talk(worker, env=surroundings()))
        installed |= versions(python, packages[:1])
    rows: list[Report] = []
    for id_, told in sorted(known.items()):
        path = folder / "html" / f"{id_}.html.gz"
        if path.exists():
            article = _runs(told["articleBody"])
            rows.append(
                {"page": id_, **{who: _both(r(path), article) for who, r in readers.items()}}
            )
    write_rows(record / "pages.jsonl.gz", rows)
    summary = {who: _summary([row[who] for row in rows]) for who in readers}
    write_json(record / "summary.json", {"pages": len(rows), "versions": installed, **summary})
    heads = [
        "reader",
        "of the article read",
        "of what is read the article's",
        "F1",
        "pages read whole",
    ]
    shown = [[who, *map(str, told.values())] for who, told in summary.items()]
    (record / "summary.md").write_text(
        f"{len(rows)} pages, runs of {RUN} words; whole: 95 in 100 of its runs.\n\n"
        + table(heads, shown),
        encoding="utf-8",
    )
    return record


def _ours(path: Path, *, of_site: bool) -> str:
    data = gzip.decompress(path.read_bytes())
    try:
        found = parse_html(Source("", "a.html", len(data), 1), data, of_site=of_site)
        return "\n".join(document.text for document in found)
    except SourceError:
        return ""


def _asking(talk: Talk) -> Callable[[Path], str]:
    return lambda path: str(talk(str(path)))


def _both(text: str, article: Counter[tuple[str, ...]]) -> list[float]:
    """The share of the article that was read, and that of what was read which is the article's."""
    read = _runs(text)
    both = (read & article).total()
    return [round(both / max(1, each.total()), 4) for each in (article, read)]


def _runs(text: str) -> Counter[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return Counter(zip(*(words[at:] for at in range(RUN)), strict=False))


def _summary(shares: list[list[float]]) -> Report:
    ones = [2 * a * b / (a + b) if a + b else 0.0 for a, b in shares]
    return {
        "found": round(fmean(found for found, _ in shares), 3),
        "right": round(fmean(right for _, right in shares), 3),
        "f1": round(fmean(ones), 3),
        "whole": sum(found > 0.95 for found, _ in shares),
    }
