"""A library that tells languages or splits texts, asked by `measure/languages.py`.

    language_worker.py LIBRARY

A line of JSON in, {"do", "language", "texts"}, a line out: {"told": one thing a text, or null where
the language is not known, "seconds" of the processor}.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any


def py3langid(language: str) -> Callable[[str], Any]:
    """All of its languages stand to choice."""
    library = importlib.import_module("py3langid")
    return lambda text: library.classify(text)[0]


def lingua(language: str) -> Callable[[str], Any]:
    """All of its languages stand to choice."""
    library = importlib.import_module("lingua")
    detector = library.LanguageDetectorBuilder.from_all_languages().build()

    def tell(text: str) -> str:
        found = detector.detect_language_of(text)
        return found.iso_code_639_1.name.lower() if found else ""

    return tell


def pysbd(language: str) -> Callable[[str], Any] | None:
    """Rules for 23 languages."""
    library = importlib.import_module("pysbd")
    if language not in importlib.import_module("pysbd.languages").LANGUAGE_CODES:
        return None
    split: Callable[[str], Any] = library.Segmenter(language=language, clean=False).segment
    return split


def nupunkt(language: str) -> Callable[[str], Any] | None:
    """English alone."""
    split: Callable[[str], Any] = importlib.import_module("nupunkt").sent_tokenize
    return split if language == "en" else None


def sentencex(language: str) -> Callable[[str], Any]:
    """Rules for all languages that Wikipedia has."""
    library = importlib.import_module("sentencex")
    return lambda text: list(library.segment(language, text))


LIBRARIES = {each.__name__: each for each in (py3langid, lingua, pysbd, nupunkt, sentencex)}


def main() -> None:
    """Answer until there is no further line."""
    known: dict[str, Callable[[str], Any] | None] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        language = asked["language"] if asked["do"] == "split" else ""
        if language not in known:
            known[language] = LIBRARIES[sys.argv[1]](language)
            ready = known[language]
            if ready is not None:
                ready(asked["texts"][0])  # what it loads with the first text is not counted
        tell = known[language]
        began = time.process_time()
        told = None if tell is None else [tell(text) for text in asked["texts"]]
        print(json.dumps({"told": told, "seconds": time.process_time() - began}), flush=True)


if __name__ == "__main__":
    main()
