"""The page of stored answers: the one that fits whole, or that a person is to be asked, and what
else is near as buttons.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from lepton_local.saved.markup import text
from lepton_local.search.faq import Entry, Reply
from lepton_local.search.follow import complete
from lepton_local.search.material import line
from lepton_local.serve.asking import FAQ
from lepton_local.serve.links import link
from lepton_local.serve.page import framed


def start_page() -> str:
    """The page before anything is asked."""
    hint = (
        "Ask what is asked often: rows with a question and an answer, and headings that ask, are"
        ' answered whole. <a href="/">Search all documents instead</a>'
    )
    return framed("Stored answers", "", f"<p class=hint>{hint}</p>", mode=FAQ)


def reply_page(told: Reply) -> str:
    """The answer, or none, and the other candidates."""
    searched = complete(told.question, told.carried)
    parts = [*_carried(told), *_answer(told, searched), *_others(told)]
    return framed(told.question, told.question, "\n".join(parts), before=searched, mode=FAQ)


def _carried(told: Reply) -> Iterator[str]:
    if told.carried:
        yield f"<p class=note>Asked along with it: {text(', '.join(told.carried))}</p>"


def _answer(told: Reply, searched: str) -> Iterator[str]:
    answer = told.answer
    yield "<section class=answer aria-label=Answer>"
    if answer is None:
        yield "<p class=none>No good match: ask a person.</p></section>"
        return
    yield f"<h1 dir=auto>{text(answer.question)}</h1>"
    yield f"<p class=whole dir=auto>{text(answer.answer)}</p>"
    yield f"<p class=place>{answer.confidence:.0%}: {_place(answer, searched)}</p></section>"


def _place(entry: Entry, searched: str) -> str:
    passage = entry.hit.passage
    last = passage.line + passage.text.count("\n")
    target = link(passage.document, entry.line, passage.line, last, searched)
    stale = ", changed since it was indexed" * entry.hit.stale
    return f'<a href="{target}" dir=auto>{text(passage.document)}:{entry.line}</a>{stale}'


def _others(told: Reply) -> Iterator[str]:
    others = [each for each in told.entries if each is not told.answer]
    if not others:
        if not told.entries:
            yield "<p class=note>No question with an answer stands in these documents.</p>"
        return
    yield f"<p class=hint>{'Or do you ask:' if told.answer else 'The nearest questions are:'}</p>"
    yield f'<form action="/" class=others><input type=hidden name=mode value={FAQ}>'
    for each in others:
        asked = line(each.question)
        yield f'<button name=q value="{escape(asked)}" dir=auto>{text(asked)}</button>'
    yield "</form>"
