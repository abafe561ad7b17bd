"""A saved answer as a page: a pure function of its record, so that what it shows can be compared
with what was proved. It needs no script, no font and no other file, and asks for none.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

from lepton_local.saved.markup import data, marked, text
from lepton_local.saved.pictures import Pictures, address
from lepton_local.search.answer import how_sure

FIRST = "<!doctype html>\n<!-- lepton-local answer -->\n"  # of every file that is ours
RECORD = '<script type="application/json" id="record">'
_LONGEST = 400  # signs of a line around a passage that are shown

Record = Mapping[str, Any]


def page(record: Record, pictures: Pictures) -> str:
    """The page of a record and its pictures.

    Raises KeyError, TypeError or ValueError for what is no record of a saved answer.
    """
    style = resources.files(__package__).joinpath("style.css").read_text("utf-8")
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{allowed}'; img-src data:; base-uri 'none';"
        " form-action 'none'"
    )
    parts = [
        f'{FIRST}<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{text(record['question'])}</title>\n<style>{style}</style>\n</head>\n<body>\n",
        *_head(record),
        "<main>\n",
        *_answer(record),
        *_passages(record, pictures),
        "</main>\n",
        *_foot(record),
        f"{RECORD}{data(record)}</script>\n</body>\n</html>\n",
    ]
    return "".join(parts)


def _head(record: Record) -> Iterator[str]:
    places = ", ".join(
        f"{text(each['index'])} <small>(generation {int(each['generation'])})</small>"
        for each in record["indexes"]
    )
    saved = text(record["saved"])
    yield '<header>\n<p class="kind">Question</p>\n'
    yield f'<h1 dir="auto">{text(record["question"])}</h1>\n'
    yield (
        f'<p class="about">asked of {places} on <time datetime="{saved}">'
        f"{text(record['saved'].replace('T', ', ', 1))}</time></p>\n"
    )
    for note in record["notes"]:
        yield f'<p class="note">{text(note)}</p>\n'
    yield "</header>\n"


def _answer(record: Record) -> Iterator[str]:
    answer, guesses = record["answer"], record["guesses"]
    if answer is not None:
        yield '<section class="answer" aria-labelledby="answer">\n<h2 id="answer">Answer</h2>\n'
        yield f'<p class="words" dir="auto">{text(answer["text"])}</p>\n'
        yield from _told(record, answer)
        yield "</section>\n"
    elif record["answering"]:
        sure = "sure " if guesses else ""
        yield '<section class="none" aria-labelledby="answer">\n'
        yield f'<h2 id="answer">No {sure}answer in these documents</h2>\n'
        for guess in guesses:
            yield f'<div class="guess">\n<p dir="auto">Perhaps: <b>{text(guess["text"])}</b></p>\n'
            yield from _told(record, guess)
            yield "</div>\n"
        yield "</section>\n"


def _told(record: Record, answer: Record) -> Iterator[str]:
    """How sure an answer is, where it stands, and the sentence around it."""
    share = float(answer["confidence"])
    quote, words = str(answer["quote"]), str(answer["text"])
    at = quote.find(words)
    lit = marked(quote, [(at, at + len(words), "answer")] if at >= 0 else [])
    number = next(
        (
            place
            for place, each in enumerate(record["passages"], 1)
            if each["document"] == answer["document"]
            and each["start"] <= answer["start"] <= answer["end"] <= each["end"]
        ),
        0,
    )
    yield (
        f'<p class="sure"><meter min="0" max="1" value="{share:.4f}" aria-hidden="true"></meter> '
        f"{how_sure(share)}, {share:.0%}</p>\n"
    )
    yield f'<blockquote dir="auto">{lit}</blockquote>\n'
    yield f'<p class="place"><a href="#passage-{number}">{_cited(answer)}</a></p>\n'


def _passages(record: Record, pictures: Pictures) -> Iterator[str]:
    passages = record["passages"]
    if not passages:
        yield '<p class="none">No passage found.</p>\n'
        return
    yield '<section aria-labelledby="passages">\n<h2 id="passages">Passages</h2>\n'
    answers = [each for each in (record["answer"], *record["guesses"]) if each is not None]
    for number, passage in enumerate(passages, 1):
        yield f'<article id="passage-{number}" aria-labelledby="title-{number}">\n'
        yield (
            f'<h3 id="title-{number}"><span class="rank">{number}</span> '
            f'<span dir="auto">{text(passage["title"])}</span></h3>\n'
        )
        yield (
            f'<p class="place">{_cited(passage)} <span class="relevance">'
            f"{float(passage['relevance']):.0%} relevant</span></p>\n"
        )
        if passage["stale"]:
            yield '<p class="note">The file had changed since it was indexed.</p>\n'
        if passage["picture"] is not None:
            yield _picture(passage, pictures)
        yield from _lines(passage, answers)
        yield f'<p class="digest">{text(passage["digest"])}</p>\n</article>\n'
    yield "</section>\n"


def _picture(passage: Record, pictures: Pictures) -> str:
    """The page as it is printed; the words on it, those that are marked, follow as text."""
    page, png = int(passage["picture"]["page"]), pictures.get(passage["picture"]["digest"], b"")
    told = f"Page {page} of {text(passage['document'])}, with the words marked"
    return (
        f'<figure><img src="{address(png)}" alt="{told}">'
        f"<figcaption>Page {page} as it is printed</figcaption></figure>\n"
    )


def _cited(place: Record) -> str:
    """Document, mark, and line:column."""
    mark = str(place["mark"]).lstrip("# ")
    told = f"{text(place['document'])}{f', {text(mark)}' if mark else ''}"
    return f"<cite>{told}, {int(place['line'])}:{int(place['column'])}</cite>"


def _lines(passage: Record, answers: Sequence[Record]) -> Iterator[str]:
    """The lines of the document, those of the passage set off, with what matched marked."""
    shown = [(int(each["line"]), str(each["text"])) for each in passage["lines"]]
    lit = stretches(passage, dict(shown), answers)
    first = shown[0][0] if shown else 1
    yield f'<ol class="lines" start="{first}" tabindex="0" aria-label="The document around it">\n'
    for number, words in shown:
        spans = lit.get(number)
        if spans is None:
            short = f"{words[:_LONGEST]} …" if len(words) > _LONGEST else words
            yield f'<li dir="auto">{text(short)}</li>\n'
        else:
            yield f'<li class="own" dir="auto">{marked(words, spans)}</li>\n'
    yield "</ol>\n"


def stretches(
    passage: Record, lines: Mapping[int, str], answers: Sequence[Record]
) -> dict[int, list[tuple[int, int, str]]]:
    """Per line of a passage, the stretches of it that matched or answer, as columns from 0.

    lines: by their numbers, as they are shown; a line may have more before the passage begins.
    """
    begin, words = int(passage["start"]), str(passage["text"])
    spans = [(int(start), int(end), "match") for start, end in passage["matches"]]
    spans += [
        (int(each["start"]), int(each["end"]), "answer")
        for each in answers
        if each["document"] == passage["document"]
    ]
    found: dict[int, list[tuple[int, int, str]]] = {}
    at = begin
    for place, line in enumerate(words.split("\n"), int(passage["first"])):
        shift = lines.get(place, "").find(line)
        if shift >= 0:
            found[place] = [
                (max(start - at, 0) + shift, min(end - at, len(line)) + shift, kind)
                for start, end, kind in spans
                if start < at + len(line) and end > at
            ]
        at += len(line) + 1
    return found


def _foot(record: Record) -> Iterator[str]:
    yield (
        "<footer>\n<h2>Proving it</h2>\n<p>All words above but the question are copied from the "
        "documents. Whoever has these and an index of them can prove that they still say so, and "
        "that this page shows nothing else:</p>\n"
        "<pre><code>lepton-search verify THIS-FILE INDEX</code></pre>\n"
        "<p>How sure an answer is cannot be proved in this way. Below each "
        "passage stands the SHA-256 digest of its file as it was indexed.</p>\n"
        f"<p>Saved by lepton-local {text(record['version'])}.</p>\n</footer>\n"
    )
