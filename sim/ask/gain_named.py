"""What the open question on a sparse facet ("Who is in it?") tells, and the answers to expect.

EIG = H(answer) - sum_i p(i) H(answer | i).  The answer's distribution is exact: one pass over the facet.  H(answer | i)
runs over what an intent's users may name, its own values and what each may be taken for, found as the loop goes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.ask.gain_sparse import Sums, begin_sums, first_of, new_sums, tell_sparse
from sim.ask.gain_tabled import of_types, summarised
from sim.belief.law_sparse import (
    FORGOTTEN,
    G0,
    G1,
    KEPT_STATE,
    KEPT_TOP,
    MUDDLED_REPLACED,
    MUDDLED_STATE,
    UNRECALLED,
    H,
    Known,
    entry,
    find,
    known_of,
    lost_by,
    strangers_odds,
)
from sim.belief.tables import Manner, SparseFacet
from sim.channel.channel import KEPT, MUDDLED
from sim.numeric.compiled import compiled
from sim.numeric.loops import TINY, log, total, xlogx
NEGLIGIBLE = 1e-12
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
def named_by_all(facet: SparseFacet, known: Known, sums: Sums, first, end, silent, slip, guess, answers):
    """Fill answers (1 + V,) with those of types first to end - 1."""
    n, v_n = len(sums.joint), len(facet.background)
    answers[:] = 0.0
    anything = 0.0
    # Of each group, what it says as it is remembered: kept, per unit of salience, and muddled.
    kept, muddled = np.zeros(n), np.zeros(n)
    for i in range(n):
        for t in range(first, end):
            b, row = sums.joint[i, t], known.rows[known.row_of[i], t]
            at_random, nothing = manner_of_row(row, t, silent, slip, guess)
            as_kept, as_muddled = says(t, silent, slip)
            anything += b * at_random
            answers[0] += b * nothing
            kept[i] += b * as_kept * row[KEPT_TOP]
            muddled[i] += b * as_muddled * row[MUDDLED_REPLACED]
    lost = np.empty(v_n)
    for v in range(v_n):
        a = c = 0.0
        for e in range(facet.value_ptr[v], facet.value_ptr[v + 1]):
            i, pi = facet.who[e], facet.salience_of[e]
            a += kept[i] * pi
            c += muddled[i] * pi
        answers[1 + v], lost[v] = a, c
    for j in range(len(known.ids)):
        answers[1 + known.ids[j]] = _touched_kept(facet, known, sums, j, first, end, silent, slip)
        lost[known.ids[j]] = _touched_lost(facet, known, sums, known.ids[j], first, end, silent, slip)
    for v in range(v_n):
        came = 0.0
        for e in range(facet.taken.ptr[v], facet.taken.ptr[v + 1]):
            came += facet.taken.chance[e] * lost[facet.taken.to[e]]
        answers[1 + v] += came * (0.0 if sums.slot[v] >= 0 else 1.0) + anything * facet.options[v]
    for j in range(len(known.ids)):
        answers[1 + known.ids[j]] += _touched_came(facet, known, sums, j, first, end, silent, slip)
    strangers = 0.0
    for t in range(first, end):
        strangers += says(t, silent, slip)[0] * sums.strangers[0, t]
    if strangers > 0.0:
        for v in range(v_n):
            answers[1 + v] += facet.background[v] * strangers
        for j in range(len(known.ids)):
            for t in range(first, end):
                u, share = known.ids[j], says(t, silent, slip)[0] * sums.strangers[0, t]
                answers[1 + u] += facet.background[u] * share * (strangers_odds(facet, known, u, t) - 1.0)


@compiled
def _touched_kept(facet, known, sums, j, first, end, silent, slip):
    """Belief that touched value j is on top of the mind, kept, and said."""
    x, out = known.ids[j], 0.0
    for t in range(first, end):
        to, s = known.touched[j, t, KEPT], 0.0
        for e in range(facet.value_ptr[x], facet.value_ptr[x + 1]):
            i = facet.who[e]
            s += sums.joint[i, t] * known.rows[known.row_of[i], t, KEPT_TOP] * facet.salience_of[e]
        out += s * says(t, silent, slip)[0] * to[G1] / to[H]
    return out


@compiled
def _touched_lost(facet, known, sums, x, first, end, silent, slip):
    """Belief that value x is replaced by something that is said."""
    out = 0.0
    first_of(facet, known, sums, x)
    for t in range(first, end):
        out += says(t, silent, slip)[1] * lost_by(x, t, sums.slot, known.touched) * sums.first[x, t]
    return out


@compiled
def _touched_came(facet, known, sums, j, first, end, silent, slip):
    """Belief that touched value j has replaced another, and is said."""
    x, out = known.ids[j], 0.0
    for t in range(first, end):
        to, came = known.touched[j, t, MUDDLED], 0.0
        for e in range(facet.taken.ptr[x], facet.taken.ptr[x + 1]):
            z = facet.taken.to[e]
            first_of(facet, known, sums, z)
            came += facet.taken.chance[e] * lost_by(z, t, sums.slot, known.touched) * sums.first[z, t]
        came *= to[G1] / to[G0]
        came += _true_all_the_same(facet, known, sums, x, t)
        out += came * says(t, silent, slip)[1]
    return out


@compiled
def _true_all_the_same(facet, known, sums, x, t):
    """What comes to the belief that touched value x has replaced another where x is true of the group as well."""
    to = known.touched[sums.slot[x], t, MUDDLED]
    out = 0.0
    for e in range(facet.value_ptr[x], facet.value_ptr[x + 1]):
        i, within = facet.who[e], facet.within_of[e]
        held = facet.held[facet.ptr[i] : facet.ptr[i + 1]]
        for k in range(len(known.ids)):
            z = known.ids[k]
            a = find(held, z)
            if a >= 0:
                chance = facet.salience[facet.ptr[i] + a] * entry(facet.kernel, z, x)
                within += chance * (lost_by(z, t, sums.slot, known.touched) - 1.0)
        out += sums.joint[i, t] * known.rows[known.row_of[i], t, MUDDLED_REPLACED] * within
    return out * to[G1] * (1.0 / to[H] - 1.0 / to[G0])


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
    """Sum of p log p over the joint answers of an intent of group i, belief (T,) p(intent, type); at_large (2,) sums options and
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
    return total(terms, 0, count) + xlogx(unsaid) + anything * (log_anything * at_large[0] + at_large[1])


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
def tell_named(facet: SparseFacet, known: Known, sums: Sums, joint, who, silent, slip, guess, by_user, surprises, out):
    """What the open question tells in one dialogue.

    Args:
        who: (n,) the intents whose answers are gone through.
        by_user: whether I(answer; type) is wanted.
        surprises: (n,) is filled with the sum of p log p over the answers of each of them.
        out: (2 + 5,) is filled: sum of p log p over the answers, I(answer; type), and the summary of answers.
    """
    t_n, v_n = joint.shape[1], len(facet.background)
    answers, parts = np.empty(1 + v_n), t_n if by_user else 1
    by_type, flat = np.empty((parts, 1 + v_n)), np.empty(parts * (1 + v_n))
    for part in range(parts):
        first, end = (part, part + 1) if by_user else (0, t_n)
        named_by_all(facet, known, sums, first, end, silent, slip, guess, by_type[part])
    out[1], out[0] = of_types(by_type, 1 + v_n, answers, flat)
    summarised(answers, 1 + v_n, out[0], out[2:])
    at_large = np.zeros(2)
    for u in range(v_n):
        at_large[0] += facet.options[u]
        at_large[1] += xlogx(facet.options[u])
    names = new_names(v_n, len(known.ids), t_n)
    for k in range(len(who)):
        i = who[k]
        surprises[k] = surprise(facet, known, sums, facet.group_of[i], joint[i], silent, slip, guess, at_large, names)


