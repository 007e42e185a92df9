"""What the open question on a sparse facet ("Who is in it?") tells, and the answers to expect.

EIG = H(answer) - sum_i p(i) H(answer | i).  The answer's distribution is exact: one pass over the facet.  H(answer | i)
runs over what an intent's users may name, its own values and what each may be taken for, found as the loop goes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.ask.gain_dense import of_types, summarised
from sim.ask.gain_sparse import Known, Sums, begin_sums, known_of, new_sums, tell_sparse
from sim.belief.law_sparse import (
    FORGOTTEN,
    G0,
    G1,
    KEPT_STATE,
    KEPT_TOP,
    MUDDLED_REPLACED,
    MUDDLED_STATE,
    UNRECALLED,
    E,
    H,
    find,
    lost_by,
)
from sim.belief.tables import Manner, SparseFacet
from sim.channel.channel import KEPT, MUDDLED
from sim.numeric.compiled import compiled
from sim.numeric.loops import TINY, log, total, xlogx

NEGLIGIBLE = 1e-14
"""Belief in an intent up to which what its users would say is left out."""


@compiled
def says(t, silent, slip):
    """What a kept and a muddled memory that come to mind are said with, as they are."""
    return (1.0 - silent[t, KEPT]) * (1.0 - slip[t]), (1.0 - silent[t, MUDDLED]) * (1.0 - slip[t])


@compiled
def manner_of_row(row, t, silent, slip, guess):
    """(at random, not at all): how the open question is answered given the states (FIGURES,) of a row."""
    k, m, f = row[KEPT_STATE], row[MUDDLED_STATE], row[FORGOTTEN]
    anything = (k * (1.0 - silent[t, KEPT]) + m * (1.0 - silent[t, MUDDLED])) * slip[t] + f * guess[t]
    unsaid = k * silent[t, KEPT] + m * silent[t, MUDDLED] + f * (1.0 - guess[t]) + row[UNRECALLED]
    return anything, unsaid


@compiled
def strangers_odds(facet, known, u, t):
    """How much likelier those of whom the catalogue knows nothing name u for what was answered about it."""
    j = find(known.ids, u)
    if j < 0:
        return 1.0
    to, rho = known.touched[j, t, KEPT], facet.stranger[u]
    return to[G1] / max(rho * to[G1] + (1.0 - rho) * to[G0], TINY)


@compiled
def named_by_all(facet: SparseFacet, known: Known, sums: Sums, joint, silent, slip, guess, by_type, unsaid):
    """The answers by type, by_type (T, 1 + V), and the belief in each intent that says nothing, unsaid (N,)."""
    n, t_n = joint.shape
    v_n = len(facet.background)
    anything = np.zeros(t_n)
    weight = np.empty((n, 2 * t_n))
    by_type[:] = 0.0
    for i in range(n):
        unsaid[i] = 0.0
        for t in range(t_n):
            b, row = joint[i, t], known.rows[known.row_of[i], t]
            at_random, nothing = manner_of_row(row, t, silent, slip, guess)
            anything[t] += b * at_random
            by_type[t, 0] += b * nothing
            unsaid[i] += b * nothing
            weight[i, 2 * t], weight[i, 2 * t + 1] = b * row[KEPT_TOP], b * row[MUDDLED_REPLACED]
    for v in range(v_n):
        sums.done[v] = True
        for t in range(t_n):
            sums.first[v, t] = 0.0
        j = sums.slot[v]
        for e in range(facet.value_ptr[v], facet.value_ptr[v + 1]):
            i, pi = facet.who[e], facet.salience_of[e]
            for t in range(t_n):
                by_type[t, 1 + v] += weight[i, 2 * t] * pi
                sums.first[v, t] += weight[i, 2 * t + 1] * pi
        for t in range(t_n):
            kept, _ = says(t, silent, slip)
            odds = known.touched[j, t, KEPT, G1] / known.touched[j, t, KEPT, H] if j >= 0 else 1.0
            by_type[t, 1 + v] *= kept * odds
    for v in range(v_n):
        j = sums.slot[v]
        for t in range(t_n):
            _, muddled = says(t, silent, slip)
            came = 0.0
            for e in range(facet.taken.ptr[v], facet.taken.ptr[v + 1]):
                z = facet.taken.to[e]
                came += facet.taken.chance[e] * lost_by(z, t, sums.slot, known.touched) * sums.first[z, t]
            if j >= 0:
                came *= known.touched[j, t, MUDDLED, G1] / known.touched[j, t, MUDDLED, G0]
                came += _true_all_the_same(facet, known, sums, weight, v, t)
            by_type[t, 1 + v] += muddled * came + anything[t] * facet.options[v]
    for t in range(t_n):
        kept, _ = says(t, silent, slip)
        if sums.strangers[0, t] > 0.0:
            for v in range(v_n):
                by_type[t, 1 + v] += (
                    kept * sums.strangers[0, t] * facet.background[v] * strangers_odds(facet, known, v, t)
                )


@compiled
def _true_all_the_same(facet, known, sums, weight, x, t):
    """What comes to the belief that touched value x has replaced another where x is true of the intent as well."""
    to = known.touched[sums.slot[x], t, MUDDLED]
    more = to[G1] * (1.0 / to[H] - 1.0 / to[G0])
    out = 0.0
    for e in range(facet.value_ptr[x], facet.value_ptr[x + 1]):
        i, within = facet.who[e], facet.within_of[e]
        for k in range(len(known.ids)):
            z = known.ids[k]
            a = find(facet.held[facet.ptr[i] : facet.ptr[i + 1]], z)
            if a >= 0:
                c = find(facet.kernel.to[facet.kernel.ptr[z] : facet.kernel.ptr[z + 1]], x)
                if c >= 0:
                    within += (
                        facet.salience[facet.ptr[i] + a] * facet.kernel.chance[facet.kernel.ptr[z] + c]
                        * (lost_by(z, t, sums.slot, known.touched) - 1.0)
                    )  # fmt: skip
        out += weight[i, 2 * t + 1] * within
    return out * more


class Names(NamedTuple):
    """Room for what one intent's users may name."""

    chance: np.ndarray
    """(V,) 0 but for those named."""
    seen: np.ndarray
    """(V,) bool"""
    which: np.ndarray
    """(V,) the values that are named"""
    came: np.ndarray
    """(n, T) of touched values, by which an answer weighs otherwise for each type"""
    terms: np.ndarray
    """(2 V,) scratch"""


