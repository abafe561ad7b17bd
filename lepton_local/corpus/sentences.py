"""Where sentences stand in a text: prose in most scripts, lists, tables, and lines of code.

Rules, no model: a stop ends a sentence unless it closes an abbreviation, an initial or a number of
a list; a line end does so unless the line looks wrapped. A wrong cut costs little here, since
windows are packed from many sentences.
"""

# ruff: noqa: RUF001 - signs that look alike are meant
from __future__ import annotations

import re
from collections.abc import Iterator

_INK = re.compile(r"\S")
_LINE = re.compile(r"[^\n]+")
_STOPS = ".!?…؟۔।॥։።"
_CLOSERS = "\"'”’»)\\]】」』）"
# Line ends with the indentation that follows; stops of scripts that put a space after them; stops
# of those that do not. A run of stops, which may be as long as a file, is looked at from its first
# alone.
_CUT = re.compile(
    r"(?P<line>\n\s*)"
    rf"|(?P<stop>(?<![{_STOPS}])[{_STOPS}]++[{_CLOSERS}*_]*+)"
    r"(?=\s+(?P<next>[\"'“‘«(\[*_¿¡—–-]*\S)|\s*\Z)"
    rf"|(?P<wide>[。！？｡．]+[{_CLOSERS}]*)"
)
_NEVER_LAST = frozenset(
    "mr mrs ms dr prof rev gen col capt lt sgt st mt ft fig figs eq eqs sec no nos vol pp ed "
    "eds vs cf al approx dept est ca viz resp ref refs e.g i.e a.k.a u.a z.b d.h bzw sog bspw "
    "vgl nr str tel hr fr ggf evtl ing sr sra srta dra ud uds pág núm mme mlle mm chap éd art "
    "tab p м т г стр рис им ул".split()
)
_SOMETIMES_LAST = frozenset(
    "inc ltd co corp jr sr etc bros usw usf jan feb mar apr jun jul aug sep sept oct nov "
    "dec".split()
)
_OPENERS = frozenset(
    "The This That These Those There They Their It Its In On At As An A After Before When "
    "While For From By But And Or He She His Her We Our You Your I If Its However Although "
    "Since With Each Some Many Most All No Not One During".split()
)
UNWRAPPED = 160  # characters; no editor wraps lines this late
_TAIL = 4096  # characters that are looked at together for the last ink
_MARGIN = 32  # characters before the number of an item, at most
_WORD_BEFORE = re.compile(r"[^\s(\[“\"'‘]*\Z")
_NEXT_WORD = re.compile(r"\s*[\"'“‘(]*(\w+)")
_ITEM = re.compile(r"(?:[-*+•‣◦–—]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})[.)])\s")
_NUMBERED = re.compile(r"\(?(?:\d{1,3}|[a-zA-Z])\Z")
# A line that begins like this is never the continuation of the one before.
_FRESH = re.compile(
    r"[-*+•‣◦]\s|\(?(?:\d{1,3}|[a-z])[.)]\s|[|#>`~<@$%}\]{]|//|\.\. |:\w+:|[-=~^+]{3}"
    r"|\[?\d{4}-\d\d-\d\d|\[?\d\d:\d\d"
)
# A line with these in it is code or a row, not prose that was wrapped.
_CODE = re.compile(
    r"[;{}|\\]\s*\Z|\t|\s\|\s|\s[-=:+<>!|&]*=[=>]?\s|->|\w\(\S*\)?"
    r"|\A\s*(?:[#|>@]|import\s|from\s|return\s|//|\.\. )"
)


def sentences(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Sentences of `text[start:end]` as (start, end) code points, in order, without outer white
    space, one after another: a text may have millions.

    Together they hold every character that is not white space.
    """
    stop = len(text) if end is None else end
    begin = start  # of the sentence being read
    line = start  # of the line being read
    for cut in _CUT.finditer(text, start, stop):
        if cut["line"] is not None:
            ends = _is_hard(text, line, cut.start(), cut.end(), stop)
            line = cut.start() + cut["line"].rindex("\n") + 1
        else:
            ends = cut["wide"] is not None or _is_stop(text, line, cut)
        if ends:
            yield from _inked(text, begin, cut.start() if cut["line"] is not None else cut.end())
            begin = cut.end()
    yield from _inked(text, begin, stop)


def lines(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Lines of `text[start:end]` that are not empty, as `sentences` gives them: for source code."""
    stop = len(text) if end is None else end
    for line in _LINE.finditer(text, start, stop):
        yield from _inked(text, line.start(), line.end())


def _inked(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretch without outer white space, if anything is left of it."""
    ink = _INK.search(text, start, end)
    if ink is not None:
        # From behind: a line may be as long as a file, and copies of it are not to be had.
        while not (bare := text[max(start, end - _TAIL) : end].rstrip()):
            end -= _TAIL
        yield ink.start(), max(start, end - _TAIL) + len(bare)


def _is_hard(text: str, line: int, end: int, fresh: int, stop: int) -> bool:
    """Whether the line end between `text[line:end]` and the line whose first ink is at `fresh`
    parts two sentences.
    """
    gap = text[end:fresh]
    if fresh >= stop or gap.count("\n") > 1:
        return True
    if end - line > UNWRAPPED:
        return True
    before = text[line:end]
    bare = before.strip()
    if len(bare) < (32 if bare.isascii() else 20) or bare[-1] in ":|":
        return True
    indent = len(before) - len(before.lstrip())
    shift = len(gap) - 1 - indent
    if shift and not (shift > 0 and _ITEM.match(bare)):
        return True
    return _FRESH.match(text, fresh, stop) is not None or _CODE.search(before) is not None


def _is_stop(text: str, line: int, cut: re.Match[str]) -> bool:
    """Whether a run of stops before white space ends a sentence."""
    after = cut["next"]
    if after is None:
        return True
    if after[-1].islower():
        return False
    mark = cut["stop"]
    if mark[0] != "." or (len(mark) > 1 and mark[1] in ".!?"):
        return True
    at = cut.start()
    before = text[max(line, at - 32) : at]
    match = _WORD_BEFORE.search(before)
    word = match.group() if match is not None else ""
    if not word:
        return True
    if at - line < _MARGIN and _NUMBERED.match(word) and not text[line : at - len(word)].strip():
        return False  # "1." of a list
    low = word.lower()
    if low in _NEVER_LAST:
        return False
    initial = len(word) == 1 and word.isupper()
    if initial or low in _SOMETIMES_LAST or ("." in word and len(word) <= 6):
        return _opens(text, cut.end())
    return True


def _opens(text: str, at: int) -> bool:
    """Whether the word after `at` is one that mostly opens a sentence: "U.S. The", "U.S. Army"."""
    word = _NEXT_WORD.match(text, at)
    return word is not None and word[1] in _OPENERS
