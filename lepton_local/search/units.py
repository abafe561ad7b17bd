"""Units by what they measure, each with what one of it is worth, in English, German and French."""

from __future__ import annotations


def _each(words: str, worth: float) -> dict[str, float]:
    return dict.fromkeys(words.split(), worth)


UNITS: dict[str, dict[str, float]] = {
    "seconds": {
        **_each("ms millisecond milliseconds", 0.001),
        **_each("s sec second seconds sekunde sekunden seconde secondes", 1.0),
        **_each("min mins minute minutes minuten", 60.0),
        **_each("h hr hrs hour hours std stunde stunden heure heures", 3600.0),
        **_each("d day days tag tage tagen kalendertag kalendertage kalendertagen", 86400.0),
        **_each("jour jours", 86400.0),
        **_each("week weeks woche wochen semaine semaines", 604800.0),
        **_each("fortnight fortnights quinzaine", 1209600.0),
    },
    "months": {
        **_each("month months monat monate monaten kalendermonat kalendermonate mois", 1.0),
        **_each("quarter quarters quartal quartale trimestre trimestres", 3.0),
        **_each("halbjahr semestre semestres", 6.0),
        **_each("year years jahr jahre jahren an ans année années", 12.0),
    },
    "euros": _each("€ eur euro euros", 1.0),
    "dollars": _each("$ usd dollar dollars us$", 1.0),
    "pounds": _each("£ gbp", 1.0),
    "francs": _each("chf francs franken", 1.0),
    "crowns": _each("kr crown crowns krone kronen kroner kronor couronne couronnes", 1.0),
    "percent": _each("% percent prozent pourcent", 1.0),
    "degrees": _each("° °c degrees degree grad degré degrés", 1.0),
    "metres": {
        **_each("mm millimetre millimetres millimeter millimeters", 0.001),
        **_each("cm centimetre centimetres centimeter centimeters zentimeter centimètres", 0.01),
        **_each("metre metres meter meters mètre mètres m", 1.0),
        **_each("km kilometre kilometres kilometer kilometers kilomètre kilomètres", 1000.0),
    },
    "square metres": _each("m² m2 sqm qm quadratmeter squaremetre squaremetres mètrescarrés", 1.0),
    "litres": {
        **_each("ml millilitre millilitres milliliter milliliters", 0.001),
        **_each("l litre litres liter liters", 1.0),
    },
    "grams": {
        **_each("g gram grams gramm gramme grammes", 1.0),
        **_each("kg kilo kilos kilogram kilograms kilogramm kilogramme kilogrammes", 1000.0),
        **_each("tonne tonnes tonnen", 1e6),
    },
    "bytes": {
        **_each("byte bytes", 1.0),
        **_each("kb ko kilobyte kilobytes", 1e3),
        **_each("mb mo megabyte megabytes", 1e6),
        **_each("gb go gigabyte gigabytes", 1e9),
        **_each("tb to terabyte terabytes", 1e12),
    },
    "times": _each("x times mal fois", 1.0),
}
UNIT_OF = {unit: (kind, worth) for kind, units in UNITS.items() for unit, worth in units.items()}
MONEY = frozenset(("euros", "dollars", "pounds", "francs", "crowns"))
KIND_OF = {"seconds": "duration", "months": "duration"}  # different lengths of one thing
