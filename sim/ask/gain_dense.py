"""What questions on a dense facet tell: I(answer; value) of each, I(answer; type), and the answers to expect.

The joint of answer and row is the record of `sim.belief.law_dense` times the belief in each row; every gain is a sum of
p log p over it.  A batch is a loop over its dialogues.
"""

from __future__ import annotations

import numpy as np

from sim.belief.tables import DenseFacet, Manner
from sim.channel.channel import KEPT, MUDDLED
from sim.numeric.compiled import compiled
from sim.numeric.loops import TINY, entropy_sum, log, total, xlogx

A = 5
"""Answers of a yes/no question."""


@compiled
def masses_by_row(facet: DenseFacet, joint, mass):
    """Fill mass (T, R) from joint (N, T)."""
    t_n, r_n = mass.shape
    for t in range(t_n):
        for r in range(r_n):
            s = 0.0
            for e in range(facet.member_ptr[r], facet.member_ptr[r + 1]):
                s += joint[facet.members[e], t]
            mass[t, r] = s


@compiled
def by_state(record, mass, states):
    """Fill states (3, T, R): forgotten, kept or unrecalled, muddled; which is how yes/no questions are answered."""
    t_n, r_n = mass.shape
    size = t_n * r_n
    p = record[size : 5 * size].reshape(4, t_n, r_n)
    for t in range(t_n):
        for r in range(r_n):
            m = mass[t, r]
            states[0, t, r] = m * p[0, t, r]
            states[1, t, r] = m * (p[1, t, r] + p[3, t, r])
            states[2, t, r] = m * p[2, t, r]


@compiled
def base_answers(states, yesno, forgotten, base, sums):
    """Fill base (A, R), the joint of answer and row if nobody believed what is asked for, and sums (3, T) of states."""
    _, t_n, r_n = states.shape
    for a in range(A):
        for r in range(r_n):
            base[a, r] = 0.0
        for t in range(t_n):
            f, k, m = forgotten[t, a], yesno[t, KEPT, 0, a], yesno[t, MUDDLED, 0, a]
            for r in range(r_n):
                base[a, r] += states[0, t, r] * f + states[1, t, r] * k + states[2, t, r] * m
    for s in range(3):
        for t in range(t_n):
            sums[s, t] = total(states[s, t], r_n)


@compiled
def yesno_cells(facet: DenseFacet, record, c, states, base, sums, yesno, forgotten, believe, cells, by_type):
    """The joint of the answer to yes/no question c and row into cells (A R,), answers by type into by_type (T, A).

    Args:
        believe: (2, R) scratch.
    """
    _, t_n, r_n = states.shape
    c_n = len(facet.values)
    muddled = record[5 * t_n * r_n :][: c_n * t_n * r_n].reshape(c_n, t_n, r_n)
    stranger = record[(5 + c_n) * t_n * r_n :][: c_n * t_n].reshape(c_n, t_n)
    value = facet.values[c]
    first, end = value, r_n - 1 if facet.over else value + 1
    for a in range(A):
        for r in range(r_n):
            cells[a * r_n + r] = base[a, r]
    for t in range(t_n):
        for r in range(r_n):
            believe[0, r] = 0.0
            believe[1, r] = states[2, t, r] * muddled[c, t, r]
        for r in range(first, end):
            believe[0, r] = states[1, t, r]
        believe[0, r_n - 1] = states[1, t, r_n - 1] * stranger[c, t]
        kept, wrong = total(believe[0], r_n), total(believe[1], r_n)
        for a in range(A):
            k = yesno[t, KEPT, 1, a] - yesno[t, KEPT, 0, a]
            m = yesno[t, MUDDLED, 1, a] - yesno[t, MUDDLED, 0, a]
            for r in range(r_n):
                cells[a * r_n + r] += believe[0, r] * k + believe[1, r] * m
            by_type[t, a] = max(
                sums[0, t] * forgotten[t, a] + sums[1, t] * yesno[t, KEPT, 0, a]
                + sums[2, t] * yesno[t, MUDDLED, 0, a] + kept * k + wrong * m, 0.0,
            )  # fmt: skip


