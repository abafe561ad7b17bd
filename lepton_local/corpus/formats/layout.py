"""Lines of printed pages -> running text: paragraphs joined, hyphens of line ends undone, headings
found.
"""

# ruff: noqa: RUF001 - signs that look alike are meant
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.writer import Writer

# What stands for a hyphen at a line end: PDFium's own sign, the soft hyphen, and a hyphen before a
# line end.
_HYPHEN = re.compile(r"(\w+(?:-\w+)*)(?:[\ufffe\x02]|\u00ad\n?|-\n)(?=(\w+))")
_BROKEN = re.compile(r"\w+(?:[\ufffe\x02\u00ad]\w+|-\Z)")
_WORD = re.compile(r"\w+(?:-\w+)*")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
_LIGATURES = str.maketrans(
    {
        0xFB00: "ff",
        0xFB01: "fi",
        0xFB02: "fl",
        0xFB03: "ffi",
        0xFB04: "ffl",
        0xFB05: "st",
        0xFB06: "st",
    }
)
_ITEM = re.compile(
    r"[•◦▪–‣·*]\s|\(?(?:\d{1,2}|[a-z])[.)]\s|\[\d+\]\s|(?:Figure|Fig\.|Table|Algorithm)\s*\d"
)
_NUMBERED = re.compile(
    r"(?:Chapter\s+|Section\s+|Appendix\s+)?((?:\d{1,2}|[A-Z])(?:\.\d{1,2})*)[.:]?\s+[^\W\d_]"
)
_NUMBER = re.compile(r"\s*(?:[IVXL]+|[A-Z]|\d+(?:\.\d+)*)[.:)]?\s+")
_ENDS = ".!?:;。！？”\"')"
_HEADING_SIZE = 1.15  # times the body's
_LONGEST = 120  # characters of a heading
_TOP_LEVEL = 2  # the document's title is level 1


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line: its words, the height of its first letter in points, and whether that is
    bold.
    """

    text: str
    size: float
    bold: bool


Pages = Sequence[Sequence[Line]]


def body_of(pages: Pages) -> float:
    """The size in which most of the text is set."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page:
            sizes[line.size] += len(line.text)
    return max(sizes, key=lambda size: (sizes[size], size), default=0.0)


def without_running_lines(pages: Pages) -> list[list[Line]]:
    """Pages without the headers, footers and page numbers that return on most of them."""
    edges: Counter[str] = Counter()
    for page in pages:
        edges.update({_form(line.text) for line in (*page[:2], *page[-2:])})
    often = max(3, 0.4 * len(pages))
    kept = []
    for page in pages:
        last = len(page) - 2
        kept.append(
            [
                line
                for row, line in enumerate(page)
                if not ((row < 2 or row >= last) and edges[_form(line.text)] >= often)
            ]
        )
    return kept if any(kept) else [list(page) for page in pages]


def heading_levels(
    pages: Pages, body: float, outline: Mapping[tuple[int, str], int]
) -> list[list[int]]:
    """For each line of each page the level of the heading that it is, or 0; by the bookmarks, if
    the lines bear them out.
    """
    titles: dict[int, dict[str, int]] = {}
    for (page, title), level in outline.items():
        titles.setdefault(page, {}).setdefault(_letters(title), min(level + _TOP_LEVEL, 6))
    marked = [
        [_outlined(line, titles.get(number, {})) for line in page]
        for number, page in enumerate(pages)
    ]
    if sum(level > 0 for page in marked for level in page) * 2 >= len(outline) > 0:
        return marked
    return [_levels_by_looks(page, body) for page in pages]


def write_pages(pages: Pages, levels: Sequence[Sequence[int]], writer: Writer) -> None:
    """Write all pages, with a mark "page 1" at each page, and again after each heading: a passage
    is cited by its page.
    """
    known = Counter(
        word.lower()
        for page in pages
        for line in page
        for word in _WORD.findall(_BROKEN.sub(" ", line.text))
    )
    for number, (page, row_levels) in enumerate(zip(pages, levels, strict=True), 1):
        open_page = True
        for text, level in _paragraphs(page, row_levels):
            goes_on = (
                open_page
                and not level
                and text[:1].islower()
                and writer.since(writer.at - 1)[-1:] not in _ENDS
            )
            if goes_on:
                writer.words(" ")
            else:
                writer.end_line(2)
            at = writer.at
            for number_of_line, line in enumerate(_dehyphenated(text, known).split("\n")):
                if number_of_line:
                    writer.end_line(1)
                writer.words(line)
            if writer.at == at:
                continue
            if level:
                writer.mark(f"{'#' * level} {one_line(writer.since(at))}", at)
            if level or open_page:
                writer.mark(f"page {number}", at)
            open_page = False


