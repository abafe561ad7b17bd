"""Documents' words as material for a model: within a budget, and never taken for anything else.

A passage may hold words that pretend to be instructions, or to come from somebody else. Each line
of it begins with "> ", so none can look like a line of ours, and what nobody would see is shown.
"""

from __future__ import annotations

import re

from lepton_local.corpus.sentences import sentences
from lepton_local.invisible import CONTROLS, number, reveal

LEAST_BYTES, BYTES, MOST_BYTES = 2_000, 8_000, 60_000  # of a reply: about four bytes a token
MORE = "…"
_BREAKS = re.compile("\r\n?|[\u0085\u2028\u2029]")  # what some take for the end of a line


def plain(text: str) -> str:
    """Text with the number of each character that nobody sees, or that commands a terminal."""
    broken = _BREAKS.sub("\n", text)
    return reveal(CONTROLS.sub(lambda sign: _control(sign[0]), broken))


def line(text: str) -> str:
    """Text on one line, with the number of each character that nobody sees."""
    return plain(" ".join(text.split()))


def quoted(text: str) -> str:
    """Text with "> " before each of its lines."""
    return "\n".join(f"> {each}".rstrip() for each in plain(text).split("\n"))


def cut(text: str, most: int) -> str:
    """Text of at most `most` bytes of UTF-8: as many whole sentences as fit, and "…"."""
    if len(text.encode(errors="replace")) <= most:
        return text
    room = most - len(MORE.encode()) - 1
    kept = text.encode(errors="replace")[: max(0, room)].decode(errors="ignore")
    ends = [end for _, end in sentences(text) if end <= len(kept)]
    return f"{kept[: ends[-1]] if ends else kept.rstrip()} {MORE}"


def _control(sign: str) -> str:
    return sign if sign in "\t\n" else number(sign)
