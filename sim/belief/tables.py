"""A channel as compiled loops read it: flat arrays, made once for a channel and a bank.

Facets come in two shapes.  A dense facet (flag, number, or one of up to `SMALL` values) holds one value, and all that
is computed of it is by value.  A sparse facet (`many`, or one of more values) is a relation of intents and values; one
that holds a single value is the special case in which that value is recognised whenever it is asked for.

N intents, V values, R = V + 1 rows of a dense facet (the last: unknown), T types, O options, A yes/no answers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from sim.channel.channel import FacetChannel
from sim.numeric.randomness import mix
from sim.questions import OPEN, QuestionBank

SMALL = 64
"""Values of a facet that holds one of them up to which it is dense."""


class Kernel(NamedTuple):
    """The confusions: CSR, by the true value."""

    ptr: np.ndarray
    to: np.ndarray
    chance: np.ndarray


class DenseFacet(NamedTuple):
    """A dense facet and its questions."""

    rows: np.ndarray
    """(N,) int32: the row of each intent."""
    member_ptr: np.ndarray
    """(R + 1,) row r's intents are members[member_ptr[r]:member_ptr[r + 1]]."""
    members: np.ndarray
    kernel: Kernel
    background: np.ndarray
    option_of: np.ndarray
    options: np.ndarray
    over: bool
    """Its yes/no questions are about thresholds."""
    values: np.ndarray
    """(C,) what its yes/no questions ask for."""
    open: bool
    """The bank has its open question."""


class SparseFacet(NamedTuple):
    """A sparse facet.  Its users' memories and answers depend on an intent through its values alone, so intents with
    the same ones make a group, and all but the belief goes by the G groups."""

    group_of: np.ndarray
    """(N,) int32"""
    ptr: np.ndarray
    """(G + 1,) group g's values are held[ptr[g]:ptr[g + 1]], ascending."""
    held: np.ndarray
    salience: np.ndarray
    """(E,) p(top of the mind | group, kept)."""
    value_ptr: np.ndarray
    """(V + 1,) the same by value: those who have v are who[value_ptr[v]:value_ptr[v + 1]]."""
    who: np.ndarray
    salience_of: np.ndarray
    """(E,) salience, by value."""
    within_of: np.ndarray
    """(E,) p(replacement = value | group, muddled) of values that the group has, by value."""
    kernel: Kernel
    taken: Kernel
    """The kernel by what is believed: row w lists the values that are taken for w."""
    background: np.ndarray
    options: np.ndarray
    log_options: np.ndarray
    recognition: np.ndarray
    """(V,) p(recognised | true, not on top of the mind)."""
    absence: np.ndarray
    """(V,) p("no" is said at all | not believed)."""
    stranger: np.ndarray
    """(V,) p(believed | the catalogue knows nothing, not on top of the mind)."""
    unknown: np.ndarray
    """The groups of which the catalogue knows nothing: one or none."""
    single: bool
    """It holds one value."""


class Manner(NamedTuple):
    """How each facet is answered about; G ways: by stage, then by stage where the opening passed it over."""

    yesno: np.ndarray
    """(G, F, T, S, 2, A)"""
    forgotten: np.ndarray
    """(G, F, T, A)"""
    silent: np.ndarray
    """(G, F, T, S)"""
    slip: np.ndarray
    """(G, F, T)"""
    guess: np.ndarray
    """(G, F, T)"""


class Memory(NamedTuple):
    """What one facet's memory and answers are like where evidence is weighed; A answers of each stage side by side."""

    shares: np.ndarray
    """(4, T) p(forgotten, kept, muddled, unrecalled)."""
    strangers: np.ndarray
    """(4, T) the same where the catalogue knows nothing."""
    yesno: np.ndarray
    forgotten: np.ndarray
    silent: np.ndarray
    slip: np.ndarray
    guess: np.ndarray
    opening: np.ndarray


def is_dense(channel: FacetChannel) -> bool:
    facet = channel.facet
    return facet.kind in ("flag", "number") or (facet.scalar and len(facet.values) <= SMALL)


def kernel_of(matrix: sparse.csr_array) -> Kernel:
    if not matrix.has_sorted_indices:
        matrix.sort_indices()
    return Kernel(
        matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), np.ascontiguousarray(matrix.data, np.float64)
    )


