"""What the open question on a sparse facet ("Who is in it?") tells, and the answers to expect.

EIG = H(answer) - sum_i p(i) H(answer | i).  The answer's distribution is exact: one pass over the facet.  H(answer | i)
runs over what an intent's users may name, its own values and what each may be taken for, found as the loop goes.
"""

# An element of an array is a number here, which the array types of a type checker cannot say.
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

import numpy as np

from sim.ask.gain_sparse import Sums, begin_sums, first_of, new_sums, tell_sparse
from sim.ask.gain_tabled import of_types, summarised
from sim.ask.surprise import Pattern, Saying, saying_of, surprises_of, untouched_surprises
from sim.belief.law_sparse import (
    G0,
    G1,
    KEPT_TOP,
    MUDDLED_REPLACED,
    E,
    H,
    Known,
    entry,
    find,
    known_of,
    lost_by,
    strangers_odds,
)
from sim.belief.tables import AnswerManner, SparseFacet
from sim.channel.channel import KEPT, MUDDLED
from sim.numeric.compiled import compiled
from sim.numeric.loops import TINY, total, xlogx

NEGLIGIBLE = 1e-12
"""Belief in an intent up to which what its users would say is left out."""


@compiled
def named_by_all(
    facet: SparseFacet, known: Known, sums: Sums, saying: Saying, first: int, end: int, answers: np.ndarray
):
    """Fill answers (1 + V,) with those of types first to end - 1."""
    value_ptr, who, salience = facet.value_ptr, facet.who, facet.salience_of
    t_ptr, t_to, t_chance = facet.taken.ptr, facet.taken.to, facet.taken.chance
    rows, row_of, joint, slot = known.rows, known.row_of, sums.joint, sums.slot
    random, quiet, as_kept, as_muddled = saying.at_random, saying.unsaid, saying.kept, saying.muddled
    n, v_n, anything, nothing = len(joint), len(slot), 0.0, 0.0
    # Of each group, what it says as it is remembered: kept, per unit of salience, and muddled.
    kept, muddled, lost = np.zeros(n), np.zeros(n), np.empty(v_n)
    for i in range(n):
        r = row_of[i]
        for t in range(first, end):
            b = joint[i, t]
            anything += b * random[r, t]
            nothing += b * quiet[r, t]
            kept[i] += b * as_kept[t] * rows[r, t, KEPT_TOP]
            muddled[i] += b * as_muddled[t] * rows[r, t, MUDDLED_REPLACED]
    answers[0] = nothing
    for v in range(v_n):
        a = c = 0.0
        for e in range(value_ptr[v], value_ptr[v + 1]):
            i, pi = who[e], salience[e]
            a += kept[i] * pi
            c += muddled[i] * pi
        answers[1 + v], lost[v] = a, c
    # Touched values weigh otherwise by type.
    for j in range(len(known.ids)):
        x = known.ids[j]
        answers[1 + x], lost[x] = _touched(facet, known, sums, saying, j, first, end)
    for v in range(v_n):
        came = 0.0
        for e in range(t_ptr[v], t_ptr[v + 1]):
            came += t_chance[e] * lost[t_to[e]]
        answers[1 + v] += came * (0.0 if slot[v] >= 0 else 1.0) + anything * facet.options[v]
    for j in range(len(known.ids)):
        answers[1 + known.ids[j]] += _touched_came(facet, known, sums, saying, j, first, end)
    for t in range(first, end):
        share = as_kept[t] * sums.strangers[0, t]
        if share > 0.0:
            for v in range(v_n):
                odds = strangers_odds(slot[v], facet.stranger[v], t, known.touched)
                answers[1 + v] += facet.background[v] * share * odds


@compiled
def _touched(facet: SparseFacet, known: Known, sums: Sums, saying: Saying, j: int, first: int, end: int):
    """Belief that touched value j is on top of the mind, kept, and said; and that it is replaced by what is said."""
    x, kept, lost, touched = known.ids[j], 0.0, 0.0, known.touched
    for t in range(first, end):
        s = q = 0.0
        for e in range(facet.value_ptr[x], facet.value_ptr[x + 1]):
            i, r = facet.who[e], known.row_of[facet.who[e]]
            s += sums.joint[i, t] * known.rows[r, t, KEPT_TOP] * facet.salience_of[e]
            q += sums.joint[i, t] * known.rows[r, t, MUDDLED_REPLACED] * facet.salience_of[e]
        kept += s * saying.kept[t] * touched[j, t, KEPT, E] * touched[j, t, KEPT, G1] / touched[j, t, KEPT, H]
        lost += q * saying.muddled[t] * lost_by(x, t, sums.slot, touched)
    return kept, lost