@compiled
def new_names(v_n, n, t_n):
    return Names(np.zeros(v_n), np.zeros(v_n, dtype=np.bool_), np.empty(v_n, dtype=np.int32), np.zeros((n, t_n)),
                 np.empty(2 * v_n))  # fmt: skip


@compiled
def surprise(facet: SparseFacet, known: Known, sums: Sums, i, belief, silent, slip, guess, at_large, names: Names):
    """Sum of p log p over the joint answers of one intent, belief (T,) p(intent, type); at_large (2,) sums options and
    options log options."""
    t_n = len(belief)
    row = known.rows[known.row_of[i]]
    anything = unsaid = kept_all = muddled_all = stranger = 0.0
    for t in range(t_n):
        at_random, nothing = manner_of_row(row[t], t, silent, slip, guess)
        kept, muddled = says(t, silent, slip)
        anything += belief[t] * at_random
        unsaid += belief[t] * nothing
        kept_all += belief[t] * kept * row[t, KEPT_TOP]
        muddled_all += belief[t] * muddled * row[t, MUDDLED_REPLACED]
    if facet.ptr[i] == facet.ptr[i + 1]:
        return _of_a_stranger(facet, known, row, belief, silent, slip, anything, kept_all, at_large) + xlogx(unsaid)
    count = _name(facet, known, sums, i, row, belief, silent, slip, kept_all, muddled_all, names)
    log_anything = log(max(anything, TINY))
    terms = names.terms
    for k in range(count):
        u = names.which[k]
        base = anything * facet.options[u]
        terms[k] = base + names.chance[u]
        terms[count + k] = base * (log_anything + facet.log_options[u])
        names.chance[u] = 0.0
        names.seen[u] = False
    for k in range(count):
        p = max(terms[k], TINY)
        terms[k] = p * log(p) - terms[count + k]
    return total(terms, count) + xlogx(unsaid) + anything * (log_anything * at_large[0] + at_large[1])


