"""Signs of a Word paragraph that are no text in its file: letters of picture fonts, and what is
ticked or chosen in the fields of an old form.
"""

from __future__ import annotations

from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SYMBOL, TICK, CHOICE = f"{_W}sym", f"{_W}checkBox", f"{_W}ddList"
_OFF = ("0", "false", "off")
_PRIVATE = range(0xF000, 0xF100)  # where Word keeps the letters of such fonts
_GREEK = "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ"
_FONTS: dict[str, dict[int, str]] = {
    "symbol": {
        **dict(enumerate(_GREEK, 0x41)),
        **dict(enumerate("αβχδεφγηιϕκλμνοπθρστυϖωξψζ", 0x61)),
        **dict(enumerate("€ϒ′≤⁄∞", 0xA0)),  # noqa: RUF001
        **dict(enumerate("↔←↑→↓°±″≥×∝∂•÷≠≡≈…", 0xAB)),  # noqa: RUF001
        **dict(enumerate("⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓", 0xC4)),  # noqa: RUF001
        0xE5: "∑",
        0xF2: "∫",
    },
    "wingdings": {
        0x28: "☎",
        0x2A: "✉",
        0x6E: "■",
        0x6F: "☐",
        0x71: "☐",
        0xA7: "▪",
        0xA8: "☐",
        0xDF: "←",
        0xE0: "→",
        0xFB: "✗",
        0xFC: "✓",
        0xFD: "☒",
        0xFE: "☑",
    },
    "wingdings 2": {0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0xA3: "☐", 0x30: "☐"},
}


def sign(element: Any) -> str:
    """What a person sees at an element of one of these kinds."""
    if element.tag == SYMBOL:
        return _letter(element.get(f"{_W}font", ""), element.get(f"{_W}char", ""))
    told = {child.tag.removeprefix(_W): child.get(f"{_W}val") for child in element}
    if element.tag == TICK:
        value = told.get("checked", "1") if "checked" in told else told.get("default", "0")
        return "☐" if value in _OFF else "☒"
    entries = [child.get(f"{_W}val", "") for child in element if child.tag == f"{_W}listEntry"]
    chosen = told.get("result") or told.get("default") or "0"
    at = int(chosen) if chosen.isdecimal() and len(chosen) < 6 else 0
    return entries[at] if at < len(entries) else ""


def _letter(font: str, code: str) -> str:
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    if number in _PRIVATE or number < 0x100:
        known = _FONTS.get(font.lower(), {}).get(number & 0xFF)
        return known or (
            chr(number) if 0x20 <= number < 0x7F and font.lower() not in _FONTS else ""
        )
    return chr(number) if number < 0xD800 else ""
