"""The texts that the bundled encoder learns from its teachers: python texts.py DATA OUT.jsonl

Questions and passages of the training sets, whole articles that hold no development question, the
manual pages, and the functions of Python's library and its packages beside what their documentation
says. One line each: {"kind": "question" | "passage", "text"}, in an order drawn by a seed, no text
twice. A passage is a stretch of one to many sentences, drawn so that short ones are frequent: they
are quick to learn from.
"""

from __future__ import annotations

import ast
import gzip
import json
import random
import re
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(])")
WORDS = (12, 25, 25, 45, 45, 70, 110, 180)  # of a passage, at most: one is drawn
SQUAD = (
    "squad_train_partial",
    "squad_train_aligned_extra",
    "nq_oracle_dev_litm",
    "qed_dev",
    "policyqa_dev",
    "friendsqa_dev",
    "squadshifts_amazon_reviews",
    "squadshifts_reddit",
)
SAMPLED = ("qamr_dev", "qamr_test")  # of one sentence each: a third of them
RANK = ("medquad", "squad_nqg_pairs", "scifact_train", "pubmedqa_l", "covid_faq_deepset")


def main(data: Path, out: Path) -> None:
    draw = random.Random(11)
    seen: set[str] = set()
    rows = []
    for kind, text in every(data, draw):
        text = " ".join(text.split())
        if len(text) > 8 and text not in seen:
            seen.add(text)
            rows.append({"kind": kind, "text": text})
    draw.shuffle(rows)
    out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    asked = sum(row["kind"] == "question" for row in rows)
    print(f"{len(rows):,} texts, {asked:,} of them questions")


def every(data: Path, draw: random.Random) -> Iterator[tuple[str, str]]:
    for name in (*SQUAD, *SAMPLED):
        for article in squad(data / f"qa/train/{name}.json.gz"):
            for paragraph in article["paragraphs"]:
                yield from (("passage", part) for part in stretches(paragraph["context"], draw))
                for asked in paragraph["qas"]:
                    if name not in SAMPLED or draw.random() < 1 / 3:
                        yield "question", asked["question"]
    for name in RANK:
        packed = (data / f"rank/{name}.jsonl.gz").read_bytes()
        for row in map(json.loads, gzip.decompress(packed).splitlines()):
            if not row.get("in_liveqa_eval"):
                yield "question", row["query"]
                for passage in (row["positive"], *row.get("negatives", [])[:2]):
                    yield from (("passage", part) for part in stretches(passage, draw))
    yield from (("passage", part) for text in articles(data) for part in stretches(text, draw))
    yield from manuals(draw)
    yield from functions(draw)


def articles(data: Path) -> Iterator[str]:
    """Of the archive, all but those about which the development sets ask."""
    held = {
        article["title"]
        for name in ("squad-dev-v1.1", "squad-dev-v2.0")
        for path in (data / "qa/dev").glob(f"{name}*")
        for article in squad(path)
    }
    with tarfile.open(data / "docs/squad_articles_txt.tar.gz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None and Path(member.name).stem not in held:
                yield file.read().decode()


def squad(path: Path) -> list[dict[str, Any]]:
    """The articles of a file in SQuAD's layout."""
    packed = path.read_bytes()
    told = json.loads(gzip.decompress(packed) if path.suffix == ".gz" else packed)
    articles: list[dict[str, Any]] = told["data"]
    return articles


def manuals(draw: random.Random) -> Iterator[tuple[str, str]]:
    """Paragraphs of the manual pages of this machine, as a terminal shows them."""
    for folder in ("man1", "man5", "man7", "man8"):
        for path in sorted(Path("/usr/share/man", folder).glob("*.gz"))[:900]:
            shown = subprocess.run(
                ["man", "--no-justification", "--no-hyphenation", str(path)],
                env={"MANWIDTH": "2000", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
                capture_output=True,
                text=True,
                check=False,
            ).stdout
            for paragraph in re.split(r"\n\s*\n", re.sub(r".\x08", "", shown)):
                if len(paragraph) > 80:
                    yield "passage", cut(paragraph, draw.choice(WORDS))


def functions(draw: random.Random) -> Iterator[tuple[str, str]]:
    """The first sentence of a function's documentation as it is asked for, and its code."""
    folders = [Path(sysconfig.get_paths()[key]) for key in ("stdlib", "purelib")]
    for path in sorted(p for folder in folders for p in folder.glob("**/*.py")):
        if path.stat().st_size > 300_000 or "test" in str(path):
            continue
        try:
            source = path.read_text()
            tree = ast.parse(source)
        except (SyntaxError, UnicodeDecodeError, RecursionError):
            continue
        for node in ast.walk(tree):
            told = isinstance(node, ast.FunctionDef) and ast.get_docstring(node)
            if told and draw.random() < 0.12:
                first = SENTENCE.split(told.strip())[0]
                yield "question", cut(first.rstrip("."), 20)
                if draw.random() < 0.6:
                    yield "passage", cut(told, draw.choice(WORDS))
                code = ast.get_source_segment(source, node) or ""
                yield "passage", cut(code, draw.choice(WORDS[3:]))


def stretches(text: str, draw: random.Random) -> Iterator[str]:
    """A text in stretches of whole sentences, each of at most a number of words that is drawn."""
    part: list[str] = []
    most = draw.choice(WORDS)
    for sentence in SENTENCE.split(text):
        if part and sum(len(s.split()) for s in (*part, sentence)) > most:
            yield " ".join(part)
            part, most = [], draw.choice(WORDS)
        part.append(cut(sentence, 200))
    if part:
        yield " ".join(part)


def cut(text: str, words: int) -> str:
    return " ".join(text.split()[:words])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