@compiled
def _touched_came(facet: SparseFacet, known: Known, sums: Sums, saying: Saying, j: int, first: int, end: int):
    """Belief that touched value j has replaced another, and is said."""
    value_ptr, who, salience = facet.value_ptr, facet.who, facet.salience_of
    x, out, touched, slot = known.ids[j], 0.0, known.touched, sums.slot
    for t in range(first, end):
        came = 0.0
        for e in range(facet.taken.ptr[x], facet.taken.ptr[x + 1]):
            z = facet.taken.to[e]
            if not sums.done[z]:
                first_of(z, value_ptr, who, salience, known.row_of, known.rows, sums.joint, sums.first, sums.done)
            came += facet.taken.chance[e] * lost_by(z, t, slot, touched) * sums.first[z, t]
        came *= touched[j, t, MUDDLED, E] * touched[j, t, MUDDLED, G1] / touched[j, t, MUDDLED, G0]
        came += _true_all_the_same(facet, known, sums, j, t)
        out += came * saying.muddled[t]
    return out


@compiled
def _true_all_the_same(facet: SparseFacet, known: Known, sums: Sums, j: int, t: int):
    """What comes to the belief that touched value j has replaced another where it is true of the group as well."""
    k_ptr, k_to, k_chance = facet.kernel.ptr, facet.kernel.to, facet.kernel.chance
    x, out, touched = known.ids[j], 0.0, known.touched
    for e in range(facet.value_ptr[x], facet.value_ptr[x + 1]):
        i, within = facet.who[e], facet.within_of[e]
        for z in known.ids:
            at = find(facet.held, facet.ptr[i], facet.ptr[i + 1], z)
            if at >= 0:
                chance = facet.salience[at] * entry(k_ptr, k_to, k_chance, z, x)
                within += chance * (lost_by(z, t, sums.slot, touched) - 1.0)
        out += sums.joint[i, t] * known.rows[known.row_of[i], t, MUDDLED_REPLACED] * within
    g1, g0, h = touched[j, t, MUDDLED, G1], touched[j, t, MUDDLED, G0], touched[j, t, MUDDLED, H]
    return out * touched[j, t, MUDDLED, E] * g1 * (1.0 / h - 1.0 / g0)


@compiled
def tell_named(
    facet: SparseFacet,
    known: Known,
    sums: Sums,
    saying: Saying,
    pattern: Pattern,
    joint: np.ndarray,
    who: np.ndarray,
    by_user: bool,
    surprises: np.ndarray,
    out: np.ndarray,
):
    """What the open question tells in one dialogue.

    Args:
        pattern: of the facet; an empty one where none was made.
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
        named_by_all(facet, known, sums, saying, first, end, by_type[part])
    out[1], out[0] = of_types(by_type, 1 + v_n, answers, flat)
    summarised(answers, 1 + v_n, out[0], out[2:])
    if len(pattern.ptr) and len(known.ids) == 0:
        untouched_surprises(facet, pattern, known, saying, facet.group_of[who], joint[who], surprises)
    else:
        surprises_of(facet, known, sums, saying, facet.group_of[who], joint[who], surprises)


@compiled
def conditional_entropy(
    facet: SparseFacet,
    known: Known,
    saying: Saying,
    belief: np.ndarray,
    types: np.ndarray,
    who: np.ndarray,
    surprises: np.ndarray,
    rough: np.ndarray,
):
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
    nothing, each, unsaid, group_of, row_of = np.empty(n), np.empty(n), saying.unsaid, facet.group_of, known.row_of
    for i in range(n):
        g, r = group_of[i], row_of[group_of[i]]
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
def tell_sparse_batch(
    facet: SparseFacet,
    pattern: Pattern,
    manner: AnswerManner,
    f: int,
    way: np.ndarray,
    floats: np.ndarray,
    ints: np.ndarray,
    at: np.ndarray,
    ints_at: np.ndarray,
    r_n: np.ndarray,
    n: np.ndarray,
    joint: np.ndarray,
    belief: np.ndarray,
    skip: np.ndarray,
    values: np.ndarray,
    opens: bool,
    gain: np.ndarray,
    user: np.ndarray,
    answers: np.ndarray,
):
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
    first, most, c_n = 1 if opens else 0, np.empty(0), len(values)
    some, place = np.empty(c_n, dtype=np.int64), np.empty(c_n, dtype=np.int64)
    gains, users, told = np.empty(c_n), np.empty(c_n), np.empty((c_n, 5))
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
            saying = saying_of(known, manner.silent[way[b], f], manner.slip[way[b], f], manner.guess[way[b], f])
            tell_named(facet, known, sums, saying, pattern, joint[b], who[:count], True, surprises, out)
            given = conditional_entropy(facet, known, saying, belief[b], joint[b], who[:count], surprises, nothing)
            gain[b, 0], user[b, 0] = max(-out[0] - given, 0.0), out[1]
            answers[b, 0] = out[2:]
        left = 0
        for c in range(len(values)):
            if not skip[b, first + c]:
                some[left], place[left] = values[c], first + c
                left += 1
        tell_sparse(facet, known, sums, some[:left], yesno, forgotten, gains, most, users, told)
        for c in range(left):
            gain[b, place[c]], user[b, place[c]] = gains[c], users[c]
            for a in range(5):
                answers[b, place[c], a] = told[c, a]
