"""Invented names, dates, amounts and identifiers: what made documents are filled with.

Everything is drawn from one generator, so the same seed gives the same documents. Names are put
together from syllables, so that there are hundreds of thousands, and none can be learnt by heart.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from random import Random

_FIRST = """Ada Ahmed Aisha Alan Albert Alice Amir Ana Andrew Anika Arthur Astrid Ayumi Beata Ben
Bjorn Bruno Carla Carlos Cecilia Chloe Clara Colin Dana Daniel Daria David Diego Dmitri Edith Elena
Eliza Emeka Emma Eric Esther Fatima Felix Fiona Frank Freya George Gita Grace Greta Hamid Harriet
Helga Henry Hugo Ibrahim Igor Ines Irene Isaac Ivan Jack Jamal Jana Jasper Joan Jonas Jorge Julia
Karim Kate Keiko Kenji Klara Kofi Laila Lars Laura Leo Lin Louise Lucia Magnus Marco Maria Mark
Marta Matthew Maya Mei Milan Mina Nadia Naomi Nikolai Nina Nora Olga Oliver Omar Oscar Patrick Paula
Pedro Petra Philip Rachel Rafael Raj Rita Robin Rosa Ruth Samir Samuel Sara Simon Sonia Stefan Susan
Tariq Teresa Theo Tim Tina Ursula Vera Victor Walter Wanda Will Yara Yusuf Zoe""".split()
_OPEN = """
B Bar Bel Ber Bor Bran Cal Car Cas Cor Dal Dan Del Dor Dun Eb El Er Fal Far Fen Gal Gar
Gil Hal Har Hol Ing Jar Jor Kal Kar Kel Kes Lan Lar Lin Lor Mal Mar Mel Mor Nal Nor Ol Or Pel Per
Pol Quen Ral Ran Ros Sal San Sel Sor Tal Tam Tor Ul Val Var Ver Vil Wal Wen Wil Yar Zan
Zel""".split()
_MIDDLE = (
    "a e i o u an en in on ar er or al el il da de do ma me mi na ne ri ro sa se ta te vi".split()
)
_CLOSE = """berg by court dale den field ford gard ham holm ini kov lund man mann mere mond nes ov
quist ridge rin ski son stad stein sten stone ston tan ton va vik ville well wick worth""".split()
_TRADES = """Bakery Bank Boats Books Brewery Builders Catering Ceramics Chemicals Cycles Dairy
Electric Energy Estates Farms Films Foods Freight Furniture Garden Glass Hotels Instruments Labs
Logistics Machines Marine Media Metals Motors Optics Papers Partners Pharma Plastics Print Rail
Robotics Seeds Software Solar Studios Systems Textiles Timber Tools Tours Trading Water""".split()
_LEGAL = ["Ltd", "Inc", "GmbH", "SA", "AG", "LLC", "plc", "BV", "Oy", ""]
_STREETS = "Street Road Lane Avenue Square Quay Hill Way Gate Row".split()
_GOODS = """amplifier anchor apron barometer battery bench blanket boiler bracket brush bucket cable
camera candle carpet chair charger chisel clamp clock compass compressor cooler crate cushion desk
drill dryer envelope extinguisher fan filter flask freezer funnel generator glove grinder hammer
headset heater helmet hinge hose kettle keyboard ladder lamp lens lever lock magnet mat microscope
mirror mixer monitor motor mower nozzle oven paddle pallet pen pipe plug printer projector pump rack
radiator rope router sail sander saw scale scanner screen screw sensor shelf shovel sieve speaker
spring stapler stove switch tablet tank tape tent thermometer timer toner torch tray trolley tube
valve vase vest wheel whiteboard winch wrench""".split()
_KINDS = """small large blue red green black steel wooden folding portable heavy light spare digital
manual outdoor""".split()
_MONTHS = (
    "January February March April May June July August September October November December".split()
)
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_WORDS = "two three four five six seven eight nine ten twelve fifteen twenty thirty".split()
_SETTINGS = "limit timeout size path retries mode interval depth port".split()
_VERBS = "get read make open close load split merge".split()
_SLOT = re.compile(r"\{(\w+?)(\d*)(?::(\d+)-(\d+))?\}")


class Names:
    """Draws what a slot such as {person}, {date} or {n:2-30} stands for."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self._phone = rng.choice(
            ["+{c} {a} {n} {e}", "{a}-{n}-{e}", "0{a} {n}{e}", "({a}) {n} {e}"]
        )
        self._dated = rng.choice(["iso", "long", "long", "us", "dots"])
        self._country, self.domain = rng.randint(20, 99), self.word().lower() + ".example"
        self.year = rng.randint(2008, 2031)

    def fill(self, text: str, known: dict[str, str] | None = None) -> str:
        """The text with its slots filled; a slot with a number ({person1}) is the same throughout
        `known`.
        """
        held = {} if known is None else known

        def one(slot: re.Match[str]) -> str:
            kind, number, low, high = slot.groups()
            if number and (name := kind + number) in held:
                return held[name]
            value = str(self.rng.randint(int(low), int(high))) if low else self.draw(kind)
            if number:
                held[kind + number] = value
            return value

        return _SLOT.sub(one, text)

    def draw(self, kind: str) -> str:
        """A value of a kind: the name of one of the methods below."""
        make: Callable[[], str] = getattr(self, kind)
        return make()

    def word(self) -> str:
        """An invented proper name of two or three syllables."""
        middle = self.rng.choice(_MIDDLE) if self.rng.random() < 0.6 else ""
        return self.rng.choice(_OPEN) + middle + self.rng.choice(_CLOSE)

    def first(self) -> str:
        """A first name."""
        return self.rng.choice(_FIRST)

    def person(self) -> str:
        """First name and surname."""
        return f"{self.first()} {self.word()}"

    def org(self) -> str:
        """A company, such as "Kelderford Optics Ltd"."""
        return f"{self.word()} {self.rng.choice(_TRADES)} {self.rng.choice(_LEGAL)}".strip()

    def place(self) -> str:
        """A town."""
        return self.word()

    def address(self) -> str:
        """A street with its number."""
        return f"{self.rng.randint(1, 240)} {self.word()} {self.rng.choice(_STREETS)}"

    def product(self) -> str:
        """A ware, such as "folding ladder"."""
        return f"{self.rng.choice(_KINDS)} {self.rng.choice(_GOODS)}"

    def thing(self) -> str:
        """A ware in one word."""
        return self.rng.choice(_GOODS)

    def project(self) -> str:
        """A name for an undertaking, in one word."""
        return (
            self.rng.choice(_OPEN)
            + self.rng.choice(_MIDDLE)
            + self.rng.choice(["x", "ra", "do", "lis", "nt", "ko"])
        )

    def day(self) -> date:
        """A day of a few years."""
        return date(self.year, 1, 1) + timedelta(days=self.rng.randint(-200, 500))

    def date(self) -> str:
        """A day, written as this collection writes days."""
        return self.written(self.day())

    def written(self, day: date) -> str:
        """A day in words or numbers."""
        month = _MONTHS[day.month - 1]
        return {
            "iso": day.isoformat(),
            "long": f"{day.day} {month} {day.year}",
            "us": f"{month} {day.day}, {day.year}",
            "dots": f"{day.day:02}.{day.month:02}.{day.year}",
        }[self._dated]

    def shortdate(self) -> str:
        """A day without its year."""
        return f"{self.rng.randint(1, 28)} {self.rng.choice(_MONTHS)}"

    def month(self) -> str:
        """A month's name."""
        return self.rng.choice(_MONTHS)

    def weekday(self) -> str:
        """A day of the week."""
        return self.rng.choice(_DAYS)

    def time(self) -> str:
        """A time of the day."""
        return f"{self.rng.randint(6, 22):02}:{self.rng.choice(['00', '15', '30', '45'])}"

    def few(self) -> str:
        """A small number in words."""
        return self.rng.choice(_WORDS)

    def count(self) -> str:
        """A number without a unit."""
        return str(self.rng.choice([self.rng.randint(2, 60), self.rng.randint(60, 5000)]))

    def bare(self) -> str:
        """An amount as a cell of a table has it."""
        whole = self.rng.choice([self.rng.randint(5, 999), self.rng.randint(1000, 990000)])
        return self.rng.choice([str(whole), f"{whole}.{self.rng.randint(0, 99):02}", f"{whole:,}"])

    def money(self) -> str:
        """An amount with its currency."""
        whole = self.rng.choice([self.rng.randint(5, 99), self.rng.randint(100, 9900)])
        number = f"{whole:,}" + self.rng.choice(["", "", f".{self.rng.randint(0, 99):02}"])
        return self.rng.choice(
            [f"{number} euros", f"${number}", f"EUR {number}", f"£{number}", f"{number} dollars"]
        )

    def percent(self) -> str:
        """A share."""
        number = self.rng.choice(
            [f"{self.rng.randint(1, 95)}", f"{self.rng.randint(1, 95)}.{self.rng.randint(1, 9)}"]
        )
        return number + self.rng.choice([" percent", "%", " %"])

    def code(self) -> str:
        """An identifier such as BX-1044."""
        letters = "".join(self.rng.sample("ABCDEFGHJKLMNPQRSTUVWXYZ", self.rng.choice([1, 2, 3])))
        return f"{letters}-{self.rng.randint(10, 99999)}"

    def room(self) -> str:
        """A room's number."""
        return f"{self.rng.randint(0, 9)}.{self.rng.randint(1, 40):02}"

    def phone(self) -> str:
        """A telephone number, written as this collection writes them."""
        return self._phone.format(
            c=self._country,
            a=self.rng.randint(20, 999),
            n=self.rng.randint(200, 9999),
            e=self.rng.randint(100, 999),
        )

    def key(self) -> str:
        """A setting's dotted name."""
        return f"{self.rng.choice(_GOODS)}.{self.rng.choice(_SETTINGS)}"

    def variable(self) -> str:
        """An environment variable."""
        return f"{self.project().upper()}_{self.rng.choice(_GOODS).upper()}"

    def option(self) -> str:
        """A long option of a command."""
        return f"--{self.rng.choice(_GOODS)}" + self.rng.choice(
            ["", "-" + self.rng.choice(["size", "file", "only", "limit", "level", "mode"])]
        )

    def function(self) -> str:
        """A function's name."""
        return f"{self.rng.choice(_VERBS)}_{self.rng.choice(_GOODS)}"
