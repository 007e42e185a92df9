"""Numbers as people speak of them: fine bins for memories, coarse ones for open answers, thresholds for "over T".

A number facet lives on at most `MAX_BINS` fine bins (a year each, two minutes each).  Bins of whole numbers begin just
above a round number (91 to 92 minutes), so that "is it over 90?" splits exactly between two bins and still sounds like
a person.  An open answer names one of at most a dozen coarse bins; the end bins of long tails read "170 or more".

Every fine bin v > 0 has a threshold T, `Bins.over[v]`, the roundest number such that exactly the rows of bins >= v
are over T: a question's words and its truth never disagree, not for a row that sits on the edge either.
"""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass

import numpy as np

MAX_BINS = 128
"""Fine bins of a facet, at most."""
MAX_COARSE = 12
"""Options of its open question, at most."""
WIDE = 4.0
"""Positive numbers that span more powers of ten than this get logarithmic bins."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Bins:
    """How one column of numbers is cut: n known numbers, V fine bins, O coarse ones."""

    lower: np.ndarray
    """(V,) float64, ascending: the lower end of each fine bin."""
    over: np.ndarray
    """(V,) float64: rows of bins >= v are exactly those over this number; entry 0 is below them all."""
    bin_of: np.ndarray
    """(n,) int64: the fine bin of each number."""
    coarse: np.ndarray
    """(V,) int32: the coarse bin of each fine bin."""
    options: tuple[str, ...]
    """(O,) the coarse bins' names, without the unit."""


def make_bins(x: np.ndarray) -> Bins:
    """Bins for the known numbers x, shape (n,), finite, n >= 1."""
    whole = bool(np.all(x == np.round(x)))
    if x.min() > 0 and np.subtract(*np.log10(np.quantile(x, [0.99, 0.01]))) > WIDE:
        return _log_bins(x)
    lower = fine_bins(x, whole)
    bin_of = np.searchsorted(lower, x, side="right") - 1
    used = np.unique(bin_of)
    if len(used) < len(lower) and not (whole and len(lower) > 1 and lower[1] - lower[0] == 1):
        # Empty bins would be values that nobody has; a run of years keeps its gaps, where people misremember into.
        lower = lower[used]
        bin_of = np.searchsorted(used, bin_of)
    low, high = _extent(x, bin_of, len(lower))
    edges = coarse_bins(lower, x, whole)
    coarse = (np.searchsorted(edges, lower, side="right") - 1).clip(0)
    coarse = np.unique(coarse, return_inverse=True)[1].ravel().astype(np.int32)
    step = float(edges[1] - edges[0]) if len(edges) > 1 else 1.0
    return Bins(lower=lower, over=_thresholds(lower, low, high), bin_of=bin_of, coarse=coarse,
                options=_names(coarse, lower, low, high, step, whole))  # fmt: skip


def _log_bins(x: np.ndarray) -> Bins:
    """Bins for numbers above 0 that span many powers of ten, such as weights from ants to whales."""
    first, last = math.floor(math.log10(x.min())), math.floor(math.log10(x.max()))
    grid = np.array([float(f"{m}e{e}") for e in range(first, last + 1) for m in (1, 1.5, 2, 3, 5, 7)])
    bin_of = np.searchsorted(grid, x, side="right") - 1
    used, bin_of = np.unique(bin_of, return_inverse=True)
    lower = grid[used]
    low, high = _extent(x, bin_of, len(lower))
    decade = np.searchsorted(grid[::6], lower, side="right") - 1
    # The rarest end shares a bin with its neighbour until a dozen are left.
    coarse = np.unique(decade, return_inverse=True)[1]
    while (options := int(coarse.max()) + 1) > MAX_COARSE:
        ends = np.bincount(coarse[bin_of], minlength=options)
        coarse = np.maximum(coarse - 1, 0) if ends[0] <= ends[-1] else np.minimum(coarse, options - 2)
    begins = [float(grid[::6][decade[coarse == c].min()]) for c in range(options)]
    names = [f"{plain(a)} to {plain(b)}" for a, b in itertools.pairwise(begins)] + [f"{plain(begins[-1])} or more"]
    if options > 1:
        names[0] = f"less than {plain(begins[1])}"
    return Bins(lower=lower, over=_thresholds(lower, low, high), bin_of=bin_of, coarse=coarse.astype(np.int32),
                options=tuple(names))  # fmt: skip


def fine_bins(x: np.ndarray, whole: bool) -> np.ndarray:
    """Lower ends of at most MAX_BINS bins: the integers, the distinct values, or steps of 1, 2 or 5 times 10^k."""
    distinct = np.unique(x)
    low, high = distinct[0], distinct[-1]
    if whole and MAX_COARSE < high - low < MAX_BINS and len(distinct) > (high - low) / 4:
        return np.arange(low, high + 1)
    if len(distinct) <= MAX_BINS // 2:
        return distinct
    # The outer hundredths share the end bins, so that one outlier does not coarsen all the rest.
    q_low, q_high = np.quantile(x, [0.01, 0.99])
    if q_high <= q_low:
        q_low, q_high = low, high
    step = nice((q_high - q_low) / (MAX_BINS - 28))
    step = max(1.0, step) if whole else step
    start = math.floor(q_low / step) * step
    edges = start + step * np.arange(max(1, math.ceil((q_high - start) / step)) + 1)
    if whole and step > 1:
        edges += 1
    return np.concatenate([[min(low, edges[0])], edges[1:]])