@compiled
def open_cells(facet: DenseFacet, record, mass, silent, slip, guess, cells, by_type):
    """The joint of the answer to the open question and row into cells ((1 + O) R,), by type into by_type (T, 1 + O)."""
    t_n, r_n = mass.shape
    c_n, o_n = len(facet.values), len(facet.options)
    size = t_n * r_n
    p = record[size : 5 * size].reshape(4, t_n, r_n)
    named = record[(5 + c_n) * size + c_n * t_n :][: o_n * size].reshape(o_n, t_n, r_n)
    strangers = record[(5 + c_n + o_n) * size + c_n * t_n :][: o_n * t_n].reshape(o_n, t_n)
    says, wrong, anything = np.empty(r_n), np.empty(r_n), np.empty(r_n)
    cells[: (1 + o_n) * r_n] = 0.0
    for t in range(t_n):
        nothing = 0.0
        for r in range(r_n):
            m = mass[t, r]
            k, w = m * p[1, t, r], m * p[2, t, r]
            unsaid = k * silent[t, KEPT] + w * silent[t, MUDDLED] + m * p[0, t, r] * (1.0 - guess[t]) + m * p[3, t, r]
            k, w = k * (1.0 - silent[t, KEPT]), w * (1.0 - silent[t, MUDDLED])
            anything[r] = (k + w) * slip[t] + m * p[0, t, r] * guess[t]
            says[r], wrong[r] = k * (1.0 - slip[t]), w * (1.0 - slip[t])
            cells[r] += unsaid
            nothing += unsaid
        by_type[t, 0] = nothing
        unknown = says[r_n - 1]
        says[r_n - 1] = 0.0
        for o in range(o_n):
            at = (1 + o) * r_n
            for r in range(r_n):
                cells[at + r] += anything[r] * facet.options[o] + wrong[r] * named[o, t, r]
            cells[at + r_n - 1] += unknown * strangers[o, t]
            by_type[t, 1 + o] = total(anything, r_n) * facet.options[o] + unknown * strangers[o, t]
            for r in range(r_n):
                by_type[t, 1 + o] += wrong[r] * named[o, t, r]
        for v in range(r_n - 1):
            cells[(1 + facet.option_of[v]) * r_n + v] += says[v]
            by_type[t, 1 + facet.option_of[v]] += says[v]


@compiled
def of_types(by_type, a_n, answers, flat):
    """I(answer; type) and sum of p log p over the answers, from by_type (T, at least a_n); fills answers (a_n,)."""
    t_n = len(by_type)
    both = types = 0.0
    answers[:a_n] = 0.0
    for t in range(t_n):
        s = 0.0
        for a in range(a_n):
            answers[a] += by_type[t, a]
            s += by_type[t, a]
            flat[t * a_n + a] = by_type[t, a]
        types += xlogx(s)
    both = entropy_sum(flat, t_n * a_n)
    flat[:a_n] = answers[:a_n]
    alone = entropy_sum(flat, a_n)
    return max(both - alone - types, 0.0), alone


@compiled
def summarised(answers, a_n, alone, out):
    """`open_summary` of answers (a_n,)."""
    out[0], out[1], out[2], out[3], out[4] = answers[0], answers[1:a_n].max(), -alone / log(float(a_n)), 0.0, 0.0


@compiled
def tell_dense(facet: DenseFacet, manner: Manner, f, way, floats, record_at, joint, skip, gain, user, answers):
    """What the questions on one dense facet tell in n dialogues.

    Args:
        f: the facet's number in `manner`.
        way: (n,) how each dialogue's next question will be answered: the G of `manner`.
        record_at: (n,) where the record of what was answered on the facet begins in `floats`.
        joint: (n, N, T).
        skip: (n, questions) bool: those asked before; the open question comes first where there is one.
        gain, user: (n, questions) are filled, nats; 0 where skipped.
        answers: (n, questions, A) likewise.
    """
    t_n, r_n = joint.shape[2], len(facet.background) + 1
    c_n, o_n, opens = len(facet.values), len(facet.options), 1 if facet.open else 0
    mass, states, sums = np.empty((t_n, r_n)), np.empty((3, t_n, r_n)), np.empty((3, t_n))
    base, believe, cells = np.empty((A, r_n)), np.empty((2, r_n)), np.empty(max(A, 1 + o_n) * r_n)
    by_type, told = np.empty((t_n, max(A, 1 + o_n))), np.empty(max(A, 1 + o_n))
    flat, rows = np.empty(t_n * max(A, 1 + o_n)), np.empty(r_n)
    for b in range(len(joint)):
        yesno, forgotten = manner.yesno[way[b], f], manner.forgotten[way[b], f]
        record = floats[record_at[b] :]
        masses_by_row(facet, joint[b], mass)
        by_state(record, mass, states)
        base_answers(states, yesno, forgotten, base, sums)
        rows[:] = 0.0
        for t in range(t_n):
            for r in range(r_n):
                rows[r] += mass[t, r]
        classes = entropy_sum(rows, r_n)
        for q in range(opens + c_n):
            gain[b, q] = user[b, q] = 0.0
            answers[b, q] = 0.0
            if skip[b, q]:
                continue
            if q < opens:
                open_cells(facet, record, mass, manner.silent[way[b], f], manner.slip[way[b], f],
                           manner.guess[way[b], f], cells, by_type)  # fmt: skip
                user[b, q], alone = of_types(by_type, 1 + o_n, told, flat)
                summarised(told, 1 + o_n, alone, answers[b, q])
                both = entropy_sum(cells, (1 + o_n) * r_n)
            else:
                yesno_cells(
                    facet, record, q - opens, states, base, sums, yesno, forgotten, believe, cells, by_type
                )
                user[b, q], alone = of_types(by_type, A, told, flat)
                answers[b, q] = told[:A]
                both = entropy_sum(cells, A * r_n)
            gain[b, q] = max(both - alone - classes, 0.0)


