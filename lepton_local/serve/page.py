"""The page: one field, the answer and the passages. It needs no script; keys are what page.js adds.

What stands in documents is escaped wherever it is shown, and what nobody sees is made visible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from lepton_local.saved.markup import marked, text
from lepton_local.search.answer import how_sure
from lepton_local.search.follow import complete
from lepton_local.search.material import line
from lepton_local.search.place import is_code
from lepton_local.search.seen import all_seen
from lepton_local.search.wants import LIST, PHRASE, SENTENCES
from lepton_local.serve.badges import badges
from lepton_local.serve.buttons import marked_as, rating
from lepton_local.serve.carried import carried
from lepton_local.serve.links import link, query
from lepton_local.serve.thumbnails import figure
from lepton_local.shown import unfolded
from lepton_local.types import Answer, Hit, Result

SHOWN = 1_200  # code points of a passage
_CLASS = {PHRASE: "words", SENTENCES: "whole", LIST: "whole"}

_RECORDS = (
    "<p class=hint>Which passages you open and copy here is kept beside the index"
    " (--record-use), for you alone.</p>"
)
_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/style.css">
<link rel="search" type="application/opensearchdescription+xml" title="lepton-local"
 href="/search.xml">
<script type="module" src="/page.js"></script>
</head>
<body>
<header>
<form action="/" role="search">
<label for="q">Ask your documents</label>
<input id="q" name="q" type="search" value="{asked}" maxlength="2000" autocomplete="off"
 dir="auto"{focus}>
{before}<button>Ask</button>
</form>
</header>
<main>
{body}
</main>
</body>
</html>
"""


def start_page(about: str, *, records: bool = False) -> str:
    """The page before anything is asked. records: see `result_page`."""
    hint = (
        'Ask a question, or type words. <code>"an exact phrase"</code>, <code>-word</code>,'
        " <code>type:pdf</code> and <code>after:2026-01-31</code> narrow the search."
    )
    hint += ' <a href="/?mode=faq">Ask stored questions alone</a>'
    body = f"<p class=about>{text(about)}</p><p class=hint>{hint}</p>{_RECORDS * records}"
    return framed("lepton-local", "", f"{_heading('lepton-local')}{body}")


def result_page(
    result: Result, *, skipped: int, k: int, narrow: Iterable[str] = (), records: bool = False
) -> str:
    """The answer, or that there is none, and the passages. narrow: what narrows the search;
    records: what is opened and copied is kept. The next question follows this one, so the form and
    the links bear what was searched.
    """
    asked = searched(result)
    parts = [
        _heading(f"What the documents say to: {result.question}"),
        *carried(result),
        *_notes(result),
        *(_answer(result) if not skipped and not all_seen(result) else ()),
        *narrow,
        f'<ol start={skipped + 1} data-asked="{escape(line(asked))}">'
        if records
        else f"<ol start={skipped + 1}>",
        *(_hit(hit, asked, at) for at, hit in enumerate(result.hits, skipped + 1)),
        "</ol>",
        *_further(result, skipped, k),
        *_related(result),
        *_save(result),
        _RECORDS * records,
    ]
    return framed(result.question, result.question, "\n".join(parts), before=result.standalone)


def error_page(error: str, asked: str) -> str:
    """What is wrong with a question, in its own words."""
    said = f"<p class=note role=alert>{text(error)}</p>"
    return framed("lepton-local", asked, f"{_heading('lepton-local')}{said}")


def _heading(words: str) -> str:
    """For whoever goes through a page by its headings; who sees it has the field above."""
    return f"<h1 class=unseen>{text(words)}</h1>"


def _answer(result: Result) -> Iterator[str]:
    if result.answer is not None:
        answer = result.answer
        yield (
            "<section class=answer aria-label=Answer>"
            f"<p class={_CLASS[answer.kind]} dir=auto>{text(_words(answer))}</p>"
            f"<p class=place>{how_sure(answer.confidence)}, {answer.confidence:.0%}:"
            f" {_place(answer, searched(result))}. {_standing(answer, searched(result))}</p>"
        )
        if answer.kind == PHRASE:
            yield f"<blockquote dir=auto>{_quote(answer)}</blockquote>"
        yield f"{rating(searched(result), 0)}</section>"
        return
    sure = " that is sure enough" if result.guesses else ""
    none = f"No answer in these documents{sure}."
    yield f"<section class=answer aria-label=Answer><p class=none>{none}</p>"
    if result.guesses:
        yield "<ul class=guesses>"
        for guess in result.guesses:
            yield (
                f"<li>Perhaps <b dir=auto>{text(guess.text)}</b>"
                f" ({guess.confidence:.0%}, {_place(guess, searched(result))})</li>"
            )
        yield "</ul>"
    yield "</section>"


