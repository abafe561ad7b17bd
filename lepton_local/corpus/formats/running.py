"""Headers, footers and page numbers of printed pages: lines that return, and say nothing new."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lepton_local.corpus.formats.layout import Line, Pages

_EDGE = 2  # lines at the top and at the bottom of a page that may be running ones
_LEAST = 3  # pages on which a line must return,
_SHARE = 0.4  # and this share of all: a book has one header on its left pages, another on the right
# A number that stands by itself, none of a date, an amount, an identifier or a version; and of how
# many it is.
_NUMBER = re.compile(
    r"(?<![\w.,:#/$€£-])(\d{1,5}|[ivxlc]{1,7})(?![\w:#%$€£]|[.,/-]\w)"
    r"(?: ?/ ?\d+\b| (?:of|von|de|di|sur|van|av|z) \d+\b)?"
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
# What stands beside a number that is the page's and no more.
_PAGE_WORDS = frozenset(
    "page pages pg p pag página páginas pagina pagine seite seiten s side sida strana str strona "
    "стр страница sayfa trang halaman oldal of von de di da sur van av z ze 页 頁 第 共".split()
)
_DASHED = re.compile(r"(?:^|\s)([-–—|])\s*#\s*\1(?:\s|$)")  # noqa: RUF001 - "- 12 -" is a page
_PREFACE = 50  # pages before the first that is counted
_TITLE_WORDS = 5  # so many words beside a number are a title, and the number a page of a volume


class _Form(NamedTuple):
    """What a line shares with its copies: its words, and if a number in them is left out ("#"), how
    far that lies above the number of the page, which counts from 1.
    """

    words: str
    above: int | None = None


def without_running_lines(pages: Pages) -> list[list[Line]]:
    """Pages without the lines at their edges that return on many of them: the same words, or words
    with one number that counts as the pages do.

    The first copy stays, for it may say what stands nowhere else (a contract's number, its
    parties); only bare page numbers go wholly. A line whose numbers change in any other way is
    data: rows of a statement, the numbers of its invoices.
    """
    where: defaultdict[_Form, set[int]] = defaultdict(set)
    for number, page in enumerate(pages, 1):
        for row in _edges(page):
            for form in _forms(page[row], number):
                where[form].add(number)
    often = max(_LEAST, _SHARE * len(pages))
    together: defaultdict[str, set[int]] = defaultdict(set)
    for form, on in where.items():
        if len(on) > 1 and form.above is not None and _returns(form):
            together[form.words] |= on  # the preface may have numbers of its own
    running = {
        form
        for form, on in where.items()
        if _returns(form)
        and (len(on) >= often or (len(on) > 1 and len(together[form.words]) >= often))
    }
    told: set[str] = set()
    kept = []
    for number, page in enumerate(pages, 1):
        gone = set()
        for row in _edges(page):
            known = next((each for each in _forms(page[row], number) if each in running), None)
            if known is not None and (known.words in told or _is_bare(known)):
                gone.add(row)
            elif known is not None:
                told.add(known.words)
        kept.append([line for row, line in enumerate(page) if row not in gone])
    return kept if any(kept) else [list(page) for page in pages]


def _edges(page: Sequence[Line]) -> list[int]:
    rows = range(len(page))
    return sorted({*rows[:_EDGE], *rows[-_EDGE:]})


def _forms(line: Line, page: int) -> Iterator[_Form]:
    words = " ".join(line.text.casefold().split())
    yield _Form(words)
    for found in _NUMBER.finditer(words):
        value = int(found[1]) if found[1].isdigit() else _roman(found[1])
        yield _Form(f"{words[: found.start()]}#{words[found.end() :]}", value - page)


def _returns(form: _Form) -> bool:
    """Whether a form that stands on many pages belongs to the pages, not to what they tell.

    A number that counts with the pages but is not theirs may be that of an invoice, one a page. A
    cover and a preface make it smaller.
    """
    if form.above is None or -_PREFACE <= form.above <= 0:
        return True
    return _is_bare(form) or len(_words(form)) >= _TITLE_WORDS or bool(_DASHED.search(form.words))


def _is_bare(form: _Form) -> bool:
    return form.above is not None and _PAGE_WORDS.issuperset(_words(form))


def _words(form: _Form) -> list[str]:
    return re.findall(r"[^\W\d_]+", form.words)


def _roman(number: str) -> int:
    values = [_ROMAN[sign] for sign in number]
    after = [*values[1:], 0]
    return sum(-v if v < next_ else v for v, next_ in zip(values, after, strict=True))
