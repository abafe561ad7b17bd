"""Lines of printed pages -> running text: paragraphs joined, hyphens of line ends undone."""

# ruff: noqa: RUF001, RUF003 - signs that look alike are meant
from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from lepton_local.corpus.formats.layout import LONGEST_HEADING, NUMBERED, Line, Pages
from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.writer import Writer

# What stands for a hyphen at a line end: PDFium's own sign, the soft hyphen, and a hyphen of either
# kind before a line end.
_HYPHEN = re.compile(r"(?<!\w)(\w++(?:-\w++)*+)(?:[\ufffe\x02]|\u00ad\n?|[-\u2010]\n)(?=(\w+))")
_BROKEN = re.compile(r"(?<!\w)\w++(?:[\ufffe\x02\u00ad]\w+|[-\u2010]\Z)")
_CUT = re.compile(r"\w[-\u2010\u00ad]\Z")  # a line that ends within a word
# TeX's older fonts print an accent and its letter one after the other ("Poincar´e", "Franc¸ois"),
# sometimes with spaces around it ("Rockt ¨ aschel").
_ACCENTS = dict(
    zip(
        "¨´ˆ˜ˇ˘˚¯˙˝¸",
        "\u0308\u0301\u0302\u0303\u030c\u0306\u030a\u0304\u0307\u030b\u0327",
        strict=True,
    )
)
_ACCENTED = re.compile(r"(?<=\w) [¨´ˇ˝] [a-z]|[¨´ˆ˜ˇ˘˚¯˙˝][A-Za-zıȷ]|¸[cCsStT]|[cCsStT]¸")
_WORD = re.compile(r"\w++(?:-\w++)*+")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
_LIGATURES = {0xFB00 + at: pair for at, pair in enumerate("ff fi fl ffi ffl st st".split())}
_ITEM = re.compile(
    r"[•◦▪–‣·*]\s|\(?(?:\d{1,2}|[a-z])[.)]\s|\[\d+\]\s|(?:Figure|Fig\.|Table|Algorithm)\s*\d"
)
_DIGIT = re.compile(r"\d")
_DOTS = 5
_LEADER = re.compile(rf"(?:\s?\.){{{_DOTS},}}\s?")  # from an entry of the contents to its page
_ENDS = ".!?:;。！？”\"')"


def write_pages(pages: Pages, levels: Sequence[Sequence[int]], writer: Writer) -> None:
    """Write all pages, with a mark "page 1" at each page, and again after each heading: a passage
    is cited by its page.
    """
    known = _vocabulary(pages)
    above = 0  # level of the paragraph before
    for number, (page, row_levels) in enumerate(zip(pages, levels, strict=True), 1):
        first = True
        for marked, level in _paragraphs(page, row_levels):
            lines = [line for line in _dehyphenated(marked, known).split("\n") if line.strip()]
            if not lines:
                continue
            unfinished = writer.since(writer.at - 1)[-1:] not in _ENDS
            if first and unfinished and not above and not level and lines[0][0].islower():
                writer.words(" ")  # a sentence goes on from the page before
            else:
                writer.end_line(2)
            start = writer.at
            writer.words(lines[0])
            for line in lines[1:]:
                writer.end_line(1)
                writer.words(line)
            if level:
                writer.mark(f"{'#' * level} {one_line(writer.since(start))}", start)
            if level or first:
                writer.mark(f"page {number}", start)
            first, above = False, level


def _vocabulary(pages: Pages) -> Counter[str]:
    """How often each whole word occurs: those cut by a line end are left out."""
    known: Counter[str] = Counter()
    for page in pages:
        lines = (_BROKEN.sub(" ", line.text) for line in page)
        known.update(_WORD.findall("\n".join(lines).lower()))
    return known