def _words(answer: Answer) -> str:
    return "\n".join(f"• {each.text}" for each in answer.items) or unfolded(answer.text)


def _hit(hit: Hit, asked: str, rank: int) -> str:
    passage = hit.passage
    mark = "" if hit.mark.startswith("#") else hit.mark  # a heading, which stands there already
    stale = "changed since it was indexed" * hit.stale
    beside = len(hit.also) + len(hit.near)
    told = [
        hit.heading,
        mark,
        hit.date[:10],
        stale,
        marked_as(hit),
        f"and in {beside} more places" * (beside > 0),
    ]
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
    target = link(passage.document, hit.line, passage.line, last, asked)
    return (
        f"<li data-passage={passage.digest}>"
        f'<h2><a href="{target}">{_named(passage.document, hit.line)}</a></h2>'
        f"<p class=about dir=auto>{about}</p>{figure(hit)}"
        f"<p class={kind} dir=auto>{marked(words[:SHOWN], spans)}{more}</p>"
        f"{rating(asked, rank)}</li>"
    )


def _place(answer: Answer, asked: str) -> str:
    last = answer.line + answer.text.count("\n")
    name = answer.hit.passage.document
    mark = f", {text(answer.mark.lstrip('# '))}" if answer.mark else ""
    target = link(name, answer.line, answer.line, last, asked, answer.quote)
    return f'<a href="{target}">{_named(name, answer.line)}</a>{mark}'


def _named(name: str, line: int) -> str:
    """A citation: its number stands behind the name, whichever way that is written."""
    return f"<bdi>{text(name)}</bdi>:{line}"


def _standing(answer: Answer, asked: str) -> str:
    """What is known of the file of an answer now."""
    last = answer.line + answer.text.count("\n")
    prove = link(
        answer.hit.passage.document, answer.line, answer.line, last, asked, answer.quote, prove=True
    )
    return badges(stale=answer.hit.stale, proven=answer.hit.verified, prove=prove)


def _quote(answer: Answer) -> str:
    at = answer.quote.find(answer.text)
    spans = [(at, at + len(answer.text), "answer")] if at >= 0 else []
    return marked(unfolded(answer.quote), spans)


def searched(result: Result) -> str:
    """What was searched, filters and carried words with it, as a person may type it."""
    return complete(result.question, result.carried)


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
            f'<a href="/?{query(q=searched(result), skip=skip)}">{words}</a>'
            for words, skip in links
        )
        yield f"<nav aria-label=Pages>{shown}</nav>"


def _related(result: Result) -> Iterator[str]:
    """Questions that lie near, each with its answer: a click asks it."""
    if not result.related:
        return
    yield "<section aria-label=Related class=related><h2>Near this question</h2><dl>"
    for each in result.related:
        answer = each.answer
        yield (
            f'<dt><a href="/?{query(q=each.question)}" dir=auto>{text(each.question)}</a></dt>'
            f"<dd dir=auto>{text(unfolded(answer.text))}"
            f" <span class=place>{_place(answer, each.question)}</span></dd>"
        )
    yield "</dl></section>"


def _save(result: Result) -> Iterator[str]:
    if result.hits:
        yield (
            f'<p class=save><a href="/save?{query(q=searched(result))}" download>'
            "Save this answer</a> as one file, to be sent and proved.</p>"
        )


def framed(title: str, asked: str, body: str, *, before: str = "", mode: str = "") -> str:
    """A whole page. before: what was searched last, which the next question may lean on; mode: in
    which the next one is asked.
    """
    focus = "" if asked else " autofocus"
    hidden = f'<input type=hidden name=after value="{escape(line(before))}">' if before else ""
    hidden += f"<input type=hidden name=mode value={mode}>" if mode else ""
    return _FRAME.format(
        title=escape(line(title)), asked=escape(line(asked)), focus=focus, body=body, before=hidden
    )
