"""What was asked: the words to search by, and the conditions that stand beside them.

"exact phrase"   must stand in a passage        invo*      so must a word that begins so
/INV-[0-9]+/     so must what matches           a OR "b"   so must one of several
type:pdf         a filter, as after --filter    -a         none of that: a word, or any of these
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lepton_local.corpus.halves import whole
from lepton_local.errors import InputError
from lepton_local.search.filters import FILTERS, condition_of, filter_for
from lepton_local.search.grammar import OR, Item, items, words
from lepton_local.search.moments import newest
from lepton_local.search.proof import proof
from lepton_local.searched import Condition

_SIGNS = re.compile(r'"|(?<!\S)-(?=\w)')
_NO_WORDS = re.compile(r"\\.|\[[^\]]*\]|\{[^}]*\}|\(\?\w*:?|\W|\d")  # of a regular expression


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart. `text` is what models read: no marks, nothing that is left out."""

    text: str
    words: str = ""  # of the text, those that were written in full
    prefixes: tuple[str, ...] = ()  # the others
    conditions: tuple[Condition, ...] = ()  # on passages
    filters: tuple[Condition, ...] = ()  # on documents
    plain: str = ""  # of the text, what no mark says: days may be named in it
    newest: str = ""  # the words in that by which it asks for the latest


def parse_question(asked: str) -> Question:
    """Take a question apart. Raises InputError when nothing is left to search by, and for a
    condition that cannot be.
    """
    asked = whole(asked)
    found = list(items(asked))
    shouted = asked.upper() == asked != asked.lower()
    choices = list(_choices(found, bare=not shouted))
    asks = [each for each in map(_condition, choices) if each is not None]
    filters = tuple(each for each in asks if each.parts[0].kind in FILTERS)
    conditions = tuple(each for each in asks if each not in filters)
    for each in filters:
        filter_for(each)
    read = [item for choice in choices for item in choice]
    begun = [item for item in read if item.read and item.parts and item.parts[0].kind == "prefix"]
    text, full = _text(read), _text([item for item in read if item not in begun])
    for part in (part for each in conditions for part in each.parts if part.kind == "regex"):
        proof(part)
        if not re.search(r"\w", text):
            text = full = " ".join(_NO_WORDS.sub(" ", part.value).split()) or part.value
    if not re.search(r"\w", text):
        raise InputError(
            f"{asked!r} asks nothing, expected words to search by",
            advice="lepton-index ls INDEX 'type:pdf' lists documents"
            if filters
            else "lepton-search query INDEX QUESTION",
        )
    prefixes = tuple(item.read for item in begun)
    plain = _text([item for item in read if not item.parts])
    return Question(text, full, prefixes, conditions, filters, plain, newest(plain))


def parse_filters(told: str) -> tuple[Condition, ...]:
    """Filters alone, as they may stand in a question: `type:pdf path:"my notes/*"`. Raises
    InputError for anything else.
    """
    found = []
    written = [item for item in items(whole(told)) if item.written]
    for choice in _choices(written, bare=False):
        each = _condition(choice)
        if each is None or each.parts[0].kind not in FILTERS:
            each = condition_of(choice[0].written)
        filter_for(each)
        found.append(each)
    return tuple(found)


def without_conditions(asked: str) -> str:
    """A question of a test set, whose author meant none."""
    plain = []
    for item in items(_SIGNS.sub(" ", whole(asked))):
        marked = bool(item.parts) or item.written == OR
        plain += [
            item.before,
            re.sub("[/:*]", " ", item.written).lower() if marked else item.written,
        ]
    return "".join(plain)


def _choices(found: Sequence[Item], *, bare: bool) -> Iterator[Sequence[Item]]:
    """The items between which there is OR, together; every other by itself. bare: also between
    words.
    """

    def chosen(first: int) -> bool:
        three = found[first : first + 3]
        return (
            len(three) == 3
            and three[1].written == OR
            and all(each.before.isspace() for each in three[1:])
            and all(_alternative(each, bare=bare) for each in three[::2])
        )

    at = 0
    while at < len(found):
        end = at + 1
        while chosen(end - 1):
            end += 2
        yield found[at:end:2]
        at = end


def _alternative(item: Item, *, bare: bool) -> bool:
    if item.left_out or item.written == OR:
        return False
    return bool(item.parts or (bare and words(item.written)))


def _condition(choice: Sequence[Item]) -> Condition | None:
    """What one mark asks for, or several with OR between them. Raises InputError for a filter
    beside what is none.
    """
    if len(choice) == 1:
        (item,) = choice
        return Condition(item.parts, item.left_out) if item.parts else None
    parts = tuple(part for item in choice for part in item.parts or words(item.written))
    if len({part.kind in FILTERS for part in parts}) > 1:
        told = f" {OR} ".join(item.written for item in choice)
        raise InputError(
            f"{told!r} chooses between a filter and words, expected filters or words alone",
            advice="lepton-search query INDEX 'type:pdf OR type:docx budget'",
        )
    return Condition(parts)


def _text(read: Sequence[Item]) -> str:
    return " ".join("".join(item.before + item.read for item in read).split())
