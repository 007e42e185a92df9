"""A channel as compiled loops read it: flat arrays, made once for a channel and a bank.

A dense facet (flag, number, or one of up to `SMALL` values) holds one value.  A sparse facet (`many`, or one of more
values) is a relation of intents and values; one that holds a single value is the special case in which that value is
recognised whenever it is asked for.

Answers about a facet depend on an intent through its values alone.  Where few intents differ in them and few questions
are asked, the law is tabled: a row for each value of a dense facet and one for what is unknown, or for each group of
intents with the same values of a sparse one.  Large sparse facets are summed along the relation instead.

N intents, V values, R rows, G groups, T types, O options, C yes/no questions, A answers to them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from sim.answers import ANSWERS, DONT_KNOW
from sim.belief.evidence import Evidence
from sim.channel.channel import FacetChannel
from sim.numeric.compiled import compiled
from sim.numeric.randomness import mix
from sim.questions import OPEN, QuestionBank

SMALL = 64
"""Values of a facet that holds one of them up to which it is dense."""
LARGE = 1 << 12
"""Groups times values of a sparse facet up to which its law is tabled."""
WIDE = 1024
"""Intents up to which what they would answer is gone through one by one."""
NONE, PASSED, VOLUNTEERED = -1, 0, 1
"""What an opening says of whether a facet is volunteered: there was none; it was passed over; it was."""


class Kernel(NamedTuple):
    """The confusions: CSR, by the true value."""

    ptr: np.ndarray
    to: np.ndarray
    chance: np.ndarray


class Tabled(NamedTuple):
    """The rows and questions of a facet whose law is tabled."""

    row_of: np.ndarray
    """(N,) int32: the row of each intent."""
    member_ptr: np.ndarray
    """(R + 1,) row r's intents are members[member_ptr[r]:member_ptr[r + 1]]."""
    members: np.ndarray
    says: np.ndarray
    """(C,) p("no" is said at all | what the question asks for is not believed)."""
    options: np.ndarray
    """(O,) the background of open answers; empty where the bank has no open question."""
    by_intent: bool
    """Open answers are told apart by intent: of a sparse facet, in a catalogue of up to `WIDE` intents."""


class DenseFacet(NamedTuple):
    """A dense facet and its questions: it is always tabled."""

    kernel: Kernel
    background: np.ndarray
    option_of: np.ndarray
    options: np.ndarray
    over: bool
    """Its yes/no questions are about thresholds."""
    values: np.ndarray
    """(C,) what its yes/no questions ask for, ascending."""


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


class AnswerManner(NamedTuple):
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
    """What one facet's memory and answers are like where evidence is weighed; A answers of each stage side by side.

    An answer that is in doubt is one more column: the chances of the answers that it may have been, by their weights.
    """

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
    unsure: np.ndarray
    """(A,) how much of each answer is "don't know"."""
    named: np.ndarray
    """(K,) int64: what may have been said, where that is in doubt; codes of `Evidence.said`."""
    volunteered: np.ndarray
    """(K,) int64: NONE, PASSED or VOLUNTEERED, of each."""
    weights: np.ndarray
    """(K,) p(what was heard | it was said), up to a factor."""


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
    return DenseFacet(
        kernel=kernel_of(channel.kernel), background=np.ascontiguousarray(channel.background),
        option_of=channel.facet.option_of.astype(np.int64), options=np.ascontiguousarray(channel.options),
        over=channel.facet.kind == "number", values=asked_for(bank, f),
    )  # fmt: skip


def asked_for(bank: QuestionBank, f: int) -> np.ndarray:
    """(C,) int64: the values or thresholds that the yes/no questions on a facet ask for."""
    part = slice(int(bank.starts[f]), int(bank.starts[f + 1]))
    return bank.value[part][bank.kind[part] != OPEN].astype(np.int64)


