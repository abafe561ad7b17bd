"""What a terminal can show of a document's text: folded to its width, with words lit up.

A document may hold escape sequences that move the cursor, rename the window or type for the reader,
and marks that turn the direction of writing, so that a person reads something else than what is
there. None of them is ever printed; what nobody would see is shown (invisible.py).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

import click

from lepton_local.cli.reader import READER
from lepton_local.invisible import CONTROLS, reveal

WIDE = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"  # folded between any two signs
SOFT = re.compile(r"(?<=\w)\u00ad(?=\w)")  # hyphens where a word might be broken, and is not
TAB = "    "  # what a tab is shown as
LIT, UNLIT = "\x0e", "\x0f"  # around words to light up; controls, so no cleaned text holds them


def clean(text: str) -> str:
    """`text` with a blank for each character that commands a terminal, and the number of each that
    nobody sees.
    """
    return reveal(CONTROLS.sub(" ", text))


def prose(text: str, spans: Iterable[tuple[int, int]] = ()) -> str:
    """`text` cleaned, on one line with single blanks; `spans` (offsets) are marked for `light`."""
    line = " ".join(_marked(CONTROLS.sub(" ", text), spans).split())
    return reveal(SOFT.sub("", line), ignore=LIT + UNLIT)


def verbatim(line: str, spans: Iterable[tuple[int, int]] = ()) -> str:
    """A line as it is written, but for what commands a terminal; `spans` are marked for `light`."""
    shown = CONTROLS.sub(lambda sign: "\t" if sign[0] == "\t" else " ", line)
    shown = _marked(shown, spans).replace("\t", TAB).rstrip()
    return reveal(shown, ignore=LIT + UNLIT)


def _marked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    at, parts = 0, []
    for start, end in spans:
        parts += [text[at:start], LIT, text[start:end], UNLIT]
        at = end
    return "".join([*parts, text[at:]])


def columns(most: int = 100) -> int:
    """Width of the terminal, or 80 without one; at most as wide as an eye follows a line, and no
    narrower than a few words.
    """
    reader = READER.get()
    wide = reader.columns if reader else shutil.get_terminal_size((80, 24)).columns
    return max(20, min(wide, most))


def terminal_width(stream: TextIO) -> int:
    """Columns that a line may take where it ends up: 0, any number, if that is no terminal."""
    return columns() if stream.isatty() else 0


def cells(text: str) -> int:
    """How many columns of a terminal `text` takes: Chinese signs two, accents that combine none."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(
        2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
        if unicodedata.category(sign) not in ("Mn", "Me", "Cf", "Cc")
    )


def fold(text: str, width: int, *, lines: int = 0) -> list[str]:
    """`text` (of `prose`) as lines of at most `width` columns; the last of too many ends in "…"."""
    folded, room = [""], width
    if max(text, default="") < WIDE[0]:  # without wide signs: their pattern takes 10 ms to compile
        atoms = re.findall(rf"\s?\S{{1,{width}}}", text)
    else:
        atoms = re.findall(rf"\s?(?:[{WIDE}]|[^\s{WIDE}]{{1,{width}}})", text)
    for atom in atoms:
        if cells(atom) > room:
            folded.append("")
            atom, room = atom.lstrip(), width
        folded[-1] += atom
        room -= cells(atom)
    if lines and len(folded) > lines:
        folded = [*folded[: lines - 1], fold(folded[lines - 1], width - 2)[0] + " …"]
    return folded


def cut(text: str, width: int, *, whole: bool = False) -> list[str]:
    """`text` (of `verbatim`) in `width` columns, blanks and all; of a longer one its beginning and
    "…", or all of it if it is to be `whole`, on several lines.
    """
    if cells(text) <= width:
        return [text]
    parts, room = [""], width if whole else width - 1
    for sign in text:
        wide = cells(sign)
        if wide > room and not whole:
            return [parts[0] + "…"]
        if wide > room:
            parts.append("")
            room = width
        parts[-1] += sign
        room -= wide
    return parts


def ending(text: str, width: int) -> str:
    """`text` (cleaned) in `width` columns; of a longer one "…" and its end, which of a path says
    most.
    """
    if cells(text) <= width:
        return text
    while (wide := cells(text)) >= width:
        text = text[max(1, (wide - width) // 2) :]
    return f"…{text}"


def light(lines: Iterable[str], **style: Any) -> Iterator[str]:
    """Each line with what `prose` marked in `style`; no style runs on past the end of a line."""
    lit = False
    for line in lines:
        line = LIT + line if lit else line
        lit = line.rfind(LIT) > line.rfind(UNLIT)
        line = line + UNLIT if lit else line
        yield re.sub(f"{LIT}([^{UNLIT}]*){UNLIT}", lambda m: click.style(m[1], **style), line)


def echo(lines: Iterable[str], *, err: bool = False) -> None:
    """Print lines as they come; where colours are not wanted, without them."""
    for line in lines:
        click.echo(line, err=err)


def echo_names(names: Iterable[str], *, null: bool = False) -> None:
    """Print names of files: cleaned on a terminal, elsewhere byte for byte, so that they open; with
    `null`, each ends with a NUL, which no name holds.
    """
    for name in names:
        if null:
            click.echo(os.fsencode(name) + b"\0", nl=False)
        else:
            click.echo(clean(name) if sys.stdout.isatty() else os.fsencode(name))


def echo_json(record: Any) -> None:
    """Print a line of JSON."""
    click.echo(json_line(record), nl=False)


def json_line(record: Any) -> bytes:
    """A line of JSON in UTF-8. What JSON lets stand but a terminal would obey is escaped."""
    text = json.dumps(record, ensure_ascii=False)
    text = CONTROLS.sub(lambda sign: _escaped(sign[0]), text)
    return reveal(text, shown=_escaped).encode() + b"\n"


def _escaped(sign: str) -> str:
    return json.dumps(sign)[1:-1]