@compiled
def _name(facet, known, sums, i, row, belief, silent, slip, kept_all, muddled_all, names):
    """Fill `names` with the chances that each value is said as what is remembered; returns how many there are."""
    t_n, count, some = len(belief), 0, len(known.ids) > 0
    held = facet.held[facet.ptr[i] : facet.ptr[i + 1]]
    for e in range(facet.ptr[i], facet.ptr[i + 1]):
        z, pi = facet.held[e], facet.salience[e]
        if not names.seen[z]:
            names.seen[z] = True
            names.which[count] = z
            count += 1
        lost, kept = muddled_all, kept_all
        j = sums.slot[z] if some else -1
        if j >= 0:
            lost = kept = 0.0
            for t in range(t_n):
                k, m = says(t, silent, slip)
                lost += belief[t] * m * row[t, MUDDLED_REPLACED] * lost_by(z, t, sums.slot, known.touched)
                kept += belief[t] * k * row[t, KEPT_TOP] * known.touched[j, t, KEPT, G1] / known.touched[j, t, KEPT, H]
        names.chance[z] += kept * pi
        for x in range(facet.kernel.ptr[z], facet.kernel.ptr[z + 1]):
            w, share = facet.kernel.to[x], pi * facet.kernel.chance[x]
            if not names.seen[w]:
                names.seen[w] = True
                names.which[count] = w
                count += 1
            if some and sums.slot[w] >= 0:
                for t in range(t_n):
                    names.came[sums.slot[w], t] += share * lost_by(z, t, sums.slot, known.touched)
            else:
                names.chance[w] += lost * share
    for j in range(len(known.ids)):
        inside = find(held, known.ids[j]) >= 0
        for t in range(t_n):
            to = known.touched[j, t, MUDDLED]
            _, m = says(t, silent, slip)
            odds = to[G1] / to[H] if inside else to[G1] / to[G0]
            names.chance[known.ids[j]] += belief[t] * m * row[t, MUDDLED_REPLACED] * names.came[j, t] * odds
            names.came[j, t] = 0.0
    return count


@compiled
def _of_a_stranger(facet, known, row, belief, silent, slip, anything, kept_all, at_large):
    """Those of whom the catalogue knows nothing name what people in general would, but for what was answered."""
    everything = anything + kept_all
    out = everything * (log(max(everything, TINY)) * at_large[0] + at_large[1])
    for j in range(len(known.ids)):
        u = known.ids[j]
        more = 0.0
        for t in range(len(belief)):
            kept, _ = says(t, silent, slip)
            more += belief[t] * kept * row[t, KEPT_TOP] * strangers_odds(facet, known, u, t)
        out += xlogx(facet.options[u] * (anything + more)) - xlogx(facet.options[u] * everything)
    return out


@compiled
def tell_named(facet: SparseFacet, known: Known, sums: Sums, joint, who, silent, slip, guess, by_type, unsaid, surprises,
               out):  # fmt: skip
    """What the open question tells in one dialogue.

    Args:
        who: (n,) the intents whose answers are gone through.
        by_type: (T, 1 + V) is filled with the answers, by type.
        unsaid: (N,) is filled with p(nothing is said, intent).
        surprises: (n,) is filled with the sum of p log p over the answers of each of them.
        out: (3 + 5,) is filled: sum of p log p over the answers, I(answer; type), nothing, and the summary of answers.
    """
    t_n, v_n = joint.shape[1], len(facet.background)
    named_by_all(facet, known, sums, joint, silent, slip, guess, by_type, unsaid)
    answers, flat = np.empty(1 + v_n), np.empty(t_n * (1 + v_n))
    out[1], out[0] = of_types(by_type, 1 + v_n, answers, flat)
    out[2] = 0.0
    summarised(answers, 1 + v_n, out[0], out[3:])
    at_large = np.zeros(2)
    for u in range(v_n):
        at_large[0] += facet.options[u]
        at_large[1] += xlogx(facet.options[u])
    names = new_names(v_n, len(known.ids), t_n)
    for k in range(len(who)):
        surprises[k] = surprise(facet, known, sums, who[k], joint[who[k]], silent, slip, guess, at_large, names)


