"""Numbers as lists write them."""

from __future__ import annotations


def letters(number: int) -> str:
    """a … z, aa, bb …: as Word counts."""
    if number < 1:
        return str(number)
    times, letter = divmod(number - 1, 26)
    return chr(ord("a") + letter) * min(times + 1, 9)


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
