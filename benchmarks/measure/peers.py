"""Other engines side by side: the same documents, the same encoder, the same machine, one run.

Each peer has a virtual environment of its own, and a script in peer_scripts/ that uses it as its
documentation tells people to. Commands take turns; ratios carry the claims.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

import click
from support.environments import environment, offline, versions
from support.launch import Failed, Talk, launched, surroundings
from support.peers_report import summarise
from support.record import HERE, new_record, write_json, write_rows
from support.sets import unpacked

from lepton_local.errors import InputError
from lepton_local.evaluation import metrics
from lepton_local.evaluation.datasets import RetrievalSet, load_dataset
from lepton_local.evaluation.evaluate import questions_of
from lepton_local.models.resolve import CARRIED

SCRIPTS = HERE / "measure" / "peer_scripts"
PEERS = {  # and what pip installs to use them as peer_scripts/ does
    "txtai": ("txtai",),
    "chromadb": ("chromadb", "sentence-transformers"),
    "haystack": ("haystack-ai", "sentence-transformers-haystack"),
    "leann": ("leann",),
}
OURS = "lepton-local"
WAYS = {  # ours: how a question is asked
    f"{OURS}, meaning alone": ("dense", "--mode", "dense", "--no-rerank", "--no-answer"),
    f"{OURS}, hybrid": ("hybrid", "--no-rerank", "--no-answer"),
    f"{OURS}, reranked and answered": ("answer",),
}
WARM_UP = 3  # questions that are asked before the clock is looked at
LONGEST = 120.0  # seconds that an answer may take
_INDEX = [sys.executable, "-c", "from lepton_local.cli.index import main; main()"]
_SEARCH = [sys.executable, "-c", "from lepton_local.cli.search import main; main()"]

Report = dict[str, Any]
Question = tuple[str, str, Mapping[str, int]]  # id, words, grades of file names


def run(
    data: Path,
    work: Path,
    *,
    sets: Sequence[str],
    documents: int,
    questions: int,
    repeats: int,
    seed: int,
    name: str,
) -> Path:
    """Measure every peer on every set; return the folder of the record."""
    work = work.absolute()
    record = new_record(name)
    environments: dict[str, Path] = {}
    report: Report = {"seed": seed, "versions": {}, "unusable": {}, "sets": {}}
    for peer, packages in PEERS.items():
        click.echo(f"{peer}: environment", err=True)
        try:
            environments[peer] = environment(work / "environments" / peer, packages)
            report["versions"][peer] = versions(environments[peer], packages)
        except Failed as error:
            report["unusable"][peer] = f"does not install: {error}"
    for each in sets:
        texts, asked = _texts(data / each, work / each, documents, questions, seed)
        measured = _Set(texts, asked, work / each, environments, repeats, report["unusable"])
        report["sets"][each], raw = measured.all()
        write_rows(record / f"{each}.jsonl.gz", raw)
        write_json(record / "summary.json", report)
        (record / "summary.md").write_text(summarise(report), encoding="utf-8")
    return record


def _texts(
    folder: Path, work: Path, documents: int, questions: int, seed: int
) -> tuple[Path, list[Question]]:
    """A folder of text files: the documents that the questions ask for, and others beside them."""
    data = load_dataset(folder)
    if not isinstance(data, RetrievalSet):
        raise InputError(f"{folder}: expected a BEIR folder: bench.py peers --data FOLDER")
    asked = questions_of(data, sample=questions, seed=seed)
    rows = [
        json.loads(line) for line in unpacked(folder, work).read_text(encoding="utf-8").splitlines()
    ]
    wanted = {each for *_, grades in asked for each in grades}
    random.Random(seed).shuffle(rows)
    rows.sort(key=lambda row: row["_id"] not in wanted)
    names = {row["_id"]: f"{number:06}.txt" for number, row in enumerate(rows[:documents])}
    texts = work / "texts"
    shutil.rmtree(texts, ignore_errors=True)
    texts.mkdir(parents=True)
    for row in rows[:documents]:
        title = f"{row['title']}\n\n" if row.get("title") else ""
        (texts / names[row["_id"]]).write_text(title + row["text"], encoding="utf-8")
    return texts, [
        (query, words, {names[key]: grade for key, grade in grades.items() if key in names})
        for query, words, grades in asked
    ]


class _Set:
    """The measurements of one set: indexing, cold questions, warm questions."""

    def __init__(
        self,
        texts: Path,
        asked: Sequence[Question],
        work: Path,
        environments: Mapping[str, Path],
        repeats: int,
        unusable: dict[str, str],
    ) -> None:
        self._texts, self._asked, self._repeats = texts, asked, repeats
        self._unusable = unusable
        self._indexes = work / "indexes"
        self._environments = environments
        self._env = surroundings(**offline(work.parent / "home"))
        self._raw: list[list[Any]] = []

    def all(self) -> tuple[Report, list[list[Any]]]:
        """Figures by system, and each measurement that they come from. A peer that fails is told in
        `unusable` and left out.
        """
        indexed = self._index()
        ways = self._ways(indexed)
        cold = self._cold(ways)
        warm = self._warm(ways)
        systems = {
            way: {
                **{k: v for k, v in indexed[way.partition(",")[0]].items() if k != "index"},
                **{f"cold_{key}": value for key, value in cold[way].items()},
                **warm[way],
            }
            for way in warm
        }
        words = sum(len(path.read_text(encoding="utf-8")) for path in self._texts.iterdir())
        figures = {"documents": len(list(self._texts.iterdir())), "characters": words}
        return {**figures, "questions": len(self._asked), "systems": systems}, self._raw

    def _index(self) -> dict[str, Report]:
        shutil.rmtree(self._indexes, ignore_errors=True)
        self._indexes.mkdir(parents=True)
        found: dict[str, Report] = {}
        # Ours first and last: what the machine did meanwhile shows in the difference.
        for turn, system in enumerate([OURS, *self._environments, OURS]):
            if system in self._unusable:
                continue
            click.echo(f"{self._texts.parent.name}: {system} indexes", err=True)
            place = self._indexes / f"{system}-{turn}"
            try:
                taken = self._indexed(system, place)
            except Failed as error:
                self._unusable[system] = f"does not index: {error}"
                continue
            told = json.loads(taken["out"].splitlines()[-1])
            self._raw.append(["index", system, taken["seconds"], taken["cpu"], taken["mib"], told])
            report = {
                "index": str(place),
                "documents_a_second": told["documents"] / told.get("seconds", taken["seconds"]),
                "told": told,
                "index_cpu": taken["cpu"],
                "index_mib": taken["mib"],
                "bytes": sum(p.stat().st_size for p in place.rglob("*") if p.is_file()),
            }
            first = found.get(system)
            if first is not None:
                both = (first["documents_a_second"], report["documents_a_second"])
                report |= {"documents_a_second": fmean(both), "both": both}
            found[system] = report
        return found

    def _indexed(self, system: str, place: Path) -> dict[str, Any]:
        if system == OURS:
            command = ["build", str(self._texts), "--out", str(place), "--json", "--quiet"]
            taken = launched([*_INDEX, *command])
            told = json.loads(taken["out"])
            taken["out"] = json.dumps({key: told[key] for key in ("documents", "passages")})
            return taken
        return launched(
            self._script(system, "index", str(CARRIED), str(self._texts), str(place)),
            env=self._env,
        )

    def _script(self, system: str, *arguments: str) -> list[str]:
        return [
            *(str(self._environments[system]), str(SCRIPTS / f"with_{system}.py")),
            *arguments,
        ]

    def _ways(self, indexed: Mapping[str, Report]) -> dict[str, tuple[list[str], list[str]]]:
        """Of each way to ask, the command of a cold question and that of a warm process."""
        index = indexed[OURS]["index"]
        ours = str(SCRIPTS / "with_lepton.py")
        ways = {
            way: (
                [*_SEARCH, "query", index, "-k", "1", *options],
                [sys.executable, ours, "warm", mode, index],
            )
            for way, (mode, *options) in WAYS.items()
        }
        model = str(CARRIED)
        for system in indexed:
            if system != OURS:
                at = indexed[system]["index"]
                ways[system] = (
                    self._script(system, "ask", model, at),
                    self._script(system, "warm", model, at),
                )
        return ways

    def _surroundings(self, way: str) -> dict[str, str]:
        return surroundings() if way.startswith(OURS) else self._env

    def _cold(self, ways: Mapping[str, tuple[list[str], list[str]]]) -> dict[str, Report]:
        words = [words for _, words, _ in self._asked]
        taken: dict[str, list[Report]] = {way: [] for way in ways}
        for turn in range(self._repeats + 1):  # in the first the disk is read, and bytecode made
            for way, (command, _) in ways.items():
                if way in self._unusable:
                    continue
                question = words[turn % len(words)]
                env = self._surroundings(way)
                try:
                    one = launched([*command, question], env=env, longest=LONGEST)
                except Failed as error:
                    self._unusable[way] = f"does not answer: {error}"
                    continue
                if turn:
                    taken[way].append(one)
                    self._raw.append(["cold", way, one["seconds"], one["cpu"], one["mib"]])
        return {
            way: {key: median(one[key] for one in some) for key in ("seconds", "cpu", "mib")}
            for way, some in taken.items()
            if way not in self._unusable
        }

    def _warm(self, ways: Mapping[str, tuple[list[str], list[str]]]) -> dict[str, Report]:
        """Every process is asked each question in turn; the first ones warm them up."""
        asks = {
            way: Talk(command, env=self._surroundings(way), longest=LONGEST)
            for way, (_, command) in ways.items()
            if way not in self._unusable
        }
        seconds: dict[str, list[float]] = {way: [] for way in asks}
        gains: dict[str, list[float]] = {way: [] for way in asks}
        for number, (query, words, grades) in enumerate([*self._asked[:WARM_UP], *self._asked]):
            for way in [way for way in asks if way not in self._unusable]:
                try:
                    told = asks[way](words)
                except Failed as error:
                    self._unusable[way] = f"does not answer: {error}"
                    continue
                if number < WARM_UP:
                    continue
                found = [grades.get(name, 0) for name in told["documents"]]
                seconds[way].append(told["seconds"])
                gains[way].append(metrics.ndcg(found, list(grades.values()), 10))
                self._raw.append(["warm", way, query, told["seconds"], told["documents"]])
        peaks = {way: ask.stop() for way, ask in asks.items()}
        return {
            way: {
                "warm_ms": 1000 * median(seconds[way]),
                "warm_mib": peaks[way],
                "ndcg@10": fmean(gains[way]),
            }
            for way in asks
            if way not in self._unusable
        }
