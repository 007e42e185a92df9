"""A facet's relation of intents and values: as a matrix, read by value, and sums over the intents of a few values.

One gather plan serves many sums.  numpy's bincount adds in the order of the entries, so the sums of a value don't
depend on which others are asked for beside it; making scipy matrices for a few dozen rows would cost more than that.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from sim.catalogue.catalogue import Facet


def incidence(facet: Facet, data: np.ndarray | None = None) -> sparse.csr_array:
    """The relation as CSR (N, V), ones or the given data (nnz,)."""
    data = np.ones(len(facet.indices)) if data is None else data
    return sparse.csr_array((data, facet.indices, facet.indptr), shape=(facet.intents, len(facet.values)))


class ByValue(NamedTuple):
    """The relation by value."""

    indptr: np.ndarray
    """(V + 1,) value v's entries are indptr[v]:indptr[v + 1]."""
    intents: np.ndarray
    """(nnz,) ascending within a value."""
    places: np.ndarray
    """(nnz,) int64: where the entries stand in facet.indices."""

    def of(self, value: int) -> tuple[np.ndarray, np.ndarray]:
        """Intents and places of one value's entries."""
        part = slice(self.indptr[value], self.indptr[value + 1])
        return self.intents[part], self.places[part]

    def take(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """How many entries each of the values (C,) has, (C,); their intents and places, one value after the other."""
        start = self.indptr[values]
        counts = self.indptr[values + 1] - start
        ends = counts.cumsum()
        take = np.arange(ends[-1] if len(ends) else 0) + np.repeat(start - (ends - counts), counts)
        return counts, self.intents[take], self.places[take]


def by_value(facet: Facet) -> ByValue:
    """The facet's relation by value."""
    table = sparse.csc_array(incidence(facet, np.arange(len(facet.indices), dtype=np.int64)))
    return ByValue(np.asarray(table.indptr), np.asarray(table.indices), np.asarray(table.data))


class IntentsOfValues:
    """The intents of C values of a facet, entry by entry (E entries).

    Attributes:
        segment: (E,) which of the C values the entry is of.
        intents: (E,) its intent.
        places: (E,) its position in facet.indices.
    """

    def __init__(self, table: ByValue, values: np.ndarray) -> None:
        counts, self.intents, self.places = table.take(values)
        self.count = len(values)
        self.segment = np.repeat(np.arange(self.count), counts)

    def sum(self, x: np.ndarray, data: np.ndarray | None = None) -> np.ndarray:
        """(C, T) sums of x (N, T) over each value's intents, times `data` (nnz,) where given."""
        factor = None if data is None else data[self.places]
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
        out[self.segment[here], column[here]] = 1.0 if data is None else data[self.places[here]]
        return out
