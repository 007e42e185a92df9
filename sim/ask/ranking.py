"""The questions that tell most, best first; gains within `TIE` of each other count as equal and go by id."""

from __future__ import annotations

import numpy as np

TIE = 1e-9
"""Nats: gains this close are equal, and a gain of no more than this is none."""
NOTHING = -1
"""Stands in the place of a question where there is none."""
MANY = 64
"""Gains for each one sought, from which it pays to look for the least of the best before they are sorted."""


def top(gain_nats: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k largest gains of each row.

    Args:
        gain_nats: (B, Q); a question of no gain is none.

    Returns:
        Ids (B, k), best first, and their nats (B, k); NOTHING and 0 where fewer tell anything.

    >>> ids, nats = top(np.array([[0.5, 0.7, 0.7 + 1e-12, 0.0]]), 4)
    >>> ids.tolist()
    [[1, 2, 0, -1]]
    """
    count, q = gain_nats.shape
    if count == 1:
        ids, gains = top_among(np.arange(q), gain_nats[0], k)
        return ids[None], gains[None]
    ids, gains = np.full((count, k), NOTHING, dtype=np.int64), np.zeros((count, k))
    ranks = np.where(gain_nats > TIE, _ranks(gain_nats), 0.0)
    rows = np.arange(count)
    # A pass over all for each place is some times faster than to sort or to partition the rows.
    for place in range(min(k, q)):
        best = ranks.argmax(axis=1)
        there = ranks[rows, best] > 0
        ids[:, place] = np.where(there, best, NOTHING)
        gains[:, place] = np.where(there, gain_nats[rows, best], 0.0)
        ranks[rows, best] = 0.0
    return ids, gains


def top_among(ids: np.ndarray, gain_nats: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """`top` of one dialogue's questions: ids (n,), in any order, and their gains (n,) to (k,) each."""
    keep = gain_nats > TIE
    if k > 0 and len(ids) > MANY * k:
        keep &= gain_nats >= np.partition(gain_nats, len(ids) - k)[len(ids) - k] - 2 * TIE
    ids, gains = ids[keep].astype(np.int64), gain_nats[keep]
    order = np.lexsort((ids, -_ranks(gains)))[:k]
    out_ids, out_gains = np.full(k, NOTHING, dtype=np.int64), np.zeros(k)
    out_ids[: len(order)], out_gains[: len(order)] = ids[order], gains[order]
    return out_ids, out_gains


def _ranks(gain_nats: np.ndarray) -> np.ndarray:
    """Whole numbers that are equal where gains are."""
    return np.round(gain_nats / TIE)
