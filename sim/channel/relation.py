"""A facet's relation of intents and values: as a matrix, and read by value."""

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
