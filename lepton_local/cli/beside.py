"""What lies beside an index: what was said of its answers, and what it has learnt from that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lepton_local.cli.screen import clean


def beside_record(index: str) -> dict[str, Any]:
    """How much was said, and which steps of what was learnt are in use, since when."""
    from lepton_local.store import learnt
    from lepton_local.store.feedback import Feedback

    told = learnt.read(index)
    steps = told and {"since": told.since, "marks": told.marks, "steps": told.steps()}
    return {"events": len(Feedback(index).events()), "learnt": steps}


def beside_lines(index: str) -> Iterator[str]:
    """The same in words; nothing where nothing was said."""
    record = beside_record(index)
    if record["events"]:
        yield f"{record['events']:,} marks; see them: lepton-index feedback {clean(index)}"
    if told := record["learnt"]:
        yield (
            f"learnt {' and '.join(told['steps'])} from {told['marks']:,} questions, "
            f"since {told['since']}; undo: lepton-train adapt {clean(index)} --undo"
        )
