"""What a question on the page was asked along with, each word to be left out; and the two things
that it may be about, where either is as likely.
"""

from __future__ import annotations

from collections.abc import Iterator

from lepton_local.saved.markup import text
from lepton_local.search.answer import how_sure
from lepton_local.search.follow import complete
from lepton_local.serve.links import query
from lepton_local.types import Meant, Result


def carried(result: Result) -> Iterator[str]:
    """The words of earlier questions, each to be left out, and the way to a new talk; before them
    what else may be meant.
    """
    if result.clarify:
        both = " ".join(map(_meant, result.clarify))
        yield f"<nav class=chips aria-label=Meant><span>Either may be meant:</span> {both}</nav>"
    if not result.carried:
        return
    ways = []
    for word in result.carried:
        left = complete(result.question, [each for each in result.carried if each != word])
        ways.append(
            f'<a class=on href="/?{query(q=left)}" title="Search without it" dir=auto>{text(word)}'
            " <span aria-hidden=true>&times;</span></a>"
        )
    yield (
        f"<nav class=chips aria-label=Carried><span>Of the question before:</span> {' '.join(ways)}"
        ' <a href="/">New talk</a></nav>'
    )


def _meant(meant: Meant) -> str:
    """A link that asks of it alone, with how it is answered."""
    named, answer = " ".join(meant.words), meant.answer
    told = f"{answer.text} ({how_sure(answer.confidence)})" if answer else "no answer"
    return f'<a href="/?{query(q=meant.question)}" dir=auto>{text(named)}: {text(told)}</a>'
