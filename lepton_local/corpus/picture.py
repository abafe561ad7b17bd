"""A page of a PDF as a picture, drawn in a process of its own: who shows a document does not read
it. Importing this imports no parser.
"""

from __future__ import annotations

import json
import subprocess

from lepton_local.corpus.isolate import CLOCK, MEMORY
from lepton_local.corpus.launch import command, environment
from lepton_local.corpus.read import read
from lepton_local.errors import SourceError
from lepton_local.types import Source

SECONDS = 20.0  # of processor time a page
MOST_WORDS = 600  # characters that are worth marking
MOST = 32 << 20  # bytes of a picture
_PNG = b"\x89PNG\r\n\x1a\n"
_PROGRAM = "from lepton_local.corpus.drawer import main; main({seconds}, {memory})"


def page_picture(source: Source, page: int, words: str = "", *, small: bool = False) -> bytes:
    """Page `page` (from 1) of a file as PNG, with these words marked where they stand on it; small:
    of few colours, to be sent.

    Raises SourceError for a file that is gone, has changed since `source` was read, or has no such
    page that can be drawn.
    """
    now, data = read(source)
    if now.digest != source.digest:
        raise SourceError("changed since it was indexed")
    asked = json.dumps({"page": page, "words": words, "small": small}).encode()
    try:
        done = subprocess.run(
            command(_PROGRAM.format(seconds=SECONDS, memory=MEMORY)),
            input=asked + b"\n" + data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
            timeout=CLOCK,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SourceError(f"page {page} took longer than {CLOCK:g} s to draw") from None
    if done.returncode or not done.stdout.startswith(_PNG) or len(done.stdout) > MOST:
        raise SourceError(f"page {page} cannot be drawn")
    return done.stdout
