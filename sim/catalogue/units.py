"""Currencies and units that tables write behind or before numbers, and what they are in terms of each other."""

from __future__ import annotations

from dataclasses import dataclass

_SIGNS = {
    "$": "US$|USD|dollar|dollars", "€": "EUR|euro|euros", "£": "GBP", "¥": "JPY", "₹": "INR|Rs|Rs.", "₽": "RUB",
    "₩": "KRW", "₺": "TRY", "₴": "UAH", "₪": "ILS", "zł": "PLN", "kr": "kr.", "A$": "AU$|AUD", "C$": "CA$|CAD",
    "R$": "BRL", "CHF": "Fr.|SFr.", "SEK": "", "NOK": "", "DKK": "", "CZK": "Kč", "HUF": "Ft", "NZ$": "NZD",
    "S$": "SGD", "HK$": "HKD", "CNY": "RMB", "MXN": "", "ZAR": "",
}  # fmt: skip
CURRENCIES: dict[str, str] = {x: sign for sign, also in _SIGNS.items() for x in (sign, *also.split("|")) if x}
"""How currencies are written, to the sign that is shown."""

_FAMILIES: dict[str, dict[str, tuple[float, str]]] = {
    "mass": {"mg": (1e-3, "milligram|milligrams"), "g": (1, "gr|gram|grams|gramme|grammes"),
             "kg": (1e3, "kgs|kilo|kilos|kilogram|kilograms"), "t": (1e6, "tonne|tonnes"),
             "oz": (28.349523125, "ounce|ounces"), "lb": (453.59237, "lbs|pound|pounds")},
    "length": {"mm": (1e-3, "millimetre|millimetres|millimeter|millimeters"),
               "cm": (1e-2, "centimetre|centimetres|centimeter|centimeters"),
               "m": (1, "metre|metres|meter|meters"), "km": (1e3, "kilometre|kilometres|kilometer|kilometers"),
               '"': (0.0254, "″|”|''|in|inch|inches"), "ft": (0.3048, "'|′|foot|feet"), "mi": (1609.344, "mile|miles")},
    "volume": {"ml": (1e-3, "millilitre|millilitres|milliliter|milliliters"), "cl": (1e-2, "centilitre|centilitres"),
               "dl": (1e-1, "decilitre|decilitres"), "l": (1, "L|litre|litres|liter|liters|ltr"),
               "fl oz": (0.0295735295625, "fl. oz|fl. oz."), "gal": (3.785411784, "gallon|gallons")},
    "area": {"m²": (1, "m2|m^2|sqm|sq m|sq. m|qm"), "km²": (1e6, "km2|km^2|sq km"), "ha": (1e4, "hectare|hectares"),
             "ft²": (0.09290304, "ft2|ft^2|sqft|sq ft|sq. ft|sq. ft."), "acres": (4046.8564224, "acre|ac")},
    "data": {"KB": (1e3, ""), "MB": (1e6, ""), "GB": (1e9, "gigs"), "TB": (1e12, "")},
    "time": {"s": (1, "sec|secs|second|seconds"), "min": (60, "mins|min.|minute|minutes"),
             "h": (3600, "hr|hrs|hour|hours|std"), "days": (86400, "day"), "weeks": (604800, "week|wk|wks")},
    "age": {"months": (1, "month|mo|mos"), "years": (12, "year|yr|yrs|y.o.|y/o")},
    "frequency": {"Hz": (1, ""), "kHz": (1e3, ""), "MHz": (1e6, ""), "GHz": (1e9, "")},
    "power": {"W": (1, "watt|watts"), "kW": (1e3, ""), "hp": (735.49875, "ps|bhp")},
    "energy": {"Wh": (1, ""), "kWh": (1e3, "")},
    "food energy": {"kcal": (4.184, "cal|cals|calories"), "kJ": (1, "")},
    "charge": {"mAh": (1e-3, ""), "Ah": (1, "")},
    "voltage": {"V": (1, "volt|volts")},
    "speed": {"km/h": (1, "kmh|kph"), "mph": (1.609344, "")},
    "share": {"%": (1, "percent|pct|% vol|% vol.|%vol|% abv|vol%|vol.%")},
    "celsius": {"°C": (1, "℃")},
    "fahrenheit": {"°F": (1, "℉")},
    "pixels": {"MP": (1e6, "megapixel|megapixels"), "px": (1, "pixel|pixels")},
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Unit:
    """What a number counts."""

    family: str
    """Units of one family can be converted into each other."""
    name: str
    """As it is shown, without the space that parts it from the number: "kg"."""
    factor: float = 1.0
    """How much of the family's common measure one is."""
    known: bool = True
    """Whether it stands in this module; other words are units only where a whole column has them."""


def _units() -> dict[str, Unit]:
    table = {}
    for family, members in _FAMILIES.items():
        for name, (factor, also) in members.items():
            unit = Unit(family=family, name=name, factor=factor)
            table |= dict.fromkeys([name, *filter(None, also.split("|"))], unit)
    return table


UNITS = _units()
"""Every name of a unit to the unit."""
_LOWER = {name.lower(): unit for name, unit in UNITS.items() if len(name) > 1}
"""Letters alone stay as they are: 5G are no grams."""
TIGHT = ('"', "%", "°C", "°F")
"""Shown without a space."""


def unit_named(name: str) -> Unit | None:
    """The unit of a name, upper and lower case alike where the name as it stands is none.

    >>> unit_named("KG").name, unit_named("sq ft").name, unit_named("parsecs")
    ('kg', 'ft²', None)
    """
    return UNITS.get(name) or _LOWER.get(" ".join(name.lower().split()))


def unit_shown(unit: Unit) -> str:
    """The unit as it is put behind a number.

    >>> unit_shown(UNITS["kilo"]), unit_shown(UNITS["%"])
    (' kg', '%')
    """
    tight = unit.name.startswith("/") or any(unit.name.startswith(x) for x in TIGHT)
    return unit.name if tight else " " + unit.name