def tabled(channel: FacetChannel, bank: QuestionBank, f: int, facet: DenseFacet | SparseFacet) -> Tabled | None:
    """The rows of a facet whose law is tabled; None for a large sparse one."""
    values = asked_for(bank, f)
    if isinstance(facet, DenseFacet):
        v = len(facet.background)
        value_of = channel.facet.value_of
        row_of, rows, says = np.where(value_of < 0, v, value_of), v + 1, np.ones(len(values))
    else:
        row_of, rows, says = facet.group_of, len(facet.ptr) - 1, facet.absence[values]
        if rows * max(len(values), len(facet.options)) > LARGE:
            return None
    by_intent = isinstance(facet, SparseFacet) and len(row_of) <= WIDE
    return Tabled(
        row_of=row_of.astype(np.int32), member_ptr=np.concatenate([[0], np.bincount(row_of, minlength=rows).cumsum()]),
        members=np.argsort(row_of, kind="stable").astype(np.int32), says=says,
        options=facet.options if bank.open_question[f] >= 0 else facet.options[:0], by_intent=by_intent,
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
    order, kernel, within = np.argsort(held, kind="stable"), kernel_of(channel.kernel), np.zeros(len(held))
    if many:
        fill_within(ptr, held, salience[places], *kernel, within)
    options = np.ascontiguousarray(channel.options)
    return SparseFacet(
        group_of=group_of, ptr=ptr, held=held, salience=salience[places],
        value_ptr=np.concatenate([[0], np.bincount(held, minlength=v).cumsum()]),
        who=np.repeat(np.arange(len(counts), dtype=np.int32), counts)[order], salience_of=salience[places][order],
        within_of=within[order], kernel=kernel, taken=kernel_of(channel.kernel_t),
        background=np.ascontiguousarray(channel.background), options=options,
        log_options=np.log(np.maximum(options, 1e-300)),
        recognition=np.ascontiguousarray(channel.recognition) if many else np.ones(v),
        absence=np.ascontiguousarray(channel.absence) if many else np.ones(v),
        stranger=np.ascontiguousarray(channel.stranger_recognition) if many else np.zeros(v),
        unknown=np.flatnonzero(counts == 0), single=not many,
    )  # fmt: skip


@compiled
def fill_within(
    ptr: np.ndarray, held: np.ndarray, salience: np.ndarray, k_ptr: np.ndarray, k_to: np.ndarray, k_chance: np.ndarray,
    out: np.ndarray,
) -> None:  # fmt: skip
    """Fill out (E,) with p(replacement = value | group, muddled) of the values that each group has.

    Co-stars are confusable, so a false memory can be of something that is true as well.
    """
    for g in range(len(ptr) - 1):
        for e in range(ptr[g], ptr[g + 1]):
            z = held[e]
            # Both lists ascend.
            own, end = ptr[g], ptr[g + 1]
            for x in range(k_ptr[z], k_ptr[z + 1]):
                while own < end and held[own] < k_to[x]:
                    own += 1
                if own < end and held[own] == k_to[x]:
                    out[own] += salience[e] * k_chance[x]


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


def manner_of(stages: list[tuple[FacetChannel, ...]]) -> AnswerManner:
    """From the facets by stage."""
    ways = [*stages, *(tuple(c.passed_over() for c in facets) for facets in stages)]

    def stacked(name: str) -> np.ndarray:
        return np.ascontiguousarray([[getattr(c, name) for c in facets] for facets in ways])

    return AnswerManner(*(stacked(name) for name in ("yesno", "yesno_forgotten", "silent", "slip", "guess")))


def memory_of(channel: FacetChannel) -> Memory:
    parts = (
        channel.state_shares, channel.stranger_shares, channel.yesno, channel.yesno_forgotten, channel.silent,
        channel.slip, channel.guess, channel.opening,
    )  # fmt: skip
    unsure = np.arange(channel.yesno.shape[-1]) % len(ANSWERS) == DONT_KNOW
    rates = [np.ascontiguousarray(part, dtype=np.float64) for part in (*parts, unsure)]
    nobody = np.empty(0, dtype=np.int64)
    return Memory(*rates, named=nobody, volunteered=nobody.copy(), weights=np.empty(0))


def in_doubt(memory: Memory, evidence: Evidence) -> Memory:
    """The same with a column for each yes/no answer that is in doubt, in their order, and with what may have been
    said."""
    a, columns = len(ANSWERS), np.zeros((memory.yesno.shape[-1], len(evidence.doubted)))
    for c, (_, stage, weights) in enumerate(evidence.doubted):
        columns[a * stage : a * (stage + 1), c] = weights
    codes = {None: NONE, False: PASSED, True: VOLUNTEERED}
    return memory._replace(
        yesno=np.concatenate([memory.yesno, memory.yesno @ columns], axis=-1),
        forgotten=np.concatenate([memory.forgotten, memory.forgotten @ columns], axis=-1),
        unsure=np.concatenate([memory.unsure, memory.unsure @ columns]),
        named=np.array([said for said, _, _ in evidence.named], dtype=np.int64),
        volunteered=np.array([codes[how] for _, how, _ in evidence.named], dtype=np.int64),
        weights=np.array([w for _, _, w in evidence.named]),
    )
