"""A document on the page: its lines, headings and columns, and a page of it as it is printed."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import accumulate

from lepton_local.saved.markup import marked, text
from lepton_local.search.document import Read
from lepton_local.serve.badges import badges
from lepton_local.serve.links import link, query
from lepton_local.serve.page import framed
from lepton_local.store.typed import strings

MOST_HEADINGS = 200  # of a document that are listed
NEAR = 300  # lines of a document above and below the one that was asked for


def document_page(
    found: Read,
    *,
    first: int,
    last: int,
    asked: str,
    words: str = "",
    picture: str = "",
    number: int = 0,
    stale: bool = False,
    proven: bool | None = None,
    opens: bool = False,
) -> str:
    """A document, lines `first` to `last` marked, and in them `words`; of a long one what stands
    around them. picture: where its page `number` is drawn; stale: whether its file is another one
    now; proven: whether that says these lines, None: nobody has looked; opens: the file may be
    opened in its program.
    """
    lines = found.lines
    near = [each for each in lines if first - NEAR <= each[0] <= last + NEAR]
    spans = _spans(near, first, last, words)
    rows = "".join(  # between lines that keep their white space nothing may stand
        f"<li value={at}{_id(at, first, picture)}{' class=found' if first <= at <= last else ''}>"
        f"<span dir=auto>{marked(told, spans.get(at, ())) or '&nbsp;'}</span></li>"
        for at, told in near
    )
    back = f'<p><a href="/?{query(q=asked)}">Back to the results</a></p>' if asked else ""
    known = [text(str(found.told[name])) for name in ("title", "date", "format")]
    about = " · ".join(filter(None, known))
    here = link(found.name, first, first, last, asked, words)
    prove = link(found.name, first, first, last, asked, words, prove=True)
    cut = (
        f"<p class=note>Lines {near[0][0]:,} to {near[-1][0]:,} of {lines[-1][0]:,}.</p>"
        if len(near) < len(lines)
        else ""
    )
    body = (
        f"{back}<h1 dir=auto>{text(found.name)}</h1><p class=about dir=auto>{about}</p>"
        f"<p>{badges(stale=stale, proven=proven, prove=prove)}</p>"
        f"{_open(found.name, here) if opens else ''}"
        f"{_columns(found)}{_outline(found, asked)}"
        f"{_picture(found, picture, number, first, asked)}{cut}<ol class=lines>{rows}</ol>"
    )
    return framed(found.name, asked, body)


def _spans(
    near: Sequence[tuple[int, str]], first: int, last: int, words: str
) -> dict[int, list[tuple[int, int, str]]]:
    """Where in each line these words stand, which begin or end in the lines asked for."""
    whole = "\n".join(told for _, told in near)
    begins = list(accumulate((len(told) + 1 for _, told in near), initial=0))
    asked = [at for at, (line, _) in enumerate(near) if first <= line <= last]
    if not words or not asked:
        return {}
    start = whole.find(
        words, max(0, begins[asked[0]] - len(words)), begins[asked[-1] + 1] + len(words)
    )
    if start < 0:
        return {}
    return {
        line: [(max(0, start - begin), start + len(words) - begin, "answer")]
        for begin, (line, told) in zip(begins, near, strict=False)
        if begin < start + len(words) and start < begin + len(told)
    }


def _open(name: str, shown: str) -> str:
    """The button that opens the file. shown: the address of what is shown then."""
    return (
        '<form action="/open" method="post" class=rating>'
        f'<input type=hidden name=document value="{escape(name)}">'
        f'<input type=hidden name=shown value="{shown.partition("?")[2]}">'
        "<button>Open the file</button></form>"
    )


def _columns(found: Read) -> str:
    """What else is known of it: the head of a mail, the columns of a row."""
    rows = "".join(
        f"<dt dir=auto>{text(name)}</dt><dd dir=auto>{text(value)}</dd>"
        for name, value in strings(found.told["metadata"]).items()
    )
    return f"<dl class=columns>{rows}</dl>" if rows else ""


def _id(at: int, first: int, picture: str) -> str:
    return "" if picture and at == first else f" id=L{at}"


def _outline(found: Read, asked: str) -> str:
    """Its headings, each leading to its line."""
    headings = found.record(last=1)["outline"]
    if not headings:
        return ""
    items = "".join(
        f"<li class=level{min(each['level'], 4)}>"
        f'<a href="{link(found.name, each["line"], each["line"], each["line"], asked)}"'
        f" dir=auto>{text(each['heading'])}</a></li>"
        for each in headings[:MOST_HEADINGS]
    )
    return f"<details><summary>Headings</summary><ul class=outline>{items}</ul></details>"


def _picture(found: Read, picture: str, number: int, first: int, asked: str) -> str:
    """The page as it is printed, and the way to those beside it. Who comes for line `first` sees
    it at once.
    """
    if not picture:
        return ""
    starts = {mark.label: line for mark, line in found.marks if mark.label.startswith("page ")}
    ways = "".join(
        f' <a href="{link(found.name, line, line, line, asked)}">{word}</a>'
        for word, other in (("Page before", number - 1), ("Next page", number + 1))
        if (line := starts.get(f"page {other}"))
    )
    told = f"Page {number} of {text(found.name)}, with the words marked"
    return (
        f'<figure id=L{first}><img src="{escape(picture)}" alt="{told}">'
        f"<figcaption>Page {number}{ways}</figcaption></figure>"
    )
