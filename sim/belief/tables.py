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
    """A sparse facet."""

    ptr: np.ndarray
    """(N + 1,) intent i's values are held[ptr[i]:ptr[i + 1]], ascending."""
    held: np.ndarray
    salience: np.ndarray
    """(E,) p(top of the mind | intent, kept)."""
    value_ptr: np.ndarray
    """(V + 1,) the relation by value."""
    who: np.ndarray
    salience_of: np.ndarray
    """(E,) salience, by value."""
    within_of: np.ndarray
    """(E,) p(replacement = value | intent, muddled) of values that the intent has, by value."""
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
    """Intents of which the catalogue knows nothing."""
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
    facet, by_value = channel.facet, channel.by_value
    v = len(facet.values)
    many = not facet.scalar
    options = np.ascontiguousarray(channel.options)
    return SparseFacet(
        ptr=facet.indptr.astype(np.int64), held=facet.indices.astype(np.int32),
        salience=np.ascontiguousarray(channel.salience) if many else np.ones(len(facet.indices)),
        value_ptr=by_value.indptr.astype(np.int64), who=by_value.intents.astype(np.int32),
        salience_of=channel.salience[by_value.places] if many else np.ones(len(facet.indices)),
        within_of=channel.intruder_within[by_value.places] if many else np.zeros(len(facet.indices)),
        kernel=kernel_of(channel.kernel), taken=kernel_of(channel.kernel_t),
        background=np.ascontiguousarray(channel.background), options=options,
        log_options=np.log(np.maximum(options, 1e-300)),
        recognition=np.ascontiguousarray(channel.recognition) if many else np.ones(v),
        absence=np.ascontiguousarray(channel.absence) if many else np.ones(v),
        stranger=np.ascontiguousarray(channel.stranger_recognition) if many else np.zeros(v),
        unknown=channel.unknown.astype(np.int64), single=not many,
    )  # fmt: skip


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

