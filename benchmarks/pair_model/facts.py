"""Made prose: rules, contracts, manuals, glossaries. A sentence with marked words, and questions
that these words answer; and questions beside it that it does not answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from random import Random

from asked import Asked
from names import Names

# heading | text, whose [words] answer | questions that begin with the number of the words that
# answer them; 0: nothing here does. Several wordings of a text or question are parted by " / ".
_FACTS = Path(__file__).with_name("facts.txt").read_text(encoding="utf-8")
_MORE = {
    "hung": [
        "in the drawer of the front desk",
        "behind the clock",
        "with the porter",
        "in the grey cabinet, tray {n:2-9}",
        "on the hook beside the lift",
        "in box {n:2-40} of the key cabinet",
    ],
    "desk": ["the front desk", "the gate", "reception", "the porter's lodge", "window {n:1-9}"],
    "spot": [
        "at the flagpole",
        "in front of the chapel",
        "on the car park of {place}",
        "behind hall {n:2-9}",
    ],
    "colour": ["red", "green", "blue", "yellow", "orange", "violet", "grey"],
    "ordinal": ["second", "third", "fourth", "fifth", "sixth"],
    "often": [
        "once a day",
        "twice a day",
        "every eight hours",
        "before each meal",
        "in the evening",
    ],
    "measure": ["{n:2-9} metres", "1.{n:2-9} m", "{n:90-190} cm"],
}
_PARTS = (
    """Advanced Annual Applied Basic Central Common Daily Digital Early External Final General
Internal Joint Local Main Mobile National Open Public Quick Regional Safe Shared Technical
Universal Urban""".split(),
    """Access Archive Assembly Audit Budget Care Channel Control Data Device
Energy Event File Forest Health Housing Image Learning Letter Market Network Order Parts Payment
Power Project Record Risk Road Safety Signal Storage Supply Testing Traffic Water""".split(),
    """Agency
Board Centre Code Council Exchange Format Group Index Interface Layer List Model Notice Office Panel
Plan Process Protocol Register Report Review Scheme Service Standard System Team Unit""".split(),
)
_MARKED = re.compile(r"\[(.*?)\]", re.S)


def draw(rng: Random) -> list[str]:
    """All facts in an order of their own: a page takes some, and the next page the next."""
    lines = _FACTS.strip().split("\n")
    return rng.sample(lines, len(lines))


def make(names: Names, path: str, lines: Sequence[str]) -> tuple[str, list[Asked]]:
    """Markdown with a section for each of `lines`, and the questions about them."""
    rng = names.rng
    title = names.fill(
        rng.choice(
            [
                "Rules of {org}",
                "Handbook",
                "{project} manual",
                "Notes on {project}",
                "{place} guide",
                "Agreement with {org}",
                "{project}: reference",
            ]
        )
    )
    level = rng.choice(["##", "##", "#", ""])
    parts, asked = [f"# {title}\n"], []
    for number, line in enumerate(lines, 1):
        heading, text, questions = (part.strip() for part in line.split("|"))
        known: dict[str, str] = {}
        for kind, choices in _MORE.items():
            text = re.sub(r"\{" + kind + r"\}", lambda _, c=choices: rng.choice(c), text)  # type: ignore[misc]
        text = text.replace("{ordinal1}", rng.choice(_MORE["ordinal"]))
        if "{acronym}" in text:
            words = [rng.choice(part) for part in _PARTS]
            short = "".join(word[0] for word in words)
            known["abbreviation"] = short
            shape = rng.choice(
                [
                    "{s} stands for [{l}]",
                    "{s} means [{l}]",
                    "The {s} is the [{l}]",
                    "[{l}] ({s}), the body that decides on {thing}s",
                    "{s}: [{l}]",
                ]
            )
            text = text.replace(
                "{acronym}", shape.replace("{s}", short).replace("{l}", " ".join(words))
            )
            questions = questions.replace("{abbreviation}", short)
        text = names.fill(text, known)
        answers = _MARKED.findall(text)
        plain = _MARKED.sub(r"\1", text)
        wrapped = "\n".join(_wrap(plain, 70)) if rng.random() < 0.15 else plain
        style = rng.choice(["section", "section", "section", "numbered", "faq"])
        given = []
        for question in questions.split(" / "):
            place, words = question.strip().split(" ", 1)
            given.append((int(place), names.fill(words, known)))
        head = heading
        if style == "faq":
            real = [words for place, words in given if place]
            head = rng.choice(real)
            head = head if head.endswith("?") else heading
        parts.append(
            (f"{level} {head}\n\n" if level else f"{head}\n\n" if style == "section" else "")
            + (f"{number}. " if style == "numbered" else "")
            + wrapped
            + "\n"
        )
        for place, words in given:
            if not place:
                asked.append(Asked(words, (), "fact absent", path))
            elif plain.count(answers[place - 1]) == 1 and "\n" not in wrapped:
                asked.append(Asked(words, (answers[place - 1],), "fact", path, (plain,)))
            elif plain.count(answers[place - 1]) == 1:
                asked.append(Asked(words, (answers[place - 1],), "fact", path, (wrapped,)))
    return "\n".join(parts), asked


def _wrap(text: str, width: int) -> list[str]:
    lines, line = [], ""
    for word in text.split(" "):
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]
