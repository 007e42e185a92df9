"""The law of a sparse facet, group by group: what each believes of a value, and what it names.

Where there are few groups and questions it is tabled: a record of `sim.belief.law_dense.LawTables`, a row for each
group.
"""

# An element of an array is a number here, which the array types of a type checker cannot say.
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

import numpy as np

from sim.belief.law_dense import LawTables, Told, table_size, tables_of
from sim.belief.law_sparse import (
    FIGURES,
    G0,
    G1,
    KEPT_STATE,
    KEPT_TOP,
    MUDDLED_REPLACED,
    MUDDLED_STATE,
    UNRECALLED,
    E,
    H,
    Known,
    find,
    give_rows,
    lost_by,
    parts_of,
    sparse_record,
    sparse_size,
    strangers_odds,
    taken_from,
)
from sim.belief.tables import Memory, SparseFacet, Tabled
from sim.channel.channel import KEPT, MUDDLED
from sim.numeric.compiled import compiled


@compiled
def stand(
    facet: SparseFacet,
    known: Known,
    slot: np.ndarray,
    groups: np.ndarray,
    values: np.ndarray,
    own: np.ndarray,
    came: np.ndarray,
):
    """Where each value stands among those of each group, own (C, n), -1 for nowhere, and the chance that it replaces
    one of them, came (C, T, n), but for what was answered about it."""
    place = np.full(len(facet.background), -1, dtype=np.int32)
    ptr, held, salience, touched = facet.ptr, facet.held, facet.salience, known.touched
    k_ptr, k_to, k_chance = facet.kernel.ptr, facet.kernel.to, facet.kernel.chance
    for c in range(len(values)):
        place[values[c]] = c
    own[:], came[:] = -1, 0.0
    for k in range(len(groups)):
        g = groups[k]
        for e in range(ptr[g], ptr[g + 1]):
            z, pi = held[e], salience[e]
            if place[z] >= 0:
                own[place[z], k] = e
            for x in range(k_ptr[z], k_ptr[z + 1]):
                c = place[k_to[x]]
                if c >= 0:
                    for t in range(came.shape[1]):
                        lost = lost_by(z, t, slot, touched) if slot[z] >= 0 else 1.0
                        came[c, t, k] += pi * k_chance[x] * lost


@compiled
def believe_each(
    facet: SparseFacet,
    known: Known,
    slot: np.ndarray,
    groups: np.ndarray,
    v: int,
    t: int,
    own: np.ndarray,
    came: np.ndarray,
    rows: np.ndarray,
    believe: np.ndarray,
):
    """p(v is believed, memory | group, type t), kept or unrecalled and muddled: believe (2, n) is filled.

    Args:
        v: a value that was not asked about before.
        own, came: (n,) as `stand` finds them.
        rows: (FIGURES, n) of the groups.
    """
    r, rho, g, single, stranger, unnamed = (
        facet.recognition[v], facet.stranger[v], facet.background[v], facet.single, known.stranger[0, t],
        known.stranger[1, t],
    )  # fmt: skip
    ptr, held, salience, touched = facet.ptr, facet.held, facet.salience, known.touched
    k_ptr, k_to, k_chance = facet.kernel.ptr, facet.kernel.to, facet.kernel.chance
    j, n = slot[v], len(groups)
    odds_kept = touched[j, t, KEPT, E] if j >= 0 else 1.0
    odds_muddled = touched[j, t, MUDDLED, E] if j >= 0 else 1.0
    for k in range(n):
        believe[KEPT, k] = 0.0
        believe[MUDDLED, k] = min(came[k] * odds_muddled * rows[MUDDLED_REPLACED, k], rows[MUDDLED_STATE, k])
    for k in range(n):
        start, end = ptr[groups[k]], ptr[groups[k] + 1]
        if own[k] >= 0:
            pi = salience[own[k]]
            kept = r * (rows[KEPT_STATE, k] + rows[UNRECALLED, k])
            believe[KEPT, k] = kept + (1.0 - r) * pi * odds_kept * rows[KEPT_TOP, k]
            taken = taken_from(k_ptr, k_to, k_chance, v, t, slot, touched, held, start, end)
            lost = pi * taken * rows[MUDDLED_REPLACED, k]
            believe[MUDDLED, k] += r * max(rows[MUDDLED_STATE, k] - lost - believe[MUDDLED, k], 0.0)
        elif start == end:
            named = g * odds_kept / stranger
            unrecalled = rows[UNRECALLED, k] * (g / unnamed if single else rho)
            believe[KEPT, k] = rows[KEPT_STATE, k] * (rho + (1.0 - rho) * named) + unrecalled


