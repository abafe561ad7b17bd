"""`lepton-search news`: what dated documents tell since a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from lepton_local.cli import options as given
from lepton_local.cli.engine import open_searcher
from lepton_local.cli.group import NOTHING, Group
from lepton_local.cli.place import Placed
from lepton_local.cli.screen import clean, columns, echo, echo_json, fold, prose

if TYPE_CHECKING:
    from lepton_local.search.news import Topic


@click.command(cls=Placed)
@given.index_argument
@click.option(
    "--since",
    default="yesterday",
    metavar="DAY",
    help="A day, last week, or 7d, 2w: so long until today.",
)
@given.also_option
@given.filter_option
@given.device_option
@given.json_option
def news(
    index: str,
    since: str,
    also: tuple[str, ...],
    filters: tuple[str, ...],
    as_json: bool,
    **engine: Any,
) -> None:
    """Tell what is new in dated documents: feeds (RSS, Atom, JSON Feed), or a folder of news.

    Documents that tell one story are shown once, with their number and one sentence of theirs;
    stories that are near one another stand together, those that most documents tell first.

    Exit status: 0 there is something; 1 nothing since that day; 2 an error.
    """
    from lepton_local.search.news import news

    searcher = open_searcher(index, also, engine)
    topics = news(searcher.index, searcher.encoder, since, filters=filters)
    if as_json:
        echo_json({"schema": 1, "since": since, "topics": [asdict(each) for each in topics]})
    else:
        echo(_lines(topics, since))
    if not topics:
        raise click.exceptions.Exit(NOTHING)


def _lines(topics: Sequence[Topic], since: str) -> Iterator[str]:
    width = columns()
    for number, topic in enumerate(topics):
        yield from [""] * bool(number)
        for place, story in enumerate(topic.stories):
            indent = "  " if place else ""
            for line in fold(prose(story.title), width - len(indent)):
                yield f"{indent}{click.style(line, bold=True)}"
            for line in fold(prose(story.sentence), width - 4):
                yield f"    {line}"
            more = len(story.documents) - 1
            told = f", and {more} more that tell the same" if more else ""
            again = ", told before" if story.again else ""
            about = f"{clean(story.documents[0])}, {story.date}{told}{again}"
            yield from (click.style(f"    {line}", fg="cyan") for line in fold(about, width - 4))
    if not topics:
        yield f"No document is dated {clean(since)} or later."


def register(main: Group) -> None:
    """Add the command of this file."""
    main.add_command(news)
