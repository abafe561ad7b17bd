"""The languages that a model was made for, as its README.md says in its front matter."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path

from lepton_local.errors import ModelError
from lepton_local.models.folder import read_bytes

# `language: en`, `language: [en, de]`, or a list of lines that begin with a dash.
_LANGUAGE = re.compile(r"^language:[ \t]*(.*(?:\n[ \t]*-.*)*)", re.MULTILINE)


def languages(folder: Path) -> frozenset[str]:
    """ISO 639-1 codes; empty where the folder does not say, or says that there are many."""
    try:
        text = read_bytes(folder / "README.md").decode("utf-8", errors="replace")
    except ModelError:
        return frozenset()
    first, *rest = text.splitlines() or [""]
    front = list(takewhile(lambda line: line.rstrip() != "---", rest))
    if first.rstrip() != "---" or len(front) == len(rest):
        return frozenset()
    told = _LANGUAGE.search("\n".join(front))
    codes = re.findall(r"[a-z]+", told[1].lower()) if told else []
    return frozenset(codes) if all(len(code) == 2 for code in codes) else frozenset()
