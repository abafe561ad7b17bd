"""`lepton-index import-chat`: what a chat was asked and answered, as stored questions and marks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lepton_local.cli import options as given
from lepton_local.cli.group import NOTHING, Group
from lepton_local.cli.place import Opening, Place
from lepton_local.cli.screen import clean, echo, echo_json
from lepton_local.config import SearchConfig
from lepton_local.errors import InputError

if TYPE_CHECKING:
    from lepton_local.search.chatlog import Exchange

_MOST = 1 << 28  # bytes of a log


@click.command("import-chat", cls=Opening)
@click.argument("log", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.jsonl",
    help="Write each question with its best answer here, to be indexed.",
)
@click.option(
    "--mark",
    type=Place(),
    metavar="INDEX",
    help="Keep what was rated as marks of this index, which has the answers.",
)
@given.json_option
def import_chat(log: Path, out: Path | None, mark: str | None, as_json: bool) -> None:
    """Take over the log of a chat: CSV, or JSON Lines.

    Its columns question and answer are needed, rating is used where it is there: good and bad, 1
    and 0, 1 and -1, or stars. A question that was asked often is written once, with the answer that
    was rated best; one whose answers were all bad is left out.

    Exit status: 0 done; 1 there was nothing to take over; 2 an error.
    """
    from lepton_local.search import chatlog
    from lepton_local.store import files

    if out is None and mark is None:
        raise click.UsageError("neither --out nor --mark was given, expected one of them")
    if log.stat().st_size > _MOST:
        raise InputError(f"{log} is larger than {_MOST >> 20} MiB, expected a part of it at a time")
    found = chatlog.read_log(log.read_bytes(), log.name)
    told: dict[str, int] = {"exchanges": len(found)}
    if out is not None:
        best = chatlog.pairs(found)
        with files.writing_out(out) as file:
            for each in best:
                row = {"question": each.question, "answer": each.answer}
                more = {"asked": each.asked, "rating": round(each.rating, 3)}
                file.write(json.dumps(row | more, ensure_ascii=False).encode() + b"\n")
        told["pairs"] = len(best)
    if mark is not None:
        told |= _marked(found, mark)
    if as_json:
        echo_json({"schema": 1, **told})
    else:
        echo(_lines(told, out, mark))
    if not any(told.get(name) for name in ("pairs", "marks")):
        raise click.exceptions.Exit(NOTHING)


def _marked(found: list[Exchange], index: str) -> dict[str, int]:
    from lepton_local.search import chatlog
    from lepton_local.search.faq import plainly
    from lepton_local.search.searcher import Searcher
    from lepton_local.store.feedback import Feedback
    from lepton_local.store.index import Index

    every = Index.open(index)
    kept, counts = Feedback(index), {"marks": 0, "nowhere": 0}
    with Searcher(every, config=plainly(SearchConfig(), every)) as searcher:
        for event in chatlog.marks(searcher, found):
            if event is None:
                counts["nowhere"] += 1
            else:
                kept.add(event)
                counts["marks"] += 1
    return counts


def _lines(told: dict[str, int], out: Path | None, mark: str | None) -> Iterator[str]:
    yield f"{told['exchanges']:,} questions with an answer"
    if out is not None:
        yield f"{told['pairs']:,} different ones, each with its best answer: {clean(str(out))}"
        yield f"index them: lepton-index build {clean(str(out))}"
    if mark is not None:
        yield f"{told['marks']:,} marks kept beside {clean(mark)}"
        if told["nowhere"]:
            yield f"{told['nowhere']:,} rated answers stand in no passage of it"


def register(main: Group) -> None:
    """Add the command of this file."""
    main.add_command(import_chat)
