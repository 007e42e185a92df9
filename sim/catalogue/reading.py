"""`Reading`: a column of text that was understood as numbers, dates or flags, and how."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.catalogue.wording import Kind

LISTED = 5
"""Rows and examples that a sentence names."""
Cells = Sequence[str | None]
"""A column of text; None is an empty cell."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Reading:
    """A column of N cells in numbers."""

    kind: Kind
    numbers: np.ndarray
    """(N,) float64; NaN: unknown or not understood.  A flag's are 0 and 1; a date's are years, see `calendar`."""
    unread: tuple[int, ...] = ()
    """Rows, from 0, of the cells that say something else."""
    wanted: str = "a number"
    """What the unread cells are not."""
    unit: str = ""
    """What stands behind a number when it is said: " kg"."""
    prefix: str = ""
    """What stands before it: "$"."""
    calendar: Literal["", "year", "month"] = ""
    """Dates: what of them is kept.  A month is the fraction of its year that has gone: March 2021 is 2021 2/12."""
    done: tuple[str, ...] = ()
    """What was done with cells that are not plain numbers or words, in phrases."""
    doubts: tuple[str, ...] = ()
    """What may have been meant otherwise, in sentences with the way out."""

    def unread_in_words(self) -> str:
        """How many cells could not be read, and the first of their rows."""
        n = len(self.unread)
        what = "1 cell is" if n == 1 else f"{n:,} cells are"
        return f"{what} not {self.wanted} and count{'s' * (n == 1)} as unknown ({rows_listed(self.unread)})"


def rows_listed(rows: Iterable[int]) -> str:
    """Rows counted from 1, the first few of them.

    >>> rows_listed([0]), rows_listed(range(7))
    ('row 1', 'rows 1, 2, 3, 4, 5 and 2 more')
    """
    rows = list(rows)
    shown = ", ".join(f"{row + 1:,}" for row in rows[:LISTED])
    more = f" and {len(rows) - LISTED:,} more" if len(rows) > LISTED else ""
    return f"row{'s' * (len(rows) > 1)} {shown}{more}"
