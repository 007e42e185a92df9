"""Dates as tables write them: ISO, 14.03.2021, 3/14/2021, 14 March 2021, March 2021.

People remember the year, not the day.  So a date is its year; where a column spans few years, as the start dates of
employees may, it is the month.  A month is kept as the fraction of its year that has gone, so that both are years and
2021 lies where one expects it among the months.

Whether 3/4/2021 is in March or in April is decided by the column: 3/14/2021 in another cell shows that the month comes
first.  Where nothing shows it and the months matter, that is a doubt, and the sidecar's `dates` decides.
"""

from __future__ import annotations

import datetime
import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.catalogue.reading import Cells, Reading

Order = Literal["", "day first", "month first"]
FEW_YEARS = 4
"""Dates of at most this many years in a row keep their month."""
LONGEST_DATE = 40
"""Characters; longer cells are none."""
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
PARTICIPLES = ("born", "built", "bought", "made", "sold")
"""Names of columns of dates that say what was done, and don't end in "ed"."""
CENTURY = 69
"""Years of two digits from here on are in the 1900s, as in POSIX."""
_TIME = r"(?:[T ,]+\d{1,2}[:.]\d{2}.*)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}")
_YEAR_MONTH = re.compile(r"(\d{4})-(\d{2})")
"""With a hyphen alone: 2009/10 is a season."""
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_TIME}")
_NAMES = "|".join(f"{m[:3]}(?:{m[3:]}|t)?" for m in MONTHS)
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_DAY_NAMED = re.compile(
    rf"{_WEEKDAY}(?:(\d{{1,2}})(?:st|nd|rd|th)?\.?[\s-]+(?:of\s+)?)?({_NAMES})\.?,?[\s-]+(\d{{4}}|'?\d{{2}}){_TIME}",
    re.I,
)
_MONTH_NAMED = re.compile(rf"{_WEEKDAY}({_NAMES})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}}){_TIME}", re.I)
_ALONE = re.compile(r"[12]\d{3}")


@dataclass(frozen=True, kw_only=True)
class Date:
    """One cell as a date."""

    year: int
    month: int | None = None
    """From 1; None where the cell is a year alone."""
    unclear: bool = False
    """Day and month might be the other way round."""

    def years(self, calendar: str) -> float:
        """The number that the facet holds."""
        return self.year + ((self.month or 1) - 1) / 12 if calendar == "month" else float(self.year)


def read_date(text: str, order: Order = "") -> Date | None:
    """One cell; None where it is no date, or there is no such day.

    >>> read_date("2021-03-14T10:00:00Z"), read_date("31 Feb 2021")
    (Date(year=2021, month=3, unclear=False), None)
    >>> read_date("4/3/21"), read_date("4/3/21", "day first").month, read_date("14.3.2021").month
    (Date(year=2021, month=4, unclear=True), 3, 3)
    """
    text = text.strip()
    if len(text) > LONGEST_DATE or not any(c.isdecimal() for c in text):
        return None
    if _ALONE.fullmatch(text):
        return Date(year=int(text))
    if match := _YEAR_FIRST.fullmatch(text):
        return _date(match[1], int(match[3]), match[4])
    if match := _YEAR_MONTH.fullmatch(text):
        return _date(match[1], int(match[2]), None)
    if match := _YEAR_LAST.fullmatch(text):
        return _numeric(match, order)
    if match := _DAY_NAMED.fullmatch(text):
        return _date(match[3], _month(match[2]), match[1])
    if match := _MONTH_NAMED.fullmatch(text):
        return _date(match[3], _month(match[1]), match[2])
    return None


