"""Words that stand for the opposite of one another: what is said of a minimum answers no question
for the maximum.
"""

from __future__ import annotations

from collections.abc import Iterable

from lepton_local.corpus.words import terms

_PAIRS = """
maximum minimum, max min, maximal minimal, most least, highest lowest, largest smallest, biggest
smallest, longest shortest, oldest youngest, oldest newest, earliest latest, best worst, first
last, fastest slowest, begin end, start end, start stop, starts finishes, begins ends, starting
ending, open close, opened closed, win lose, won lost, winner loser, victory defeat, increase
decrease, increased decreased, rise fall, rose fell, grow shrink, gain lose, gained lost, add
remove, added removed, insert delete, enable disable, enabled disabled, allow forbid, allowed
forbidden, permit prohibit, permitted prohibited, include exclude, included excluded, accept
reject, accepted rejected, approve reject, approved rejected, import export, imports exports, buy
sell, bought sold, enter leave, arrive depart, arrival departure, before after, north south,
northern southern, east west, eastern western, northwest southeast, northeast southwest, upper
lower, male female, men women, boys girls, husband wife, left right, positive negative, internal
external, always never, major minor, majority minority, early late, above below, inside outside,
public private, encrypt decrypt, encode decode, encrypted decrypted, compress decompress, upload
download, install uninstall, hire fire, hired fired, join leave, joined left, birth death, born
died, ancient modern, strong weak, stronger weaker, profit loss, income expense, income
expenditure, ally enemy, allies enemies, success failure, succeeded failed, support oppose,
supported opposed, legal illegal, attack defend, attacked defended, hot cold, warm cold, hotter
colder, wet dry, rich poor, richest poorest, rural urban, ascending descending, innocent guilty,
demand supply, push pull, lock unlock, connect disconnect, connected disconnected, mandatory
optional, required optional, cheap expensive, cheapest dearest, wide narrow, deep shallow, heavy
light, thick thin, domestic foreign, temporary permanent
"""


def _pairs() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for pair in " ".join(_PAIRS.split()).split(", "):
        one, other = (terms(word)[-1] if terms(word) else word for word in pair.split())
        if one != other:
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
    return found


_OPPOSITES = _pairs()


def opposed(asked: Iterable[str], said: set[str]) -> bool:
    """Whether one of the terms of a question is not said, but an opposite of it is."""
    return any(
        word not in said and not _OPPOSITES[word].isdisjoint(said)
        for word in asked
        if word in _OPPOSITES
    )
