"""The languages that a model was made for, as its README.md says in its front matter."""

from __future__ import annotations

import re
from pathlib import Path

_FRONT = re.compile(r"\A---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)
# `language: en`, `language: [en, de]`, or a list of lines that begin with a dash.
_LANGUAGE = re.compile(r"^language:[ \t]*(.*(?:\n[ \t]*-.*)*)", re.MULTILINE)


def languages(folder: Path) -> frozenset[str]:
    """ISO 639-1 codes; empty where the folder does not say, or says that there are many."""
    try:
        text = (folder / "README.md").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    front = _FRONT.match(text)
    told = _LANGUAGE.search(front[1]) if front else None
    codes = re.findall(r"[a-z]+", told[1].lower()) if told else []
    return frozenset(codes) if all(len(code) == 2 for code in codes) else frozenset()