def dense_facet(channel: FacetChannel, bank: QuestionBank, f: int) -> DenseFacet:
    facet = channel.facet
    v = len(facet.values)
    rows = np.where(facet.value_of < 0, v, facet.value_of).astype(np.int32)
    start, end = bank.starts[f], bank.starts[f + 1]
    kind = bank.kind[start:end]
    return DenseFacet(
        rows=rows, member_ptr=np.concatenate([[0], np.bincount(rows, minlength=v + 1).cumsum()]),
        members=np.argsort(rows, kind="stable").astype(np.int32), kernel=kernel_of(channel.kernel),
        background=np.ascontiguousarray(channel.background), option_of=facet.option_of.astype(np.int64),
        options=np.ascontiguousarray(channel.options), over=facet.kind == "number",
        values=bank.value[start:end][kind != OPEN].astype(np.int64), open=bool((kind == OPEN).any()),
    )  # fmt: skip


def sparse_facet(channel: FacetChannel) -> SparseFacet:
    facet, many = channel.facet, not channel.facet.scalar
    v = len(facet.values)
    salience = np.ascontiguousarray(channel.salience) if many else np.ones(len(facet.indices))
    one_of, group_of = _groups(facet.indptr, facet.indices, salience)
    counts = np.diff(facet.indptr)[one_of]
    ptr = np.concatenate([[0], counts.cumsum()])
    places = np.arange(ptr[-1]) + np.repeat(facet.indptr[one_of] - ptr[:-1], counts)
    held = facet.indices[places].astype(np.int32)
    order = np.argsort(held, kind="stable")
    within = channel.intruder_within[places] if many else np.zeros(len(held))
    options = np.ascontiguousarray(channel.options)
    return SparseFacet(
        group_of=group_of, ptr=ptr, held=held, salience=salience[places],
        value_ptr=np.concatenate([[0], np.bincount(held, minlength=v).cumsum()]),
        who=np.repeat(np.arange(len(counts), dtype=np.int32), counts)[order], salience_of=salience[places][order],
        within_of=within[order], kernel=kernel_of(channel.kernel), taken=kernel_of(channel.kernel_t),
        background=np.ascontiguousarray(channel.background), options=options,
        log_options=np.log(np.maximum(options, 1e-300)),
        recognition=np.ascontiguousarray(channel.recognition) if many else np.ones(v),
        absence=np.ascontiguousarray(channel.absence) if many else np.ones(v),
        stranger=np.ascontiguousarray(channel.stranger_recognition) if many else np.zeros(v),
        unknown=np.flatnonzero(counts == 0), single=not many,
    )  # fmt: skip


def _groups(ptr: np.ndarray, held: np.ndarray, salience: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Intents with the same values, as salient: one of each group (G,), and the group of each, (N,) int32."""
    ends = np.zeros(len(held) + 1, dtype=np.uint64)
    marks = []
    # Sums of two hashes of the entries tell rows apart: two that differ meet once in 2^128.
    for seed in (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1B54A32D192ED03)):
        np.cumsum(mix(mix(held.astype(np.uint64) ^ seed) ^ salience.view(np.uint64)), out=ends[1:])
        marks.append(ends[ptr[1:]] - ends[ptr[:-1]])
    order = np.lexsort(marks)
    first = np.ones(len(order), dtype=bool)
    first[1:] = (marks[0][order][1:] != marks[0][order][:-1]) | (marks[1][order][1:] != marks[1][order][:-1])
    group_of = np.empty(len(order), dtype=np.int32)
    group_of[order] = first.cumsum() - 1
    return order[first], group_of


def manner_of(stages: list[tuple[FacetChannel, ...]]) -> Manner:
    """From the facets by stage."""
    ways = [*stages, *(tuple(c.passed_over() for c in facets) for facets in stages)]

    def stacked(name: str) -> np.ndarray:
        return np.ascontiguousarray([[getattr(c, name) for c in facets] for facets in ways])

    return Manner(*(stacked(name) for name in ("yesno", "yesno_forgotten", "silent", "slip", "guess")))


def memory_of(channel: FacetChannel) -> Memory:
    parts = (
        channel.state_shares, channel.stranger_shares, channel.yesno, channel.yesno_forgotten, channel.silent,
        channel.slip, channel.guess, channel.opening,
    )  # fmt: skip
    return Memory(*(np.ascontiguousarray(part, dtype=np.float64) for part in parts))

