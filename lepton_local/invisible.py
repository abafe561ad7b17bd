"""Characters that nobody sees, shown by their numbers: ‹U+200B›.

They can make one name look like another, or hide words from a reader that a model reads. But some
scripts are spelled with them: a few belong where they stand, and stay as they are.
https://www.unicode.org/reports/tr36/ and tr39/, on what they are misused for
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lepton_local.scripts import SOUTH_EAST

# C0 and C1 controls, lone surrogates, and the marks that embed, override or isolate a direction.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Classes of characters: only a text that needs one waits until it is compiled, and re keeps it.
# Soft hyphens, joiners, marks of direction, separators of lines, fillers, variation selectors, byte
# order marks, annotations, tags, and the like. What embeds, overrides or isolates a direction is no
# longer there: see CONTROLS.
INVISIBLE = (
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028\u2029\u2060-\u2065"
    "\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Letters that join, or are kept from joining: Arabic to N'Ko, the scripts of India, Tibet and
# Burma, Khmer, Mongolian, and the forms of Arabic letters.
_JOINED = (
    "[\u0600-\u0605\u0610-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u17b3\u17b6-\u18aa\u1a20-\u1aad"
    "\ua840-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff]"
)
_UNSPACED = f"(?!{INVISIBLE})[{SOUTH_EAST}]"
_RIGHT_TO_LEFT = "[\u0590-\u061b\u061d-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
_PICTURE = "[\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
_VARIED = "[#*0-9©®\u2010-\u2bff\u3000-\u9fff\uf900-\ufaff\U0001f000-\U0003ffff]"
_IDEOGRAPH = "[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_MONGOLIAN = "[\u1820-\u18aa]"
_FLAG = "\U0001f3f4[\U000e0020-\U000e007e]{2,7}\U000e007f"  # of Scotland, say


def number(sign: str) -> str:
    """How a character that nobody sees is shown."""
    return f"‹U+{ord(sign):04X}›"


def reveal(text: str, *, shown: Callable[[str], str] = number, ignore: str = "\0") -> str:
    """`text` with every character `shown` that nobody sees, but where it belongs; its neighbours
    tell, among which those in `ignore` do not count.
    """
    if text.isascii() or not re.search(INVISIBLE, text):
        return text
    turned = re.search(_RIGHT_TO_LEFT, text) is not None
    flags = {place for flag in re.finditer(_FLAG, text) for place in range(*flag.span())}

    def judged(found: re.Match[str]) -> str:
        start, end = found.span()
        before = text[max(0, start - 3) : start].rstrip(ignore)[-1:]
        after = text[end : end + 3].lstrip(ignore)[:1]
        belongs = start in flags or _belongs(found[0], before, after, turned=turned)
        return found[0] if belongs else shown(found[0])

    return re.sub(INVISIBLE, judged, text)


def _belongs(sign: str, before: str, after: str, *, turned: bool) -> bool:
    """Whether a character stands where its script needs it; `turned`: some of the text is written
    from right to left.
    """
    match sign:
        case "\u200c":
            return bool(re.match(_JOINED, before))
        case "\u200d":
            picture = re.match(_PICTURE, before) or before == "\ufe0f"
            return bool(re.match(_JOINED, before) or (picture and re.match(_PICTURE, after)))
        case "\u200b":
            return bool(re.match(_UNSPACED, before) and re.match(_UNSPACED, after))
        case "\u200e" | "\u200f" | "\u061c":
            return turned and not re.match(INVISIBLE, before)
    if "\ufe00" <= sign <= "\ufe0f":
        return bool(re.match(_VARIED, before))
    if "\U000e0100" <= sign <= "\U000e01ef":
        return bool(re.match(_IDEOGRAPH, before))
    return "\u180b" <= sign <= "\u180f" and bool(re.match(_MONGOLIAN, before))
