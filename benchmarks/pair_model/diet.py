"""What the bundled pair model was trained on: published sets, made into one training file.

    python benchmarks/pair_model/diet.py DATA OUT

DATA holds qa/train/*.json.gz in SQuAD's layout and rank/*.jsonl.gz of {query, positive}; OUT gets
train.jsonl, held_back.jsonl (one question in twenty, by its words) and validation.jsonl (the first
320 of these). Questions, claims, keywords, titles and sentences taken out of their passages are
asked for; the answers stand in encyclopaedias, reviews, dialogues, abstracts and FAQs: trained on
questions alone, a judge ruins the ranking of everything else.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from negatives import Pool, Row, Vectors, plain

SEED = 29
HELD_BACK = 5  # percent
VALIDATION = 320
_STOP = frozenset(
    "what who when where why how which whom whose is are was were do does did the a an of in to for"
    " on at by with and or it its be been that this these those from as has have had can could"
    " would will should there".split()
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z(\"'])")
_TITLE_END = re.compile(r"(?<=[.?!])\.? (?=\S)")


class Diet:
    """Rows as they come together; everything that is drawn by chance is drawn from one seed."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.rng = Random(SEED)
        self.vectors = Vectors()
        self.train: list[Row] = []
        self.held: list[Row] = []

    def squad(self, name: str) -> Iterator[Row]:
        """Questions of a file in SQuAD's layout whose answers stand where it says."""
        with gzip.open(self.data / "qa" / "train" / f"{name}.json.gz", "rt") as file:
            articles = json.load(file)["data"]
        for article in articles:
            title = article.get("title", "").replace("_", " ")
            for paragraph in article["paragraphs"]:
                text = paragraph["context"]
                for entry in paragraph["qas"]:
                    found = {
                        (a["answer_start"], a["answer_start"] + len(a["text"]))
                        for a in entry["answers"]
                        if a["text"].strip() and text[a["answer_start"] :].startswith(a["text"])
                    }
                    if found or entry.get("is_impossible"):
                        yield {
                            "source": name,
                            "title": title,
                            "query": entry["question"].strip(),
                            "positive": text,
                            "answers": sorted(found),
                        }

    def pairs(self, name: str) -> Iterator[Row]:
        """Rows of {query, positive}."""
        with gzip.open(self.data / "rank" / f"{name}.jsonl.gz", "rt") as file:
            yield from map(json.loads, file)

    def pool(self, items: Sequence[tuple[str, str]]) -> Pool:
        return Pool(items, self.vectors)

    def some(self, share: float) -> Callable[[Row], int]:
        """One negative for this share of the questions that have an answer."""
        return lambda row: int(self.rng.random() < share) if row.get("answers") else 0

    def put(self, rows: list[Row], headings: float, most: int | None = None) -> None:
        """Take rows in, shuffled, with their headings in this share."""
        self.rng.shuffle(rows)
        for row in rows[:most]:
            held = held_back(row["query"])
            keep = self.rng.random() < headings
            made = {
                "source": row["source"],
                "query": row["query"] if held else self.typed(row["query"]),
                "positive": row["positive"],
                "heading": row["title"] if keep else "",
            }
            if "answers" in row:
                made["answers"] = row["answers"]
            made["negatives"] = [
                {"heading": each["heading"] if keep else "", "text": each["text"]}
                for each in row.get("negatives", [])
            ]
            (self.held if held else self.train).append(made)

    def typed(self, question: str) -> str:
        """As people type: 12 % in lower case without a question mark, 3 % with a slip."""
        chance = self.rng.random()
        if chance < 0.12:
            return question.lower().rstrip("? ")
        if chance >= 0.15:
            return question
        i = self.rng.randrange(1, max(2, len(question) - 2))
        left_out = question[i + 1 :]
        swapped = question[i + 1 : i + 2] + question[i] + question[i + 2 :]
        doubled = question[i] + question[i:]
        return question[:i] + self.rng.choice([left_out, swapped, doubled])

    def cloze(self, source: str, items: Sequence[tuple[str, str]], most: int) -> list[Row]:
        """A sentence or two as the question, and the passage that they were taken out of: the
        inverse cloze task (https://arxiv.org/abs/1906.00300).
        """
        rows: list[Row] = []
        for title, text in items:
            sentences = _SENTENCE_END.split(text)
            if len(sentences) < 4 or len(text) < 350:
                continue
            number = 1 if self.rng.random() < 0.75 else 2
            i = self.rng.randrange(0, len(sentences) - number + 1)
            asked = " ".join(sentences[i : i + number])
            if not 30 < len(asked) < 420:
                continue
            rest = " ".join(sentences[:i] + sentences[i + number :])
            positive = rest if self.rng.random() < 0.9 else text
            query = asked if self.rng.random() < 0.8 else keywords(asked)
            row = {"source": source, "title": title, "query": query, "positive": positive}
            rows.append({**row, "also": [text]})
        self.rng.shuffle(rows)
        return rows[:most]


