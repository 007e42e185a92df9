"""From answers to index lists: which candidates hold which touched values, and what could be taken for them.

All of it is integers and none of it depends on a parameter, so numpy makes it once a batch and torch only multiplies
and adds.  For one facet, E of the dialogues have answers; each has C candidates.  Two ways to the same lists: from the
candidates' own values when there are few, from the touched values' members when the whole catalogue is scored.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from agents.learning.confusable import Pairs, lookup
from sim.belief.evidence import Evidence, first_stage
from sim.catalogue.catalogue import Facet
from sim.channel.relation import ByValue, by_value

DENSE = 1 << 22
"""Facets of up to so many pairs of values are looked up in a table of all of them."""


class FacetBatch(NamedTuple):
    """The answers of a batch on one facet, or on several whose sums are alike.

    J touched (evidence, value) pairs, sorted; none where an intent has one value.
    """

    dialogue: np.ndarray
    """(E,) rows of the batch that have answers on the facet."""
    facet: np.ndarray
    """(E,) which facet of the catalogue."""
    said: np.ndarray
    """(E,) the open answer, coded as in `sim.belief.evidence.Evidence`."""
    stage: np.ndarray
    """(E,) at which stage it was given."""
    first: np.ndarray
    """(E,) the stage at which the facet first came up."""
    volunteered: np.ndarray
    """(E,) 1: what was said was volunteered in the opening, 0: the opening had passed the facet over, -1: neither."""
    yesno: np.ndarray
    """(n, 3) evidence row, value, answer."""
    touched: np.ndarray = np.empty((0, 4), np.int64)
    """(J, 4) evidence row, value, yes/no answer or -1, 1 if it was said."""
    holds: np.ndarray = np.empty((0, 3), np.int64)
    """(h, 3) place e * C + c of a candidate that holds touched value j, then j and the entry in facet.indices."""
    flows: np.ndarray = np.empty((0, 6), np.int64)
    """(m, 6) place, j, entry of a value z of the candidate, row of `near` (z taken for value j), touched j of z or -1,
    and whether the candidate holds value j itself."""
    near: np.ndarray = np.empty((0, 2), np.int64)
    """(p, 2) all pairs of the values z in flows, and which z it is, from 0 up: a step needs few of a catalogue's."""
    rows: int = 0
    """How many such values there are."""


def single_batch(told: list[tuple[int, int, Evidence]]) -> FacetBatch:
    """The answers of (row of the batch, facet, evidence): all that facets of one value an intent need."""
    evidence = [about for _, _, about in told]
    yesno = [(e, v, a) for e, about in enumerate(evidence) for v, a in about.yesno]
    return FacetBatch(
        dialogue=np.array([b for b, _, _ in told], dtype=np.int64),
        facet=np.array([f for _, f, _ in told], dtype=np.int64),
        said=np.array([about.said for about in evidence], dtype=np.int64),
        stage=np.array([about.stage for about in evidence], dtype=np.int64),
        first=np.array([first_stage(about) for about in evidence], dtype=np.int64),
        volunteered=np.array([-1 if x.volunteered is None else x.volunteered for x in evidence], dtype=np.int64),
        yesno=np.array(yesno, dtype=np.int64).reshape(-1, 3),
    )