def _paragraphs(page: Sequence[Line], levels: Sequence[int]) -> Iterator[tuple[str, int]]:
    """Paragraphs as (text, heading level). Line ends that are kept are "\\n"; hyphens still in."""
    width = _width(page)
    text, above, size, alone = "", 0, 0.0, False
    for line, level in zip(page, levels, strict=True):
        if not text:
            text = line.text
        elif level or above:
            same = level == above and _alike(size, line.size) and len(text) < LONGEST_HEADING
            if same and not NUMBERED.match(line.text):
                text += " " + line.text  # a heading of two lines
            else:
                yield text, above
                text = line.text
        elif line.alone or alone:
            text += "\n" + line.text
        else:
            last = text[text.rfind("\n") + 1 :]
            joint = _joint(_tail(last), line.text, width) if _alike(size, line.size) else "\n\n"
            if joint == "\n\n":
                yield text, 0
                text = line.text
            else:
                text += joint + line.text
        above, size, alone = level, line.size, line.alone
    if text:
        yield text, above


def _joint(above: str, below: str, width: float) -> str:
    """What stands between two lines: a space if they are one paragraph, "\\n" for rows and items,
    "\\n\\n" after its end.
    """
    if "://" in above[above.rfind(" ") + 1 :] and above[-1:] in "/-_.=&?":
        return ""  # an address that was broken
    full = len(above) >= 0.75 * width
    leader = above.count(".") >= _DOTS and _LEADER.search(above)
    if leader or (_is_row(above) and _is_row(below)):
        return "\n"
    if _ITEM.match(below):
        return "\n\n" if above[-1:] in _ENDS else "\n"
    if _CUT.search(above, max(len(above) - 2, 0)) and (
        below[:1].islower() or (full and below[:1].isalpha())
    ):
        return "\n"  # undone as a hyphen
    if below[:1].islower() and len(above) >= 0.4 * width and above[-1:] not in ".!?":
        return " "
    if full and (above[-1:] not in _ENDS or len(above) >= 0.9 * width):
        return " "
    return "\n\n" if above[-1:] in _ENDS else "\n"


def _alike(size: float, other: float) -> bool:
    """Whether two lines may be of one paragraph by the height of their letters."""
    return max(size, other) <= 1.08 * min(size, other)


def _is_row(line: str) -> bool:
    """Whether this looks like a row of numbers."""
    return len(_DIGIT.findall(line)) * 4 > len(line)


def _tail(line: str) -> str:
    """The printed line that ends a line in which PDFium has joined some at their hyphens."""
    return line[line.rfind("\ufffe") + 1 :]


def _width(page: Sequence[Line]) -> float:
    """How many characters a full line of this page has."""
    lengths = sorted(
        len(part) for line in page for part in line.text.split("\ufffe") if len(part) > 20
    )
    return float(lengths[len(lengths) * 4 // 5]) if lengths else 80.0


def _dehyphenated(text: str, known: Mapping[str, int]) -> str:
    """Text with the words whole that a line end cut, as far as the document's other words tell."""

    def whole(match: re.Match[str]) -> str:
        left, right = match[1], match[2]
        kept = f"{left}-"
        if left[-1].isdigit() or right[0].isdigit():
            return kept
        joined = known.get((left + right).lower(), 0)
        hyphened = known.get(f"{kept}{right}".lower(), 0)
        if joined != hyphened:
            return left if joined > hyphened else kept
        both = all(len(part) > 2 and known.get(part.lower(), 0) > 1 for part in (left, right))
        return kept if both or right[0].isupper() or "-" in left else left

    if text.count(".") >= _DOTS:
        text = _LEADER.sub(" … ", text)
    if text.isascii():
        return _CONTROL.sub("", _HYPHEN.sub(whole, text))
    text = _HYPHEN.sub(whole, _ACCENTED.sub(_accented, text))
    return unicodedata.normalize("NFC", _CONTROL.sub("", text).translate(_LIGATURES))


def _accented(match: re.Match[str]) -> str:
    """The letter with its accent in one character, where there is such a one."""
    accent, letter = sorted(match.group().replace(" ", ""), key=lambda sign: sign not in _ACCENTS)
    letter = {"ı": "i", "ȷ": "j"}.get(letter, letter)
    joined = unicodedata.normalize("NFC", letter + _ACCENTS[accent])
    return joined if len(joined) == 1 else match.group()
