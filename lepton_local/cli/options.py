"""The arguments and options that commands share, each declared once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import click

from lepton_local.config import SearchConfig

Decorator = Callable[[Any], Any]

SETTINGS = {"show_default": True}
DEFAULTS = SearchConfig()

index_argument = click.argument("index", type=click.Path())
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
quiet_option = click.option("--quiet", is_flag=True, help="Say nothing but what went wrong.")
k_option = click.option("-k", default=10, help="Passages to show.")
download_option = click.option(
    "--allow-download", is_flag=True, help="Fetch a model that is not on this machine."
)
device_option = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default=DEFAULTS.device,
    help="Where the models run.",
)

# They become a SearchConfig: each bears the name of its field.
ENGINE = [
    click.option(
        "--mode",
        type=click.Choice(["hybrid", "dense", "lexical"]),
        default=DEFAULTS.mode,
        help="Search by meaning and words, by meaning alone, or by words alone.",
    ),
    click.option("--rerank/--no-rerank", default=True, help="Judge the best passages once more."),
    click.option("--answer/--no-answer", default=True, help="Read the answer in the passages."),
    click.option(
        "--rerank-depth", default=DEFAULTS.rerank_depth, help="Passages that are judged once more."
    ),
    click.option(
        "--reranker", default=DEFAULTS.reranker, metavar="NAME|DIR", help="Any cross-encoder."
    ),
    click.option(
        "--reader", default=DEFAULTS.reader, metavar="NAME|DIR", help="Any extractive QA model."
    ),
    device_option,
    download_option,
]

# The options of whatever asks questions of its user.
ASKING = [
    k_option,
    *ENGINE,
    click.option(
        "--filter",
        "filters",
        multiple=True,
        metavar="EXPR",
        help="Search only path:GLOB, type:pdf, after:2026-01-31, before:…, lang:zh or title:WORD. "
        "Repeatable: all must hold.",
    ),
    click.option("--verify", is_flag=True, help="Prove each citation against its file as it is."),
]


def with_options(declared: Sequence[Decorator]) -> Decorator:
    """All of these options, in this order."""
    return lambda command: reduce(lambda made, option: option(made), reversed(declared), command)
