"""Options that several commands of bench.py share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


class Several(click.ParamType):  # type: ignore[type-arg]  # of some versions
    """Values with commas between them; an empty string is none."""

    name = "list"

    def __init__(self, kind: Callable[[str], Any] = str) -> None:
        self._kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The values, each of its kind; a list is taken as it is."""
        if not isinstance(value, str):
            return value
        try:
            return [self._kind(each) for each in value.split(",") if each]
        except ValueError:
            self.fail(f"{value!r}, expected values with commas between them", param, ctx)


class OverDocuments(click.ParamType):  # type: ignore[type-arg]  # of some versions
    """QUESTIONS=DOCUMENTS, or QUESTIONS alone: a file, and what it is asked over."""

    name = "questions"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Both paths, the second None where none is given."""
        file, _, documents = str(value).partition("=")
        for path in (file, documents):
            if path and not Path(path).exists():
                self.fail(f"{path} does not exist, expected QUESTIONS=DOCUMENTS", param, ctx)
        return Path(file), Path(documents) if documents else None


def _with_sets(ctx: click.Context, param: click.Parameter, data: Path) -> Path:
    """The folder of BEIR folders."""
    return data / "ir" if (data / "ir").is_dir() else data


work_option = click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Scratch folder for indexes; those of an earlier run are used again.",
)
sample_option = click.option("--sample", type=int, help="Ask this many questions, not all.")
seed_option = click.option("--seed", default=0, show_default=True, help="Chooses the sample.")
data_option = click.option(
    "--data",
    type=FOLDER,
    envvar="LEPTON_DATA",
    required=True,
    callback=_with_sets,
    help="Folder of BEIR folders, or one with those in ir/. Default: LEPTON_DATA.",
)
set_option = click.option(
    "--set", "set_name", default="squad_open_dev", show_default=True, help="Of real passages."
)
corpus_option = click.option(
    "--corpus",
    type=FOLDER,
    default=Path(__file__).resolve().parent.parent.parent / "corpora" / "guide",
    help="Documents. Default: the user guide.",
)


def sets_option(default: str) -> Callable[[Any], Any]:
    """--sets; where there is no default, all that there are."""
    told = "Names, with commas; all there are by default." if not default else "Names, with commas."
    return click.option("--sets", type=Several(), default=default, show_default=True, help=told)


def name_option(default: str) -> Callable[[Any], Any]:
    """--name of the record."""
    return click.option("--name", default=default, show_default=True, help="Of the record.")
