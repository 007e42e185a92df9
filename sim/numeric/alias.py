"""Draws from many discrete distributions at once, by the alias method: a handful of gathers whatever their length.

A row of n outcomes is cut into n buckets of equal mass, each shared by at most two outcomes.  A draw takes a bucket,
then one of the two.  An inverse CDF would take a search, five numpy calls a halving; and where most of a batch's time
is the calls, these tables are what makes long rows as cheap as short ones.

The tables are made in integers (a bucket is 2^32 units), so that rows, laid end to end, neither drift nor leak into
one another, and one pass of sums and searches fills all of them (the sweep of Hübschle-Schneider and Sanders, 2019,
arXiv:1903.00227).  Chances are therefore exact to 2^-32 of a bucket.
"""

from __future__ import annotations

import numpy as np

_BITS = np.uint64(32)
_BUCKET = 1 << 32
"""Units of mass in a bucket."""
_BUCKET_TYPE = np.dtype([("chance", np.uint32), ("own", np.int32), ("further", np.int64)])
"""One line of cache a draw: the units that are its own outcome's, that outcome, and how much further the other is."""


class Alias:
    """R distributions over E outcomes in all.

    Args:
        ends: (R + 1,) where the rows begin and end, as in CSR; a row may be empty and is then never to be drawn from.
        weights: (E,) not negative, summing to more than 0 in each row that isn't empty.
        outcomes: (E,) integers, what is drawn.
    """

    def __init__(self, ends: np.ndarray, weights: np.ndarray, outcomes: np.ndarray):
        ends = np.asarray(ends, dtype=np.int64)
        mass = _integers(ends, np.asarray(weights, dtype=np.float64))
        chance, other = _buckets(mass)
        outcomes = np.asarray(outcomes, dtype=np.int64)
        self._buckets = np.zeros(max(1, len(mass)), dtype=_BUCKET_TYPE)
        self._buckets["chance"][: len(mass)] = np.minimum(chance, _BUCKET - 1)
        self._buckets["own"][: len(mass)] = outcomes
        self._buckets["further"][: len(mass)] = outcomes[other] - outcomes
        self.rows = describe(ends[:-1], ends[1:])
        """(R,) what to hand to `draw` for each row."""

    def draw(self, rows: np.ndarray, u: np.ndarray) -> np.ndarray:
        """Outcomes (n,) int64 of rows described by `rows` (n,), with `u` (n,) uint64 uniform below 2^32.  Spoils u."""
        start = rows.view(np.uint32)
        u *= start[1::2]
        at = (u >> _BITS).view(np.int64)
        at += start[::2]
        bucket = self._buckets.take(at)
        out = bucket["further"] * (u.astype(np.uint32) >= bucket["chance"])
        out += bucket["own"]
        return out


def describe(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(n,) uint64: the place of rows, and their lengths, in one word."""
    return np.stack([start, end - start], axis=-1).astype(np.uint32).view(np.uint64).reshape(-1)


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
