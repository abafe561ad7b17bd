"""Numbers as lists write them."""

from __future__ import annotations

_LATIN = "abcdefghijklmnopqrstuvwxyz"
# Others by their first letters, as lists count with them.
ALPHABETS = {
    alphabet[0]: alphabet
    for alphabet in (
        "абвгдежзиклмнопрстуфхцчшщэюя",
        "甲乙丙丁戊己庚辛壬癸",
        "가나다라마바사아자차카타파하",
        "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン",
    )
}


def letters(number: int, alphabet: str = _LATIN) -> str:
    """a … z, aa, bb …: as Word counts."""
    if number < 1:
        return str(number)
    times, letter = divmod(number - 1, len(alphabet))
    return alphabet[letter] * min(times + 1, 9)


def circled(number: int) -> str:
    """① … ⑳"""
    return chr(ord("①") + number - 1) if 0 < number <= 20 else str(number)


def chinese(number: int) -> str:
    """一, 二, … 十, 十一, … 一百零五 …"""
    if not 0 < number < 10_000:
        return str(number)
    out, gap = "", False
    for worth, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, worth)
        if digit:
            out += "零" * (gap and bool(out)) + "零一二三四五六七八九"[digit] + sign
        gap = not digit
    return out[1:] if out.startswith("一十") else out


def roman(number: int) -> str:
    """i, ii, iii, iv …"""
    signs = "m 1000 cm 900 d 500 cd 400 c 100 xc 90 l 50 xl 40 x 10 ix 9 v 5 iv 4 i 1".split()
    if not 0 < number < 4000:
        return str(number)
    out = ""
    for sign, value in zip(signs[::2], map(int, signs[1::2]), strict=True):
        out += sign * (number // value)
        number %= value
    return out