@compiled
def conditional_entropy(belief, types, who, surprises, unsaid, rough) -> float:
    """Sum over intents of p(i) H(answer | i), from those of the intents `who`.

    Args:
        belief, types: (N,) p(intent), (N, T) p(intent, type).
        unsaid: (N,) p(nothing is said, intent).
        rough: (N, T) entropy of what an untouched facet's user names, by which the others are judged, lifted by as
            much as those of `who` lie above it on average; (0, T) where `who` are all that count.
    """
    exact = share = judged = 0.0
    for k in range(len(who)):
        i = who[k]
        exact += xlogx(belief[i]) - surprises[k]
        share += belief[i]
    if len(rough) == 0:
        return exact
    for k in range(len(who)):
        judged += _roughly(belief[who[k]], types[who[k]], unsaid[who[k]], rough[who[k]])
    everyone = whole = 0.0
    for i in range(len(belief)):
        everyone += _roughly(belief[i], types[i], unsaid[i], rough[i])
        whole += belief[i]
    return exact + (everyone - judged) + (whole - share) * (exact - judged) / max(share, TINY)


@compiled
def _roughly(p, types, unsaid, named):
    """p(i) H(answer | i) by the entropy of what is named, type by type."""
    q = max(p, TINY)
    silent = min(max(unsaid / q, 0.0), 1.0)
    mean = 0.0
    for t in range(len(types)):
        mean += types[t] * named[t]
    return p * ((1.0 - silent) * mean / q - xlogx(silent) - xlogx(1.0 - silent))


@compiled
def named_entropies(facet: SparseFacet, known: Known, sums: Sums, silent, slip, guess, out):
    """Fill out (N, T) with the entropy of what an untouched facet's user names when he names something."""
    n, t_n = out.shape
    at_large, alone = np.zeros(2), np.zeros(t_n)
    for u in range(len(facet.background)):
        at_large[0] += facet.options[u]
        at_large[1] += xlogx(facet.options[u])
    names = new_names(len(facet.background), 0, t_n)
    for t in range(t_n):
        alone[:] = 0.0
        alone[t] = 1.0
        for i in range(n):
            _, silence = manner_of_row(known.rows[known.row_of[i], t], t, silent, slip, guess)
            whole = surprise(facet, known, sums, i, alone, silent, slip, guess, at_large, names)
            out[i, t] = (xlogx(silence) + xlogx(1.0 - silence) - whole) / max(1.0 - silence, TINY)


@compiled
def tell_sparse_batch(facet: SparseFacet, manner: Manner, f, way, floats, ints, at, ints_at, r_n, n, joint, belief, skip,
                      values, opens, gain, user, answers):  # fmt: skip
    """What the questions on one sparse facet tell in B dialogues of a catalogue small enough for all to be exact.

    Args:
        way, at, ints_at, r_n, n: (B,) how each will answer; where the records of what was answered begin, and their
            rows and touched values.
        joint, belief: (B, N, T), (B, N).
        skip: (B, questions) bool; the open question comes first where there is one (`opens`).
        values: (C,) what the yes/no questions ask for.
        gain, user, answers: (B, questions) twice and (B, questions, A), filled; 0 where skipped.
    """
    _, n_i, t_n = joint.shape
    v_n = len(facet.background)
    sums, out = new_sums(v_n, t_n), np.empty(8)
    by_type, unsaid, nothing = np.empty((t_n, 1 + v_n)), np.empty(n_i), np.empty((0, t_n))
    who, surprises = np.empty(n_i, dtype=np.int64), np.empty(n_i)
    first = 1 if opens else 0
    for b in range(len(joint)):
        gain[b], user[b], answers[b] = 0.0, 0.0, 0.0
        known = known_of(floats, ints, at[b], ints_at[b], r_n[b], n[b], n_i, t_n)
        begin_sums(facet, known, joint[b], sums)
        yesno, forgotten = manner.yesno[way[b], f], manner.forgotten[way[b], f]
        if opens and not skip[b, 0]:
            count = 0
            for i in range(n_i):
                if belief[b, i] > NEGLIGIBLE:
                    who[count] = i
                    count += 1
            tell_named(facet, known, sums, joint[b], who[:count], manner.silent[way[b], f], manner.slip[way[b], f],
                       manner.guess[way[b], f], by_type, unsaid, surprises, out)  # fmt: skip
            told = conditional_entropy(belief[b], joint[b], who[:count], surprises, unsaid, nothing)
            gain[b, 0], user[b, 0] = max(-out[0] - told, 0.0), out[1]
            answers[b, 0] = out[3:]
        for c in range(len(values)):
            q = first + c
            if not skip[b, q]:
                tell_sparse(facet, known, sums, joint[b], values[c : c + 1], yesno, forgotten, gain[b, q : q + 1],
                            user[b, q : q + 1], answers[b, q : q + 1])  # fmt: skip
