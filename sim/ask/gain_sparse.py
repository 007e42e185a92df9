"""What yes/no questions on a sparse facet tell: I(answer; "the value is true"), I(answer; type), answers to expect.

Sums over all intents follow the relation and the confusions: who has the value, who has what may be taken for it.  What
several questions at one belief share (how much of each value would be replaced) is worked out when first needed and
kept in `Sums`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.answers import DONT_KNOW
from sim.ask.gain_dense import A
from sim.belief.law_sparse import (
    COMMON,
    FORGOTTEN,
    G0,
    H,
    KEPT_STATE,
    KEPT_TOP,
    MUDDLED_REPLACED,
    MUDDLED_STATE,
    STRANGER,
    UNRECALLED,
    E,
    find,
    lost_by,
    parts_of,
    taken_from,
)
from sim.belief.tables import Manner, SparseFacet
from sim.channel.channel import KEPT, MUDDLED
from sim.numeric.compiled import compiled
from sim.numeric.loops import TINY, entropy_sum, log


class Known(NamedTuple):
    """What was answered on the facet, as `sim.belief.law_sparse` records it."""

    rows: np.ndarray
    stranger: np.ndarray
    touched: np.ndarray
    ids: np.ndarray
    row_of: np.ndarray


class Sums(NamedTuple):
    """What all questions on the facet share at one belief."""

    slot: np.ndarray
    """(V,) int32: where a value stands among the touched, -1 where it doesn't."""
    first: np.ndarray
    """(V, T) belief that the value was on top of the mind and was replaced; of those `done` alone."""
    done: np.ndarray
    """(V,) bool"""
    whole: np.ndarray
    """(3, T) belief in each state: forgotten, kept or unrecalled, muddled."""
    strangers: np.ndarray
    """(2, T) belief in intents of which the catalogue knows nothing, kept / A and unrecalled."""


@compiled
def known_of(floats, ints, at, ints_at, r_n, n, n_intents, t_n):
    """A record where it lies."""
    _, rows, stranger, touched = parts_of(floats[at:], r_n, n, t_n)
    row_of = ints[ints_at : ints_at + n_intents]
    return Known(rows, stranger, touched, ints[ints_at + n_intents : ints_at + n_intents + n], row_of)


@compiled
def new_sums(v_n, t_n):
    return Sums(
        np.full(v_n, -1, dtype=np.int32), np.empty((v_n, t_n)), np.zeros(v_n, dtype=np.bool_), np.empty((3, t_n)),
        np.empty((2, t_n)),
    )  # fmt: skip


@compiled
def begin_sums(facet: SparseFacet, known: Known, joint, sums: Sums):
    """Prepare the sums for one belief (N, T)."""
    t_n = joint.shape[1]
    sums.slot[:] = -1
    for j in range(len(known.ids)):
        sums.slot[known.ids[j]] = j
    sums.done[:] = False
    sums.whole[:] = 0.0
    common = np.zeros(t_n)
    for i in range(len(joint)):
        r = known.row_of[i]
        if r == COMMON:
            for t in range(t_n):
                common[t] += joint[i, t]
        else:
            for t in range(t_n):
                _add_states(joint[i, t], known.rows[r, t], sums.whole, t)
    for t in range(t_n):
        _add_states(common[t], known.rows[COMMON, t], sums.whole, t)
        strangers = 0.0
        for i in facet.unknown:
            strangers += joint[i, t]
        sums.strangers[0, t] = strangers * known.rows[STRANGER, t, KEPT_TOP]
        sums.strangers[1, t] = strangers * known.rows[STRANGER, t, UNRECALLED]


@compiled
def _add_states(b, row, to, t):
    to[0, t] += b * row[FORGOTTEN]
    to[1, t] += b * (row[KEPT_STATE] + row[UNRECALLED])
    to[2, t] += b * row[MUDDLED_STATE]


