"""What number somebody means who types or says it: "2 hours", "2h20", "the 80s", "around 1995", "1,200", "under 90".

A text is read on the scale of a facet, which knows its unit and how far its numbers reach.  So "2 hours" is 120 on a
scale of minutes and nothing on one of kilograms, and "the 80s" is ten years where the numbers are years.

Decisions that live here:

- A text is understood as a whole or not at all: "2 hours" must never become 2.
- Where it has two readings that are both possible ("1,200", "'14" between 1900 and 2020), both are given.
- A range of numbers is what was meant, not its middle; `options_meant` says which answers it touches.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from sim.catalogue.catalogue import Facet
from sim.catalogue.dates import read_date
from sim.catalogue.number_words import in_digits
from sim.catalogue.numbers import named_range
from sim.catalogue.quantity import EITHER, Quantity, read_quantity
from sim.catalogue.units import CURRENCIES, Unit, unit_named

DAYS = {"time": 1 / 86400, "age": 365.25 / 12}
"""Days in the common measure of these families, which tables keep apart and people don't."""
YEARS = (1000.0, 2200.0)
"""Whole numbers without a unit between these are years."""
SLACK = 1e-9
_HEDGE = re.compile(
    r"(?:it'?s|it is|it was|it has|i think|i guess|i believe|i'd say|maybe|perhaps|probably|possibly|about|around|"
    r"roughly|approximately|approx\.?|circa|ca\.?|c\.|some time in|sometime in|somewhere around|something like|some|"
    r"somewhere(?= between)|"
    r"nearly|almost|just|like|in|during|the year|year|the|~|≈)\s+|[~≈]"
)
_AFTERTHOUGHT = re.compile(
    r"\s*(?:,?\s+(?:or so|or thereabouts|or something|i think|i guess|maybe|roughly|approximately|give or take|ish|"
    r"ad|a\.d\.|ce|long|old|tall|high|heavy|wide|deep|in length|in weight|in total|of age)|-?ish|[.!?]+)$"
)
_BETWEEN = re.compile(r"(?:between|from) (?P<low>.+?) (?:and|to|-|until|till) (?P<high>.+)")
_FROM_TO = re.compile(r"(?P<low>.*\d\S*(?: [a-z]+)?) (?:to|or) (?P<high>.*\d.*)")
_DASH = re.compile(r"(?P<low>[^-]*\d[^-]*?)\s*-\s*(?P<high>.*\d.*)")
_THAN = r"(?:more|longer|older|heavier|taller|bigger|larger|greater|higher|later|farther) than"
_LESS_THAN = r"(?:less|fewer|shorter|younger|lighter|smaller|lower|earlier) than"
_ABOVE = re.compile(rf"(?:over|above|after|past|{_THAN}|>)\s*(?P<x>.+)")
_FROM = re.compile(
    r"(?:at least|since|no less than|>=|≥|from)\s*(?P<x>.+?)(?: on)?|"
    r"(?P<y>.+?)\s*(?:\+|or more|or longer|or later|or over|or older|or heavier|and up|plus|onwards?|and later)"
)
_BELOW = re.compile(rf"(?:under|below|before|pre-?|{_LESS_THAN}|<)\s*(?P<x>.+)")
_UP_TO = re.compile(
    r"(?:at most|up to|until|no more than|<=|≤)\s*(?P<x>.+)|"
    r"(?P<y>.+?)\s*(?:or less|or fewer|or shorter|or earlier|or under)"
)
_JUST = re.compile(
    r"(?:just|barely|slightly|(?:(?:just )?a )?(?:little|bit|tad|touch)) (?:(?P<below>under|below|less than|short of|"
    r"shy of)|(?P<above>over|above|more than|past)) (?P<x>.+)"
)
JUST = 0.15
"""What is just under a number is above it less this share."""
_PRICE = re.compile(
    r"(?P<whole>\d{1,3}|one|two|three|four|five|six|seven|eight|nine)(?: ?(?:euros?|dollars?|pounds?|bucks|[€$£]))? ?"
    r"(?:and )?(?P<part>\d\d)(?: ?(?:cents?|pence|p|euros?|dollars?|[€$£]))?"
)
"""Two numbers in a row, where money is meant: "two fifty"."""
_DIGIT = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
_AGO = re.compile(
    r"(?:within |in )?(?:the )?(?P<last>last|past) (?P<n>\d+ )?(?P<some>few )?(?P<unit>years?|decades?)|"
    r"(?P<ago_n>\d+|an?|a few|some|several) (?P<ago_unit>years?|decades?)(?: (?:ago|old|back))?"
)
"""Years that are counted back from the latest."""
_SOME = {"a few": (2, 6), "some": (2, 8), "several": (3, 10), "a": (1, 1), "an": (1, 1)}
"""How many years, or decades, somebody may mean."""
SINCE = 5
"""Years by which a catalogue's latest may lie before the day on which somebody says "ten years ago"."""
_TURN = re.compile(r"turn of the (?P<what>century|millennium|millenium)")
ABOUT_TURN = 3
"""Years on each side of a turn of a century."""
_TENS = ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")
_DECADE = re.compile(
    r"(?P<part>early|mid|middle|late)?[\s-]*(?:of )?(?:the )?"
    rf"(?:'?(?P<year>\d{{3}}0|\d0)'?s|(?:(?P<century>\d\d) )?(?P<word>{'|'.join(_TENS)}|noughties|aughts|tens))"
)
_PARTS = {"early": (0, 4), "mid": (3, 7), "middle": (3, 7), "late": (6, 10), None: (0, 10)}
"""Years of a decade."""
_CENTURY = re.compile(r"(?P<number>\d\d)(?:st|nd|rd|th) century|(?P<year>1[0-9]00)s")
_ALSO = {"ton": "t", "tons": "t"}
"""Units that people say and tables hardly have, to the one that is meant."""
_CLOCK = re.compile(r"(\d):([0-5]\d)(?: ?h(?:ours?)?)?")