def _paragraphs(page: Sequence[Line], levels: Sequence[int]) -> Iterator[tuple[str, int]]:
    """Paragraphs as (text, heading level). Line ends that are kept are "\\n"; hyphens still in."""
    width = _width(page)
    text, above, size = "", 0, 0.0
    for line, level in zip(page, levels, strict=True):
        if not text:
            text = line.text
        elif level or above:
            same = level == above and _alike(size, line.size) and len(text) < _LONGEST
            if same and not _NUMBERED.match(line.text):
                text += " " + line.text  # a heading of two lines
            else:
                yield text, above
                text = line.text
        else:
            last = text[text.rfind("\n") + 1 :]
            joint = _joint(_tail(last), line.text, width) if _alike(size, line.size) else "\n\n"
            if joint == "\n\n":
                yield text, 0
                text = line.text
            else:
                text += joint + line.text
        above, size = level, line.size
    if text:
        yield text, above


def _joint(above: str, below: str, width: float) -> str:
    """What stands between two lines: a space if they are one paragraph, "\\n" for rows and items,
    "\\n\\n" after its end.
    """
    if "://" in above[above.rfind(" ") + 1 :] and above[-1:] in "/-_.=&?":
        return ""  # an address that was broken
    full = len(above) >= 0.75 * width
    if _is_row(above) and _is_row(below):
        return "\n"
    if _ITEM.match(below):
        return "\n\n" if above[-1:] in _ENDS else "\n"
    if above.endswith("-") and below[:1].islower():
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
    return sum(map(str.isdigit, line)) * 4 > len(line)


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
    """Text with the words whole that were hyphenated at a line end, as far as the document's other
    words tell.
    """

    def whole(match: re.Match[str]) -> str:
        left, right = match[1], match[2]
        if left[-1].isdigit() or right[0].isdigit():
            return f"{left}-"
        joined, hyphened = (
            known.get((left + right).lower(), 0),
            known.get(f"{left}-{right}".lower(), 0),
        )
        if joined != hyphened:
            return left if joined > hyphened else f"{left}-"
        both = (
            len(left) > 2
            and len(right) > 2
            and known.get(left.lower(), 0) > 1
            and known.get(right.lower(), 0) > 1
        )
        return f"{left}-" if both or right[0].isupper() or "-" in left else left

    text = _HYPHEN.sub(whole, text)
    return _CONTROL.sub("", text).translate(_LIGATURES)


def _levels_by_looks(page: Sequence[Line], body: float) -> list[int]:
    levels: list[int] = []
    for row, line in enumerate(page):
        level = _by_looks(line, body)
        # The second line of a heading has no number, and is set like the first.
        if (
            not level
            and row
            and levels[-1]
            and line.bold
            and page[row - 1].bold
            and line.size == page[row - 1].size
        ):
            level = levels[-1] if len(line.text) < _LONGEST and ". " not in line.text else 0
        levels.append(level)
    return levels


def _by_looks(line: Line, body: float) -> int:
    text = line.text
    if (
        len(text) > _LONGEST
        or text[-1] in ".,;:"
        or "@" in text
        or sum(map(str.isalpha, text)) * 2 < len(text)
    ):
        return 0
    larger = line.size >= body * _HEADING_SIZE
    numbered = _NUMBERED.match(text)
    if numbered is not None and (line.bold or larger):
        return min(_TOP_LEVEL + numbered[1].count("."), 6)
    return _TOP_LEVEL if larger and line.bold else 0


def _outlined(line: Line, titles: Mapping[str, int]) -> int:
    letters = _letters(line.text)
    for title, level in titles.items():
        if letters == title or (len(letters) > 10 and title.startswith(letters)):
            return level
    return 0


def _letters(text: str) -> str:
    """The letters of a heading, without its number."""
    return "".join(sign for sign in _NUMBER.sub("", text).casefold() if sign.isalpha())


def _form(line: str) -> str:
    """A line with its numbers left out, by which a header is known on the next page."""
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", " ".join(line.lower().split()))