@compiled
def first_of(facet: SparseFacet, known: Known, sums: Sums, joint, v):
    """Work out `sums.first[v]`."""
    if sums.done[v]:
        return
    sums.done[v] = True
    t_n = joint.shape[1]
    for t in range(t_n):
        sums.first[v, t] = 0.0
    for e in range(facet.value_ptr[v], facet.value_ptr[v + 1]):
        i, pi = facet.who[e], facet.salience_of[e]
        r = known.row_of[i]
        for t in range(t_n):
            sums.first[v, t] += joint[i, t] * known.rows[r, t, MUDDLED_REPLACED] * pi


@compiled
def believers(facet: SparseFacet, known: Known, sums: Sums, joint, v, masses, inside, outside):
    """Who believes value v, not asked about before, when asked.

    Args:
        masses: (3, T) is filled: states of the intents for which it is true.
        inside, outside: (S, T) are filled: those who believe it, for whom it is true and for whom it isn't.
    """
    t_n = joint.shape[1]
    masses[:], inside[:], outside[:] = 0.0, 0.0, 0.0
    for e in range(facet.value_ptr[v], facet.value_ptr[v + 1]):
        i, pi, within = facet.who[e], facet.salience_of[e], facet.within_of[e]
        r = known.row_of[i]
        for t in range(t_n):
            b, row = joint[i, t], known.rows[r, t]
            _add_states(b, row, masses, t)
            inside[KEPT, t] += b * row[KEPT_TOP] * pi
            inside[MUDDLED, t] += b * row[MUDDLED_REPLACED] * within
    for e in range(facet.taken.ptr[v], facet.taken.ptr[v + 1]):
        z, chance = facet.taken.to[e], facet.taken.chance[e]
        first_of(facet, known, sums, joint, z)
        for t in range(t_n):
            outside[MUDDLED, t] += chance * lost_by(z, t, sums.slot, known.touched) * sums.first[z, t]
    first_of(facet, known, sums, joint, v)
    r, rho, g = facet.recognition[v], facet.stranger[v], facet.background[v]
    j = sums.slot[v]
    for t in range(t_n):
        # Where the value was named, but not asked about, that weighs for it.
        odds_kept = known.touched[j, t, KEPT, E] if j >= 0 else 1.0
        odds_muddled = known.touched[j, t, MUDDLED, E] if j >= 0 else 1.0
        nobody = known.ids[:0]
        lost = taken_from(facet, v, t, sums.slot, known.touched, nobody) * sums.first[v, t]
        came = inside[MUDDLED, t]
        for k in range(len(known.ids)):
            more_lost, more_came = _in_one_intent(facet, known, joint, v, k, t)
            lost += more_lost
            came += more_came
        came *= odds_muddled
        inside[KEPT, t] = r * masses[1, t] + (1.0 - r) * inside[KEPT, t] * odds_kept
        inside[MUDDLED, t] = came + r * (masses[2, t] - lost - came)
        named = g * odds_kept / known.stranger[t]
        outside[KEPT, t] = sums.strangers[0, t] * known.stranger[t] * (rho + (1.0 - rho) * named)
        outside[KEPT, t] += sums.strangers[1, t] * (named if facet.single else rho)
        outside[MUDDLED, t] = outside[MUDDLED, t] * odds_muddled - came


@compiled
def _in_one_intent(facet, known, joint, v, k, t):
    """Where v and touched value k are true of one intent, each may be taken for the other: what that adds to the
    belief that v is lost, and that it comes in the place of k."""
    x = known.ids[k]
    to = known.touched[k, t, MUDDLED]
    out_of, into = entry(facet.kernel, v, x), entry(facet.kernel, x, v)
    lost = came = 0.0
    if x == v or (out_of == 0.0 and into == 0.0):
        return lost, came
    beside = to[E] * known.touched[k, t, MUDDLED, 0] * (1.0 / to[H] - 1.0 / to[G0])
    a, b = facet.value_ptr[v], facet.value_ptr[x]
    while a < facet.value_ptr[v + 1] and b < facet.value_ptr[x + 1]:
        i = facet.who[a]
        if i < facet.who[b]:
            a += 1
        elif i > facet.who[b]:
            b += 1
        else:
            share = joint[i, t] * known.rows[known.row_of[i], t, MUDDLED_REPLACED]
            lost += out_of * beside * share * facet.salience_of[a]
            came += into * (to[G0] / to[H] - 1.0) * share * facet.salience_of[b]
            a += 1
            b += 1
    return lost, came


