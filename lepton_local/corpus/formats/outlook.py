"""What Outlook keeps of appointments, contacts and tasks beside their text, as lines that say what
each is; and of people, how they can be reached.
"""

from __future__ import annotations

from collections.abc import Iterator

from lepton_local.corpus.formats.headers import header_text
from lepton_local.corpus.formats.mapi import Storage

_MEETING, _TASK, _ADDRESS = (f"0006200{number}-0000-0000-c000-000000000046" for number in (2, 3, 4))
_SMTP, _TYPE_OF_PERSON = 0x39FE, 0x0C15
_TO, _CC = 1, 2
Place = int | tuple[str, int]  # of a property: its number, or its set and its number there
_APPOINTMENT: dict[str, tuple[Place, ...]] = {
    "Start": ((_MEETING, 0x820D),),
    "End": ((_MEETING, 0x820E),),
    "Repeats": ((_MEETING, 0x8232),),
    "Location": ((_MEETING, 0x8208),),
}
_CONTACT: dict[str, tuple[Place, ...]] = {
    "Name": (0x3001,),
    "Nickname": (0x3A4F,),
    "Organisation": (0x3A16,),
    "Department": (0x3A18,),
    "Title": (0x3A17,),
    "Telephone": (0x3A08, 0x3A1B, 0x3A1A, 0x3A1F),
    "Mobile": (0x3A1C,),
    "Home telephone": (0x3A09, 0x3A2F),
    "Fax": (0x3A24, 0x3A25, 0x3A23),
    "E-mail": ((_ADDRESS, 0x8083), (_ADDRESS, 0x8093), (_ADDRESS, 0x80A3)),
    "Address": ((_ADDRESS, 0x801B), 0x3A15),
    "Home address": ((_ADDRESS, 0x801A),),
    "Birthday": (0x3A42,),
    "URL": ((_ADDRESS, 0x802B), 0x3A51, 0x3A50),
}
_TO_DO: dict[str, tuple[Place, ...]] = {
    "Start": ((_TASK, 0x8104),),
    "Due": ((_TASK, 0x8105),),
    "Owner": ((_TASK, 0x811F),),
}
_KINDS = {  # how the class of an item begins -> what is told of it
    "ipm.appointment": _APPOINTMENT,
    "ipm.schedule": _APPOINTMENT,
    "ipm.contact": _CONTACT,
    "ipm.task": _TO_DO,
}
_CLASS = 0x001A
_DAYS = ("Birthday", "Due")


def item_fields(item: Storage) -> str:
    """The fields of an item that is no letter, a line each; "" of a letter."""
    kind = item.text(_CLASS).lower()
    shown = next((fields for begin, fields in _KINDS.items() if kind.startswith(begin)), {})
    lines = (
        f"{label}: {words}"
        for label, places in shown.items()
        if (words := "; ".join(dict.fromkeys(_values(item, label, places))))
    )
    return "\n".join(lines)


def person(name: str, address: str) -> str:
    """Name and address, or the one of them that there is; Exchange's own addresses are none."""
    address = "" if address.lower().startswith("/o=") else address.strip()
    name = name.strip().strip("'\"")
    if not address or name.lower() == address.lower():
        return name or address
    return f"{name} <{address}>" if name else address


def people(item: Storage) -> dict[str, str]:
    """To whom an item was sent: "To" and "Cc", each on one line."""
    found: dict[str, list[str]] = {"To": [], "Cc": []}
    for each in item.parts("__recip_version1.0_#"):
        kind = each.number(_TYPE_OF_PERSON)
        if kind in (None, _TO, _CC):
            who = person(each.text(0x3001), each.text(_SMTP) or each.text(0x3003))
            found["Cc" if kind == _CC else "To"].append(who)
    told = {"To": item.text(0x0E04), "Cc": item.text(0x0E03)}
    return {name: header_text(", ".join(who) or told[name]) for name, who in found.items()}


def _values(item: Storage, label: str, places: tuple[Place, ...]) -> Iterator[str]:
    for place in places:
        number = place if isinstance(place, int) else item.named(*place)
        if when := item.time(number):
            yield f"{when:%Y-%m-%d}" if label in _DAYS else f"{when:%Y-%m-%d %H:%M} UTC"
        elif words := " ".join(item.text(number).split()):
            yield words