@compiled
def tabulate(facet: SparseFacet, tabled: Tabled, values: np.ndarray, known: Known, like: np.ndarray, out: np.ndarray):
    """Fill a record of `sim.belief.law_dense.LawTables`, a row for each group, from one of a sparse facet.

    Args:
        values: (C,) what the yes/no questions ask for.
        like: (R, T) log p(evidence | row of `known`, type).
    """
    t_n, g_n, c_n = like.shape[1], len(known.row_of), len(values)
    to, slot = tables_of(tabled, out, t_n), np.full(len(facet.background), -1, dtype=np.int32)
    for j in range(len(known.ids)):
        slot[known.ids[j]] = j
    groups, rows = np.arange(g_n), np.empty((FIGURES, g_n))
    own, came, believe = np.empty((c_n, g_n), dtype=np.int32), np.empty((c_n, t_n, g_n)), np.empty((2, g_n))
    stand(facet, known, slot, groups, values, own, came)
    for t in range(t_n):
        for g in range(g_n):
            to.like[g, t] = like[known.row_of[g], t]
            for j in range(FIGURES):
                rows[j, g] = known.rows[known.row_of[g], t, j]
            for state in range(4):
                to.states[state, t, g] = rows[state, g]
        for c in range(c_n):
            # What was asked before is not asked again, and has no meaning here.
            believe_each(facet, known, slot, groups, values[c], t, own[c], came[c, t], rows, believe)
            to.kept[c, t], to.muddled[c, t] = believe[KEPT], believe[MUDDLED]
        if len(tabled.options):
            _what_is_named(facet, known, slot, t, rows, to)


@compiled
def _what_is_named(facet: SparseFacet, known: Known, slot: np.ndarray, t: int, rows: np.ndarray, to: LawTables):
    ptr, held, salience, touched = facet.ptr, facet.held, facet.salience, known.touched
    k_ptr, k_to, k_chance = facet.kernel.ptr, facet.kernel.to, facet.kernel.chance
    named_kept, named_muddled = to.named_kept, to.named_muddled
    named_kept[:, t], named_muddled[:, t] = 0.0, 0.0
    for g in range(len(ptr) - 1):
        start, end = ptr[g], ptr[g + 1]
        for e in range(start, end):
            z, pi, j = held[e], salience[e], slot[held[e]]
            odds = touched[j, t, KEPT, E] * touched[j, t, KEPT, G1] / touched[j, t, KEPT, H] if j >= 0 else 1.0
            named_kept[z, t, g] += rows[KEPT_TOP, g] * pi * odds
            lost = rows[MUDDLED_REPLACED, g] * pi * lost_by(z, t, slot, touched)
            for x in range(k_ptr[z], k_ptr[z + 1]):
                w, odds = k_to[x], 1.0
                j = slot[w]
                if j >= 0:
                    state = H if find(held, start, end, w) >= 0 else G0
                    odds = touched[j, t, MUDDLED, E] * touched[j, t, MUDDLED, G1] / touched[j, t, MUDDLED, state]
                named_muddled[w, t, g] += lost * k_chance[x] * odds
        if start == end:
            for u in range(len(slot)):
                odds = strangers_odds(slot[u], facet.stranger[u], t, touched)
                named_kept[u, t, g] += rows[KEPT_TOP, g] * facet.background[u] * odds


@compiled
def touched_values(pairs: np.ndarray, said: int, named: np.ndarray):
    """(n,) int32, ascending: the values that were asked for or said, or may have been (`Memory.named`)."""
    values, n = np.empty(len(pairs) + 1 + len(named), dtype=np.int32), len(pairs)
    for j in range(len(pairs)):
        values[j] = pairs[j, 0]
    if said >= 0:
        values[n] = said
        n += 1
    for k in range(len(named)):
        if named[k] >= 0:
            values[n] = named[k]
            n += 1
    return np.unique(values[:n])


@compiled
def tabulated_records(
    facet: SparseFacet,
    tabled: Tabled,
    values: np.ndarray,
    memory: Memory,
    told: Told,
    floats: np.ndarray,
    at: np.ndarray,
):
    """Fill m records of a sparse facet whose law is tabled, which begin at at (m,) of `floats`."""
    t_n, start = memory.shares.shape[1], 0
    size, row_of = table_size(tabled, t_n), np.empty(len(facet.ptr) - 1, dtype=np.int32)
    for e in range(len(at)):
        pairs = told.pairs[start : told.ends[e]]
        start = told.ends[e]
        ids = touched_values(pairs, told.said[e], memory.named)
        r_n = give_rows(facet, ids, row_of)
        record = np.empty(sparse_size(r_n, len(ids), t_n))
        sparse_record(facet, memory, pairs, told.said[e], told.volunteered[e], ids, row_of, r_n, record)
        like, rows, stranger, touched = parts_of(record, r_n, len(ids), t_n)
        tabulate(facet, tabled, values, Known(rows, stranger, touched, row_of, ids), like, floats[at[e] : at[e] + size])
