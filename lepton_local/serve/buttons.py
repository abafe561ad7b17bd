"""The buttons that keep whether an answer or a hit is good, and what was said with them."""

from __future__ import annotations

from html import escape

from lepton_local.search.marked import MARKED
from lepton_local.search.material import line
from lepton_local.types import Hit


def rating(asked: str, hit: int) -> str:
    """Buttons that keep whether the answer, or a hit, is good."""
    what = f"passage {hit}" if hit else "answer"
    buttons = "".join(
        f'<button name=good value={value} aria-label="This {what} is {word}">{word}</button>'
        for value, word in (("yes", "good"), ("no", "bad"))
    )
    return (
        '<form action="/rate" method="post" class=rating>'
        f'<input type=hidden name=question value="{escape(line(asked))}">'
        f"<input type=hidden name=hit value={hit}>{buttons}</form>"
    )


def marked_as(hit: Hit) -> str:
    """What you said of a hit; "" of one of which you said nothing."""
    worth = sum(vote.score for vote in hit.why if vote.stage == MARKED)
    return f"you marked this as {'good' if worth > 0 else 'bad'}" if worth else ""