@compiled
def entry(kernel, row, column):
    """One entry of a kernel."""
    at = find(kernel.to[kernel.ptr[row] : kernel.ptr[row + 1]], column)
    return kernel.chance[kernel.ptr[row] + at] if at >= 0 else 0.0


@compiled
def answers_of(f, k, m, believe_kept, believe_muddled, t, yesno, forgotten, says, out):
    """(A,) the answers of those with these masses, of whom so many believe what is asked for."""
    doubt_kept, doubt_muddled = max(k - believe_kept, 0.0), max(m - believe_muddled, 0.0)
    for a in range(A):
        silent = 1.0 - says if a == DONT_KNOW else 0.0
        out[a] = (
            believe_kept * yesno[t, KEPT, 1, a] + believe_muddled * yesno[t, MUDDLED, 1, a]
            + doubt_kept * (says * yesno[t, KEPT, 0, a] + silent)
            + doubt_muddled * (says * yesno[t, MUDDLED, 0, a] + silent) + max(f, 0.0) * forgotten[t, a]
        )  # fmt: skip


@compiled
def yesno_joint(facet: SparseFacet, known: Known, sums: Sums, joint, v, yesno, forgotten, out):
    """The joint of type, class (false, true) and answer for one value: out (T, 2, A)."""
    t_n = joint.shape[1]
    masses, inside, outside = np.empty((3, t_n)), np.empty((2, t_n)), np.empty((2, t_n))
    believers(facet, known, sums, joint, v, masses, inside, outside)
    for t in range(t_n):
        f, k, m = sums.whole[0, t], sums.whole[1, t], sums.whole[2, t]
        answers_of(f - masses[0, t], k - masses[1, t], m - masses[2, t], outside[KEPT, t], outside[MUDDLED, t], t,
                   yesno, forgotten, facet.absence[v], out[t, 0])  # fmt: skip
        answers_of(masses[0, t], masses[1, t], masses[2, t], inside[KEPT, t], inside[MUDDLED, t], t,
                   yesno, forgotten, facet.absence[v], out[t, 1])  # fmt: skip


@compiled
def gains_of(cells, gain, user, answers):
    """I(answer; class), I(answer; type) and p(answer) from cells (T, 2, A)."""
    t_n = len(cells)
    p = np.zeros(3 * A + 2 + t_n * (A + 1))
    classes, types = 3 * A, 3 * A + 2
    for t in range(t_n):
        for a in range(A):
            no, yes = cells[t, 0, a], cells[t, 1, a]
            p[a] += no
            p[A + a] += yes
            p[2 * A + a] += no + yes
            p[classes] += no
            p[classes + 1] += yes
            p[types + t] += no + yes
            p[types + t_n + t * A + a] = no + yes
    answers[:] = p[2 * A : 3 * A]
    both, alone = entropy_sum(p[: 2 * A], 2 * A), entropy_sum(p[2 * A : 3 * A], A)
    truth = entropy_sum(p[classes : classes + 2], 2)
    of_types = entropy_sum(p[types : types + t_n], t_n)
    by_type = entropy_sum(p[types + t_n :], t_n * A)
    gain[0] = max(both - alone - truth, 0.0)
    user[0] = max(by_type - alone - of_types, 0.0)


@compiled
def tell_sparse(facet: SparseFacet, known: Known, sums: Sums, joint, values, yesno, forgotten, gain, user, answers):
    """What the questions on `values` (C,) tell in one dialogue: gain (C,), user (C,), answers (C, A) are filled."""
    cells = np.empty((joint.shape[1], 2, A))
    for c in range(len(values)):
        yesno_joint(facet, known, sums, joint, values[c], yesno, forgotten, cells)
        gains_of(cells, gain[c : c + 1], user[c : c + 1], answers[c])


@compiled
def masses_of_values(facet: SparseFacet, belief, out):
    """(V,) p(value true of the intent), from p(intent) (N,)."""
    for v in range(len(out)):
        s = 0.0
        for e in range(facet.value_ptr[v], facet.value_ptr[v + 1]):
            s += belief[facet.who[e]]
        out[v] = s