def keywords(question: str) -> str:
    """What is left of a question in a search box."""
    words = [word for word in re.findall(r"[\w'-]+", question) if word.lower() not in _STOP]
    return " ".join(words).lower() if len(words) >= 2 else question


def held_back(question: str) -> bool:
    """Whether a question is one of those that no model of ours learns from."""
    mark = hashlib.sha256(question.lower().encode()).hexdigest()[:8]
    return int(mark, 16) % 100 < HELD_BACK


def reading(diet: Diet) -> Pool:
    """Questions whose answers are known; gives the encyclopaedia's paragraphs."""
    squad = [
        *diet.squad("squad_train_partial"),
        *diet.squad("squad_train_aligned_extra"),
    ]
    natural = list(diet.squad("nq_oracle_dev_litm"))
    seen = {row["query"].lower().strip("? ") for row in natural}
    more = [r for r in diet.squad("qed_dev") if r["query"].lower().strip("? ") not in seen]
    natural += more
    unread = list(diet.pairs("squad_nqg_pairs"))
    wiki = diet.pool(
        [(row["title"], row["positive"]) for row in squad + natural]
        + [(row["title"].replace("_", " "), row["positive"]) for row in unread]
    )
    rows = _copies(squad)
    wiki.mine(rows, diet.some(0.75), rng=diet.rng)
    diet.put(rows, 0.6)
    diet.put(_copies(squad), 0.6, 5500)
    rows = _copies(natural)
    wiki.mine(rows, diet.some(0.75), rng=diet.rng)
    diet.put(rows, 0.6)
    for name in ("squadshifts_amazon_reviews", "squadshifts_reddit"):
        rows = [{**row, "title": ""} for row in diet.squad(name)]
        diet.rng.shuffle(rows)
        rows = rows[:5800]
        pool = diet.pool([("", row["positive"]) for row in rows])
        pool.mine(rows, diet.some(0.3), rng=diet.rng)
        diet.put(rows, 0)
    by_sentence: dict[str, list[Row]] = {}
    for name in ("qamr_dev", "qamr_test"):
        for row in diet.squad(name):
            by_sentence.setdefault(row["positive"], []).append({**row, "title": ""})
    short = [
        row for rows in by_sentence.values() for row in diet.rng.sample(rows, min(len(rows), 8))
    ]
    diet.rng.shuffle(short)
    diet.put(short[:7000], 0)
    diet.put([{**row, "title": ""} for row in diet.squad("friendsqa_dev")], 0)
    known = {plain(row["positive"]) for row in squad}
    rows = [
        {
            "source": "squad_nqg",
            "title": row["title"].replace("_", " "),
            "query": row["query"],
            "positive": row["positive"],
        }
        for row in unread
        if plain(row["positive"]) not in known
    ]
    diet.rng.shuffle(rows)
    rows = rows[:3000]
    for row in rows:
        if diet.rng.random() < 0.35:
            row["query"] = keywords(row["query"])
    wiki.mine(rows, lambda row: 3, rng=diet.rng)
    diet.put(rows, 0.6)
    return wiki


