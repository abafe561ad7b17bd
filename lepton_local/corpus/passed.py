"""What is passed over as a matter of course: there is nothing to read in it, or nothing that a
person wrote. It is counted in a line, and is no error; named as a corpus or by `--include` it is
read.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import PurePosixPath

from lepton_local.corpus import machine
from lepton_local.corpus.read import open_regular
from lepton_local.corpus.suffixes import FAMILIES, format_named
from lepton_local.errors import SourceError

EMPTY = "empty"
NOWHERE = "a link that leads nowhere"
_UNREAD = "a format that is not read"
_MADE = "generated"
# Documents of people that no parser here reads; pictures, sounds and programs are no documents.
_DOCUMENTS = frozenset(
    "dot ppt pps pot wpd wps pages numbers key odg otg vsd vsdx one pub pst ost mobi azw azw3 "
    "fb2 djvu chm ps xps oxps hwp hwpx sxw sxc sxi lit mdb accdb".split()
)
_FILES = re.compile(
    r"(?:searchindex\.js|package-lock\.json|npm-shrinkwrap\.json|composer\.lock|go\.sum"
    r"|.*\.feedback\.jsonl|.*[.-]min\.(?:js|mjs|css)|.*\.(?:lock|map))\Z"
)
_FOLDERS = frozenset(
    "node_modules bower_components __pycache__ site-packages dist-packages".split()
)
_CACHES = ("pyvenv.cfg", "CACHEDIR.TAG", "CMakeCache.txt")  # whose folder a program fills
# Folders that a build fills if one of these files, which say how it is done, lies beside them.
_BUILT = {
    **dict.fromkeys(
        ("build", "dist", "out"),
        "pyproject.toml setup.py setup.cfg package.json build.gradle build.gradle.kts".split(),
    ),
    "target": "Cargo.toml pom.xml build.sbt project.clj".split(),
    "_build": "conf.py make.bat Makefile mix.exs dune-project".split(),
}


def of_file(path: str) -> str:
    """Why a file of this name is passed over; "" where it is not for its name."""
    name = PurePosixPath(path).name
    if _FILES.match(name):
        return f"{_MADE}: a program writes it, for other programs"
    suffix = PurePosixPath(name).suffix.lower()
    return f"{_UNREAD}: {suffix}" if suffix[1:] in _DOCUMENTS else ""


def of_folder(name: str, beside: Collection[str] = ()) -> str:
    """Why a folder of this name is passed over, with all that is in it; "" where it is not.
    beside: the names of what lies in the same folder.
    """
    made = name in _FOLDERS or any(each in beside for each in _BUILT.get(name, ()))
    return f"{_MADE}: what a program has installed or made" if made else ""


def of_contents(names: Collection[str]) -> str:
    """Why a folder that holds these names is passed over; "" where it is not."""
    return of_folder("__pycache__") if any(name in _CACHES for name in names) else ""


def of_text(path: str, place: str) -> str:
    """Why a file of source code is passed over for what it begins with; "" where it is not.
    path: its name in the root; place: where it lies.
    """
    name = format_named(path)
    if name not in FAMILIES["code"] or name == "sql":  # a dump's lines are long, and hold data
        return ""
    try:
        with open_regular(place) as file:
            made = machine.wrote(file.read(machine.HEAD))
    except (OSError, SourceError):
        return ""  # reading it gives the reason
    return f"{_MADE}: a program wrote this code" if made else ""


def is_harmless(reason: str) -> bool:
    """Whether something was skipped as a matter of course."""
    return kind(reason) in (EMPTY, NOWHERE, _UNREAD, _MADE)


def unread_format(reason: str) -> str:
    """The ending of a document that no parser reads (".ppt"); "" for what is skipped otherwise."""
    return reason.partition(": ")[2] if kind(reason) == _UNREAD else ""


def kind(reason: str) -> str:
    """The kind of a reason: what stands before its details."""
    return reason.partition(":")[0]
