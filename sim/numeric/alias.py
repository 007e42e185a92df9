"""Draws from many discrete distributions by the alias method: two look-ups, whatever their length.

A row of n outcomes is cut into n buckets of equal mass, each shared by at most two outcomes.  A draw takes a bucket,
then one of the two.

The tables are made in integers (a bucket is 2^32 units), so that rows, laid end to end, neither drift nor leak into
one another, and one pass of sums and searches fills all of them (the sweep of Hübschle-Schneider and Sanders, 2019,
arXiv:1903.00227).  Chances are therefore exact to 2^-32 of a bucket.
"""

from __future__ import annotations

import numpy as np

from sim.numeric.compiled import compiled

_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_BUCKET = 1 << 32
"""Units of mass in a bucket."""
ALIAS_ROW = np.dtype([("start", np.int32), ("length", np.int32)])
"""Where the buckets of a row begin, and how many they are."""
ALIAS_BUCKET = np.dtype([("chance", np.uint32), ("other", np.int32)])
"""The units of a bucket that are its own outcome's, and the other outcome."""


def alias_tables(
    ends: np.ndarray, weights: np.ndarray, outcomes: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """R distributions over E outcomes in all.

    Args:
        ends: (R + 1,) where the rows begin and end, as in CSR; a row may be empty and is then never to be drawn from.
        weights: (E,) not negative, summing to more than 0 in each row that isn't empty.
        outcomes: (E,) integers, what is drawn.

    Returns:
        (R,) rows of `ALIAS_ROW`, (E,) int32 the outcomes as given, (E,) a bucket of `ALIAS_BUCKET` for each.
    """
    ends = np.asarray(ends, dtype=np.int64)
    mass = _integers(ends, np.asarray(weights, dtype=np.float64))
    chance, other = _buckets(mass)
    rows, buckets = np.empty(len(ends) - 1, dtype=ALIAS_ROW), np.empty(len(mass), dtype=ALIAS_BUCKET)
    rows["start"], rows["length"] = ends[:-1], np.diff(ends)
    buckets["chance"], buckets["other"] = np.minimum(chance, _BUCKET - 1), outcomes[other]
    return rows, outcomes.astype(np.int32), buckets


@compiled
def draw_outcome(outcomes: np.ndarray, buckets: np.ndarray, row: np.ndarray, u: np.uint64) -> int:
    """One outcome of a row, by a `u` that is uniform below 2^32."""
    place = u * np.uint64(row["length"])
    at = row["start"] + np.int64(place >> _HALF)
    return int(outcomes[at] if (place & _LOW) < buckets[at]["chance"] else buckets[at]["other"])


@compiled
def held(outcomes: np.ndarray, row: np.ndarray, outcome: int) -> bool:
    """Whether an outcome is among those of a row."""
    # Unsigned, for signed places are looked at for being counted from the end.
    at, end = np.uint64(row["start"]), np.uint64(row["start"] + row["length"])
    while at < end and outcomes[at] != outcome:
        at += np.uint64(1)
    return bool(at < end)


def _integers(ends: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(E,) int64: the weights in units, n 2^32 in a row of n; what rounding leaves goes to a largest one."""
    length = np.diff(ends)
    rows = np.flatnonzero(length)
    if not len(rows):
        return np.zeros(0, dtype=np.int64)
    length, start = length[rows], ends[:-1][rows]
    total = np.add.reduceat(weights, start)
    mass = np.floor(weights * np.repeat(length * float(_BUCKET) / total, length)).astype(np.int64)
    row = np.repeat(np.arange(len(rows)), length)
    largest = np.lexsort((-mass, row))[start - start[0]]
    mass[largest] += length * _BUCKET - np.add.reduceat(mass, start)
    return mass


def _buckets(mass: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(E,) units of each bucket that are its own outcome's, and (E,) whose the rest is."""
    heavy = np.flatnonzero(mass > _BUCKET)
    light = np.flatnonzero(mass <= _BUCKET)
    chance, other = mass.copy(), np.arange(len(mass))
    lacking, excess = np.cumsum(_BUCKET - mass[light]), np.cumsum(mass[heavy] - _BUCKET)
    # A light bucket is filled up from the heavy outcome whose excess isn't used up yet.
    before = lacking - (_BUCKET - mass[light])
    filled = np.flatnonzero(mass[light] < _BUCKET)
    other[light[filled]] = heavy[np.searchsorted(excess, before[filled], side="right")]
    # A heavy one that has filled as many as it can keeps what is left, and its own bucket is filled from the next.
    chance[heavy] = _BUCKET + excess - lacking[np.searchsorted(lacking, excess)]
    short = np.flatnonzero(chance[heavy] < _BUCKET)
    other[heavy[short]] = heavy[short + 1]
    return chance, other
