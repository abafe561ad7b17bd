"""The arguments and options that commands share, each declared once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import click

from lepton_local.cli.place import Place
from lepton_local.config import BuildConfig, SearchConfig

Decorator = Callable[[Any], Any]

SETTINGS = {"show_default": True}
BUILD, SEARCH = BuildConfig(), SearchConfig()

index_argument = click.argument("index", metavar="[INDEX]", type=Place())
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
null_option = click.option(
    "-0", "--null", is_flag=True, help="End each name with a NUL, as xargs -0 wants it."
)
quiet_option = click.option("--quiet", is_flag=True, help="Say nothing but what went wrong.")
strict_option = click.option(
    "--strict", is_flag=True, help="End with 2 for any skipped file, an empty one too."
)
k_option = click.option("-k", default=10, help="Passages to show.")
download_option = click.option(
    "--allow-download", is_flag=True, help="Fetch a model that is not on this machine."
)
also_option = click.option(
    "--also",
    multiple=True,
    type=Place(),
    metavar="INDEX",
    help="Search this index too, as if it were one with the first. Repeatable.",
)
filter_option = click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="EXPR",
    help="Search only path:GLOB, type:pdf,docx, date:2026-01, after:30d, before:2026-01-31, "
    "taken:2026-01, lang:zh, title:WORD, author:WORD, tag:WORD or field:NAME=VALUE. Repeatable.",
)
device_option = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default=SEARCH.device,
    help="Where the models run.",
)

# Batch prints JSON that says why, whether or not it is asked to.
always_option = click.option("--json", "--why", is_flag=True, hidden=True, expose_value=False)


def _names(_: click.Context, __: click.Parameter, given: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in given.split(",") if name.strip())


# They become a BuildConfig: each bears the name of its field.
MAKING = [
    click.option(
        "--encoder",
        default=BUILD.encoder,
        metavar="NAME|DIR",
        help="Turns text into vectors: bundled, multilingual, accurate (both), or a folder.",
    ),
    device_option,
    click.option(
        "--faiss",
        default=BUILD.faiss,
        metavar="KIND",
        help="How vectors are searched: auto, flat, hnsw, ivf, or a FAISS factory string.",
    ),
    click.option(
        "--recall",
        type=float,
        default=BUILD.recall,
        help="Share of the exact ten best that an approximate FAISS index must find.",
    ),
    click.option(
        "--chunk-tokens",
        type=int,
        default=BUILD.chunk_tokens,
        help="Word pieces in a passage, at most.",
    ),
    click.option(
        "--workers",
        type=int,
        default=BUILD.workers,
        help="Processes that read files.",
    ),
    click.option(
        "--include",
        multiple=True,
        metavar="GLOB",
        help="Only files that match, as in .gitignore. Repeatable.",
    ),
    click.option(
        "--exclude",
        multiple=True,
        metavar="GLOB",
        help="No files that match, as in .gitignore. Repeatable.",
    ),
    click.option(
        "--with-libreoffice",
        "libreoffice",
        is_flag=True,
        default=BUILD.libreoffice,
        help="Have LibreOffice convert what nothing else reads: .ppt, .pps, .pages, .vsd, .pub …",
    ),
    click.option(
        "--pictures",
        is_flag=True,
        default=BUILD.pictures,
        help="Pictures are found by their words: name, caption, date, what OCR reads in them.",
    ),
    click.option(
        "--acl",
        type=click.Choice(["none", "posix"]),
        default=BUILD.acl,
        help="Keep who may read each file: its owner, group and ACL, for tokens with --user.",
    ),
    click.option(
        "--text-fields",
        metavar="NAMES",
        default=",".join(BUILD.text_fields),
        callback=_names,
        help="Fields of a row (JSONL, CSV) that are its text, with commas between them. "
        "Default: its text, and short fields that say what it is.",
    ),
    download_option,
]

# They become a SearchConfig: each bears the name of its field.
ENGINE = [
    click.option(
        "--mode",
        type=click.Choice(["hybrid", "dense", "lexical"]),
        default=SEARCH.mode,
        help="Search by meaning and words, by meaning alone, or by words alone.",
    ),
    click.option(
        "--fields",
        default=",".join(SEARCH.fields),
        metavar="NAMES",
        callback=_names,
        help="Fields whose vectors are searched, with commas between them. "
        "Default: those that the index was built with.",
    ),
    click.option("--rerank/--no-rerank", default=True, help="Judge the best passages once more."),
    click.option(
        "--feedback/--no-feedback",
        default=SEARCH.feedback,
        help="Use what you have said of answers, and what was learnt from it.",
    ),
    click.option("--answer/--no-answer", default=True, help="Read the answer in the passages."),
    click.option(
        "--rerank-depth", default=SEARCH.rerank_depth, help="Passages that are judged once more."
    ),
    click.option(
        "--reranker",
        default=SEARCH.reranker,
        metavar="NAME|DIR",
        help="Model that judges passages: any cross-encoder.",
    ),
    click.option(
        "--reader",
        default=SEARCH.reader,
        metavar="NAME|DIR",
        help="Model that finds answers: any extractive QA model.",
    ),
    device_option,
    download_option,
]

skip_option = click.option(
    "--skip", default=0, help="Passages to pass over: -k 10 --skip 10 are the next."
)

# The options of whatever asks questions of its user; most become a SearchConfig.
ASKING = [
    k_option,
    skip_option,
    *ENGINE,
    click.option(
        "--per-file",
        default=SEARCH.per_file,
        help="Passages of one file that are shown, at most; 0: any number.",
    ),
    click.option(
        "--min-score",
        default=SEARCH.min_score,
        metavar="SHARE",
        help="How relevant a passage must be to be shown: 0 to 1, in any mode.",
    ),
    click.option(
        "--recent",
        type=float,
        default=SEARCH.recent,
        metavar="DAYS",
        help="Prefer what is new: in so many days the worth of a passage halves; 0: any day.",
    ),
    click.option(
        "--sort",
        type=click.Choice(["score", "date"]),
        default=SEARCH.sort,
        help="Show the best first, or the newest of them.",
    ),
    click.option(
        "--fold/--no-fold",
        default=True,
        help="Show copies that leave out or add sentences as one passage.",
    ),
    click.option("-B", "before", type=int, metavar="N", help="Lines above each that is shown."),
    click.option("-A", "after", type=int, metavar="N", help="Lines below each that is shown."),
    click.option("-C", "--context", default=0, metavar="N", help="Lines above and below each."),
    filter_option,
    click.option("--verify", is_flag=True, help="Prove each citation against its file as it is."),
]


def with_options(declared: Sequence[Decorator]) -> Decorator:
    """All of these options, in this order."""
    return lambda command: reduce(lambda made, option: option(made), reversed(declared), command)
