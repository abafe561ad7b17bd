"""The page: one field, the answer, the passages, and each document. It needs no script.

What stands in documents is escaped wherever it is shown, and what nobody sees is made visible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from urllib.parse import urlencode

from lepton_local.saved.markup import marked, text
from lepton_local.search.answer import how_sure
from lepton_local.search.context import Lines
from lepton_local.search.material import line
from lepton_local.search.place import is_code
from lepton_local.search.wants import PHRASE, SENTENCES
from lepton_local.shown import unfolded
from lepton_local.types import Answer, Hit, Result

SHOWN = 1_200  # code points of a passage
_CLASS = {PHRASE: "words", SENTENCES: "whole"}
NEAR = 300  # lines of a document above and below the one that was asked for

_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header>
<form action="/" role="search">
<label for="q">Ask your documents</label>
<input id="q" name="q" type="search" value="{asked}" maxlength="2000" autocomplete="off"{focus}>
<button>Ask</button>
</form>
</header>
<main>
{body}
</main>
</body>
</html>
"""


def start_page(about: str) -> str:
    """The page before anything is asked."""
    hint = (
        'Ask a question, or type words. <code>"an exact phrase"</code>, <code>-word</code>,'
        " <code>type:pdf</code> and <code>after:2026-01-31</code> narrow the search."
    )
    return _framed("lepton-local", "", f"<p class=about>{text(about)}</p><p class=hint>{hint}</p>")


def result_page(result: Result, *, skipped: int, k: int) -> str:
    """The answer, or that there is none, and the passages."""
    parts = [
        *_notes(result),
        *(_answer(result) if not skipped else ()),
        f"<ol start={skipped + 1}>",
        *(_hit(hit, result.question) for hit in result.hits),
        "</ol>",
        *_further(result, skipped, k),
    ]
    return _framed(result.question, result.question, "\n".join(parts))


def document_page(name: str, lines: Lines, *, first: int, last: int, asked: str) -> str:
    """A document, lines `first` to `last` marked; of a long one what stands around them."""
    near = [each for each in lines if first - NEAR <= each[0] <= last + NEAR]
    rows = "".join(  # between lines that keep their white space nothing may stand
        f"<li value={at} id=L{at}{' class=found' if first <= at <= last else ''}>"
        f"<span dir=auto>{text(words) or '&nbsp;'}</span></li>"
        for at, words in near
    )
    cut = (
        f"<p class=note>Lines {near[0][0]:,} to {near[-1][0]:,} of {lines[-1][0]:,}.</p>"
        if len(near) < len(lines)
        else ""
    )
    back = f'<p><a href="/?{_query(q=asked)}">Back to the results</a></p>' if asked else ""
    body = f"{back}<h1 dir=auto>{text(name)}</h1>{cut}<ol class=lines>{rows}</ol>"
    return _framed(name, asked, body)


def error_page(error: str, asked: str) -> str:
    """What is wrong with a question, in its own words."""
    return _framed("lepton-local", asked, f"<p class=note role=alert>{text(error)}</p>")


def _answer(result: Result) -> Iterator[str]:
    if result.answer is not None:
        answer = result.answer
        yield (
            "<section class=answer aria-label=Answer>"
            f"<p class={_CLASS[answer.kind]} dir=auto>{text(unfolded(answer.text))}</p>"
            f"<p class=place>{how_sure(answer.confidence)}, {answer.confidence:.0%}:"
            f" {_place(answer, result.question)}</p>"
        )
        if answer.kind == PHRASE:
            yield f"<blockquote dir=auto>{_quote(answer)}</blockquote>"
        yield "</section>"
        return
    sure = " that is sure enough" if result.guesses else ""
    none = f"No answer in these documents{sure}."
    yield f"<section class=answer aria-label=Answer><p class=none>{none}</p>"
    if result.guesses:
        yield "<ul class=guesses>"
        for guess in result.guesses:
            yield (
                f"<li>Perhaps <b dir=auto>{text(guess.text)}</b>"
                f" ({guess.confidence:.0%}, {_place(guess, result.question)})</li>"
            )
        yield "</ul>"
    yield "</section>"


def _hit(hit: Hit, asked: str) -> str:
    passage = hit.passage
    mark = "" if hit.mark.startswith("#") else hit.mark  # a heading, which stands there already
    told = [hit.heading, mark, hit.date[:10], "changed since it was indexed" * hit.stale]
    about = " · ".join(text(each) for each in dict.fromkeys(told) if each)
    spans = [
        (start - passage.start, end - passage.start, "match")
        for start, end in hit.matches
        if passage.start <= start and end - passage.start <= SHOWN
    ]
    more = "…" if len(passage.text) > SHOWN else ""
    kind = "code" if is_code(hit) else "passage"
    words = passage.text if kind == "code" else unfolded(passage.text)
    last = passage.line + passage.text.count("\n")
    target = _document(passage.document, hit.line, passage.line, last, asked)
    return (
        f'<li><h2><a href="{target}" dir=auto>{text(passage.document)}:{hit.line}</a></h2>'
        f"<p class=about dir=auto>{about}</p>"
        f"<p class={kind} dir=auto>{marked(words[:SHOWN], spans)}{more}</p></li>"
    )


def _place(answer: Answer, asked: str) -> str:
    last = answer.line + answer.text.count("\n")
    name = answer.hit.passage.document
    mark = f", {text(answer.mark.lstrip('# '))}" if answer.mark else ""
    target = _document(name, answer.line, answer.line, last, asked)
    return f'<a href="{target}" dir=auto>{text(name)}:{answer.line}</a>{mark}'


def _document(name: str, line: int, first: int, last: int, asked: str) -> str:
    asks = _query(name=name, first=first, last=last, q=asked)
    return f"/document?{asks}#L{line}"


def _quote(answer: Answer) -> str:
    at = answer.quote.find(answer.text)
    spans = [(at, at + len(answer.text), "answer")] if at >= 0 else []
    return marked(unfolded(answer.quote), spans)


def _notes(result: Result) -> Iterator[str]:
    for word, instead in result.corrections.items():
        yield f"<p class=note>“{text(word)}” is in no document; searched “{text(instead)}”.</p>"
    for note in result.notes:
        yield f"<p class=note>{text(note)}</p>"
    if not result.hits:
        yield "<p class=note>No passage found.</p>"


def _further(result: Result, skipped: int, k: int) -> Iterator[str]:
    links = []
    if skipped:
        links.append(("Better ones", max(0, skipped - k)))
    if len(result.hits) == k:
        links.append(("Further passages", skipped + k))
    if links:
        shown = " ".join(
            f'<a href="/?{_query(q=result.question, skip=skip)}">{words}</a>'
            for words, skip in links
        )
        yield f"<nav aria-label=Pages>{shown}</nav>"


def _query(**asked: object) -> str:
    return escape(urlencode({name: value for name, value in asked.items() if value not in ("", 0)}))


def _framed(title: str, asked: str, body: str | Iterable[str]) -> str:
    focus = "" if asked else " autofocus"
    return _FRAME.format(
        title=escape(line(title)), asked=escape(line(asked)), focus=focus, body=body
    )
