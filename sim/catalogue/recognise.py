"""What the cells of one column are, by their looks alone: the order of the rows makes no difference.

The rules, in order, for a column that the sidecar says nothing of:

- booleans, and text of nothing but words for yes and no: `flag` (`sim.catalogue.flags`);
- numbers: `number`; text too where nine tenths of it are numbers (`sim.catalogue.quantities`) or dates
  (`sim.catalogue.dates`), or half of it numbers with a currency or a unit that is known; the rest is unknown;
- lists, and text with a separator (| ; ,) whose pieces are short and come again: `many`;
- text of more than 60 characters on average, or different in nearly every row: a description or an identifier, no
  facet; where it is different in most rows and has eight words or more on average, it is free text that is kept;
- other text: `one`.

Reading numbers and dates takes Python, which is slow, so a column is looked at more closely only where a sample of it
has digits in the right places.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.catalogue.dates import read_dates, share_of_days
from sim.catalogue.flags import are_flags, read_flags
from sim.catalogue.quantities import read_quantities, share_with_known_unit
from sim.catalogue.quantity import LONGEST_NUMBER
from sim.catalogue.reading import Reading
from sim.catalogue.sidecar import FacetSpec
from sim.catalogue.wording import Kind

if TYPE_CHECKING:
    import polars as pl

SEPARATORS = ("|", ";", ",")
"""What may part the values of a cell."""
LONG_TEXT = 60
"""Characters on average; longer text is a description."""
LONG_WORDED = 8
"""Words on average from which on a description is free text."""
MOSTLY = 0.9
"""A column is of a kind where this share of its cells is."""
SOME_DAYS = 0.1
"""Of a column of dates; in the rest of them a year may stand alone."""
HALF = 0.5
"""Where the rest of a column are numbers with units, half of them will do."""
SAMPLE = 5000
"""Cells that a large column is judged by."""
DISTINCT_FLAGS = 40
"""Most spellings of yes and no that a column has."""


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """What a column is."""

    kind: Kind
    separator: str | None = None
    reason: str = ""
    """Why the column is no facet; "" where it is one."""
    text: bool = False
    """It is no facet, and kept as free text about a row."""
    reading: Reading | None = None
    """Text that was read as numbers or flags."""


def recognise(known: pl.Series, spec: FacetSpec, usual: str = ".") -> Recognised:
    """Kind, separator, and the reason to ignore a column.

    Args:
        known: its cells, without those that are null.
        spec: what the sidecar says of it, the kind excepted.
        usual: the decimal sign of the file.
    """
    import polars as pl

    if known.dtype == pl.Boolean:
        return Recognised(kind="flag")
    if known.dtype.is_numeric():
        return Recognised(kind="flag" if set(known.unique()[:3]) == {0, 1} else "number")
    if known.dtype == pl.List(pl.String):
        return Recognised(kind="many")
    if known.dtype != pl.String:
        return Recognised(kind="one", reason=f"values of type {known.dtype} are no facet")
    if known.n_unique() <= DISTINCT_FLAGS and are_flags(known.unique().to_list()):
        return Recognised(kind="flag")
    if _are_numbers(known, spec, usual):
        return Recognised(kind="number")
    return recognise_words(known, spec)


def read_numbers(s: pl.Series, spec: FacetSpec, usual: str = ".") -> Reading:
    """A column of text as numbers or dates, whichever more of its cells are."""
    import polars as pl

    known = s.drop_nulls()
    wanted = (spec.unit or "").strip()
    plain = s.cast(pl.Float64, strict=False)
    dated = spec.dates is not None or spec.calendar is not None
    if not dated and len(plain.drop_nulls()) == len(known) and (usual == "." or _whole(known)) and not spec.decimal:
        return Reading(kind="number", numbers=plain.fill_null(math.nan).to_numpy())
    cells = s.to_list()
    quantities = read_quantities(cells, decimal=spec.decimal, usual=usual, unit=wanted)
    if not dated and (not quantities.unread or share_of_days(known.to_list()) == 0):
        return quantities
    dates = read_dates(cells, spec.dates or "", spec.calendar or "")
    return dates if dated or len(dates.unread) < len(quantities.unread) else quantities


def usual_decimal(columns: list[pl.Series]) -> str:
    """The decimal sign of a file: "," where more cells are like 12,50 than like 12.50."""
    import polars as pl

    found = {}
    for sign in (".", ","):
        pattern = rf"^[^\d.,]{{0,4}}\d+[{sign}](\d{{1,2}}|\d{{4,}})[^\d.,]{{0,6}}$"
        found[sign] = sum(int(s.str.contains(pattern).sum()) for s in columns if s.dtype == pl.String)
    return "," if found[","] > found["."] else "."


def _are_numbers(known: pl.Series, spec: FacetSpec, usual: str) -> bool:
    """Whether text is numbers or dates, by what half of the cells look like and then by reading them."""
    import polars as pl

    if known.str.contains(r"^0\d+$").any():  # codes
        return False
    if len(known.cast(pl.Float64, strict=False).drop_nulls()) >= MOSTLY * len(known):
        return True
    sample = _sample(known)
    if float((sample.str.contains(r"\d") & (sample.str.len_chars() <= LONGEST_NUMBER)).mean() or 0) < HALF:  # type: ignore[arg-type]
        return False
    cells = sample.to_list()
    dates = read_dates(cells, spec.dates or "")
    if len(dates.unread) <= (1 - MOSTLY) * len(cells) and share_of_days(cells) >= SOME_DAYS:
        return True
    unread = len(read_quantities(cells, decimal=spec.decimal, usual=usual).unread)
    if unread <= (1 - MOSTLY) * len(cells):
        return True
    return unread <= HALF * len(cells) and share_with_known_unit(cells) >= HALF


def recognise_words(known: pl.Series, spec: FacetSpec) -> Recognised:
    """What text is that is neither flags nor numbers."""
    separator = spec.separator or find_separator(known)
    if separator is not None:
        return Recognised(kind="many", separator=separator)
    distinct = known.n_unique()
    length = float(known.str.len_chars().mean() or 0)  # type: ignore[arg-type]
    long = length > LONG_TEXT and distinct > max(2, 0.2 * len(known))
    mostly_different = distinct > max(1, (0.5 if long else 0.8) * len(known))
    if mostly_different and _worded(known):
        return Recognised(kind="one", text=True, reason=text_reason(length))
    if long:
        return Recognised(kind="one", reason=f"long text ({length:.0f} characters on average), a description")
    if distinct / len(known) > 0.8 and len(known) > 20:
        what = f"{distinct:,} different values in {len(known):,} rows, an identifier or a description"
        return Recognised(kind="one", reason=what)
    return Recognised(kind="one")


def text_reason(length: float) -> str:
    """Why a column of free text is no facet."""
    return f"long text ({length:.0f} characters on average), a description; what people tell is matched with it"


def _worded(known: pl.Series) -> bool:
    """Whether cells are made of words, and of many: no addresses, no data of programs."""
    words = _sample(known).str.count_matches(r"(?:^|[\s(])\p{L}{2,}")
    return float(words.mean() or 0) >= LONG_WORDED  # type: ignore[arg-type]


def find_separator(known: pl.Series) -> str | None:
    """The separator whose pieces are short and come again in other cells."""
    known = _sample(known)
    cells = known.n_unique()
    for separator in SEPARATORS:
        if known.str.contains(separator, literal=True).mean() < 0.05:  # type: ignore[operator]
            continue
        pieces = known.str.split(separator).explode().str.strip_chars().str.to_lowercase()
        pieces = pieces.filter(pieces != "")
        if not len(pieces):  # cells of separators alone
            continue
        distinct = pieces.n_unique()
        short = (pieces.str.len_chars().mean() or 0) <= 40 and pieces.str.contains(r"[()\[\]]").mean() < 0.05  # type: ignore[operator]
        again = distinct < 0.9 * cells or (len(pieces) >= 2.5 * len(known) and len(pieces) >= 2 * distinct)
        if short and again:
            return separator
    return None


def flags(s: pl.Series, spec: FacetSpec) -> Reading | None:
    """A column as flags; None where it holds booleans or numbers, and nothing stands for an empty cell."""
    import polars as pl

    empty = {"yes": True, "no": False}.get(spec.empty or "")
    return read_flags(s.to_list(), empty) if s.dtype == pl.String else None


def _sample(known: pl.Series) -> pl.Series:
    """At most about `SAMPLE` cells, the same ones in whatever order the rows are."""
    return known.sort().gather_every(len(known) // SAMPLE) if len(known) > SAMPLE else known


def _whole(known: pl.Series) -> bool:
    return bool(known.str.contains(r"^[-+]?\d+$").all())


def distinct_numbers(reading: Reading) -> int:
    """How many different numbers a column holds."""
    return len(np.unique(reading.numbers[~np.isnan(reading.numbers)]))