@compiled
def refine_sparse(facet: SparseFacet, known: Known, sums: Sums, joint, who, values, yesno, forgotten, out):
    """What the answers to the questions on `values` (C,) tell about intents of one class, (C,) nats.

    Adds sum over the intents `who` of p(i) KL(p(answer | i) || p(answer | class of i)) to out.
    """
    t_n, c_n = joint.shape[1], len(values)
    cells = np.empty((c_n, t_n, 2, A))
    place = np.full(len(facet.background), -1, dtype=np.int32)
    for c in range(c_n):
        yesno_joint(facet, known, sums, joint, values[c], yesno, forgotten, cells[c])
        place[values[c]] = c
    expected = cells.sum(axis=1)  # (C, 2, A)
    for c in range(c_n):
        for y in range(2):
            whole = max(expected[c, y].sum(), TINY)
            expected[c, y] /= whole
    # Of one intent: where each value stands among its own, and the chances that it was replaced by each.
    own, came = np.empty(c_n, dtype=np.int64), np.empty((c_n, t_n))
    by_type = np.empty((t_n, A))
    mine = np.empty(t_n)
    for i in who:
        own[:], came[:] = -1, 0.0
        for e in range(facet.ptr[i], facet.ptr[i + 1]):
            z = facet.held[e]
            if place[z] >= 0:
                own[place[z]] = e
            for x in range(facet.kernel.ptr[z], facet.kernel.ptr[z + 1]):
                c = place[facet.kernel.to[x]]
                if c >= 0:
                    for t in range(t_n):
                        came[c, t] += (
                            facet.salience[e] * facet.kernel.chance[x] * lost_by(z, t, sums.slot, known.touched)
                        )
        for t in range(t_n):
            mine[t] = joint[i, t]
        whole = max(mine.sum(), TINY)
        for c in range(c_n):
            _answers_of_one(facet, known, sums, i, values[c], own[c], came[c], yesno, forgotten, by_type)
            gap, y = 0.0, 1 if own[c] >= 0 else 0
            for a in range(A):
                p = 0.0
                for t in range(t_n):
                    p += mine[t] * by_type[t, a]
                p = max(p / whole, TINY)
                gap += p * (log(p) - log(max(expected[c, y, a], TINY)))
            out[c] += max(gap, 0.0) * whole


@compiled
def _answers_of_one(facet, known, sums, i, v, own, came, yesno, forgotten, out):
    """p(answer | intent i, type), (T, A), to the question on v; `own` is where v stands among i's values, -1 for
    nowhere, and came (T,) the chance that it replaces one of them, but for what was answered."""
    r, rho, g = facet.recognition[v], facet.stranger[v], facet.background[v]
    j = sums.slot[v]
    held = facet.held[facet.ptr[i] : facet.ptr[i + 1]]
    row = known.rows[known.row_of[i]]
    for t in range(len(out)):
        odds_kept = known.touched[j, t, KEPT, E] if j >= 0 else 1.0
        odds_muddled = known.touched[j, t, MUDDLED, E] if j >= 0 else 1.0
        kept, muddled, unrecalled = row[t, KEPT_STATE], row[t, MUDDLED_STATE], row[t, UNRECALLED]
        top = row[t, KEPT_TOP]  # kept / A
        replaced = row[t, MUDDLED_REPLACED]
        believe_kept, believe_muddled = 0.0, min(came[t] * odds_muddled * replaced, muddled)
        if own >= 0:
            pi = facet.salience[own]
            believe_kept = r * (kept + unrecalled) + (1.0 - r) * pi * odds_kept * top
            lost = pi * taken_from(facet, v, t, sums.slot, known.touched, held) * replaced
            believe_muddled += r * max(muddled - lost - believe_muddled, 0.0)
        elif len(held) == 0:
            named = g * odds_kept / known.stranger[t]
            believe_kept = kept * (rho + (1.0 - rho) * named) + unrecalled * (named if facet.single else rho)
        answers_of(row[t, FORGOTTEN], kept + unrecalled, muddled, believe_kept, believe_muddled, t, yesno, forgotten,
                   facet.absence[v], out[t])  # fmt: skip
