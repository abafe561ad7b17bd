"""Languages told and sentences split, beside libraries, on sentences that people marked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import click
from support.environments import environment, versions
from support.launch import Failed, Talk, surroundings
from support.record import HERE, new_record, table, write_json

from lepton_local.corpus.language import identify
from lepton_local.corpus.sentences import sentences

OURS = "lepton-local"
IDENTIFIERS = {"py3langid": "py3langid", "lingua": "lingua-language-detector"}
SPLITTERS = {"pysbd": "pysbd", "nupunkt": "nupunkt", "sentencex": "sentencex"}
UNSPACED = {"ja", "zh"}  # no blank between sentences
TOGETHER = 8  # sentences of a text that is split
LETTERS = (100, 300, 2000)  # of a text whose language is asked
WIDTH = 72  # of a wrapped line

Report = dict[str, Any]


def run(trees: Path, work: Path, *, name: str) -> Path:
    """trees: a folder of CoNLL-U files whose names begin with the language; gives the record."""
    files = sorted(trees.glob("*.conllu"))
    read = {file.name.partition("_")[0]: _sentences(file) for file in files}
    answers: dict[str, tuple[Callable[[Report], Report], Mapping[str, str]]] = {OURS: (_ours, {})}
    for each, package in {**IDENTIFIERS, **SPLITTERS}.items():
        try:
            python = environment(work / each, [package])
        except Failed as error:
            click.echo(f"{each}: {error}", err=True)
            continue
        worker = [str(python), str(HERE / "support" / "language_worker.py"), each]
        answers[each] = (Talk(worker, env=surroundings()), versions(python, [package]))
    report: Report = {
        "sentences": {language: len(found) for language, found in read.items()},
        "versions": {each: told for each, (_, told) in answers.items()},
        "languages": {
            each: {str(most): _identified(answers[each][0], read, most) for most in LETTERS}
            for each in (OURS, *IDENTIFIERS)
            if each in answers
        },
        "sentence ends": {
            each: {
                shape: {
                    language: _split(answers[each][0], language, found, wrapped=shape == "wrapped")
                    for language, found in read.items()
                    if shape == "prose" or language not in UNSPACED
                }
                for shape in ("prose", "wrapped")
            }
            for each in (OURS, *SPLITTERS)
            if each in answers
        },
    }
    record = new_record(name)
    write_json(record / "summary.json", report)
    (record / "summary.md").write_text(summarise(report), encoding="utf-8")
    return record


def _ours(asked: Report) -> Report:
    """As a library's process answers: see language_worker.py."""
    began = time.process_time()
    told = [
        identify(text) if asked["do"] == "identify" else [text[a:b] for a, b in sentences(text)]
        for text in asked["texts"]
    ]
    return {"told": told, "seconds": time.process_time() - began}


def _sentences(file: Path) -> list[str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("# text = ") for line in lines if line.startswith("# text = ")]


def _texts(read: Sequence[str]) -> Iterator[list[str]]:
    """Sentences that are a text together."""
    for first in range(0, len(read), TOGETHER):
        yield list(read[first : first + TOGETHER])


def _joined(language: str, some: Sequence[str]) -> str:
    return ("" if language in UNSPACED else " ").join(some)


def _identified(ask: Callable[[Any], Any], read: dict[str, list[str]], most: int) -> Report:
    """The share of texts of `most` letters whose language is told, and the time of a text."""
    shares, seconds, many = {}, 0.0, 0
    for language, found in read.items():
        whole = _joined(language, found)
        texts = [whole[i : i + most] for i in range(0, len(whole) - most + 1, most)]
        told = ask({"do": "identify", "language": language, "texts": texts})
        shares[language] = sum(each == language for each in told["told"]) / len(texts)
        seconds, many = seconds + told["seconds"], many + len(texts)
    mean = sum(shares.values()) / len(shares)
    return {"ms": 1000 * seconds / many, "right": {"mean": mean, **shares}}


def _split(
    ask: Callable[[Any], Any], language: str, read: Sequence[str], *, wrapped: bool
) -> Report | None:
    """Ends of sentences inside a text that are found: precision, recall and F1; None if the
    library does not know the language.
    """
    texts = list(_texts(read))
    given = [_joined(language, some) for some in texts]
    given = [_wrapped(text) for text in given] if wrapped else given
    told = ask({"do": "split", "language": language, "texts": given})
    if told["told"] is None:
        return None
    right = found = there = 0
    for some, ours in zip(texts, told["told"], strict=True):
        gold, guess = _ends(some), _ends(ours)
        right, found, there = right + len(gold & guess), found + len(guess), there + len(gold)
    precision, recall = right / max(found, 1), right / max(there, 1)
    f1 = 2 * precision * recall / ((precision + recall) or 1.0)
    return {"precision": precision, "recall": recall, "f1": f1, "seconds": told["seconds"]}


def _ends(some: Sequence[str]) -> set[int]:
    """Where sentences end, counted in signs that are not white space; without the last."""
    return set(list(accumulate(len("".join(each.split())) for each in some))[:-1])


def _wrapped(text: str) -> str:
    lines, line = [], ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return "\n".join([*lines, line])


def summarise(report: Report) -> str:
    """What was measured, and two tables."""
    many = report["sentences"]
    told = [
        [each, most, *(f"{100 * row['right'][k]:.1f}" for k in ("mean", *many)), f"{row['ms']:.3f}"]
        for each, rows in report["languages"].items()
        for most, row in rows.items()
    ]
    split = [
        [f"{each}, {shape}", *(_figure(rows.get(language)) for language in many), _time(rows, many)]
        for each, shapes in report["sentence ends"].items()
        for shape, rows in shapes.items()
    ]
    versions = ", ".join(
        f"{package} {version}"
        for found in report["versions"].values()
        for package, version in found.items()
    )
    return (
        f"{sum(many.values()):,} sentences of {len(many)} languages, as treebanks of Universal"
        f" Dependencies mark them; {versions}.\n\n"
        "The language of a text of so many letters, % right; milliseconds a text:\n\n"
        + table(["told by", "letters", "mean", *many, "ms"], told)
        + f"\nEnds of sentences inside texts of {TOGETHER}, F1 in %, as prose and in lines of"
        f" {WIDTH} letters; milliseconds a sentence, over the languages that are known:\n\n"
        + table(["split by", *many, "ms"], split)
    )


def _figure(found: Report | None) -> str:
    return f"{100 * found['f1']:.1f}" if found else ""


def _time(rows: dict[str, Report | None], many: dict[str, int]) -> str:
    known = {language: row for language, row in rows.items() if row}
    seconds = sum(row["seconds"] for row in known.values())
    return f"{1000 * seconds / sum(many[language] for language in known):.3f}"