def ranking(diet: Diet, wiki: Pool) -> None:
    """Sentences, claims, titles and FAQs, each with the passage that it is about."""
    rows = diet.cloze("cloze_wiki", wiki.items, 1800)
    wiki.mine(rows, lambda row: 3, rng=diet.rng, margin=1.05)
    diet.put(rows, 0.4)
    _medicine(diet)
    answers = [row for row in diet.pairs("medquad") if not row.get("in_liveqa_eval")]
    diet.rng.shuffle(answers)
    answers = [row for row in answers if len(row["positive"]) > 80][:6000]
    pool = diet.pool([("", row["positive"][:1100]) for row in answers])
    rows = [
        {
            "source": "medquad",
            "title": "",
            "query": re.sub(r"What is \(are\)", "What is", row["query"]).replace(" ?", "?"),
            "positive": row["positive"][:1100],
        }
        for row in answers[:2400]
    ]
    for row in rows:
        if diet.rng.random() < 0.4:
            row["query"] = keywords(row["query"])
    pool.mine(rows, lambda row: 3, rng=diet.rng)
    diet.put(rows, 0)
    rows = [
        {"source": "covid_faq", "title": "", "query": row["query"], "positive": row["positive"]}
        for row in diet.pairs("covid_faq_deepset")
    ]
    diet.pool([("", row["positive"]) for row in rows]).mine(rows, lambda row: 3, rng=diet.rng)
    diet.put(rows, 0)


def _medicine(diet: Diet) -> None:
    claims, studies = list(diet.pairs("scifact_train")), list(diet.pairs("pubmedqa_l"))
    also: dict[str, list[str]] = {}
    for row in claims:
        also.setdefault(row["query"], []).append(_titled(row["positive"])[1])
    judged = []
    for row in claims:
        title, body = _titled(row["positive"])
        told = {"source": "scifact_train", "title": title, "query": row["query"]}
        judged.append({**told, "positive": body, "also": also[row["query"]]})
    abstracts = list(dict.fromkeys((row["title"], row["positive"]) for row in judged))
    pool = diet.pool(abstracts + [("", row["positive"]) for row in studies])
    for most in (None, 500):
        rows = _copies(judged)
        pool.mine(rows, lambda row: 3, rng=diet.rng, margin=1.0)
        diet.put(rows, 0.75, most)
    rows = [
        {"source": "titles", "title": "", "query": title, "positive": body}
        for title, body in abstracts
        if title
    ]
    pool.mine(rows, lambda row: 3, rng=diet.rng)
    for row in rows:  # a title beside its own abstract would give the answer away
        row["negatives"] = [{**each, "heading": ""} for each in row["negatives"]]
    diet.put(rows, 0)
    rows = [
        {"source": "pubmedqa", "title": "", "query": row["query"], "positive": row["positive"]}
        for row in studies
    ]
    pool.mine(rows, lambda row: 3, rng=diet.rng)
    diet.put(rows, 0.5)
    rows = diet.cloze("cloze_medicine", pool.items, 1000)
    pool.mine(rows, lambda row: 3, rng=diet.rng, margin=1.05)
    diet.put(rows, 0.4)


def _titled(text: str) -> tuple[str, str]:
    """An abstract's title, which is its first sentence, and the rest."""
    end = _TITLE_END.search(text)
    if end is None or end.start() >= 300:
        return "", text
    return text[: end.start()].rstrip("."), text[end.end() :]


def _copies(rows: Sequence[Row]) -> list[Row]:
    return [dict(row) for row in rows]


def main(data: Path, out: Path) -> None:
    diet = Diet(data)
    ranking(diet, reading(diet))
    diet.rng.shuffle(diet.train)
    once: dict[tuple[str, str], Row] = {}
    for row in diet.held:
        once.setdefault((row["query"].lower(), row["positive"]), row)
    held = list(once.values())
    diet.rng.shuffle(held)
    out.mkdir(parents=True, exist_ok=True)
    files = {"train": diet.train, "held_back": held, "validation": held[:VALIDATION]}
    for name, rows in files.items():
        with open(out / f"{name}.jsonl", "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        print(name, len(rows), dict(Counter(row["source"] for row in rows)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
