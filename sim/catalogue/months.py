"""A facet of months: fine bins are months, and an open answer names a month, a quarter, half a year or a year."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.catalogue.catalogue import Facet, make_facet
from sim.catalogue.dates import MONTHS, month_index, month_name
from sim.catalogue.numbers import MAX_COARSE
from sim.catalogue.wording import Wording

STEPS = (1, 3, 6, 12)
"""Months that an open answer may span."""


def month_facet(name: str, years: np.ndarray, wording: Wording) -> Facet:
    """A number facet whose numbers are years and months.

    Args:
        years: (N,) a year and the fraction of it that has gone, as `sim.catalogue.dates` has it; NaN: unknown.
    """
    facet = make_facet(name, "number", years, wording)
    assert facet.lower is not None
    if not len(facet.values):
        return facet
    own = np.array([month_index(x) for x in facet.lower])
    # Every month from the first to the last, those too that nobody has: people misremember into them.
    months = np.arange(own[0], own[-1] + 1)
    step = next((s for s in STEPS if len(np.unique(months // s)) <= MAX_COARSE), STEPS[-1])
    spans, coarse = np.unique(months // step, return_inverse=True)
    before = (months - 1) / 12
    return replace(
        facet,
        indices=(own[facet.indices] - own[0]).astype(np.int32),
        values=tuple(map(month_name, months / 12)),
        lower=months / 12,
        over=before,
        thresholds=tuple(map(month_name, before)),
        coarse=coarse.ravel().astype(np.int32),
        options=tuple(_span(int(span) * step, step) for span in spans),
    )


def _span(first: int, step: int) -> str:
    """Months from the first one on, in words; they are of one year."""
    year, month = divmod(first, 12)
    if step == 12:
        return str(year)
    ends = [MONTHS[month]] + [MONTHS[month + step - 1]] * (step > 1)
    return f"{' to '.join(ends)} {year}"