def read_dates(cells: Cells, order: Order = "", calendar: Literal["", "year", "month"] = "") -> Reading:
    """A column as dates, whatever share of it is any.

    Args:
        cells: the column.
        order: of day and month where both are numbers; "" lets the column decide.
        calendar: what of a date is kept; "" is the year, or the month where years are few.
    """
    counts = Counter(cell for cell in cells if cell is not None)
    votes = _order_votes(counts)
    chosen: Order = order or ("day first" if votes["day first"] > votes["month first"] else "month first")
    read = {cell: d for cell in counts if (d := read_date(cell, chosen)) is not None}
    kept = calendar or _calendar(read.values())
    if kept == "month":
        read = {cell: d for cell, d in read.items() if d.month is not None}
    column = np.array([read[c].years(kept) if c in read else math.nan for c in cells], dtype=np.float64)
    unclear = sorted(cell for cell, d in read.items() if d.unclear)
    doubts = []
    if kept == "month" and order == "" and unclear and votes["day first"] == votes["month first"]:
        month = MONTHS[(read[unclear[0]].month or 1) - 1]
        doubts.append(
            f"'{unclear[0]}' is read as in {month}; put dates = \"day first\" in the sidecar if the day leads"
        )
    what = "years" if kept == "year" else "months"
    return Reading(
        kind="number",
        numbers=column,
        unread=tuple(row for row, cell in enumerate(cells) if cell is not None and cell not in read),
        wanted="a date" if kept == "year" else "a date with a month",
        calendar=kept,
        done=(f"dates, of which the {what} are kept",),
        doubts=tuple(doubts),
    )


def share_of_days(cells: Cells) -> float:
    """The share of the known cells that are dates and more than a year alone."""
    counts = Counter(cell for cell in cells if cell is not None)
    days = sum(n for cell, n in counts.items() if (d := read_date(cell)) is not None and d.month is not None)
    return days / max(1, counts.total())


def dated_words(noun: str) -> dict[str, str]:
    """The questions on a date, and the statement.

    >>> dated_words("opened")["yesno"], dated_words("start date")["yesno"]
    ('Was it opened after {value}?', 'Is the start date after {value}?')
    """
    if noun.lower().endswith("ed") or noun.lower() in PARTICIPLES:
        return {"yesno": f"Was it {noun} after {{value}}?", "open": f"When was it {noun}, roughly?",
                "statement": f"It was {noun} about {{value}}."}  # fmt: skip
    return {"yesno": f"Is the {noun} after {{value}}?", "open": f"When is the {noun}, roughly?"}


def month_name(years: float) -> str:
    """The month that a number of a facet of months is.

    >>> month_name(2021.0), month_name(2020 + 11 / 12)
    ('January 2021', 'December 2020')
    """
    year, month = divmod(month_index(years), 12)
    return f"{MONTHS[month]} {year}"


def month_index(years: float) -> int:
    """Months since the year 0."""
    return round(years * 12)


# --- one cell ------------------------------------------------------------------------------------------------------


def _numeric(match: re.Match[str], order: Order) -> Date | None:
    """A date of three numbers, the year last; a point between them means that the day leads."""
    a, b = int(match[1]), int(match[3])
    day_leads = match[2] == "." or a > 12 or (order == "day first" and b <= 12)
    day, month = (a, b) if day_leads else (b, a)
    return _date(match[4], month, str(day), unclear=match[2] != "." and a <= 12 and b <= 12 and a != b)


def _date(year: str, month: int, day: str | None, unclear: bool = False) -> Date | None:
    number = int(year.lstrip("'"))
    if len(year.lstrip("'")) == 2:
        number += 1900 if number >= CENTURY else 2000
    try:
        datetime.date(number, month, int(day or 1))
    except ValueError:
        return None
    return Date(year=number, month=month, unclear=unclear)


def _month(name: str) -> int:
    return [m[:3].lower() for m in MONTHS].index(name[:3].lower()) + 1


# --- the column ----------------------------------------------------------------------------------------------------


def _order_votes(cells: Iterable[str]) -> Counter[str]:
    """How many cells show which of day and month leads."""
    votes: Counter[str] = Counter()
    for cell in cells:
        match = _YEAR_LAST.fullmatch(cell.strip()) if len(cell) <= LONGEST_DATE else None
        if match is not None and match[2] != ".":
            votes["day first"] += int(match[1]) > 12
            votes["month first"] += int(match[3]) > 12
    return votes


def _calendar(dates: Iterable[Date]) -> Literal["year", "month"]:
    dates = list(dates)
    years = [d.year for d in dates]
    few = bool(years) and max(years) - min(years) < FEW_YEARS
    # Dates that are all in January are years that a spreadsheet made days of.
    return "month" if few and all(d.month is not None for d in dates) and {d.month for d in dates} != {1} else "year"
