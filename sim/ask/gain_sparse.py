"""What yes/no questions on a sparse facet tell: I(answer; "the value is true"), I(answer; type), answers to expect.

Sums over all intents follow the relation and the confusions: who has the value, who has what may be taken for it.  What
several questions at one belief share (how much of each value would be replaced) is worked out when first needed and
kept in `Sums`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.answers import DONT_KNOW
from sim.ask.gain_tabled import A
from sim.belief.law_sparse import (
    COMMON,
    FIGURES,
    FORGOTTEN,
    G0,
    G1,
    H,
    KEPT_STATE,
    KEPT_TOP,
    MUDDLED_REPLACED,
    MUDDLED_STATE,
    STRANGER,
    UNRECALLED,
    E,
    Known,
    believe_each,
    entry,
    lost_by,
    stand,
    taken_from,
)
from sim.belief.tables import SparseFacet
from sim.channel.channel import KEPT, MUDDLED
from sim.numeric.compiled import compiled
from sim.numeric.loops import TINY, entropy_sum, log, total, xlogx


class Sums(NamedTuple):
    """What all questions on the facet share at one belief."""

    joint: np.ndarray
    """(G, T) p(group, type | history)."""
    slot: np.ndarray
    """(V,) int32: where a value stands among the touched, -1 where it doesn't."""
    first: np.ndarray
    """(V, T) belief that the value was on top of the mind and was replaced; of those `done` alone."""
    done: np.ndarray
    """(V,) bool"""
    whole: np.ndarray
    """(3, T) belief in each state: forgotten, kept or unrecalled, muddled."""
    strangers: np.ndarray
    """(2, T) belief in those of which the catalogue knows nothing, kept / A and unrecalled."""


