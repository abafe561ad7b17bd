"""What a person should know of how a question was treated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lepton_local.search.census import values_of
from lepton_local.search.conditions import document_rows
from lepton_local.search.filters import filter_for
from lepton_local.search.question import Question
from lepton_local.searched import Condition, Part
from lepton_local.store.index import Index
from lepton_local.types import Result


def understood(question: Question) -> tuple[str, ...]:
    """What was taken for more than words in a question."""
    told = [said(each) for each in (*question.conditions, *question.filters)]
    notes: tuple[str, ...] = (f"searched only {', '.join(told)}",) if told else ()
    if question.newest:
        notes += (f"“{question.newest}”: of what fits about as well, the newest comes first",)
    return notes


def said(condition: Condition) -> str:
    """A condition as a person may type it."""
    return f"{'without' if condition.excluded else 'with'} {_either(condition)}"


def _either(condition: Condition) -> str:
    return " or ".join(map(_written, condition.parts))


def _written(part: Part) -> str:
    match part.kind:
        case "phrase":
            return f'"{part.value}"'
        case "prefix":
            return f"{part.value}*"
        case "word" | "regex":
            return part.value
    return f"{part.kind}:{part.value}"


NOTHING_LIKE = "no word of the question stands in the documents, and nothing is near it in meaning"


def nothing_found(
    index: Index,
    question: Question,
    filters: Sequence[Condition],
    left: bool,
    strange: bool,
) -> tuple[str, ...]:
    """What a person should know when no passage was found: which condition left none.

    left: whether any passage was left when the search ended; strange: whether what is nearest was
    left out as well.
    """
    if strange:
        return (NOTHING_LIKE,)
    for each in filters:
        if not _any(index, [each]):
            told = f"-{_either(each)}" if each.excluded else _either(each)
            return (f"no document passes {told}; {values_of(index, each.parts[0])}",)
    if not _any(index, filters):
        return ("no document passes the filters; leave one out",)
    if not question.conditions or left:
        return ()
    kinds = {part.kind for each in question.conditions for part in each.parts if not each.excluded}
    if kinds == {"phrase"}:
        phrases = ", ".join(
            f'"{part.value}"'
            for each in question.conditions
            for part in each.parts
            if not each.excluded
        )
        return (f"no passage holds {phrases} word for word; ask without the quotation marks",)
    told = " and ".join(said(each) for each in question.conditions)
    return (f"no passage is {told}; leave one of these out",)


def _any(index: Index, filters: Sequence[Condition]) -> bool:
    return any(mask.any() for mask in document_rows(index, [*map(filter_for, filters)]))


def with_absent(result: Result, missing: float) -> Result:
    """A result that tells which share of the passages could not be asked, if any could not."""
    if not missing:
        return result
    told = f"{missing:.1%} of the passages were not searched: the machines that hold them are gone"
    return replace(result, notes=(*result.notes, told), missing=missing)


def unread(language: str, *, reranker: bool, reader: bool) -> tuple[str, ...]:
    """What was left out because a model was not made for the question's language."""
    left_out = [
        said
        for missing, said in ((reranker, "not reranked"), (reader, "not read for an answer"))
        if missing
    ]
    if not left_out:
        return ()
    return (
        f"the question is in another language ({language}) than the models were made for: found "
        f"mostly by its words, {' and '.join(left_out)}; --reranker and --reader take models that "
        "read it",
    )
