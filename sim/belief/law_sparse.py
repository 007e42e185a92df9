"""The law of a sparse facet: p(next answer | what was answered on the facet, intent, type).

Answers on one facet share a memory, so their probabilities never multiply.  Of a `many` facet it holds a top of the
mind z, what replaces z where it is muddled, and of the other true values those that are recognised.  Given what was
answered about a value v, let g1 and g0 be the probabilities of those answers if v is believed or not, and
h = r g1 + (1 - r) g0 where it is true and recognised by chance; e the odds of the open answer if it names v.  Then

    kept        prod(h or g0) A,  A = 1 + sum_z pi_iz (e_z g1_z / h_z - 1)
    unrecalled  prod(h or g0), and no open answer but "don't know"
    muddled     prod(h or g0) R,  R = 1 + sum_z pi_iz (al_z kb_z - 1),  al_z = g0_z / h_z: what is replaced is lost,
                kb_z = sum_w K[z, w] (factor of w): e_w g1_w / h_w if w is true of i too, else e_w g1_w / g0_w

and all factors of values that nothing was answered about are 1.  So intents differ only where one of their values was
touched or may be taken for one that was: their groups have a row each, all others share one, and those of whom the
catalogue knows nothing have another.  Nothing was answered: two rows.

Evidence becomes a record of float64 and one of int32:

    like      (R, T)        log p(evidence | row, type)
    rows      (R, T, 6)     p(forgotten, kept, muddled, unrecalled | evidence, row, type), kept / A, muddled / R
    stranger  (2, T)        A of an intent of which the catalogue knows nothing; A but for e, of what isn't recalled
    touched   (n, T, S, 4)  g1, g0, h, e of each touched value, kept and muddled

    row_of_intent (N,)
    row_of        (G,)      the row of each group
    ids           (n,)      the touched values, ascending
"""

# An element of an array is a number here, which the array types of a type checker cannot say.
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.belief.evidence import IN_DOUBT
from sim.belief.law_dense import doubtful_open_answer, forgotten_like, open_answer, quiet
from sim.belief.tables import Memory, SparseFacet
from sim.channel.channel import KEPT, MUDDLED
from sim.numeric.compiled import compiled
from sim.numeric.loops import TINY, exp, log

COMMON, STRANGER, OWN = range(3)
"""Rows: of most intents, of those of whom the catalogue knows nothing, and the first of those of their own."""
G1, G0, H, E = range(4)
FORGOTTEN, KEPT_STATE, MUDDLED_STATE, UNRECALLED, KEPT_TOP, MUDDLED_REPLACED = range(6)
FIGURES = 6
"""Of a row and type."""


class Known(NamedTuple):
    """What was answered on the facet: a record where it lies."""

    rows: np.ndarray
    stranger: np.ndarray
    touched: np.ndarray
    row_of: np.ndarray
    ids: np.ndarray


@compiled
def sparse_size(r_n: int, n: int, t_n: int) -> int:
    """Numbers in a record of so many rows and touched values."""
    return r_n * t_n * (1 + FIGURES) + 2 * t_n + n * t_n * 8


@compiled
def parts_of(record: np.ndarray, r_n: int, n: int, t_n: int):
    """Its blocks: like, rows, stranger, touched."""
    a, b = r_n * t_n, r_n * t_n * (1 + FIGURES)
    return (
        record[:a].reshape(r_n, t_n), record[a:b].reshape(r_n, t_n, FIGURES), record[b : b + 2 * t_n].reshape(2, t_n),
        record[b + 2 * t_n : b + (2 + n * 8) * t_n].reshape(n, t_n, 2, 4),
    )  # fmt: skip


@compiled
def known_of(
    facet: SparseFacet, floats: np.ndarray, ints: np.ndarray, at: int, ints_at: int, r_n: int, n: int, t_n: int
):
    """The record at these places of `floats` and `ints`."""
    _, rows, stranger, touched = parts_of(floats[at:], r_n, n, t_n)
    start = ints_at + len(facet.group_of)
    end = start + len(facet.ptr) - 1
    return Known(rows, stranger, touched, ints[start:end], ints[end : end + n])


