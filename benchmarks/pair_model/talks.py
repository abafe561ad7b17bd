"""Made mails and minutes, in which a later word corrects an earlier one: the valid one answers,
quoted, superseded and withdrawn ones do not.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from asked import Asked
from names import Names

# subject | first said | later said | questions. {v} is the value, whose kind comes first.
_MATTERS = Path(__file__).with_name("matters.txt").read_text(encoding="utf-8")
_REASONS = [
    "because the roof leaks",
    "as the printers are late",
    "because of the strike",
    "since two helpers are ill",
    "as agreed on the phone",
    "for want of space",
    "because the permit is missing",
]
_GREETS = ["Hi {a},", "Dear {a},", "{a},", "Hello {a},", "Dear all,", "Good morning {a},"]
_CHATTER = [
    "How was your holiday?",
    "The lift works again.",
    "Could you send me the slides?",
    "I have told the others.",
    "Please confirm.",
    "Thanks for your help yesterday.",
    "Let me know if anything is unclear.",
    "I am out of office until {weekday}.",
    "{first} has the keys.",
    "The {thing} has arrived.",
]


def mails(names: Names, path: str, *, count: int) -> tuple[bytes, list[Asked]]:
    """A mailbox of `count` threads: a word, in most of them a correction that quotes it."""
    rng = names.rng
    day = names.day()
    messages: list[str] = []
    asked: list[Asked] = []
    for _ in range(count):
        kind, first, later, questions = (
            part.strip() for part in rng.choice(_MATTERS.strip().split("\n")).split("|")
        )
        subject = names.project()
        a, b = names.person(), names.person()
        value, other = names.draw(kind), names.draw(kind)
        said = first.replace("{p}", subject).replace("{v}", value)
        body = _body(names, b, a, said)
        day += timedelta(days=rng.randint(0, 5))
        messages.append(_mail(names, a, b, day, subject, body))
        given = [q.replace("{p}", subject) for q in questions.split(";")]
        corrected = rng.random() < 0.55 and other != value
        if corrected:
            now = later.replace("{p}", subject).replace("{v}", other)
            now += rng.choice(
                ["", "", f" This is {rng.choice(_REASONS)}.", f" {value} no longer holds."]
            )
            day += timedelta(days=rng.randint(0, 9))
            quoted = "\n".join(f"> {line}".rstrip() for line in body.split("\n"))
            reply = _body(names, a, b, now)
            if rng.random() < 0.7:
                reply += f"\n\nOn {day - timedelta(days=1)}, {a} wrote:\n{quoted}"
            messages.append(_mail(names, b, a, day, f"Re: {subject}", reply))
            for question in rng.sample(given, min(2, len(given))):
                asked.append(Asked(question, (other,), "corrected", path, (now,)))
            continue
        for question in rng.sample(given, min(2, len(given))):
            asked.append(Asked(question, (value,), "mail", path, (said,)))
        if rng.random() < 0.4:
            asked.append(
                Asked(
                    rng.choice([f"Who wrote about {subject}?", f"Who sent the mail on {subject}?"]),
                    (a,),
                    "mail head",
                    path,
                    (f"Subject: {subject}", f"From: {a}"),
                    "From: ",
                )
            )
        if rng.random() < 0.3:
            asked.append(
                Asked(
                    rng.choice([f"What is {a}'s mail address?", f"email of {a}"]),
                    (_address(names, a),),
                    "mail head",
                    path,
                    (f"From: {a}",),
                    f"From: {a} <",
                )
            )
        if rng.random() < 0.3:
            near = names.project()
            asked.append(
                Asked(
                    rng.choice(questions.split(";")).replace("{p}", near), (), "name absent", path
                )
            )
    return "".join(messages).encode(), asked


def _body(names: Names, to: str, by: str, said: str) -> str:
    rng = names.rng
    chatter = [names.fill(each) for each in rng.sample(_CHATTER, rng.randint(0, 2))]
    words = [*chatter, said]
    rng.shuffle(words)
    greeting = rng.choice(_GREETS).replace("{a}", to.split()[0])
    return f"{greeting}\n\n{' '.join(words)}\n\n{by.split()[0]}"


def _address(names: Names, person: str) -> str:
    return f"{person.lower().replace(' ', '.')}@{names.domain}"


def _mail(names: Names, by: str, to: str, day: object, subject: str, body: str) -> str:
    stamp = f"{day:%a, %d %b %Y} {names.time()}:00 +0000"
    heads = [
        f"From {_address(names, by)} {day:%a %b %d} 09:00:00 {day:%Y}",
        f"From: {by} <{_address(names, by)}>",
        f"To: {to} <{_address(names, to)}>",
        f"Date: {stamp}",
        f"Subject: {subject}",
    ]
    return "\n".join([*heads, "", body, "", ""])


def minutes(names: Names, path: str) -> tuple[str, list[Asked]]:
    """Minutes of one meeting: who was there, decisions, and at times a later section that changes
    one.
    """
    rng = names.rng
    group = names.fill(
        rng.choice(["{project} group", "Board of {org}", "{place} committee", "{thing} team"])
    )
    people = [names.person() for _ in range(5)]
    present, absent = people[: rng.randint(2, 4)], people[4]
    away = rng.choice(
        [
            "Absent: {x}.",
            "Apologies: {x}.",
            "{x} is on holiday.",
            "Excused: {x}.",
            "{x} could not come.",
        ]
    ).replace("{x}", absent)
    held = names.date()
    lines = [f"# {group}, {held}", "", f"Present: {', '.join(present)}. {away}", ""]
    asked = [
        Asked(
            rng.choice(
                [
                    f"Who was absent from the {group} meeting?",
                    f"Who was not at the meeting of the {group}?",
                    f"Who missed the {group} meeting?",
                ]
            ),
            (absent,),
            "absent person",
            path,
            (away,),
        ),
        Asked(
            rng.choice(
                [
                    f"Who was at the {group} meeting?",
                    f"Who took part in the meeting of the {group}?",
                ]
            ),
            (", ".join(present),),
            "present",
            path,
            (away,),
        ),
        Asked(
            rng.choice([f"When did the {group} meet?", f"When was the meeting of the {group}?"]),
            (held,),
            "heading",
            path,
            (f"# {group}",),
        ),
    ]
    items: list[str] = []
    changes: list[str] = []
    for number in range(1, rng.randint(3, 6)):
        draw = rng.random()
        subject = names.project()
        if draw < 0.5:
            kind, first, later, questions = (
                part.strip() for part in rng.choice(_MATTERS.strip().split("\n")).split("|")
            )
            value, other = names.draw(kind), names.draw(kind)
            said = first.replace("{p}", subject).replace("{v}", value)
            items.append(f"{number}. {subject}: {said}")
            question = rng.choice(questions.split(";")).replace("{p}", subject)
            if rng.random() < 0.4 and value != other:
                now = rng.choice(
                    [
                        "Correction to item {n}: ",
                        "Changed after the meeting: ",
                        "Item {n} was changed: ",
                    ]
                ).replace("{n}", str(number)) + later.replace("{p}", subject).replace("{v}", other)
                changes.append(now)
                asked.append(Asked(question, (other,), "corrected", path, (now,)))
            else:
                asked.append(Asked(question, (value,), "minutes", path, (said,)))
        elif draw < 0.75:
            who, task, day = (
                rng.choice(present),
                names.fill(
                    rng.choice(
                        [
                            "orders the {thing}",
                            "writes to {org}",
                            "repairs the {product}",
                            "asks {person} for an offer",
                            "plans the trip to {place}",
                        ]
                    )
                ),
                names.shortdate(),
            )
            said = f"{who.split()[0]} {task} by {day}."
            items.append(f"{number}. {said}")
            verb, rest = task.split(" ", 1)
            bare, short = verb.removesuffix("s"), who.split()[0]
            asked.append(Asked(f"Who {task}?", (who.split()[0],), "task", path, (said,)))
            asked.append(
                Asked(
                    rng.choice(
                        [
                            f"By when does {short} {bare} {rest.split(' for ')[0]}?",
                            f"when is {short} to {bare} {rest}",
                        ]
                    ),
                    (day,),
                    "task",
                    path,
                    (said,),
                )
            )
        else:
            yes, also, no = names.org(), names.org(), names.org()
            refused = rng.choice(["declined", "refused", "withdrew"])
            said = f"{subject}: {yes} and {also} have agreed. {no} {refused}."
            items.append(f"{number}. {said}")
            asked.append(
                Asked(
                    rng.choice(
                        [
                            f"Who declined {subject}?",
                            f"Which company said no to {subject}?",
                            f"Which partner of {subject} refused?",
                        ]
                    ),
                    (no,),
                    "declined",
                    path,
                    (said,),
                )
            )
            asked.append(
                Asked(
                    f"Which companies agreed to {subject}?",
                    (f"{yes} and {also}",),
                    "agreed",
                    path,
                    (said,),
                )
            )
    text = (
        "\n".join([*lines, *items, *(["", "## Changes", "", *changes] if changes else [])]) + "\n"
    )
    return text, asked


def versions(names: Names, stem: str) -> tuple[dict[str, str], list[Asked]]:
    """Two or three versions of one page, of which one is valid."""
    rng = names.rng
    subject = names.project()
    kind, first, _, questions = (
        part.strip() for part in rng.choice(_MATTERS.strip().split("\n")).split("|")
    )
    year = names.year
    count = rng.choice([2, 2, 3])
    values = [names.draw(kind) for _ in range(count)]
    files: dict[str, str] = {}
    given = rng.choice(questions.split(";")).replace("{p}", subject)
    how = rng.choice(["status", "status", "year"])
    valid = count - 1 if how == "year" else rng.randrange(count)
    asked: list[Asked] = []
    for number, value in enumerate(values):
        path = f"{stem}-{number}.md"
        said = first.replace("{p}", subject).replace("{v}", value)
        extra = names.fill(
            rng.choice(
                [
                    "The {thing}s are kept by {person}.",
                    "Questions go to {person}.",
                    "It was written in {place}.",
                ]
            )
        )
        if how == "year":
            edition = year - count + 1 + number
            note = rng.choice(
                [
                    f"This page replaces that of {edition - 1}.",
                    f"Valid from 1 January {edition}.",
                    "",
                ]
            )
            files[path] = f"# {subject} ({edition})\n\n{note}\n\n{said} {extra}\n".replace(
                "\n\n\n\n", "\n\n"
            )
            asked.append(
                Asked(f"{given.rstrip('?')} in {edition}?", (value,), "of a year", path, (said,))
            )
        else:
            note = (
                rng.choice(["Status: valid.", "This is the version in force.", "Approved."])
                if number == valid
                else rng.choice(
                    [
                        "Status: draft.",
                        "SUPERSEDED, kept for the record.",
                        "Withdrawn.",
                        "This version is no longer valid.",
                        "DRAFT, not approved.",
                    ]
                )
            )
            files[path] = f"# {subject}\n\n{note}\n\n{said} {extra}\n"
        if number == valid:
            asked.append(Asked(given, (value,), "valid version", path, (said,)))
    if how == "year":
        asked.append(
            Asked(f"{given.rstrip('?')} in {year + 3}?", (), "year absent", f"{stem}-0.md")
        )
    return files, asked
