"""How the yes/no question on a number is put: "Is it longer than two hours?", "Was it released after the eighties?".

A question asks whether a number is over a threshold T, and the bins decide what T is (`sim.catalogue.numbers`).  Only
how it is said is decided here.  Intents over T are those at or above the bin's lower end L, so "over T" and "L or more"
mean the same, and the one with the rounder number is said: "200 kg or more" and not "more than 199 kg".

A sidecar may name landmarks, things that people know the number of: "a cat" weighs 4 kg.  One is said where it lies
between T and L, for then "heavier than a cat" and "over T" mean the same for every row; or at L, as in "as heavy as a
person or heavier".
"""

from __future__ import annotations

import math
import re

from sim.catalogue.catalogue import Facet
from sim.catalogue.numbers import plain
from sim.catalogue.spoken_numbers import NumberScale
from sim.catalogue.units import unit_named

DECADES = {1929: "twenties", 1939: "thirties", 1949: "forties", 1959: "fifties", 1969: "sixties", 1979: "seventies",
           1989: "eighties", 1999: "nineties"}  # fmt: skip
"""The last year of a decade to its name."""
HOURS = {30: "half an hour", 60: "an hour", 90: "an hour and a half", 120: "two hours", 150: "two and a half hours",
         180: "three hours", 240: "four hours"}  # fmt: skip
"""Minutes to what people call them."""
AS = {"more": "much", "longer": "long", "heavier": "heavy", "larger": "large", "bigger": "big", "taller": "tall",
      "higher": "high", "older": "old", "faster": "fast", "deeper": "deep", "wider": "wide"}  # fmt: skip
"""How "longer than" becomes "as long as"."""
_COMPARED = re.compile(r"(?:(more|\w+er) than|(over)) \{value\}")


def threshold_question(facet: Facet, value: int) -> str:
    """The question whether a number is in bin `value` or above.  Facets of numbers only."""
    template = facet.wording.yesno
    assert facet.lower is not None and facet.over is not None
    if facet.thresholds:
        return template.replace("{value}", facet.threshold(value))
    over, least = float(facet.over[value]), float(facet.lower[value])
    if (landmark := landmark_at(facet, value)) is not None:
        number = facet.landmarks[landmark]
        named = f"{landmark} ({said(facet, number)})"
        compared = _COMPARED.search(template)
        if number == least and compared is not None:
            return template.replace(compared[0], f"as {AS[compared[1]]} as {named} or {compared[1]}")
        return template.replace("{value}", named)
    scale = NumberScale(facet)
    if scale.years and "after {value}" in template and over in DECADES:
        return template.replace("{value}", f"the {DECADES[int(over)]}")
    compared = _COMPARED.search(template)
    if compared is not None and _rounder(facet, least, over):
        return template.replace(compared[0], f"{said(facet, least)} or {compared[1] or 'more'}")
    if "after {value}" in template and _rounder(facet, least, over):
        return template.replace("after {value}", f"in {said(facet, least)} or later")
    return template.replace("{value}", said(facet, over))


def landmark_at(facet: Facet, value: int) -> str | None:
    """The first landmark that says the threshold of bin `value` truthfully; None where there is none."""
    assert facet.lower is not None and facet.over is not None
    over, least = float(facet.over[value]), float(facet.lower[value])
    compared = _COMPARED.search(facet.wording.yesno)
    as_much = compared is not None and compared[1] in AS
    # "More than a dog" is plainer than "as much as a dog or more", where the next threshold can be put so.
    above = float(facet.over[value + 1]) if value + 1 < len(facet.over) else math.inf
    fits = (x for x in facet.landmarks if over <= facet.landmarks[x] < least)
    at_least = (x for x in facet.landmarks if as_much and facet.landmarks[x] == least and above > least)
    return next(fits, next(at_least, None))


def roundness(facet: Facet, value: int) -> float:
    """How much there is to say of the threshold of bin `value`: 0 for a word, else its digits but for zeros at the end,
    and half of one less where the last is a 5.  Facets of numbers only."""
    if facet.thresholds or landmark_at(facet, value) is not None:
        return 0.0
    assert facet.lower is not None and facet.over is not None
    if float(facet.over[value]) in DECADES and NumberScale(facet).years:
        return 0.0
    return min(_weight(facet, float(end[value])) for end in (facet.over, facet.lower))


def _weight(facet: Facet, number: float) -> float:
    digits = plain(number).replace(".", "").strip("-0")
    return _digits(facet, number) - 0.5 * (digits.endswith("5") and said(facet, number) not in HOURS.values())


def said(facet: Facet, number: float) -> str:
    """A number with its unit, in words where people use words.

    >>> from sim.catalogue.catalogue import make_facet
    >>> from sim.catalogue.wording import Wording
    >>> film = make_facet("runtime", "number", [90, 120], Wording.default("runtime", "number", unit=" minutes"))
    >>> said(film, 90), said(film, 1), said(film, 94)
    ('an hour and a half', '1 minute', '94 minutes')
    """
    unit = facet.wording.unit
    named = unit_named(unit.strip())
    if named is not None and named.name == "min" and number in HOURS:
        return HOURS[int(number)]
    text = facet.wording.measured(plain(number))
    return text.removesuffix("s") if number == 1 and unit.endswith("s") and len(unit.strip()) > 2 else text


def _rounder(facet: Facet, least: float, over: float) -> bool:
    """Whether "`least` or more" is better said than "over `over`"."""
    if over == 1 and not facet.wording.unit:  # "more than 1 legs"
        return True
    return _digits(facet, least) < _digits(facet, over)


def _digits(facet: Facet, number: float) -> int:
    """How many digits are needed, none where there is a word."""
    if said(facet, number) in HOURS.values():
        return 0
    return len(plain(number).replace(".", "").lstrip("-0").rstrip("0")) or 1