@dataclass(frozen=True)
class NumberRange:
    """Numbers from `low` to below `high`; a single number where both are the same."""

    low: float
    high: float


@dataclass(frozen=True)
class OptionsMeant:
    """Answers to the open question on a number."""

    options: tuple[int, ...]
    """The options that what was said touches, those of the likeliest reading first."""
    sure: bool
    """There is one, and it holds what was said: nothing need be asked about."""


class NumberScale:
    """What the numbers of a facet are."""

    def __init__(self, facet: Facet):
        assert facet.lower is not None
        wording = facet.wording
        self.low, self.high = (float(facet.lower[0]), float(facet.lower[-1])) if len(facet.lower) else (0.0, 0.0)
        self.whole = bool(np.all(facet.lower == np.round(facet.lower)))
        self.months = bool(facet.thresholds)
        self.step = 1 / 12 if self.months else 0.0
        """How much of the scale a month takes."""
        unit = wording.unit.strip()
        self.currency = CURRENCIES.get(wording.prefix.strip()) or CURRENCIES.get(unit)
        self.unit = None if self.currency else unit_named(unit)
        self.words = {word.removesuffix("s") for word in f"{wording.noun} {unit}".lower().split()}
        """Words that may stand behind the number and say nothing: "4 legs"."""
        plain = not unit and not wording.prefix
        self.years = self.months or (plain and self.whole and YEARS[0] <= self.low and self.high <= YEARS[1])

    def holds(self, number: float) -> bool:
        return self.low <= number <= self.high

    def convert(self, said: Quantity) -> float | None:
        """The number on this scale; None where it counts something else."""
        unit = said.unit
        if unit is None:
            return said.number
        if unit.family.startswith("money"):
            bare = self.currency is None and self.unit is None and not self.years
            return said.number if bare or unit.family == f"money {self.currency}" else None
        if not unit.known:
            return said.number if {word.removesuffix("s") for word in unit.name.lower().split()} <= self.words else None
        return None if self.unit is None else _converted(said.number, unit, self.unit)


def _converted(number: float, unit: Unit, wanted: Unit) -> float | None:
    if unit.family == wanted.family:
        factor = unit.factor / wanted.factor
    elif unit.family in DAYS and wanted.family in DAYS:
        factor = unit.factor * DAYS[unit.family] / (wanted.factor * DAYS[wanted.family])
    else:
        return None
    return float(f"{number * factor:.12g}")


def numbers_meant(text: str, scale: NumberScale) -> tuple[NumberRange, ...]:
    """Every reading that a text has on a scale, the likeliest first; none where it isn't understood."""
    text = text.lower().translate({0x2019: "'", 0x2013: "-", 0x2014: "-"})
    text = in_digits(" ".join(_ALSO.get(word, word) for word in text.split()))
    just = None if scale.years else _JUST.search(text)
    if just is not None and _bare(text[: just.start()] + "1") == "1":
        found = _single(just["x"], scale)
        return (_just(found[0].low, bool(just["below"])),) if found else ()
    text = _bare(text)
    if text == "none" and scale.whole and scale.unit is None and not scale.currency and scale.holds(0):
        return (NumberRange(0.0, 0.0),)
    for pattern, reader in ((_BETWEEN, _between), (_ABOVE, _above), (_BELOW, _below), (_UP_TO, _up_to), (_FROM, _from)):
        match = pattern.fullmatch(text)
        if match is not None and (found := reader(match, scale)):
            return found
    found = _single(text, scale)
    for pattern in (_FROM_TO, _DASH):
        if not found and (match := pattern.fullmatch(text)) is not None:
            found = _between(match, scale)
    return found


