"""Words that begin in a given way, as patterns: "invo*" holds of "Invoice" and "invoked"."""

from __future__ import annotations

import re

from lepton_local.corpus.words import fold, plain
from lepton_local.search.phrase import apart

_FOREIGN = r"[^\x00-\x7f]"


def beginning(prefix: str) -> str:
    """A prefix as words are compared by it: without capitals and accents."""
    return fold(plain(prefix))


def prefix_pattern(prefix: str) -> re.Pattern[str]:
    """Finds the beginning of such a word in a text that was made plain and folded."""
    begin = beginning(prefix)
    return re.compile(apart(re.escape(begin), begin[0], ""))


def prefix_sieve(prefix: str) -> str:
    """A pattern for RE2 that lets every text through, as it is written, in which `prefix_pattern`
    finds a word, and few others: folding may have made any letter of one beyond ASCII.
    """
    found = ""
    for sign in reversed(beginning(prefix)):
        found = f"(?:{re.escape(sign)}{found}|{_FOREIGN})" if sign.isascii() else _FOREIGN
    return f"(?i){found}"
