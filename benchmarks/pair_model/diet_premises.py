"""What a third run of the pair model was trained on, whose weights do not ship: the file of the
second with fewer short questions, and questions that their own paragraph does not answer, because
something in them was changed.

    python benchmarks/pair_model/diet_premises.py OUT

OUT is the folder that `diet.py` and `diet_more.py` have filled; it gets premises.jsonl, and
premises_held.jsonl to validate on. The kinds of change (negation, antonym, another name, another
number) are those that Rajpurkar et al. found where people wrote such questions
(https://arxiv.org/abs/1806.03822, table 2).
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from diet import held_back
from negatives import Row

SEED = 47
CHANGED = 10_000
CHECKED = 80
FACTS = ("squad_train_partial", "squad_train_aligned_extra")
MOST = {"qamr_dev": 4_000, "qamr_test": 4_000, "squadshifts_reddit": 5_000}
MOST["squadshifts_amazon_reviews"] = 5_000
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w'\u2019-]+(?: (?:of |the )?[A-Z][\w'\u2019-]+)*")
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_AUXILIARY = re.compile(
    r"\b(did|does|do|is|are|was|were|could|would|should|has|have|had|can|will)\b(?!n't| not)", re.I
)
_SHORT = {"can": "can't", "will": "won't"}
_OPPOSITES = """
    first/last most/least largest/smallest highest/lowest before/after more/less early/late
    north/south northern/southern east/west eastern/western increase/decrease increased/decreased
    oldest/newest best/worst major/minor begin/end began/ended started/stopped
    start/stop won/lost win/lose bought/sold opened/closed born/buried above/below
    internal/external strong/weak legal/illegal male/female public/private primary/secondary
    larger/smaller higher/lower earlier/later longer/shorter majority/minority allowed/forbidden
    accepted/rejected supported/opposed support/oppose agreed/refused built/destroyed
    founded/dissolved joined/left arrived/departed maximum/minimum positive/negative
    common/rare old/new high/low large/small long/short many/few always/never inside/outside
    added/removed gained/lost rise/fall rose/fell success/failure successful/unsuccessful
    possible/impossible similar/different included/excluded include/exclude father/mother
    brother/sister king/queen husband/wife son/daughter men/women
"""
OPPOSITE = {
    word: other
    for pair in _OPPOSITES.split()
    for word, other in (pair.split("/"), reversed(pair.split("/")))
}


class Premises:
    """Changes questions; what is drawn by chance is drawn from one seed."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rng = Random(SEED)
        names = (name for row in rows for name in _NAME.findall(row["positive"]))
        self._names = sorted(set(names))
        self._kinds: dict[Callable[[Row], str | None], float] = {
            self.other_name: 0.4,
            self.opposite: 0.25,
            self.other_number: 0.15,
            self.negated: 0.2,
        }

    def changed(self, row: Row) -> Row | None:
        """The row with a question that its paragraph does not answer; None where nothing fits."""
        kinds = dict(self._kinds)
        while kinds:
            (kind,) = self.rng.choices(list(kinds), list(kinds.values()))
            del kinds[kind]
            if query := kind(row):
                source = f"premise_{kind.__name__}"
                return {**row, "source": source, "query": query, "answers": [], "negatives": []}
        return None

    def other_name(self, row: Row) -> str | None:
        """Mostly of the same paragraph, if it has one, else of any other."""
        there = list(_NAME.finditer(row["query"]))
        if not there:
            return None
        place, query = self.rng.choice(there), row["query"].lower()
        answers = {row["positive"][start:end].lower() for start, end in row["answers"]}
        near = [
            name
            for name in sorted(set(_NAME.findall(row["positive"])))
            if name.lower() not in query and not any(name.lower() in each for each in answers)
        ]
        names = near if near and self.rng.random() < 0.7 else self._names
        return _put(row["query"], place, self.rng.choice(names))

    def other_number(self, row: Row) -> str | None:
        """Of the paragraph, or a year or count nearby."""
        there = list(_NUMBER.finditer(row["query"]))
        if not there:
            return None
        place = self.rng.choice(there)
        near = {n for n in _NUMBER.findall(row["positive"]) if len(n) == len(place[0])}
        near -= {place[0]} | {row["positive"][start:end] for start, end in row["answers"]}
        if near and self.rng.random() < 0.5:
            return _put(row["query"], place, self.rng.choice(sorted(near)))
        if not place[0].isdigit():
            return None
        moved = max(1, int(place[0]) + self.rng.choice([-30, -12, -7, -3, -1, 1, 2, 5, 10, 40]))
        other = str(moved)
        return None if other in row["positive"] else _put(row["query"], place, other)

    def opposite(self, row: Row) -> str | None:
        """One word turned into what it is not."""
        there = [w for w in re.finditer(r"\w+", row["query"]) if w[0].lower() in OPPOSITE]
        there = [w for w in there if OPPOSITE[w[0].lower()] not in row["query"].lower().split()]
        if not there:
            return None
        place = self.rng.choice(there)
        other = OPPOSITE[place[0].lower()]
        return _put(row["query"], place, other.capitalize() if place[0][0].isupper() else other)

    def negated(self, row: Row) -> str | None:
        """The first auxiliary verb denied."""
        place = _AUXILIARY.search(row["query"])
        if place is None:
            return None
        return _put(row["query"], place, _SHORT.get(place[0].lower(), place[0] + "n't"))


def _put(question: str, place: re.Match[str], words: str) -> str:
    return question[: place.start()] + words + question[place.end() :]


def main(out: Path) -> None:
    rows = [json.loads(line) for line in (out / "more.jsonl").read_text().splitlines()]
    held = [json.loads(line) for line in (out / "validation.jsonl").read_text().splitlines()]
    spare = [json.loads(line) for line in (out / "held_back.jsonl").read_text().splitlines()]
    rng = Random(SEED)
    kept: list[Row] = []
    for source in sorted({row["source"] for row in rows}):
        these = [row for row in rows if row["source"] == source]
        kept += rng.sample(these, min(len(these), MOST.get(source, len(these))))
    facts = {(r["query"], r["positive"]): r for r in rows if r["source"] in FACTS and r["answers"]}
    premises = Premises(list(facts.values()))
    made = [new for row in facts.values() if (new := premises.changed(row))]
    made = [row for row in made if not held_back(row["query"])]
    kept += rng.sample(made, min(len(made), CHANGED))
    checked = [row for row in spare if row["source"] in FACTS and row["answers"]]
    held += [new for row in checked if (new := premises.changed(row))][:CHECKED]
    rng.shuffle(kept)
    for name, chosen in (("premises", kept), ("premises_held", held)):
        with open(out / f"{name}.jsonl", "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in chosen)
        print(name, len(chosen), dict(Counter(row["source"] for row in chosen)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
