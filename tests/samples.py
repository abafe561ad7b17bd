"""A small whole file of every format, and what chance makes of it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import zipfile
from collections.abc import Iterator
from functools import cache

import xlsxwriter

from tests.archives import tarred, zipped
from tests.messages import der, mailbox, message, outlook
from tests.office import odf, xls, xlsb
from tests.old_word import old_word, style
from tests.parsing import pdf, word
from tests.test_epub import members
from tests.test_notebook import notebook
from tests.test_office import deck
from tests.test_opendocument import CHART, EDGES, SHEET, TEXT
from tests.test_sheets import noted

WORDS = "Otters sleep in a holt by the river, and herons stand still for an hour."
ROWS: list[list[str | float]] = [["River", "Otters"], ["Tamar", 7.0], ["Dart", 4.5]]


@cache
def samples() -> dict[str, bytes]:
    """Name -> bytes: at least one file for every parser."""
    mail = message("Otters", WORDS)
    mail.add_alternative(f"<p>{WORDS}</p>", subtype="html")
    mail.add_attachment(b"a,b\n1,2\n", maintype="text", subtype="csv", filename="rows.csv")
    whole: dict[str, str | bytes] = {
        "plain.txt": WORDS,
        "legacy.txt": "Les loutres dorment: \xe9t\xe9, h\xf4te, for\xeat.".encode("latin-1"),
        "wide.txt": WORDS.encode("utf-16"),
        "page.md": f"# Otters\n\n{WORDS}\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        "page.rst": f"Otters\n======\n\n{WORDS}\n\n.. note:: Quiet.\n\n::\n\n    code\n",
        "page.html": f"<html><head><title>Otters</title><script>alert(1)</script></head><body>"
        f"<h1>Otters</h1><p>{WORDS}</p><table><tr><td>1<td>2</table></body></html>",
        "page.tex": f"\\documentclass{{article}}\\begin{{document}}\\section{{Otters}}{WORDS} $x^2$"
        "\\end{document}",
        "page.org": f"#+TITLE: Otters\n* Holt\n{WORDS}\n| a | b |\n",
        "page.adoc": f"= Otters\n\n== Holt\n\n{WORDS}\n\n----\ncode\n----\n",
        "otter.1": f".TH OTTER 1 2025-02-03\n.SH NAME\notter \\- sleeps\n.SH USE\n{WORDS}\n",
        "film.srt": f"1\n00:00:01,000 --> 00:00:04,000\n{WORDS}\n\n",
        "film.vtt": f"WEBVTT\n\n00:01.000 --> 00:04.000\n<v Ann>{WORDS}\n\n",
        "cells.ipynb": notebook({"cell_type": "markdown", "source": [f"# Otters\n{WORDS}"]}),
        "print.pdf": pdf([[(18, "Otters"), (10, WORDS)], [(10, "A second page.")]], title="Otters"),
        "office.doc": old_word(
            [("Otters\r", 1, b""), (f"{WORDS}\r", 0, b"")], styles=[style(0), style(1)]
        ),
        "office.docx": word(),
        "office.pptx": deck(),
        "office.xlsx": _workbook(),
        "office.xlsb": xlsb("Rivers", ROWS),
        "office.xls": xls("Rivers", ROWS),
        "noted.xls": xls("Rivers", ROWS, below=noted()),
        "noted.odt": odf(TEXT, common=EDGES, chart=CHART),
        "noted.ods": odf(SHEET, chart=CHART),
        "office.odt": odf(f"<office:text><text:p>{WORDS}</text:p></office:text>"),
        "office.rtf": rf"{{\rtf1\ansi{{\info{{\title Otters}}}}\pard {WORDS}\par \u27700?\par}}",
        "book.epub": zipped(members()),
        "rows.jsonl": f'{{"_id": "a", "title": "Otter", "text": "{WORDS}"}}\n' * 3,
        "rows.csv": f'id,title,text\n1,Otter,"{WORDS}"\n2,Heron,"Stands."\n',
        "code.py": f'"""{WORDS}"""\n\n\ndef sleep(otter: int) -> int:\n    return otter + 1\n',
        "data.json": f'{{"otter": ["{WORDS}", 1.5, null]}}',
        "data.xml": f'<?xml version="1.0"?><a b="c">{WORDS}<d/></a>',
        "data.yaml": f"otter:\n  - {WORDS}\n  - &x 1\n  - *x\n",
        "data.toml": f'[otter]\nwords = "{WORDS}"\n',
        "letter.eml": mail.as_bytes(),
        "letters.mbox": mailbox(mail.as_bytes(), message("Again", WORDS).as_bytes()),
        "letter.msg": outlook("Otters", text=WORDS, attached={"a.txt": WORDS.encode()}),
        "saved.mhtml": f"Subject: x\nContent-Type: text/html\n\n<title>O</title><p>{WORDS}</p>",
        "winmail.tnef": b"\x78\x9f\x3e\x22\1\0\2\x0c\x80\2\0\x0a\0\0\0The body.\0\0\0",
        "days.ics": f"BEGIN:VEVENT\nSUMMARY:Otters\nDESCRIPTION:{WORDS}\nEND:VEVENT\n",
        "signed.p7m": der(
            0x30,
            der(6, bytes.fromhex("2a864886f70d010702")),
            der(0xA0, der(0x30, der(0x30, der(6, b"\x2a"), der(0xA0, der(4, mail.as_bytes()))))),
        ),
        "people.vcf": f"BEGIN:VCARD\nFN:Otter\nNOTE:{WORDS}\nEND:VCARD\n",
        "many.zip": zipped({"a.txt": WORDS, "b/c.md": f"# B\n\n{WORDS}", "d.docx": word()}),
        "many.tar": tarred({"a.txt": WORDS, "b/c.html": f"<p>{WORDS}"}),
    }
    made = {
        name: data if isinstance(data, bytes) else data.encode() for name, data in whole.items()
    }
    made["page.txt.gz"] = gzip.compress(made["page.md"], mtime=0)
    made["page.txt.bz2"] = bz2.compress(made["page.md"])
    made["many.tar.xz"] = lzma.compress(made["many.tar"])
    return made


def mutated(count: int, *, seed: int) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of `count` files that chance has made of the samples, each in its turn."""
    chance = random.Random(seed)
    whole = samples()
    names = list(whole)
    for number in range(count):
        name = names[number % len(names)]
        data = whole[name]
        if data.startswith(b"PK") and chance.random() < 0.6:
            yield f"{number:05d}-{name}", _inside(data, chance)
        else:
            yield f"{number:05d}-{name}", _mutate(data, whole[chance.choice(names)], chance)


def _mutate(data: bytes, other: bytes, chance: random.Random) -> bytes:
    made = bytearray(data)
    start, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    kind = chance.choice(["flip", "flip", "cut", "drop", "repeat", "fill", "splice", "disguise"])
    if kind == "flip":
        for _ in range(chance.choice([1, 3, 20])):
            made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    elif kind == "cut":
        del made[start:]
    elif kind == "drop":
        del made[start:end]
    elif kind == "repeat":
        made[end:end] = made[start:end] * chance.choice([1, 50])
    elif kind == "fill":
        made[start:end] = bytes([chance.choice([0, 0x3C, 0xFF])]) * (end - start)
    elif kind == "splice":
        made[start:] = other[min(start, len(other) // 2) :]
    else:
        made[:] = other
    return bytes(made)


def _inside(data: bytes, chance: random.Random) -> bytes:
    """The same ZIP file with one member that is not what it was."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    chosen = chance.choice([name for name, each in held.items() if each])
    held[chosen] = _mutate(held[chosen], held[chance.choice(list(held))], chance)
    return zipped(held)


def _workbook() -> bytes:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = made.add_worksheet("Rivers")
    for number, row in enumerate(ROWS):
        sheet.write_row(number, 0, row)
    made.close()
    return out.getvalue()
