"""Sums over the intents that have a value, for a few values at a time.

One gather plan serves many sums.  numpy's bincount adds in the order of the entries, so the sums of a value don't
depend on which others are asked for beside it; making scipy matrices for a few dozen rows would cost more than that.
"""

from __future__ import annotations

import numpy as np

from sim.channel.channel import FacetChannel


class Members:
    """The intents of C values of a facet, entry by entry (E entries).

    Attributes:
        segment: (E,) which of the C values the entry is of.
        intents: (E,) its intent.
        at: (E,) its position in facet.indices.
    """

    def __init__(self, channel: FacetChannel, values: np.ndarray) -> None:
        table = channel.members
        start = table.indptr[values]
        counts = table.indptr[values + 1] - start
        ends = counts.cumsum()
        take = np.arange(ends[-1] if len(ends) else 0) + np.repeat(start - (ends - counts), counts)
        self.count = len(values)
        self.segment = np.repeat(np.arange(self.count), counts)
        self.intents, self.at = table.indices[take], table.data[take]

    def sum(self, x: np.ndarray, data: np.ndarray | None = None) -> np.ndarray:
        """(C, T) sums of x (N, T) over each value's intents, times `data` (nnz,) where given."""
        factor = None if data is None else data[self.at]
        out = np.empty((self.count, x.shape[1]))
        for t in range(x.shape[1]):
            entries = x[:, t][self.intents]
            weights = entries if factor is None else entries * factor
            out[:, t] = np.bincount(self.segment, weights=weights, minlength=self.count)
        return out

    def table(self, place: np.ndarray, n: int, data: np.ndarray | None = None) -> np.ndarray:
        """(C, n) dense entries, ones or `data` (nnz,), of the intents i with place[i] >= 0, in column place[i]."""
        column = place[self.intents]
        here = column >= 0
        out = np.zeros((self.count, n))
        out[self.segment[here], column[here]] = 1.0 if data is None else data[self.at[here]]
        return out


def members(channel: FacetChannel, value: int) -> tuple[np.ndarray, np.ndarray]:
    """The intents that have one value, and its salience there."""
    table = channel.members
    part = slice(table.indptr[value], table.indptr[value + 1])
    return table.indices[part], channel.salience[table.data[part]]


def kernel_entries(matrix, row: int, values: np.ndarray) -> np.ndarray:
    """(C,) entries of one row of a CSR kernel at these columns."""
    part = slice(matrix.indptr[row], matrix.indptr[row + 1])
    dense = np.zeros(matrix.shape[1])
    dense[matrix.indices[part]] = matrix.data[part]
    return dense[values]
