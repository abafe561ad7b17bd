"""A measurement as a page: its figures with their intervals, and every question; of a comparison,
what changed. It needs no script and no other file.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from lepton_local.errors import InputError
from lepton_local.saved.markup import text
from lepton_local.store import files

FIRST = "<!doctype html>\n<!-- lepton-local measurement -->\n"  # of every file that is ours
_MORE = """
body { max-width: 70rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: start; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--line); }
td.number, th.number { text-align: end; white-space: nowrap; font-variant-numeric: tabular-nums; }
svg { display: block; width: 100%; height: auto; margin: 1rem 0; }
svg .up { fill: #2f9e55; } svg .down { fill: #c4453c; } svg .mean { stroke: var(--ink); }
svg .span { stroke: var(--accent); } svg line { stroke: var(--line); } svg text { fill: var(--soft); }
"""  # noqa: E501
_WIDE, _ROW, _LEFT = 720, 26, 130  # of a picture, in its own units

Report = Mapping[str, Any]


def check_report(path: Path) -> None:
    """Raises InputError for a place where something else lies than a measurement."""
    if path.is_dir() or (path.is_file() and not _is_ours(path)):
        raise InputError(f"{path} is no saved measurement, expected a new name, or one to replace")


def save_report(report: Report, path: Path) -> None:
    """Write a report as a page that stands alone, whole or not at all. Raises InputError for a
    place where something else lies.
    """
    check_report(path)
    with files.writing_out(path) as file:
        file.write(report_page(report).encode())


def report_page(report: Report) -> str:
    """The page of a report as `eval --json` gives it, with `index`, `dataset`, `settings` of the
    second run, and `each`, the questions.
    """
    style = resources.files(__package__).joinpath("style.css").read_text("utf-8") + _MORE
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'"
    title = f"{text(str(report['dataset']))} asked of {text(str(report['index']))}"
    parts = [
        f'{FIRST}<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        f'<p class="kind">Measurement</p>\n<h1>{title}</h1>\n',
        *(_compared(report) if "against" in report else _measured(report)),
        "</main>\n</body>\n</html>\n",
    ]
    return "".join(parts)


def _measured(report: Report) -> Iterator[str]:
    names = list(report["each"][0]) if report["each"] else []
    measures = [name for name in names if name in report]
    yield _intervals(report, measures)
    yield "<h2>Figures</h2>\n"
    yield from _table(
        ["measure", "mean", "lies between (95 %)"],
        ([name, _figure(report[name]), _ends(report["intervals"].get(name))] for name in measures),
    )
    yield f"<h2>Each question, the worst first ({len(report['each'])})</h2>\n"
    yield from _table(
        ["question", *measures, "found"],
        (
            [each["question"], *(_figure(each[name]) for name in measures), _found(each)]
            for each in report["each"]
        ),
    )


def _compared(report: Report) -> Iterator[str]:
    other, changes = report["against"], report["changes"]
    yield str(report.get("picture", ""))  # SVG that we have drawn
    yield f'<p class="about">compared with: {text(str(report["settings"]))}</p>\n'
    yield "<h2>Figures</h2>\n"
    yield from _table(
        ["measure", "first", "second", "difference", "lies between (95 %)", "better", "worse", "p"],
        (
            [
                name,
                _figure(report[name]),
                _figure(other[name]),
                f"{told['mean']:+.4g}",
                _ends(told["interval"]),
                str(told["better"]),
                str(told["worse"]),
                f"{told['p']:.4f}",
            ]
            for name, told in report["differences"].items()
        ),
    )
    yield (
        '<p class="about">p: how probable a difference this large is if the settings did not '
        "matter (paired randomisation test).</p>\n"
    )
    yield f"<h2>Questions that differ ({len(changes)}), by {text(report['measure'])}</h2>\n"
    yield _bars([float(each["difference"]) for each in changes])
    yield from _table(
        ["question", "difference", "first found", "second found"],
        (
            [
                each["question"],
                f"{each['difference']:+.3g}",
                _found(each["before"]),
                _found(each["after"]),
            ]
            for each in changes
        ),
    )


def _intervals(report: Report, measures: Sequence[str]) -> str:
    """A picture of the means and their intervals, on one scale for those from 0 to 1 and another
    for percents.
    """
    lines = []
    for number, name in enumerate(measures):
        y = number * _ROW + _ROW // 2
        whole = 100 if name in ("em", "f1") else 1
        low, high = report["intervals"].get(name, (report[name], report[name]))
        at = [_LEFT + (_WIDE - _LEFT - 60) * value / whole for value in (low, report[name], high)]
        lines.append(
            f'<text x="0" y="{y + 4}" font-size="13">{text(name)}</text>'
            f'<line x1="{_LEFT}" x2="{_WIDE - 60}" y1="{y}" y2="{y}"/>'
            f'<line class="span" stroke-width="6" x1="{at[0]:.1f}" x2="{at[2]:.1f}" y1="{y}" '
            f'y2="{y}"/><line class="mean" stroke-width="2" x1="{at[1]:.1f}" x2="{at[1]:.1f}" '
            f'y1="{y - 8}" y2="{y + 8}"/><text x="{_WIDE - 50}" y="{y + 4}" font-size="13">'
            f"{_figure(report[name])}</text>"
        )
    return _picture(len(measures) * _ROW, "The means, and the intervals they lie in", lines)


def _bars(differences: Sequence[float]) -> str:
    """A picture of what each question gained or lost, sorted."""
    moved = sorted((each for each in differences if each), reverse=True)
    most = max(map(abs, moved), default=1.0)
    wide = _WIDE / max(len(moved), 1)
    bars = []
    for number, each in enumerate(moved):
        tall = 60 * abs(each) / most
        top = 65 - tall if each > 0 else 65
        kind = "up" if each > 0 else "down"
        bars.append(
            f'<rect class="{kind}" x="{number * wide:.2f}" width="{max(wide - 0.5, 0.5):.2f}" '
            f'y="{top:.2f}" height="{tall:.2f}"/>'
        )
    return _picture(130, "What each question gained or lost", bars)


def _picture(height: int, name: str, parts: Sequence[str]) -> str:
    inside = "\n".join(parts)
    return (
        f'<svg viewBox="0 0 {_WIDE} {height}" role="img" aria-label="{name}">\n{inside}\n</svg>\n'
    )


def _table(heads: Sequence[str], rows: Iterator[list[str]]) -> Iterator[str]:
    yield "<table>\n<thead><tr>"
    yield "".join(f'<th scope="col">{text(head)}</th>' for head in heads)
    yield "</tr></thead>\n<tbody>\n"
    for row in rows:
        cells = (f'<td dir="auto">{text(cell)}</td>' for cell in row)
        yield f"<tr>{''.join(cells)}</tr>\n"
    yield "</tbody>\n</table>\n"


def _found(each: Report) -> str:
    if "answer" in each:
        rank = f"found at {each['found']}" if each["found"] else "not found"
        return f"{each['answer'] or 'no answer'} ({rank})"
    return ", ".join(map(str, each["documents"][:5])) or "nothing"


def _figure(value: float) -> str:
    return f"{value:.4g}"


def _ends(ends: Sequence[float] | None) -> str:
    return "" if ends is None else f"{ends[0]:+.4g} to {ends[1]:+.4g}".replace("+", "")


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(FIRST)) == FIRST.encode()