def coarse_bins(lower: np.ndarray, x: np.ndarray, whole: bool) -> np.ndarray:
    """Lower ends of the open question's options: nice steps, never finer than the fine bins."""
    if len(lower) <= MAX_COARSE:
        return lower
    q_low, q_high = np.quantile(x, [0.02, 0.98])
    if q_high <= q_low:
        q_low, q_high = float(x.min()), float(x.max())
    step = nice((q_high - q_low) / (MAX_COARSE - 1))
    if whole and step < 1:
        step = 1.0
    start = math.floor(q_low / step) * step
    edges = start + step * np.arange(MAX_COARSE)
    offset = whole and len(lower) > 2 and lower[2] - lower[1] > 1 and np.all(np.diff(lower[1:]) == lower[2] - lower[1])
    return edges + 1 if offset else edges


def nice(step: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is at least `step`.

    >>> nice(1.7), nice(30)
    (2.0, 50.0)
    """
    power = 10.0 ** math.floor(math.log10(step))
    for m in (1, 2, 5):
        if m * power >= step * (1 - 1e-9):
            return m * power
    return 10 * power


def plain(x: float) -> str:
    """A number as people write it.

    >>> plain(1994.0), plain(3.50), plain(3e-6)
    ('1994', '3.5', '0.000003')
    """
    if abs(x) >= 1e15 or 0 < abs(x) < 1e-9:
        return f"{x:.6g}"
    return f"{x:.0f}" if x == round(x) else np.format_float_positional(float(f"{x:.6g}"), trim="-")


def _extent(x: np.ndarray, bin_of: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """(V,) the least and the greatest number in each bin; NaN for an empty one."""
    low, high = np.full(bins, np.inf), np.full(bins, -np.inf)
    np.minimum.at(low, bin_of, x)
    np.maximum.at(high, bin_of, x)
    low[np.isinf(low)] = high[np.isinf(high)] = np.nan
    return low, high


def _thresholds(lower: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The roundest T with (everything below bin v) <= T < (everything in bins >= v)."""
    below = np.fmax.accumulate(high)
    above = np.fmin.accumulate(low[::-1])[::-1]
    out = np.empty(len(lower))
    out[0] = _roundest(lower[0] - 1, lower[0])
    for v in range(1, len(lower)):
        # Between empty bins keep to the bin's own edge: "over 1950" and "over 1951" are then different words.
        floor = max(below[v - 1], lower[v] - 1) if lower[v] == round(lower[v]) else below[v - 1]
        out[v] = _roundest(floor, above[v])
    return out


def _roundest(a: float, b: float) -> float:
    """The number with fewest digits in [a, b), a < b; the least of several.

    >>> _roundest(2.49, 2.79), _roundest(89, 91), _roundest(1989, 1990)
    (2.5, 90.0, 1989.0)
    """
    scale = max(abs(a), abs(b), 1e-300)
    for exponent in range(math.floor(math.log10(scale)) + 1, -12, -1):
        unit = 10.0**exponent
        for step in (unit, unit / 2):
            t = math.ceil(a / step - 1e-9) * step
            t = float(f"{t:.12g}")
            if a <= t < b:
                return t
    return float(a)


def _names(coarse: np.ndarray, lower: np.ndarray, low: np.ndarray, high: np.ndarray, step: float, whole: bool):
    """The coarse bins in words; the two ends of a long tail are open."""
    out = []
    last = int(coarse.max())
    for c in range(last + 1):
        inside = np.flatnonzero(coarse == c)
        tops = high[inside][~np.isnan(high[inside])]
        a, b = float(lower[inside[0]]), float(tops.max()) if len(tops) else np.nan
        if c == 0:
            a = float(np.nanmin(low[inside]))
        if b != b:
            b = float(lower[inside[-1]])
        if c < last and whole and len(inside) > 1:
            b = max(b, float(lower[inside[-1] + 1]) - 1)
        if len(inside) > 1 and c == 0 and b - a > 1.5 * step:
            out.append(f"{plain(b)} or less")
        elif len(inside) > 1 and c == last and b - a > 1.5 * step:
            out.append(f"{plain(a)} or more")
        else:
            out.append(plain(a) if plain(a) == plain(b) else f"{plain(a)} to {plain(max(a, b))}")
    return tuple(out)


def named_range(option: str) -> tuple[float, float] | None:
    """From where to where a coarse bin reaches by its name, both ends in it; None where the name says no number.

    >>> named_range("80 to 90"), named_range("170 or more"), named_range("less than 0.01"), named_range("PG")
    ((80.0, 90.0), (170.0, inf), (-inf, 0.01), None)
    """
    number = r"(-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)"
    if match := re.fullmatch(rf"{number} to {number}", option):
        return float(match[1]), float(match[2])
    if match := re.fullmatch(rf"{number} or more", option):
        return float(match[1]), math.inf
    if match := re.fullmatch(rf"(?:less than )?{number}(?: or less)?", option):
        whole = option == match[1]
        return (float(match[1]) if whole else -math.inf), float(match[1])
    return None
