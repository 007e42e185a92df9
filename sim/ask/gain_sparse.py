"""What yes/no questions on a sparse facet tell: I(answer; "the value is true"), I(answer; type), answers to expect.

Sums over all intents follow the relation and the confusions: who has the value, who has what may be taken for it.  What
several questions at one belief share (how much of each value would be replaced) is worked out when first needed and
kept in `Sums`.
"""

# An element of an array is a number here, which the array types of a type checker cannot say.
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.answers import DONT_KNOW
from sim.ask.gain_tabled import A
from sim.belief.law_sparse import (
    COMMON,
    FORGOTTEN,
    G0,
    KEPT_STATE,
    KEPT_TOP,
    MUDDLED_REPLACED,
    MUDDLED_STATE,
    STRANGER,
    UNRECALLED,
    E,
    H,
    Known,
    beside,
    entry,
    lost_by,
    taken_from,
)
from sim.belief.tables import SparseFacet
from sim.channel.channel import KEPT, MUDDLED
from sim.numeric.compiled import compiled
from sim.numeric.loops import TINY, log, total, xlogx


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
def new_sums(facet: SparseFacet, t_n: int):
    v_n = len(facet.background)
    return Sums(
        np.empty((len(facet.ptr) - 1, t_n)), np.full(v_n, -1, dtype=np.int32), np.empty((v_n, t_n)),
        np.zeros(v_n, dtype=np.bool_), np.empty((3, t_n)), np.empty((2, t_n)),
    )  # fmt: skip


@compiled
def begin_sums(facet: SparseFacet, known: Known, joint: np.ndarray, sums: Sums):
    """Prepare the sums for one belief (N, T)."""
    t_n = joint.shape[1]
    group_of, row_of, rows = facet.group_of, known.row_of, known.rows
    by_group, whole, common = sums.joint, sums.whole, np.zeros(t_n)
    sums.slot[:] = -1
    for j in range(len(known.ids)):
        sums.slot[known.ids[j]] = j
    sums.done[:] = False
    by_group[:] = 0.0
    for i in range(len(joint)):
        g = group_of[i]
        for t in range(t_n):
            by_group[g, t] += joint[i, t]
    whole[:] = 0.0
    for g in range(len(by_group)):
        r = row_of[g]
        for t in range(t_n):
            if r == COMMON:
                common[t] += by_group[g, t]
            else:
                b = by_group[g, t]
                whole[0, t] += b * rows[r, t, FORGOTTEN]
                whole[1, t] += b * (rows[r, t, KEPT_STATE] + rows[r, t, UNRECALLED])
                whole[2, t] += b * rows[r, t, MUDDLED_STATE]
    for t in range(t_n):
        whole[0, t] += common[t] * rows[COMMON, t, FORGOTTEN]
        whole[1, t] += common[t] * (rows[COMMON, t, KEPT_STATE] + rows[COMMON, t, UNRECALLED])
        whole[2, t] += common[t] * rows[COMMON, t, MUDDLED_STATE]
        strangers = 0.0
        for g in facet.unknown:
            strangers += by_group[g, t]
        sums.strangers[0, t] = strangers * rows[STRANGER, t, KEPT_TOP]
        sums.strangers[1, t] = strangers * rows[STRANGER, t, UNRECALLED]


@compiled
def first_of(
    v: int,
    value_ptr: np.ndarray,
    who: np.ndarray,
    salience: np.ndarray,
    row_of: np.ndarray,
    rows: np.ndarray,
    joint: np.ndarray,
    first: np.ndarray,
    done: np.ndarray,
):
    """Work out first[v] of `Sums`; the arrays are those of the facet, of what is known and of the sums."""
    done[v] = True
    t_n = joint.shape[1]
    for t in range(t_n):
        first[v, t] = 0.0
    for e in range(value_ptr[v], value_ptr[v + 1]):
        i, pi = who[e], salience[e]
        r = row_of[i]
        for t in range(t_n):
            first[v, t] += joint[i, t] * rows[r, t, MUDDLED_REPLACED] * pi