def _just(number: float, below: bool) -> NumberRange:
    reach = JUST * abs(number)
    above = float(np.nextafter(number, np.inf))
    return NumberRange(number - reach, number) if below else NumberRange(above, number + reach)


def _bare(text: str) -> str:
    """Without what says only how sure somebody is, before and behind."""
    text = text.strip()
    while (match := _HEDGE.match(text)) is not None:
        text = text[match.end() :]
    while (match := _AFTERTHOUGHT.search(text)) is not None:
        text = text[: match.start()]
    return text


def options_meant(facet: Facet, text: str) -> OptionsMeant | None:
    """Which answers to a number's open question somebody may mean; None where the text is no number on its scale.

    Raises:
        ValueError: the facet is none of numbers.
    """
    if facet.kind != "number" or facet.lower is None:
        raise ValueError(f"facet '{facet.name}' is no number")
    if not len(facet.lower):
        return None
    scale = NumberScale(facet)
    readings = numbers_meant(text, scale)
    if not readings:
        return None
    found = [_touched(facet, scale, reading) for reading in readings]
    options = list(dict.fromkeys(option for meant in found for option in meant.options))
    sure = len(options) == 1 and all(meant.sure for meant in found)
    return OptionsMeant(tuple(options), sure) if options else None


# --- what is touched -----------------------------------------------------------------------------------------------


def _touched(facet: Facet, scale: NumberScale, meant: NumberRange) -> OptionsMeant:
    if meant.low == meant.high:
        return _touched_by_point(facet, scale, meant.low)
    assert facet.lower is not None
    begins = np.array([facet.lower[facet.option_of == o][0] for o in range(len(facet.options))])
    ends = np.append(begins[1:], np.inf)
    least, most = _reach(facet, scale)
    apart = meant.high <= least or meant.low > most
    begins[0] = -np.inf
    options = np.flatnonzero((begins < meant.high - SLACK) & (ends > meant.low + SLACK)).tolist()
    return OptionsMeant(tuple(options), len(options) == 1 and not apart)


def _reach(facet: Facet, scale: NumberScale) -> tuple[float, float]:
    """Between which numbers the answers are; infinite where they say "or less" and "or more"."""
    first, last = named_range(facet.options[0]), named_range(facet.options[-1])
    return scale.low if first is None else first[0], scale.high + scale.step if last is None else last[1]


def _touched_by_point(facet: Facet, scale: NumberScale, number: float) -> OptionsMeant:
    """The option that holds a number, or, beyond the ends or in a gap, those beside it."""
    option = facet.option_of_number(number)
    last = len(facet.options) - 1
    names = [named_range(name) for name in facet.options]
    mine = names[option]
    if mine is None:
        least, most = _reach(facet, scale)
        return OptionsMeant((option,), least - SLACK <= number < most)
    if mine[0] - SLACK <= number <= mine[1] + SLACK:
        return OptionsMeant((option,), True)
    if number < mine[0]:
        return OptionsMeant((option,), False)
    after = names[option + 1] if option < last else None
    if after is None:
        return OptionsMeant((option,), False)
    # Between 109 and 110 minutes nothing is missing; between 2 legs and 4 there is.
    filled = scale.whole and after[0] - mine[1] <= 1
    return OptionsMeant((option,), True) if filled else OptionsMeant((option, option + 1), False)


# --- ranges --------------------------------------------------------------------------------------------------------


def _between(match: re.Match[str], scale: NumberScale) -> tuple[NumberRange, ...]:
    low, high = match["low"], match["high"]
    behind = re.search(r"[^\d\s.,:]+(?: [a-z]+)?$", high)
    if behind is not None and re.fullmatch(r"[\d.,]+", low):
        low = f"{low} {behind[0].strip()}"  # "two to three hours"
    below, above = _single(low, scale), _single(high, scale)
    if not below or not above or below[0].low > above[-1].high:
        return ()
    return (NumberRange(below[0].low, _end(above[-1], scale)),)


def _above(match: re.Match[str], scale: NumberScale) -> tuple[NumberRange, ...]:
    found = _single(match["x"], scale)
    return (NumberRange(_end(found[0], scale), math.inf),) if found else ()


def _from(match: re.Match[str], scale: NumberScale) -> tuple[NumberRange, ...]:
    found = _single(match["x"] or match["y"], scale)
    return (NumberRange(found[0].low, math.inf),) if found else ()


def _below(match: re.Match[str], scale: NumberScale) -> tuple[NumberRange, ...]:
    found = _single(match["x"], scale)
    return (NumberRange(-math.inf, found[0].low),) if found else ()


