"""What there is to say of hits that are pictures."""

from __future__ import annotations

from lepton_local.store.pictured import Depicted
from lepton_local.types import Hit, Result


def picture_of(hit: Hit) -> Depicted | None:
    """The picture that a hit is; None of one that is text."""
    return Depicted.of(hit.metadata)


def all_seen(result: Result) -> bool:
    """Whether pictures were found, and nothing in which an answer could stand."""
    return bool(result.hits) and not result.answers and all(map(picture_of, result.hits))


def told_of(hit: Hit) -> str:
    """A picture's dots, where it stands in its document, and the day on which it was taken:
    "640 x 480, page 3, taken 2024-05-03"; "" of what is no picture.
    """
    picture = picture_of(hit)
    if picture is None:
        return ""
    taken = f"taken {picture.taken[:10]}" if picture.taken else ""
    parts = [f"{picture.width:,} x {picture.height:,}", hit.mark, taken]
    return ", ".join(filter(None, parts))


def words_of(hit: Hit) -> str:
    """The words that belong to a picture, but for those that its name says."""
    text = hit.passage.text
    return "" if text == hit.title else text