@compiled
def believers(
    facet: SparseFacet, known: Known, sums: Sums, v: int, masses: np.ndarray, inside: np.ndarray, outside: np.ndarray
):
    """Who believes value v, not asked about before, when asked.

    Args:
        masses: (3, T) is filled: states of the intents for which it is true.
        inside, outside: (S, T) are filled: those who believe it, for whom it is true and for whom it isn't.
    """
    value_ptr, who, salience, within_of = facet.value_ptr, facet.who, facet.salience_of, facet.within_of
    k_ptr, k_to, k_chance = facet.kernel.ptr, facet.kernel.to, facet.kernel.chance
    t_ptr, t_to, t_chance = facet.taken.ptr, facet.taken.to, facet.taken.chance
    rows, row_of, touched, ids = known.rows, known.row_of, known.touched, known.ids
    joint, first, done, slot = sums.joint, sums.first, sums.done, sums.slot
    t_n = joint.shape[1]
    masses[:], inside[:], outside[:] = 0.0, 0.0, 0.0
    for e in range(value_ptr[v], value_ptr[v + 1]):
        i, pi, within = who[e], salience[e], within_of[e]
        r = row_of[i]
        for t in range(t_n):
            b = joint[i, t]
            masses[0, t] += b * rows[r, t, FORGOTTEN]
            masses[1, t] += b * (rows[r, t, KEPT_STATE] + rows[r, t, UNRECALLED])
            masses[2, t] += b * rows[r, t, MUDDLED_STATE]
            inside[KEPT, t] += b * rows[r, t, KEPT_TOP] * pi
            inside[MUDDLED, t] += b * rows[r, t, MUDDLED_REPLACED] * within
    for e in range(t_ptr[v], t_ptr[v + 1]):
        z, chance = t_to[e], t_chance[e]
        if not done[z]:
            first_of(z, value_ptr, who, salience, row_of, rows, joint, first, done)
        if slot[z] < 0:
            for t in range(t_n):
                outside[MUDDLED, t] += chance * first[z, t]
        else:
            for t in range(t_n):
                outside[MUDDLED, t] += chance * lost_by(z, t, slot, touched) * first[z, t]
    if not done[v]:
        first_of(v, value_ptr, who, salience, row_of, rows, joint, first, done)
    lost = np.empty(t_n)
    for t in range(t_n):
        lost[t] = taken_from(k_ptr, k_to, k_chance, v, t, slot, touched, ids, 0, 0) * first[v, t]
    for k in range(len(ids)):
        out_of, into = entry(k_ptr, k_to, k_chance, v, ids[k]), entry(k_ptr, k_to, k_chance, ids[k], v)
        if ids[k] != v and (out_of > 0.0 or into > 0.0):
            _in_one_group(
                v, k, ids[k], out_of, into, value_ptr, who, salience, row_of, rows, joint, touched, lost, inside
            )
    r, rho, g, j = facet.recognition[v], facet.stranger[v], facet.background[v], slot[v]
    for t in range(t_n):
        # Where the value was named, but not asked about, that weighs for it.
        odds_kept = touched[j, t, KEPT, E] if j >= 0 else 1.0
        odds_muddled = touched[j, t, MUDDLED, E] if j >= 0 else 1.0
        came = inside[MUDDLED, t] * odds_muddled
        inside[KEPT, t] = r * masses[1, t] + (1.0 - r) * inside[KEPT, t] * odds_kept
        inside[MUDDLED, t] = came + r * (masses[2, t] - lost[t] - came)
        named = g * odds_kept / known.stranger[0, t]
        outside[KEPT, t] = sums.strangers[0, t] * known.stranger[0, t] * (rho + (1.0 - rho) * named)
        outside[KEPT, t] += sums.strangers[1, t] * (g / known.stranger[1, t] if facet.single else rho)
        outside[MUDDLED, t] = outside[MUDDLED, t] * odds_muddled - came


@compiled
def _in_one_group(
    v: int,
    k: int,
    x: int,
    out_of: float,
    into: float,
    value_ptr: np.ndarray,
    who: np.ndarray,
    salience: np.ndarray,
    row_of: np.ndarray,
    rows: np.ndarray,
    joint: np.ndarray,
    touched: np.ndarray,
    lost: np.ndarray,
    inside: np.ndarray,
):
    """Where v and touched value k, x, are true of one group, each may be taken for the other: add what that means for
    the belief that v is lost (T,), and that it comes in the place of x."""
    a, b = value_ptr[v], value_ptr[x]
    while a < value_ptr[v + 1] and b < value_ptr[x + 1]:
        i = who[a]
        if i < who[b]:
            a += 1
        elif i > who[b]:
            b += 1
        else:
            for t in range(len(lost)):
                share = joint[i, t] * rows[row_of[i], t, MUDDLED_REPLACED]
                lost[t] += out_of * beside(k, t, touched) * share * salience[a]
                more = touched[k, t, MUDDLED, G0] / touched[k, t, MUDDLED, H] - 1.0
                inside[MUDDLED, t] += into * more * share * salience[b]
            a += 1
            b += 1


