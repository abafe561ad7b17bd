"""What stands in the cells of made tables."""

from __future__ import annotations

from names import Names

_ROLES = """
accountant archivist buyer caretaker cook curator dean director driver editor electrician
engineer gardener geologist inspector janitor judge librarian nurse pharmacist photographer
physiotherapist plumber porter president producer receptionist registrar researcher secretary
surveyor teacher technician translator treasurer vet warden bursar chair steward""".split()
_UNITS = """Accounting Archive Assembly Audit Biology Cardiology Catering Chemistry Cleaning Dairy
Design Distribution Drama Education Events Exhibitions Fleet Forestry Fundraising Geology Harbour
Housing Kitchen Laboratory Library Logistics Maintenance Music Nursery Oncology Packaging Pharmacy
Physics Planning Press Printing Production Purchasing Quality Radiology Recruiting Repairs Research
Roads Security Surgery Testing Training Translation Transport Warehouse Youth""".split()
_STATUSES = "paid open overdue cancelled disputed refunded approved rejected pending".split()
_COURSES = """Pottery Yoga Welding Bookkeeping First-Aid Chess Choir Cooking Fencing French Italian
Spanish Japanese Judo Knitting Navigation Painting Photography Piano Programming Rowing Statistics
Swimming Typing Violin Weaving""".split()
_LEVELS = ["for beginners", "I", "II", "advanced", "A", "B", "evening class", "refresher"]
_CHARGES = """\
bicycle allowance/book voucher/boat mooring/child care subsidy/cleaning surcharge/clothing
allowance/copy card/course grant/deep cleaning/delivery surcharge/eye test/family ticket/gutter
cleaning/heating supplement/late return/locker/lunch voucher/lost key/membership/moving
allowance/night shift bonus/oil change/parking permit/phone allowance/relocation grant/roof
inspection/season ticket/sports subsidy/storage/tool allowance/travel card/tyre change/visitor
badge/wheelchair hire/window repair""".replace("\n", " ").split("/")
_ENTITLED = [
    "all members",
    "staff after six months",
    "students",
    "pensioners",
    "once per household",
    "full members",
    "trainees",
    "with a doctor's note",
    "residents",
    "on request",
]
_OFTEN = [
    "per month",
    "per year",
    "once",
    "per visit",
    "every quarter",
    "twice a year",
    "per day",
    "weekly",
    "per night",
]
_SIZES = ["small", "base", "large", "7B", "1.3B", "XL", "tiny"]


def value_of(names: Names, kind: str, row: int) -> str:
    """A value of a column's kind, in the row of that number."""
    rng = names.rng
    chosen = {
        "status": lambda: rng.choice(_STATUSES),
        "role": lambda: (
            rng.choice(["", "", "head ", "deputy ", "chief ", "assistant "]) + rng.choice(_ROLES)
        ),
        "unit": lambda: rng.choice(_UNITS),
        "email": lambda: f"{names.first().lower()}.{names.word().lower()}@{names.domain}",
        "weight": lambda: f"{rng.randint(0, 90)}.{rng.randint(1, 9)}",
        "shelf": lambda: f"{rng.choice('ABCDEFGH')}{rng.randint(1, 40)}",
        "period": lambda: [f"Q{row + 1} {names.year}", f"{names.year + row}"][names.year % 2],
        "course": lambda: f"{rng.choice(_COURSES)} {rng.choice(_LEVELS)}",
        "setvalue": lambda: rng.choice(
            [
                str(rng.choice([0, 1, 5, 10, 30, 60, 64, 100, 128, 300, 512, 1000, 4096, 8080])),
                "true",
                "false",
                "none",
                "auto",
                f"/var/lib/{names.thing()}",
                f"{rng.randint(1, 90)}s",
            ]
        ),
        "settype": lambda: rng.choice(
            ["integer", "string", "boolean", "path", "list of strings", "float", "duration"]
        ),
        "unitname": lambda: rng.choice(
            ["seconds", "milliseconds", "bytes", "megabytes", "percent", "pixels", "lines"]
        ),
        "version": lambda: f"{rng.randint(0, 9)}.{rng.randint(0, 20)}",
        "serial": lambda: rng.choice(
            [
                f"10.{rng.randint(0, 99)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}",
                f"SN{rng.randint(100000, 999999)}",
            ]
        ),
        "modelname": lambda: f"{names.project()}-{rng.choice(_SIZES)}",
        "params": lambda: f"{rng.randint(1, 900)}{rng.choice(['M', 'M', 'B'])}",
        "score": lambda: f"{rng.randint(30, 99)}.{rng.randint(0, 9)}",
        "charge": lambda: rng.choice(_CHARGES),
        "entitled": lambda: rng.choice(_ENTITLED),
        "often": lambda: rng.choice(_OFTEN),
    }.get(kind)
    return chosen() if chosen else names.draw(kind)