def _up_to(match: re.Match[str], scale: NumberScale) -> tuple[NumberRange, ...]:
    found = _single(match["x"] or match["y"], scale)
    return (NumberRange(-math.inf, _end(found[-1], scale)),) if found else ()


def _end(meant: NumberRange, scale: NumberScale) -> float:
    """Just above what was said."""
    if meant.low < meant.high:
        return meant.high
    return meant.low + 1 if scale.whole and meant.low == round(meant.low) else float(np.nextafter(meant.low, np.inf))


# --- one number, or one stretch of years -----------------------------------------------------------------------------


def _single(text: str, scale: NumberScale) -> tuple[NumberRange, ...]:
    text = _bare(text)
    if scale.years:
        return _of_years(text, scale)
    clock = _CLOCK.fullmatch(text)
    if clock is not None and scale.unit is not None and scale.unit.family == "time":
        text = f"{clock[1]}h{clock[2]}"
    readings = [read_quantity(text)]
    if EITHER.match(re.sub(r"^\D+", "", text)):
        readings.append(read_quantity(text, decimal=","))
    single = [said for said in readings if said is not None and said.how != "middle"]
    numbers = [x for said in single if (x := scale.convert(said)) is not None]
    if scale.currency is not None and (price := _PRICE.fullmatch(text)) is not None:
        whole = price["whole"]
        numbers.append(float(f"{_DIGIT.get(whole) or int(whole)}.{price['part']}"))
    numbers = list(dict.fromkeys(numbers))
    within = [x for x in numbers if scale.holds(x)]
    return tuple(NumberRange(x, x) for x in within or numbers[:1])


def _of_years(text: str, scale: NumberScale) -> tuple[NumberRange, ...]:
    if match := _DECADE.fullmatch(text):
        return _decades(match, scale)
    if match := _CENTURY.fullmatch(text):
        first = int(match["year"] or 100 * (int(match["number"]) - 1))
        return (NumberRange(first, first + 100),)
    if match := _AGO.fullmatch(text):
        return _ago(match, scale)
    if match := _TURN.fullmatch(text):
        turns = [2000] if match["what"] != "century" else range(1100, 2200, 100)
        near = [NumberRange(t - ABOUT_TURN + 1, t + ABOUT_TURN) for t in turns]
        return tuple(x for x in reversed(near) if x.low <= scale.high and x.high > scale.low)
    if match := re.fullmatch(r"'?(\d\d)", text):
        years = [float(century + int(match[1])) for century in range(1000, 2200, 100)]
        return tuple(_year(x, scale) for x in years if math.floor(scale.low) <= x <= scale.high + 1)
    date = read_date(text)
    if date is None:
        return ()
    if scale.months and date.month is not None:
        month = date.year + (date.month - 1) / 12
        return (NumberRange(month, month),)
    return (_year(float(date.year), scale),)


def _ago(match: re.Match[str], scale: NumberScale) -> tuple[NumberRange, ...]:
    """Years counted back from the latest of the scale, the less exact the longer ago."""
    latest = math.floor(scale.high)
    tens = 10 if (match["unit"] or match["ago_unit"]).startswith("decade") else 1
    if match["last"]:
        most = 6 if match["some"] else int(match["n"] or 1)
        return (NumberRange(latest - most * tens, math.inf),)
    said = match["ago_n"]
    least, most = _SOME.get(said) or (int(said), int(said))
    least, most = least * tens, most * tens
    if least == most:
        about = max(1, round(most / 5))
        least, most = least - about, most + about
    after = latest - least + 1 + SINCE
    return (NumberRange(latest - most, math.inf if after > latest else after),)


def _year(year: float, scale: NumberScale) -> NumberRange:
    return NumberRange(year, year + 1 if scale.months else year)


def _decades(match: re.Match[str], scale: NumberScale) -> tuple[NumberRange, ...]:
    """The decade; the decades of all centuries that the scale reaches, where none is named."""
    first, last = _PARTS[match["part"]]
    word = match["word"]
    if match["year"] and len(match["year"]) == 4:
        begins = [int(match["year"])]
        if begins[0] % 100 == 0 and begins[0] < 2000 and not match["part"]:  # "the 1900s" are ten years or a hundred
            last = 100
    else:
        within = 0 if word in ("noughties", "aughts") else 10 if word == "tens" else None
        within = within if within is not None else int(match["year"] or 10 * (2 + _TENS.index(word)))
        centuries = [100 * int(match["century"])] if match["century"] else range(1000, 2200, 100)
        begins = [century + within for century in centuries]
    found = [NumberRange(b + first, b + last) for b in begins]
    return tuple(x for x in found if x.low <= scale.high and x.high > scale.low) or tuple(found[:1] * (len(found) == 1))
