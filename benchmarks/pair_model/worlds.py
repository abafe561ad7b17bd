"""Made collections of documents, as an office keeps them, with questions whose answers are known.

    python benchmarks/pair_model/worlds.py OUT --worlds 60 --seed 71

OUT gets a folder a world, and questions.jsonl beside its files. The files are what people have
(sheets, tables, mails, minutes, manuals, contracts), so what a model sees of them is what the
project's own parsers and chunker make.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from random import Random

import facts
import render
import tables
import talks
from asked import Asked
from names import Names


def make(folder: Path, rng: Random) -> list[Asked]:
    """Write one world into `folder`, and give its questions."""
    folder.mkdir(parents=True)
    names = Names(rng)
    asked: list[Asked] = []

    def put(name: str, data: bytes) -> None:
        (folder / name).write_bytes(data)

    for number, drawn in enumerate(tables.draw(rng, rng.randint(5, 9))):
        table = tables.make(names, drawn)
        kind = rng.choice(render.FORMATS)
        suffix, data = render.render(table, kind, rng)
        put(f"table-{number}{suffix}", data)
        asked += tables.ask(table, f"table-{number}{suffix}", kind, names, most=9)
    lines = facts.draw(rng)
    for number in range(rng.randint(2, 4)):
        count = rng.randint(3, 9)
        text, given = facts.make(names, f"page-{number}.md", lines[:count])
        lines = lines[count:]
        put(f"page-{number}.md", text.encode())
        asked += rng.sample(given, min(12, len(given)))
    data, given = talks.mails(names, "mail.mbox", count=rng.randint(4, 9))
    put("mail.mbox", data)
    asked += given
    for number in range(rng.randint(1, 3)):
        text, given = talks.minutes(names, f"minutes-{number}.md")
        put(f"minutes-{number}.md", text.encode())
        asked += given
    for number in range(rng.randint(1, 3)):
        files, given = talks.versions(names, f"version-{number}")
        for path, text in files.items():
            put(path, text.encode())
        asked += given
    return asked


def main() -> None:
    """Make the worlds."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--worlds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=71)
    given = parser.parse_args()
    for number in range(given.worlds):
        folder = given.out / f"world-{number:03}"
        asked = make(folder / "files", Random(f"{given.seed} {number}"))
        lines = [json.dumps(asdict(each), ensure_ascii=False) for each in asked]
        (folder / "questions.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