@compiled
def yesno_joint(
    facet: SparseFacet,
    known: Known,
    sums: Sums,
    v: int,
    yesno: np.ndarray,
    forgotten: np.ndarray,
    crowd: np.ndarray,
    out: np.ndarray,
):
    """Fill out (T, 2, A) with the joint of type, class (false, true) and answer for one value.

    Args:
        yesno, forgotten: of `AnswerManner`, for the facet.
        crowd: (7, T) scratch; its last two rows are left with all who believe it, kept or unrecalled and muddled.
    """
    masses, inside, outside = crowd[:3], crowd[3:5], crowd[5:]
    believers(facet, known, sums, v, masses, inside, outside)
    says, whole = facet.absence[v], sums.whole
    for t in range(whole.shape[1]):
        for y in range(2):
            f = masses[0, t] if y else max(whole[0, t] - masses[0, t], 0.0)
            k = masses[1, t] if y else whole[1, t] - masses[1, t]
            m = masses[2, t] if y else whole[2, t] - masses[2, t]
            kept, muddled = (inside[KEPT, t], inside[MUDDLED, t]) if y else (outside[KEPT, t], outside[MUDDLED, t])
            doubt_kept, doubt_muddled = max(k - kept, 0.0), max(m - muddled, 0.0)
            for a in range(A):
                silent = 1.0 - says if a == DONT_KNOW else 0.0
                out[t, y, a] = (
                    kept * yesno[t, KEPT, 1, a] + muddled * yesno[t, MUDDLED, 1, a]
                    + doubt_kept * (says * yesno[t, KEPT, 0, a] + silent)
                    + doubt_muddled * (says * yesno[t, MUDDLED, 0, a] + silent) + f * forgotten[t, a]
                )  # fmt: skip
        for state in range(2):
            outside[state, t] += inside[state, t]


@compiled
def noise_of(says: float, whole: np.ndarray, believe: np.ndarray, yesno: np.ndarray, forgotten: np.ndarray):
    """H(answer | memory, type), nats: whatever an answer tells is at most H(answer) less that.

    Args:
        whole, believe: (3, T) all by state, and (2, T) those who believe what is asked for.
    """
    out = 0.0
    for t in range(whole.shape[1]):
        for a in range(A):
            for state in range(2):
                no = says * yesno[t, state, 0, a] + (1.0 - says if a == DONT_KNOW else 0.0)
                out -= believe[state, t] * xlogx(yesno[t, state, 1, a])
                out -= max(whole[1 + state, t] - believe[state, t], 0.0) * xlogx(no)
            out -= whole[0, t] * xlogx(forgotten[t, a])
    return out


@compiled
def gains_of(cells: np.ndarray, flat: np.ndarray):
    """I(answer; class), I(answer; type) and H(answer) from cells (T, 2, A); flat (A (T + 3) + T + 2,) begins with
    p(answer) afterwards, and is spoilt beyond."""
    t_n = len(cells)
    classes, types = 3 * A, 3 * A + 2
    by_type = types + t_n
    for k in range(by_type):
        flat[k] = 0.0
    for t in range(t_n):
        for a in range(A):
            no, yes = cells[t, 0, a], cells[t, 1, a]
            flat[a] += no + yes
            flat[A + a] += no
            flat[2 * A + a] += yes
            flat[classes] += no
            flat[classes + 1] += yes
            flat[types + t] += no + yes
            flat[by_type + t * A + a] = no + yes
    alone = 0.0
    for a in range(A):
        alone += xlogx(flat[a])
    for k in range(A, by_type + t_n * A):
        p = max(flat[k], TINY)
        flat[k] = p * log(p)
    both, truth = total(flat, A, 2 * A), flat[classes] + flat[classes + 1]
    user = total(flat, by_type, t_n * A) - total(flat, types, t_n) - alone
    return max(both - alone - truth, 0.0), max(user, 0.0), -alone


@compiled
def tell_sparse(
    facet: SparseFacet,
    known: Known,
    sums: Sums,
    values: np.ndarray,
    yesno: np.ndarray,
    forgotten: np.ndarray,
    gain: np.ndarray,
    most: np.ndarray,
    user: np.ndarray,
    answers: np.ndarray,
):
    """What the questions on `values` (C,) tell in one dialogue.

    Args:
        gain, most, user: (C,) are filled: I(answer; class), what I(answer; intent) can be at most, I(answer; type);
            `most` may be (0,), and is then left out.
        answers: (C, A) is filled.
    """
    t_n = sums.joint.shape[1]
    cells, crowd, flat = np.empty((t_n, 2, A)), np.empty((7, t_n)), np.empty(A * (t_n + 3) + t_n + 2)
    for c in range(len(values)):
        yesno_joint(facet, known, sums, values[c], yesno, forgotten, crowd, cells)
        gain[c], user[c], entropy = gains_of(cells, flat)
        if len(most):
            most[c] = entropy - noise_of(facet.absence[values[c]], sums.whole, crowd[5:], yesno, forgotten)
        for a in range(A):
            answers[c, a] = flat[a]


@compiled
def masses_of_values(facet: SparseFacet, sums: Sums, out: np.ndarray):
    """Fill out (V,) with p(value true of the intent | history)."""
    joint, value_ptr, who = sums.joint, facet.value_ptr, facet.who
    by_group = np.zeros(len(joint))
    for g in range(len(by_group)):
        for t in range(joint.shape[1]):
            by_group[g] += joint[g, t]
    for v in range(len(out)):
        s = 0.0
        for e in range(value_ptr[v], value_ptr[v + 1]):
            s += by_group[who[e]]
        out[v] = s