@compiled
def conditional_entropy(facet: SparseFacet, known: Known, belief, types, who, surprises, silent, slip, guess, rough):
    """Sum over intents of p(i) H(answer | i), from those of the intents `who`.

    Args:
        belief, types: (N,) p(intent), (N, T) p(intent, type).
        rough: (G, T) entropy of what an untouched facet's user names, by which the others are judged, lifted by as
            much as those of `who` lie above it on average; (0, T) where `who` are all that count.
    """
    exact = share = judged = 0.0
    for i in who:
        share += belief[i]
    for k in range(len(who)):
        exact += xlogx(belief[who[k]]) - surprises[k]
    if len(rough) == 0:
        return exact
    n = len(belief)
    nothing, each, unsaid = np.empty(n), np.empty(n), np.empty(known.rows.shape[:2])
    for r in range(len(unsaid)):
        for t in range(types.shape[1]):
            unsaid[r, t] = manner_of_row(known.rows[r, t], t, silent, slip, guess)[1]
    for i in range(n):
        g, r = facet.group_of[i], known.row_of[facet.group_of[i]]
        nothing[i] = each[i] = 0.0
        for t in range(types.shape[1]):
            each[i] += types[i, t] * rough[g, t]
            nothing[i] += types[i, t] * unsaid[r, t]
    for i in range(n):
        p = max(belief[i], TINY)
        nothing[i] = min(max(nothing[i] / p, 0.0), 1.0)
        each[i] *= (1.0 - nothing[i]) / p
    for i in range(n):
        each[i] = belief[i] * (each[i] - xlogx(nothing[i]) - xlogx(1.0 - nothing[i]))
    for i in who:
        judged += each[i]
    return exact + (total(each, 0, n) - judged) + (total(belief, 0, n) - share) * (exact - judged) / max(share, TINY)


@compiled
def named_entropies(facet: SparseFacet, known: Known, sums: Sums, silent, slip, guess, out):
    """Fill out (G, T) with the entropy of what an untouched facet's user names when he names something."""
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
    sums, out = new_sums(facet, t_n), np.empty(7)
    nothing = np.empty((0, t_n))
    who, surprises = np.empty(n_i, dtype=np.int64), np.empty(n_i)
    first, most = 1 if opens else 0, np.empty(1)
    for b in range(len(joint)):
        gain[b], user[b], answers[b] = 0.0, 0.0, 0.0
        known = known_of(facet, floats, ints, at[b], ints_at[b], r_n[b], n[b], t_n)
        begin_sums(facet, known, joint[b], sums)
        yesno, forgotten = manner.yesno[way[b], f], manner.forgotten[way[b], f]
        if opens and not skip[b, 0]:
            count = 0
            for i in range(n_i):
                if belief[b, i] > NEGLIGIBLE:
                    who[count] = i
                    count += 1
            silent, slip, guess = manner.silent[way[b], f], manner.slip[way[b], f], manner.guess[way[b], f]
            tell_named(facet, known, sums, joint[b], who[:count], silent, slip, guess, True, surprises, out)
            told = conditional_entropy(facet, known, belief[b], joint[b], who[:count], surprises, silent, slip, guess,
                                       nothing)  # fmt: skip
            gain[b, 0], user[b, 0] = max(-out[0] - told, 0.0), out[1]
            answers[b, 0] = out[2:]
        for c in range(len(values)):
            q = first + c
            if not skip[b, q]:
                tell_sparse(facet, known, sums, values[c : c + 1], yesno, forgotten, gain[b, q : q + 1], most,
                            user[b, q : q + 1], answers[b, q : q + 1])  # fmt: skip