class FacetIndex:
    """Lookup tables of one facet."""

    def __init__(self, facet: Facet, pairs: Pairs):
        self.facet, self.pairs = facet, pairs
        self.v = len(facet.values)
        self.pair_keys = pairs.rows * self.v + pairs.indices
        self.dense: np.ndarray | None = None
        if not facet.scalar and self.v * self.v <= DENSE:
            self.dense = np.full(self.v * self.v, -1, dtype=np.int32)
            self.dense[self.pair_keys] = np.arange(pairs.nnz)

    def pair(self, true: np.ndarray, believed: np.ndarray) -> np.ndarray:
        """The pair (true, believed), -1 where it can't be."""
        key = true * self.v + believed
        return self.dense[key] if self.dense is not None else lookup(self.pair_keys, key)

    @cached_property
    def by_value(self) -> ByValue:
        """The facet's relation by value."""
        return by_value(self.facet)

    @cached_property
    def sources(self) -> tuple[np.ndarray, np.ndarray]:
        """Pairs sorted by what is believed, and where each value's start, (V + 1,)."""
        order = np.argsort(self.pairs.indices, kind="stable")
        return order, np.searchsorted(self.pairs.indices[order], np.arange(self.v + 1))

    def batch(self, told: list[tuple[int, int, Evidence]], candidates: np.ndarray | None) -> FacetBatch:
        """The lists for this facet's evidences; candidates (E, C), or None for the whole catalogue."""
        found = single_batch(told)
        rows = []
        for e, (_, _, about) in enumerate(told):
            mine = {v: [e, v, a, 0] for v, a in about.yesno}
            if about.said >= 0:
                mine.setdefault(about.said, [e, about.said, -1, 0])[3] = 1
            rows += [mine[v] for v in sorted(mine)]
        touched = np.array(rows, dtype=np.int64).reshape(-1, 4)
        if not len(touched):
            return found
        holds, flows = self._from_values(touched) if candidates is None else self._from_candidates(touched, candidates)
        # Pairs by their place among those of the values that matter here.
        pair = flows[:, 3]
        z, which = np.unique(self.pairs.rows[pair], return_inverse=True)
        start, end = self.pairs.indptr[z], self.pairs.indptr[z + 1]
        row, near = spread(start, end)
        flows[:, 3] = pair - start[which] + (np.cumsum(end - start) - (end - start))[which]
        return found._replace(
            touched=touched, holds=holds, flows=flows, near=np.stack([near, row], axis=1), rows=len(z)
        )

    def _from_candidates(self, touched: np.ndarray, candidates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """holds and flows by the candidates' own values: for few candidates."""
        e_count, c = candidates.shape
        flat = candidates.ravel()
        place, entry = spread(self.facet.indptr[flat], self.facet.indptr[flat + 1])
        value = self.facet.indices[entry].astype(np.int64)
        # Each value of each candidate meets each touched value of its dialogue.
        first = np.searchsorted(touched[:, 0], np.arange(e_count + 1))
        e = place // c
        which, j = spread(first[e], first[e + 1])
        place, entry, value = place[which], entry[which], value[which]
        same = value == touched[j, 1]
        holds = np.stack([place[same], j[same], entry[same]], axis=1)
        pair = self.pair(value, touched[j, 1])
        at = np.flatnonzero(pair >= 0)
        return holds, self._flows(touched, holds, place[at], j[at], entry[at], pair[at], c)

    def _from_values(self, touched: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """holds and flows by the touched values' members: for the whole catalogue."""
        n = self.facet.intents
        first, members, places = self.by_value
        v = touched[:, 1]
        j, at = spread(first[v], first[v + 1])
        holds = np.stack([touched[j, 0] * n + members[at], j, places[at]], axis=1)
        # Those who could take one of their values for v: its sources, then the sources' members.
        source, start = self.sources
        j, at = spread(start[v], start[v + 1])
        pair = source[at]
        z = self.pairs.rows[pair]
        which, at = spread(first[z], first[z + 1])
        entry, j, pair = places[at], j[which], pair[which]
        place = touched[j, 0] * n + members[at]
        return holds, self._flows(touched, holds, place, j, entry, pair, n)

    def _flows(
        self, touched: np.ndarray, holds: np.ndarray, place: np.ndarray, j: np.ndarray, entry: np.ndarray,
        pair: np.ndarray, c: int,
    ) -> np.ndarray:  # fmt: skip
        """`FacetBatch.flows` of values (entry, at place) that could be taken for touched values j, as pair says."""
        e = touched[j, 0]
        z = lookup(touched[:, 0] * self.v + touched[:, 1], e * self.v + self.facet.indices[entry])
        keys = np.sort(holds[:, 1] * (int(touched[-1, 0] + 1) * c) + holds[:, 0])
        inside = lookup(keys, j * (int(touched[-1, 0] + 1) * c) + place) >= 0
        return np.stack([place, j, entry, pair, z, inside], axis=1)


def spread(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For ranges start[i]:end[i], every (i, position).

    >>> [x.tolist() for x in spread(np.array([5, 9]), np.array([7, 10]))]
    [[0, 0, 1], [5, 6, 9]]
    """
    counts = end - start
    which = np.repeat(np.arange(len(start)), counts)
    before = np.cumsum(counts) - counts
    return which, np.arange(len(which)) - (before - start)[which]