@compiled
def dense_answers(facet: DenseFacet, manner: Manner, f, way, record, joint, q, out):
    """p(answer) of question q of the facet in one dialogue, by type: out (T, answers)."""
    t_n, r_n = joint.shape[1], len(facet.background) + 1
    o_n, opens = len(facet.options), 1 if facet.open else 0
    mass, states, sums = np.empty((t_n, r_n)), np.empty((3, t_n, r_n)), np.empty((3, t_n))
    base, believe, cells = np.empty((A, r_n)), np.empty((2, r_n)), np.empty(max(A, 1 + o_n) * r_n)
    masses_by_row(facet, joint, mass)
    if q < opens:
        open_cells(facet, record, mass, manner.silent[way, f], manner.slip[way, f], manner.guess[way, f], cells, out)
        return
    by_state(record, mass, states)
    base_answers(states, manner.yesno[way, f], manner.forgotten[way, f], base, sums)
    yesno_cells(facet, record, q - opens, states, base, sums, manner.yesno[way, f], manner.forgotten[way, f],
                believe, cells, out)  # fmt: skip


@compiled
def refine_dense(facet: DenseFacet, manner: Manner, f, way, record, joint, who, questions, out):
    """Add to out (C,) what answers to yes/no questions tell about intents of one row, nats: those differ in their types.

    That is the sum over the intents `who` of p(i) KL(p(answer | i) || p(answer | row of i)).
    """
    t_n, r_n = joint.shape[1], len(facet.background) + 1
    mass, states, sums = np.empty((t_n, r_n)), np.empty((3, t_n, r_n)), np.empty((3, t_n))
    base, believe, cells = np.empty((A, r_n)), np.empty((2, r_n)), np.empty(A * r_n)
    by_type, ones, of_row = np.empty((t_n, A)), np.ones((t_n, r_n)), np.empty((t_n, A, r_n))
    yesno, forgotten = manner.yesno[way, f], manner.forgotten[way, f]
    masses_by_row(facet, joint, mass)
    for j in range(len(questions)):
        for t in range(t_n):
            # Of one type alone, with a belief of 1 in every row: p(answer | row, type).
            for u in range(t_n):
                ones[u] = 1.0 if u == t else 0.0
            by_state(record, ones, states)
            base_answers(states, yesno, forgotten, base, sums)
            yesno_cells(facet, record, questions[j], states, base, sums, yesno, forgotten, believe, cells, by_type)
            of_row[t] = cells.reshape(A, r_n)
        for i in who:
            out[j] += divergence(joint[i], mass[:, facet.rows[i]], of_row[:, :, facet.rows[i]])


@compiled
def divergence(mine, others, answers):
    """p(i) KL(p(answer | i) || p(answer | class)) from p(i, type) (T,), p(class, type) (T,), p(answer | type) (T, A)."""
    whole = max(mine.sum(), TINY)
    everyone = max(others.sum(), TINY)
    gap = 0.0
    for a in range(answers.shape[1]):
        p = q = 0.0
        for t in range(len(mine)):
            p += mine[t] * answers[t, a]
            q += others[t] * answers[t, a]
        p, q = max(p / whole, TINY), max(q / everyone, TINY)
        gap += p * (log(p) - log(q))
    return max(gap, 0.0) * whole