@compiled
def new_sums(facet: SparseFacet, t_n):
    v_n = len(facet.background)
    return Sums(
        np.empty((len(facet.ptr) - 1, t_n)), np.full(v_n, -1, dtype=np.int32), np.empty((v_n, t_n)), np.zeros(v_n, dtype=np.bool_), np.empty((3, t_n)),
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
    sums.joint[:] = 0.0
    for i in range(len(joint)):
        g = facet.group_of[i]
        for t in range(t_n):
            sums.joint[g, t] += joint[i, t]
    sums.whole[:] = 0.0
    common = np.zeros(t_n)
    for g in range(len(sums.joint)):
        r = known.row_of[g]
        for t in range(t_n):
            if r == COMMON:
                common[t] += sums.joint[g, t]
            else:
                _add_states(sums.joint[g, t], known.rows[r, t], sums.whole, t)
    for t in range(t_n):
        _add_states(common[t], known.rows[COMMON, t], sums.whole, t)
        strangers = 0.0
        for g in facet.unknown:
            strangers += sums.joint[g, t]
        sums.strangers[0, t] = strangers * known.rows[STRANGER, t, KEPT_TOP]
        sums.strangers[1, t] = strangers * known.rows[STRANGER, t, UNRECALLED]


@compiled
def _add_states(b, row, to, t):
    to[0, t] += b * row[FORGOTTEN]
    to[1, t] += b * (row[KEPT_STATE] + row[UNRECALLED])
    to[2, t] += b * row[MUDDLED_STATE]


@compiled
def first_of(facet: SparseFacet, known: Known, sums: Sums, v):
    """Work out `sums.first[v]`."""
    if sums.done[v]:
        return
    sums.done[v] = True
    t_n = sums.joint.shape[1]
    for t in range(t_n):
        sums.first[v, t] = 0.0
    for e in range(facet.value_ptr[v], facet.value_ptr[v + 1]):
        i, pi = facet.who[e], facet.salience_of[e]
        r = known.row_of[i]
        for t in range(t_n):
            sums.first[v, t] += sums.joint[i, t] * known.rows[r, t, MUDDLED_REPLACED] * pi


@compiled
def believers(facet: SparseFacet, known: Known, sums: Sums, v, masses, inside, outside):
    """Who believes value v, not asked about before, when asked.

    Args:
        masses: (3, T) is filled: states of the intents for which it is true.
        inside, outside: (S, T) are filled: those who believe it, for whom it is true and for whom it isn't.
    """
    t_n = sums.joint.shape[1]
    masses[:], inside[:], outside[:] = 0.0, 0.0, 0.0
    for e in range(facet.value_ptr[v], facet.value_ptr[v + 1]):
        i, pi, within = facet.who[e], facet.salience_of[e], facet.within_of[e]
        r = known.row_of[i]
        for t in range(t_n):
            b, row = sums.joint[i, t], known.rows[r, t]
            _add_states(b, row, masses, t)
            inside[KEPT, t] += b * row[KEPT_TOP] * pi
            inside[MUDDLED, t] += b * row[MUDDLED_REPLACED] * within
    for e in range(facet.taken.ptr[v], facet.taken.ptr[v + 1]):
        z, chance = facet.taken.to[e], facet.taken.chance[e]
        first_of(facet, known, sums, z)
        for t in range(t_n):
            outside[MUDDLED, t] += chance * lost_by(z, t, sums.slot, known.touched) * sums.first[z, t]
    first_of(facet, known, sums, v)
    r, rho, g = facet.recognition[v], facet.stranger[v], facet.background[v]
    j, nobody = sums.slot[v], known.ids[:0]
    lost = np.empty(t_n)
    for t in range(t_n):
        lost[t] = taken_from(facet, v, t, sums.slot, known.touched, nobody) * sums.first[v, t]
    for k in range(len(known.ids)):
        _in_one_group(facet, known, sums, v, k, lost, inside[MUDDLED])
    for t in range(t_n):
        # Where the value was named, but not asked about, that weighs for it.
        odds_kept = known.touched[j, t, KEPT, E] if j >= 0 else 1.0
        odds_muddled = known.touched[j, t, MUDDLED, E] if j >= 0 else 1.0
        came = inside[MUDDLED, t] * odds_muddled
        inside[KEPT, t] = r * masses[1, t] + (1.0 - r) * inside[KEPT, t] * odds_kept
        inside[MUDDLED, t] = came + r * (masses[2, t] - lost[t] - came)
        named = g * odds_kept / known.stranger[t]
        outside[KEPT, t] = sums.strangers[0, t] * known.stranger[t] * (rho + (1.0 - rho) * named)
        outside[KEPT, t] += sums.strangers[1, t] * (named if facet.single else rho)
        outside[MUDDLED, t] = outside[MUDDLED, t] * odds_muddled - came


@compiled
def _in_one_group(facet, known, sums, v, k, lost, came):
    """Where v and touched value k are true of one group, each may be taken for the other: add what that means for the
    belief (T,) that v is lost, and that it comes in the place of k."""
    x = known.ids[k]
    out_of, into = entry(facet.kernel, v, x), entry(facet.kernel, x, v)
    if x == v or (out_of == 0.0 and into == 0.0):
        return
    a, b = facet.value_ptr[v], facet.value_ptr[x]
    while a < facet.value_ptr[v + 1] and b < facet.value_ptr[x + 1]:
        i = facet.who[a]
        if i < facet.who[b]:
            a += 1
        elif i > facet.who[b]:
            b += 1
        else:
            for t in range(len(lost)):
                to = known.touched[k, t, MUDDLED]
                share = sums.joint[i, t] * known.rows[known.row_of[i], t, MUDDLED_REPLACED]
                lost[t] += out_of * to[E] * to[G1] * (1.0 / to[H] - 1.0 / to[G0]) * share * facet.salience_of[a]
                came[t] += into * (to[G0] / to[H] - 1.0) * share * facet.salience_of[b]
            a += 1
            b += 1


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
def noise_of(says, yes, no):
    """The entropy, nats, of what is answered by those who do not believe what is asked for, and by those who do."""
    doubted = believed = 0.0
    for a in range(A):
        doubted -= xlogx(says * no[a] + (1.0 - says if a == DONT_KNOW else 0.0))
        believed -= xlogx(yes[a])
    return doubted, believed


@compiled
def yesno_joint(facet: SparseFacet, known: Known, sums: Sums, v, yesno, forgotten, out):
    """Fill out (T, 2, A) with the joint of type, class (false, true) and answer for one value.

    Returns:
        H(answer | memory, type), nats: whatever the answer tells is at most H(answer) less that.
    """
    t_n = sums.joint.shape[1]
    masses, inside, outside = np.empty((3, t_n)), np.empty((2, t_n)), np.empty((2, t_n))
    believers(facet, known, sums, v, masses, inside, outside)
    says, noise = facet.absence[v], 0.0
    for t in range(t_n):
        f, k, m = sums.whole[0, t], sums.whole[1, t], sums.whole[2, t]
        answers_of(f - masses[0, t], k - masses[1, t], m - masses[2, t], outside[KEPT, t], outside[MUDDLED, t], t,
                   yesno, forgotten, says, out[t, 0])  # fmt: skip
        answers_of(masses[0, t], masses[1, t], masses[2, t], inside[KEPT, t], inside[MUDDLED, t], t,
                   yesno, forgotten, says, out[t, 1])  # fmt: skip
        for state in range(2):
            doubted, believed = noise_of(says, yesno[t, state, 1], yesno[t, state, 0])
            who = inside[state, t] + outside[state, t]
            noise += who * believed + max(sums.whole[1 + state, t] - who, 0.0) * doubted
        for a in range(A):
            noise -= f * xlogx(forgotten[t, a])
    return noise


@compiled
def gains_of(cells, gain, user, answers):
    """I(answer; class), I(answer; type) and p(answer) from cells (T, 2, A); returns H(answer)."""
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
    both, alone = entropy_sum(p, 0, 2 * A), entropy_sum(p, 2 * A, A)
    truth = entropy_sum(p, classes, 2)
    of_types = entropy_sum(p, types, t_n)
    by_type = entropy_sum(p, types + t_n, t_n * A)
    gain[0] = max(both - alone - truth, 0.0)
    user[0] = max(by_type - alone - of_types, 0.0)
    return -alone


@compiled
def tell_sparse(facet: SparseFacet, known: Known, sums: Sums, values, yesno, forgotten, gain, most, user, answers):
    """What the questions on `values` (C,) tell in one dialogue.

    Args:
        gain, most, user: (C,) are filled: I(answer; class), what I(answer; intent) can be at most, I(answer; type).
        answers: (C, A) is filled.
    """
    cells = np.empty((sums.joint.shape[1], 2, A))
    for c in range(len(values)):
        noise = yesno_joint(facet, known, sums, values[c], yesno, forgotten, cells)
        most[c] = gains_of(cells, gain[c : c + 1], user[c : c + 1], answers[c]) - noise


@compiled
def masses_of_values(facet: SparseFacet, sums: Sums, out):
    """Fill out (V,) with p(value true of the intent | history)."""
    by_group = np.zeros(len(sums.joint))
    for g in range(len(by_group)):
        for t in range(sums.joint.shape[1]):
            by_group[g] += sums.joint[g, t]
    for v in range(len(out)):
        s = 0.0
        for e in range(facet.value_ptr[v], facet.value_ptr[v + 1]):
            s += by_group[facet.who[e]]
        out[v] = s


@compiled
def refine_sparse(facet: SparseFacet, known: Known, sums: Sums, joint, who, values, yesno, forgotten, out):
    """Fill out (C,) with I(answer; intent) of the questions on `values` (C,), nats.

    It is I(answer; class), and the sum over the intents `who` of p(i) KL(p(answer | i) || p(answer | class of i)).
    """
    t_n, c_n, n = joint.shape[1], len(values), len(who)
    groups = facet.group_of[who]
    cells, nothing = np.empty((t_n, 2, A)), np.empty((1, A))
    share, whole, rows = np.empty((t_n, n)), np.empty(n), np.empty((FIGURES, t_n, n))
    for k in range(n):
        whole[k] = max(joint[who[k]].sum(), TINY)
        for t in range(t_n):
            share[t, k] = joint[who[k], t] / whole[k]
            row = known.rows[known.row_of[groups[k]], t]
            for j in range(FIGURES):
                rows[j, t, k] = row[j]
    own, came = np.empty((c_n, n), dtype=np.int32), np.zeros((c_n, t_n, n))
    stand(facet, known, sums.slot, groups, values, own, came)
    p, believe, gap = np.empty((A, n)), np.empty((2, n)), np.empty(n)
    for c in range(c_n):
        yesno_joint(facet, known, sums, values[c], yesno, forgotten, cells)
        gains_of(cells, out[c : c + 1], nothing[0, :1], nothing[0])
        p[:] = 0.0
        says = facet.absence[values[c]]
        for t in range(t_n):
            believe_each(facet, known, sums.slot, groups, values[c], t, own[c], came[c, t], rows[:, t], believe)
            for a in range(A):
                silent = 1.0 - says if a == DONT_KNOW else 0.0
                f, k1, m1 = forgotten[t, a], yesno[t, KEPT, 1, a], yesno[t, MUDDLED, 1, a]
                k0, m0 = says * yesno[t, KEPT, 0, a] + silent, says * yesno[t, MUDDLED, 0, a] + silent
                _mix(share[t], rows[FORGOTTEN, t], rows[KEPT_STATE, t], rows[UNRECALLED, t], rows[MUDDLED_STATE, t],
                     believe[KEPT], believe[MUDDLED], f, k0, k1, m0, m1, p[a])  # fmt: skip
        gap[:] = 0.0
        for a in range(A):
            _gap(p[a], own[c], _log_share(cells, 0, a), _log_share(cells, 1, a), gap)
        for k in range(n):
            gap[k] = max(gap[k], 0.0) * whole[k]
        out[c] += total(gap, 0, n)


@compiled
def _mix(share, forgotten, kept, unrecalled, muddled, believe_kept, believe_muddled, f, k0, k1, m0, m1, out):
    """Add one type's share of one answer, for every intent."""
    for k in range(len(out)):
        doubt_kept, doubt_muddled = kept[k] + unrecalled[k] - believe_kept[k], muddled[k] - believe_muddled[k]
        out[k] += share[k] * (
            forgotten[k] * f + believe_kept[k] * k1 + doubt_kept * k0 + believe_muddled[k] * m1 + doubt_muddled * m0
        )


@compiled
def _gap(p, own, no, yes, out):
    """Add p log (p / p(answer | class)) of one answer, for every intent."""
    for k in range(len(out)):
        q = max(p[k], TINY)
        out[k] += q * (log(q) - (yes if own[k] >= 0 else no))


@compiled
def _log_share(cells, y, a):
    """Log p(answer | class) of cells (T, 2, A)."""
    return log(max(cells[:, y, a].sum() / max(cells[:, y].sum(), TINY), TINY))