@compiled
def give_rows(facet: SparseFacet, ids: np.ndarray, row_of: np.ndarray) -> int:
    """Fill `row_of` (G,) given the touched values; returns how many rows there are."""
    row_of[:] = COMMON
    for g in facet.unknown:
        row_of[g] = STRANGER
    count, value_ptr, who = OWN, facet.value_ptr, facet.who
    t_ptr, t_to = facet.taken.ptr, facet.taken.to
    for x in ids:
        count = _own(value_ptr, who, x, row_of, count)
        for e in range(t_ptr[x], t_ptr[x + 1]):
            count = _own(value_ptr, who, t_to[e], row_of, count)
    return count


@compiled
def _own(value_ptr: np.ndarray, who: np.ndarray, value: int, row_of: np.ndarray, count: int):
    for e in range(value_ptr[value], value_ptr[value + 1]):
        if row_of[who[e]] == COMMON:
            row_of[who[e]] = count
            count += 1
    return count


@compiled
def find(values: np.ndarray, start: int, end: int, value: int) -> int:
    """Where a value stands in the ascending values[start:end]; -1 where it doesn't.

    Small functions take single arrays, here and below, and ends instead of slices: of every array of a tuple and of
    every slice that is handed on a reference is counted, which would cost more than what is done with it.
    """
    low, high = start, end
    while low < high:
        middle = (low + high) >> 1
        if values[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low if low < end and values[low] == value else -1


@compiled
def sparse_record(
    facet: SparseFacet,
    memory: Memory,
    pairs: np.ndarray,
    said: int,
    volunteered: int,
    ids: np.ndarray,
    row_of: np.ndarray,
    r_n: int,
    out: np.ndarray,
):
    """Fill a record; arguments as `dense_record`, and what `give_rows` found."""
    t_n = memory.shares.shape[1]
    like, rows, stranger, touched = parts_of(out, r_n, len(ids), t_n)
    slot = np.full(len(facet.background), -1, dtype=np.int32)
    for j in range(len(ids)):
        slot[ids[j]] = j
    told = np.empty((2, t_n))
    for t in range(t_n):
        told[KEPT, t], told[MUDDLED, t] = _touch(facet, memory, pairs, said, volunteered, t, slot, touched)
    # Log prod(h or g0), kept and muddled; A and R.
    logs, sums = np.zeros((2, t_n, r_n)), np.ones((2, t_n, r_n))
    _strangers(facet, ids, touched, stranger, logs, sums)
    _rows_of_their_own(facet, ids, row_of, slot, touched, logs, sums)
    terms = np.empty((4, r_n))
    for t in range(t_n):
        unrecalled, nothing_named = memory.shares[3, t] > 0.0 and said < 0, quiet(said, memory)
        forgotten = forgotten_like(pairs, said, volunteered, t, memory, facet.options)
        shift = forgotten
        for r in range(r_n):
            shift = max(shift, max(logs[KEPT, t, r] + told[KEPT, t], logs[MUDDLED, t, r] + told[MUDDLED, t]))
            if unrecalled:
                shift = max(shift, logs[KEPT, t, r] + nothing_named)
        named, recognised = memory.shares[1, t], memory.shares[3, t] if unrecalled else 0.0
        for r in range(r_n):
            terms[0, r] = exp(forgotten - shift)
            terms[1, r] = exp(logs[KEPT, t, r] + told[KEPT, t] - shift) * sums[0, t, r] * named
            terms[2, r] = exp(logs[MUDDLED, t, r] + told[MUDDLED, t] - shift) * sums[1, t, r] * memory.shares[2, t]
            terms[3, r] = exp(min(logs[KEPT, t, r] + nothing_named - shift, 0.0)) * recognised
        terms[1, STRANGER] *= memory.strangers[1, t] / max(named, TINY)
        terms[2, STRANGER] = 0.0
        if facet.single:
            terms[3, STRANGER] *= stranger[1, t]
        for r in range(r_n):
            whole = max(terms[0, r] + terms[1, r] + terms[2, r] + terms[3, r], TINY)
            like[r, t] = log(whole) + shift
            for state in range(4):
                rows[r, t, state] = terms[state, r] / whole
            rows[r, t, KEPT_TOP] = rows[r, t, KEPT_STATE] / sums[0, t, r]
            rows[r, t, MUDDLED_REPLACED] = rows[r, t, MUDDLED_STATE] / sums[1, t, r]


@compiled
def _strangers(
    facet: SparseFacet, ids: np.ndarray, touched: np.ndarray, stranger: np.ndarray, logs: np.ndarray, sums: np.ndarray
):
    """What is the same for all rows, and the row of those of whom the catalogue knows nothing."""
    for t in range(stranger.shape[1]):
        kept = muddled = strange = 0.0
        stranger[0, t] = stranger[1, t] = 1.0
        for j in range(len(ids)):
            of_kept, rho = touched[j, t, KEPT], facet.stranger[ids[j]]
            h = max(rho * of_kept[G1] + (1.0 - rho) * of_kept[G0], TINY)
            kept += log(of_kept[G0])
            muddled += log(touched[j, t, MUDDLED, G0])
            strange += log(h)
            stranger[0, t] += facet.background[ids[j]] * (of_kept[E] * of_kept[G1] / h - 1.0)
            stranger[1, t] += facet.background[ids[j]] * (of_kept[G1] / h - 1.0)
        stranger[0, t], stranger[1, t] = max(stranger[0, t], TINY), max(stranger[1, t], TINY)
        logs[KEPT, t], logs[MUDDLED, t] = kept, muddled
        logs[KEPT, t, STRANGER], sums[0, t, STRANGER] = strange, stranger[0, t]


@compiled
def _rows_of_their_own(
    facet: SparseFacet,
    ids: np.ndarray,
    row_of: np.ndarray,
    slot: np.ndarray,
    touched: np.ndarray,
    logs: np.ndarray,
    sums: np.ndarray,
):
    """A, R and prod(h or g0) of the groups that differ from most."""
    t_n, v_n = touched.shape[1], len(slot)
    # By value: what it is replaced by, as if nothing else were true of the intent; and whether that is not just 1.
    taken, near = np.ones((v_n, t_n)), np.zeros(v_n, dtype=np.bool_)
    lift = np.empty((2, len(ids), t_n))
    for j in range(len(ids)):
        near[ids[j]] = True
        for t in range(t_n):
            kept, muddled = touched[j, t, KEPT], touched[j, t, MUDDLED]
            lift[KEPT, j, t], lift[MUDDLED, j, t] = log(kept[H] / kept[G0]), log(muddled[H] / muddled[G0])
        for e in range(facet.taken.ptr[ids[j]], facet.taken.ptr[ids[j] + 1]):
            z, chance = facet.taken.to[e], facet.taken.chance[e]
            near[z] = True
            for t in range(t_n):
                to = touched[j, t, MUDDLED]
                taken[z, t] += chance * (to[E] * to[G1] / to[G0] - 1.0)
    ptr, held, salience = facet.ptr, facet.held, facet.salience
    k_ptr, k_to, k_chance = facet.kernel.ptr, facet.kernel.to, facet.kernel.chance
    for i in range(len(row_of)):
        r = row_of[i]
        if r < OWN:
            continue
        for e in range(ptr[i], ptr[i + 1]):
            z, pi = held[e], salience[e]
            if not near[z]:
                continue
            j = slot[z]
            if j < 0:
                for t in range(t_n):
                    sums[1, t, r] += pi * (taken[z, t] - 1.0)
                continue
            for t in range(t_n):
                sums[1, t, r] += pi * (lost_by(z, t, slot, touched) * taken[z, t] - 1.0)
            for t in range(t_n):
                odds = touched[j, t, KEPT, E] * touched[j, t, KEPT, G1] / touched[j, t, KEPT, H]
                sums[0, t, r] += pi * (odds - 1.0)
                logs[KEPT, t, r] += lift[KEPT, j, t]
                logs[MUDDLED, t, r] += lift[MUDDLED, j, t]
            # z is touched and true: where it comes in the place of another, it is recognised or not all the same.
            for other in range(ptr[i], ptr[i + 1]):
                x = held[other]
                chance = entry(k_ptr, k_to, k_chance, x, z)
                if chance > 0.0:
                    for t in range(t_n):
                        share = salience[other] * lost_by(x, t, slot, touched) * chance
                        sums[1, t, r] += share * beside(j, t, touched)
        for t in range(t_n):
            sums[0, t, r], sums[1, t, r] = max(sums[0, t, r], TINY), max(sums[1, t, r], TINY)


@compiled
def beside(j: int, t: int, touched: np.ndarray):
    """Factor of a replacement, touched value j, that is true of the intent as well, less that of one which isn't."""
    e, g1 = touched[j, t, MUDDLED, E], touched[j, t, MUDDLED, G1]
    return e * g1 * (1.0 / touched[j, t, MUDDLED, H] - 1.0 / touched[j, t, MUDDLED, G0])


@compiled
def entry(ptr: np.ndarray, to: np.ndarray, chance: np.ndarray, row: int, column: int):
    """One entry of a kernel."""
    at = find(to, ptr[row], ptr[row + 1], column)
    return chance[at] if at >= 0 else 0.0


@compiled
def _touch(
    facet: SparseFacet,
    memory: Memory,
    pairs: np.ndarray,
    said: int,
    volunteered: int,
    t: int,
    slot: np.ndarray,
    touched: np.ndarray,
):
    """Fill what was answered about each touched value; returns log p(the open answer | kept, muddled) but for e."""
    for j in range(len(touched)):
        for state in range(2):
            touched[j, t, state, G1] = touched[j, t, state, G0] = touched[j, t, state, E] = 1.0
    for p in range(len(pairs)):
        value, answer = pairs[p, 0], pairs[p, 1]
        says = facet.absence[value]
        for state in range(2):
            to = touched[slot[value], t, state]
            to[G1] = memory.yesno[t, state, 1, answer]
            to[G0] = says * memory.yesno[t, state, 0, answer]
            to[G0] += (1.0 - says) * memory.unsure[answer]
            to[G0] = max(to[G0], TINY)
    if said == IN_DOUBT:
        kept, muddled = _touch_in_doubt(facet, memory, t, slot, touched)
    else:
        kept = open_answer(said, volunteered, t, KEPT, memory)
        muddled = open_answer(said, volunteered, t, MUDDLED, memory)
    if said >= 0:
        at_random = max(memory.slip[t] * facet.options[said], TINY)
        kept += log(at_random)
        muddled += log(at_random)
        for state in range(2):
            touched[slot[said], t, state, E] = ((1.0 - memory.slip[t]) + at_random) / at_random
    for v in range(len(slot)):
        if slot[v] >= 0:
            r = facet.recognition[v]
            for state in range(2):
                to = touched[slot[v], t, state]
                to[H] = max(r * to[G1] + (1.0 - r) * to[G0], TINY)
    return kept, muddled


@compiled
def _touch_in_doubt(facet: SparseFacet, memory: Memory, t: int, slot: np.ndarray, touched: np.ndarray):
    """Odds e of all that may have been named; returns what `_touch` does."""
    on_purpose, out = np.empty(len(memory.named)), np.empty(2)
    for state in range(2):
        at_random = doubtful_open_answer(t, state, memory, facet.options, on_purpose)
        out[state] = log(at_random)
        for k in range(len(on_purpose)):
            if memory.named[k] >= 0:
                touched[slot[memory.named[k]], t, state, E] += on_purpose[k] / at_random
    return out[KEPT], out[MUDDLED]


@compiled
def lost_by(z: int, t: int, slot: np.ndarray, touched: np.ndarray):
    """al: how the answers weigh that z is what was replaced."""
    j = slot[z]
    return touched[j, t, MUDDLED, G0] / touched[j, t, MUDDLED, H] if j >= 0 else 1.0


@compiled
def taken_from(
    k_ptr: np.ndarray,
    k_to: np.ndarray,
    k_chance: np.ndarray,
    z: int,
    t: int,
    slot: np.ndarray,
    touched: np.ndarray,
    held: np.ndarray,
    start: int,
    end: int,
):
    """kb: how they weigh what z may be taken for; held[start:end] are the values of the intent, or none for any
    other."""
    out = 1.0
    for e in range(k_ptr[z], k_ptr[z + 1]):
        j = slot[k_to[e]]
        if j >= 0:
            state = H if find(held, start, end, k_to[e]) >= 0 else G0
            odds = touched[j, t, MUDDLED, E] * touched[j, t, MUDDLED, G1] / touched[j, t, MUDDLED, state]
            out += k_chance[e] * (odds - 1.0)
    return out


@compiled
def strangers_odds(j: int, rho: float, t: int, touched: np.ndarray):
    """How much likelier those of whom the catalogue knows nothing name touched value j for what was answered."""
    if j < 0:
        return 1.0
    g1, g0 = touched[j, t, KEPT, G1], touched[j, t, KEPT, G0]
    return touched[j, t, KEPT, E] * g1 / max(rho * g1 + (1.0 - rho) * g0, TINY)
