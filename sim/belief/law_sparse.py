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
touched or may be taken for one that was: those have a row of their own, all others share one, and those of whom the
catalogue knows nothing share another.  Nothing was answered: two rows.

Evidence becomes a record of float64 and one of int32:

    like      (R, T)        log p(evidence | row, type)
    rows      (R, T, 6)     p(forgotten, kept, muddled, unrecalled | evidence, row, type), kept / A, muddled / R
    stranger  (T,)          A of an intent of which the catalogue knows nothing
    touched   (n, T, S, 4)  g1, g0, h, e of each touched value, kept and muddled

    ids       (n,)          the touched values, ascending
    row_of    (N,)          the row of each intent
"""

from __future__ import annotations

import numpy as np

from sim.answers import ANSWERS, DONT_KNOW
from sim.belief.law_dense import forgotten_like, open_answer
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
WIDTH = len(ANSWERS)


@compiled
def sparse_size(r_n: int, n: int, t_n: int) -> int:
    """Numbers in a record of so many rows and touched values."""
    return r_n * t_n * (1 + FIGURES) + t_n + n * t_n * 8


@compiled
def parts_of(record, r_n, n, t_n):
    """Its blocks: like, rows, stranger, touched."""
    a, b = r_n * t_n, r_n * t_n * (1 + FIGURES)
    return (
        record[:a].reshape(r_n, t_n), record[a:b].reshape(r_n, t_n, FIGURES), record[b : b + t_n],
        record[b + t_n : b + t_n + n * t_n * 8].reshape(n, t_n, 2, 4),
    )  # fmt: skip


@compiled
def give_rows(facet: SparseFacet, ids, row_of) -> int:
    """Fill `row_of` (N,) given the touched values; returns how many rows there are."""
    row_of[:] = COMMON
    for i in facet.unknown:
        row_of[i] = STRANGER
    count = OWN
    for x in ids:
        count = _own(facet, x, row_of, count)
        for e in range(facet.taken.ptr[x], facet.taken.ptr[x + 1]):
            count = _own(facet, facet.taken.to[e], row_of, count)
    return count


@compiled
def _own(facet, value, row_of, count):
    for e in range(facet.value_ptr[value], facet.value_ptr[value + 1]):
        if row_of[facet.who[e]] == COMMON:
            row_of[facet.who[e]] = count
            count += 1
    return count


@compiled
def find(ids, value) -> int:
    """Where a value stands among ascending ids; -1 where it doesn't."""
    low, high = 0, len(ids)
    while low < high:
        middle = (low + high) >> 1
        if ids[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low if low < len(ids) and ids[low] == value else -1


@compiled
def sparse_record(facet: SparseFacet, memory: Memory, pairs, said, volunteered, ids, row_of, r_n, out):
    """Fill a record; arguments as `dense_record`, and what `give_rows` found."""
    t_n = memory.shares.shape[1]
    like, rows, stranger, touched = parts_of(out, r_n, len(ids), t_n)
    slot = np.full(len(facet.background), -1, dtype=np.int32)
    for j in range(len(ids)):
        slot[ids[j]] = j
    own = np.empty(r_n, dtype=np.int64)
    for i in range(len(row_of)):
        if row_of[i] >= OWN:
            own[row_of[i]] = i
    logs = np.empty((3, r_n))
    sums = np.empty((2, r_n))  # A and R
    for t in range(t_n):
        unrecalled = memory.shares[3, t] > 0.0 and said < 0
        told_kept, told_muddled = _touch(facet, memory, pairs, said, volunteered, t, slot, touched)
        stranger[t] = 1.0
        all_kept = all_muddled = all_strange = 0.0
        for j in range(len(ids)):
            kept, muddled = touched[j, t, KEPT], touched[j, t, MUDDLED]
            rho = facet.stranger[ids[j]]
            h = rho * kept[G1] + (1.0 - rho) * kept[G0]
            all_kept += log(max(kept[G0], TINY))
            all_muddled += log(max(muddled[G0], TINY))
            all_strange += log(max(h, TINY))
            stranger[t] += facet.background[ids[j]] * (kept[E] * kept[G1] / max(h, TINY) - 1.0)
        stranger[t] = max(stranger[t], TINY)
        forgotten = forgotten_like(pairs, said, volunteered, t, memory, facet.options)
        shift = forgotten
        for r in range(r_n):
            kept, muddled = all_kept, all_muddled
            sums[0, r] = sums[1, r] = 1.0
            if r >= OWN:
                sums[0, r], sums[1, r], lift_kept, lift_muddled = _sums_of(facet, own[r], t, slot, touched)
                kept += lift_kept
                muddled += lift_muddled
            elif r == STRANGER:
                kept, sums[0, r] = all_strange, stranger[t]
            # Of what is recognised, kept or unrecalled, muddled; the open answer comes to the former by state.
            logs[0, r], logs[1, r], logs[2, r] = kept + told_kept, kept, muddled + told_muddled
            shift = max(shift, max(logs[0, r], logs[2, r]))
            if unrecalled:
                shift = max(shift, kept)
        lost = exp(forgotten - shift)
        for r in range(r_n):
            b = exp(logs[0, r] - shift) * sums[0, r]
            c = exp(logs[2, r] - shift) * sums[1, r] * memory.shares[2, t]
            d = exp(logs[1, r] - shift) * memory.shares[3, t] if unrecalled else 0.0
            if r == STRANGER:
                b, c = b * memory.strangers[1, t], 0.0
                d = d * sums[0, r] if facet.single else d
            else:
                b *= memory.shares[1, t]
            whole = max(lost + b + c + d, TINY)
            like[r, t] = log(whole) + shift
            rows[r, t, FORGOTTEN], rows[r, t, KEPT_STATE] = lost / whole, b / whole
            rows[r, t, MUDDLED_STATE], rows[r, t, UNRECALLED] = c / whole, d / whole
            rows[r, t, KEPT_TOP] = b / whole / sums[0, r]
            rows[r, t, MUDDLED_REPLACED] = c / whole / sums[1, r]


@compiled
def _touch(facet, memory, pairs, said, volunteered, t, slot, touched):
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
            if answer % WIDTH == DONT_KNOW:
                to[G0] += 1.0 - says
            to[G0] = max(to[G0], TINY)
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
def lost_by(z, t, slot, touched):
    """al: how the answers weigh that z is what was replaced."""
    j = slot[z]
    return touched[j, t, MUDDLED, G0] / touched[j, t, MUDDLED, H] if j >= 0 else 1.0


@compiled
def taken_from(facet: SparseFacet, z, t, slot, touched, held):
    """kb: how they weigh what z may be taken for; `held` are the values of the intent, or none for any other."""
    out = 1.0
    for e in range(facet.kernel.ptr[z], facet.kernel.ptr[z + 1]):
        w = facet.kernel.to[e]
        if slot[w] >= 0:
            to = touched[slot[w], t, MUDDLED]
            beside = to[H] if find(held, w) >= 0 else to[G0]
            out += facet.kernel.chance[e] * (to[E] * to[G1] / beside - 1.0)
    return out


@compiled
def _sums_of(facet, i, t, slot, touched):
    """A and R of one intent, and log of prod(h / g0) over its touched values, kept and muddled."""
    top = replaced = 1.0
    kept = muddled = 0.0
    held = facet.held[facet.ptr[i] : facet.ptr[i + 1]]
    for e in range(facet.ptr[i], facet.ptr[i + 1]):
        z, pi = facet.held[e], facet.salience[e]
        replaced += pi * (lost_by(z, t, slot, touched) * taken_from(facet, z, t, slot, touched, held) - 1.0)
        if slot[z] >= 0:
            by_kept, by_muddled = touched[slot[z], t, KEPT], touched[slot[z], t, MUDDLED]
            top += pi * (by_kept[E] * by_kept[G1] / by_kept[H] - 1.0)
            kept += log(by_kept[H] / by_kept[G0])
            muddled += log(by_muddled[H] / by_muddled[G0])
    return max(top, TINY), max(replaced, TINY), kept, muddled
