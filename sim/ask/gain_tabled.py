"""What questions on a facet tell whose law is tabled: about the intent, about the user, and the answers to expect.

The joint of answer and row is the record, laid out as `sim.belief.law_dense.LawTables` says, times the belief in each
row, and every gain is a sum of p log p over it: I(answer; row), and of open questions on sparse facets of small
catalogues I(answer; intent).  A batch is a loop over its dialogues.
"""

# An element of an array is a number here, which the array types of a type checker cannot say.
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.answers import DONT_KNOW
from sim.belief.tables import AnswerManner, Tabled
from sim.channel.channel import KEPT, MUDDLED
from sim.numeric.compiled import compiled
from sim.numeric.loops import TINY, entropy_sum, log, total, xlogx

A = 5
"""Answers of a yes/no question."""


class Room(NamedTuple):
    """Scratch for one facet's questions; flat, for slices would cost more than the sums."""

    mass: np.ndarray
    """(T R,) belief in each row."""
    states: np.ndarray
    """(3 T R,) mass that is forgotten, kept or unrecalled, muddled: how yes/no questions are answered."""
    sums: np.ndarray
    """(3, T) of the states."""
    lost: np.ndarray
    """(A R,) the joint of answer and row of those who have forgotten."""
    doubt: np.ndarray
    """(A R,) the same of all others, if none of them believed what is asked for and each said so."""
    says_no: np.ndarray
    """(R,) how many they are."""
    believe: np.ndarray
    """(2 R,) those who believe what is asked for, kept or unrecalled and muddled."""
    cells: np.ndarray
    """(answers R,) the joint of answer and row, or of answer and intent."""
    by_type: np.ndarray
    """(T, answers)"""
    ways: np.ndarray
    """(T, 5, A) p(answer | forgotten; kept, not believed; kept, believed; muddled, not believed; muddled, believed)."""
    flat: np.ndarray
    """(questions (T + 1) A,) answers by type of each question, and of all types."""
    answers: np.ndarray


@compiled
def new_room(tabled: Tabled, t_n: int) -> Room:
    r_n, o_n = len(tabled.member_ptr) - 1, 1 + len(tabled.options)
    most, wide = max(A, o_n), len(tabled.row_of) if tabled.by_intent else r_n
    return Room(
        np.empty(t_n * r_n), np.empty(3 * t_n * r_n), np.empty((3, t_n)), np.empty(A * r_n), np.empty(A * r_n),
        np.empty(r_n), np.empty(2 * t_n * r_n), np.empty(max(most * r_n, o_n * wide)), np.empty((t_n, most)),
        np.empty((t_n, 5, A)), np.empty(max(most * t_n, len(tabled.says) * (t_n + 1) * A)), np.empty(most),
    )  # fmt: skip


@compiled
def fill_mass(tabled: Tabled, joint: np.ndarray, b: int, mass: np.ndarray):
    """The belief in each row of dialogue b, (T R,), from joint (B, N, T)."""
    r_n, t_n = len(tabled.member_ptr) - 1, joint.shape[2]
    for r in range(r_n):
        for t in range(t_n):
            mass[t * r_n + r] = 0.0
        for e in range(tabled.member_ptr[r], tabled.member_ptr[r + 1]):
            i = tabled.members[e]
            for t in range(t_n):
                mass[t * r_n + r] += joint[b, i, t]


@compiled
def _base(floats: np.ndarray, at: int, manner: AnswerManner, way: int, f: int, r_n: int, t_n: int, room: Room):
    """What all yes/no questions share: `ways`, `states` and what follows from them, from `mass`."""
    size = r_n * t_n
    for k in range(size):
        mass = room.mass[k]
        room.states[k] = mass * floats[at + size + k]
        room.states[size + k] = mass * (floats[at + 2 * size + k] + floats[at + 4 * size + k])
        room.states[2 * size + k] = mass * floats[at + 3 * size + k]
    for r in range(r_n):
        room.says_no[r] = 0.0
    for t in range(t_n):
        for s in range(3):
            room.sums[s, t] = total(room.states, s * size + t * r_n, r_n)
        for r in range(t * r_n, (t + 1) * r_n):
            room.says_no[r - t * r_n] += room.states[size + r] + room.states[2 * size + r]
        for a in range(A):
            room.ways[t, 0, a] = manner.forgotten[way, f, t, a]
            for state in range(2):
                for y in range(2):
                    room.ways[t, 1 + 2 * state + y, a] = manner.yesno[way, f, t, state, y, a]
    for a in range(A):
        for r in range(r_n):
            room.lost[a * r_n + r] = room.doubt[a * r_n + r] = 0.0
        for t in range(t_n):
            lost, kept, muddled = room.ways[t, 0, a], room.ways[t, 1, a], room.ways[t, 3, a]
            for r in range(r_n):
                k = t * r_n + r
                room.lost[a * r_n + r] += room.states[k] * lost
                room.doubt[a * r_n + r] += room.states[size + k] * kept + room.states[2 * size + k] * muddled


@compiled
def yesno_cells(floats: np.ndarray, at: int, says: float, c: int, c_n: int, r_n: int, t_n: int, room: Room):
    """The joint of the answer to yes/no question c and row into `cells`, and answers by type into `by_type`."""
    size, silent = r_n * t_n, 1.0 - says
    kept_at = at + (5 + c) * size
    muddled_at = kept_at + c_n * size
    for k in range(size):
        room.believe[k] = room.mass[k] * floats[kept_at + k]
        room.believe[size + k] = room.mass[k] * floats[muddled_at + k]
    if says == 1.0:
        for k in range(A * r_n):
            room.cells[k] = room.lost[k] + room.doubt[k]
    else:
        for a in range(A):
            quiet = silent if a == DONT_KNOW else 0.0
            for r in range(r_n):
                k = a * r_n + r
                room.cells[k] = room.lost[k] + says * room.doubt[k] + quiet * room.says_no[r]
    for t in range(t_n):
        kept, muddled = total(room.believe, t * r_n, r_n), total(room.believe, size + t * r_n, r_n)
        doubt_kept, doubt_muddled = room.sums[1, t] - kept, room.sums[2, t] - muddled
        for a in range(A):
            quiet = silent if a == DONT_KNOW else 0.0
            no_kept, yes_kept = says * room.ways[t, 1, a] + quiet, room.ways[t, 2, a]
            no_muddled, yes_muddled = says * room.ways[t, 3, a] + quiet, room.ways[t, 4, a]
            more_kept, more_muddled = yes_kept - no_kept, yes_muddled - no_muddled
            k, to = t * r_n, a * r_n
            for r in range(r_n):
                room.cells[to + r] += room.believe[k + r] * more_kept + room.believe[size + k + r] * more_muddled
            room.by_type[t, a] = max(
                room.sums[0, t] * room.ways[t, 0, a] + kept * yes_kept + doubt_kept * no_kept
                + muddled * yes_muddled + doubt_muddled * no_muddled, 0.0,
            )  # fmt: skip


@compiled
def open_cells(
    tabled: Tabled,
    floats: np.ndarray,
    at: int,
    manner: AnswerManner,
    way: int,
    f: int,
    joint: np.ndarray,
    b: int,
    by_intent: bool,
    room: Room,
):
    """The joint of the answer to the open question and row, or intent, into `cells`, and answers by type into
    `by_type`; returns how many rows or intents there are."""
    t_n, r_n, o_n = joint.shape[2], len(tabled.member_ptr) - 1, len(tabled.options)
    size, n = t_n * r_n, len(tabled.row_of) if by_intent else r_n
    named_at = at + (5 + 2 * len(tabled.says)) * size
    for k in range((1 + o_n) * n):
        room.cells[k] = 0.0
    for t in range(t_n):
        slip, guess = manner.slip[way, f, t], manner.guess[way, f, t]
        silent_kept, silent_muddled = manner.silent[way, f, t, KEPT], manner.silent[way, f, t, MUDDLED]
        as_kept, as_muddled = (1.0 - silent_kept) * (1.0 - slip), (1.0 - silent_muddled) * (1.0 - slip)
        for r in range(r_n):
            k = at + size + t * r_n + r
            lost, kept, muddled, unrecalled = floats[k], floats[k + size], floats[k + 2 * size], floats[k + 3 * size]
            # What is said at random, and what is not said.
            room.states[r_n + r] = (kept * (1.0 - silent_kept) + muddled * (1.0 - silent_muddled)) * slip + lost * guess
            room.states[r] = kept * silent_kept + muddled * silent_muddled + lost * (1.0 - guess) + unrecalled
        for o in range(1 + o_n):
            kept_at = named_at + ((o - 1) * t_n + t) * r_n
            muddled_at = kept_at + o_n * size
            if o > 0:
                option = tabled.options[o - 1]
                for r in range(r_n):
                    named = floats[kept_at + r] * as_kept + floats[muddled_at + r] * as_muddled
                    room.states[r] = room.states[r_n + r] * option + named
            for r in range(r_n):
                room.believe[r] = room.states[r] * room.mass[t * r_n + r]
            room.by_type[t, o] = total(room.believe, 0, r_n)
            start = o * n
            if by_intent:
                for i in range(n):
                    room.cells[start + i] += joint[b, i, t] * room.states[tabled.row_of[i]]
            else:
                for r in range(r_n):
                    room.cells[start + r] += room.believe[r]
    return n


@compiled
def of_types(by_type: np.ndarray, a_n: int, answers: np.ndarray, flat: np.ndarray):
    """I(answer; type) and sum of p log p over the answers, from by_type (T, at least a_n); fills answers (a_n,)."""
    t_n = len(by_type)
    types = 0.0
    for a in range(a_n):
        answers[a] = 0.0
    for t in range(t_n):
        s = 0.0
        for a in range(a_n):
            answers[a] += by_type[t, a]
            s += by_type[t, a]
            flat[t * a_n + a] = by_type[t, a]
        types += xlogx(s)
    both = entropy_sum(flat, 0, t_n * a_n)
    for a in range(a_n):
        flat[a] = answers[a]
    alone = entropy_sum(flat, 0, a_n)
    return max(both - alone - types, 0.0), alone


@compiled
def summarised(answers: np.ndarray, a_n: int, alone: float, out: np.ndarray):
    """`open_summary` of answers (a_n,)."""
    out[0], out[1], out[2], out[3], out[4] = answers[0], answers[1:a_n].max(), -alone / log(float(a_n)), 0.0, 0.0


@compiled
def tell_tabled(
    tabled: Tabled,
    manner: AnswerManner,
    f: int,
    way: np.ndarray,
    floats: np.ndarray,
    record_at: np.ndarray,
    joint: np.ndarray,
    belief: np.ndarray,
    skip: np.ndarray,
    gain: np.ndarray,
    user: np.ndarray,
    answers: np.ndarray,
):
    """What the questions on one facet tell in n dialogues.

    Args:
        f: the facet's number in `manner`.
        way: (n,) how each dialogue's next question will be answered: the G of `manner`.
        record_at: (n,) where the record of what was answered on the facet begins in `floats`.
        joint, belief: (n, N, T), (n, N).
        skip: (n, questions) bool: those asked before; the open question comes first where there is one.
        gain, user: (n, questions) are filled, nats; 0 where skipped.
        answers: (n, questions, A) likewise.
    """
    _, n_i, t_n = joint.shape
    opens, c_n, o_n = len(tabled.options) > 0, len(tabled.says), 1 + len(tabled.options)
    r_n, first = len(tabled.member_ptr) - 1, 1 if opens else 0
    room, rows = new_room(tabled, t_n), np.empty(max(r_n, n_i))
    for b in range(len(joint)):
        left = 0
        for q in range(first + c_n):
            gain[b, q] = user[b, q] = 0.0
            for a in range(A):
                answers[b, q, a] = 0.0
            left += 0 if skip[b, q] else 1
        if left == 0:
            continue
        at = record_at[b]
        fill_mass(tabled, joint, b, room.mass)
        for r in range(r_n):
            rows[r] = 0.0
            for t in range(t_n):
                rows[r] += room.mass[t * r_n + r]
        classes = entropy_sum(rows, 0, r_n)
        if opens and not skip[b, 0]:
            n = open_cells(tabled, floats, at, manner, way[b], f, joint, b, tabled.by_intent, room)
            user[b, 0], alone = of_types(room.by_type, o_n, room.answers, room.flat)
            summarised(room.answers, o_n, alone, answers[b, 0])
            alike = classes
            if tabled.by_intent:
                for i in range(n):
                    rows[i] = belief[b, i]
                alike = entropy_sum(rows, 0, n)
            gain[b, 0] = max(entropy_sum(room.cells, 0, o_n * n) - alone - alike, 0.0)
            left -= 1
        if left == 0:
            continue
        _base(floats, at, manner, way[b], f, r_n, t_n, room)
        _tell_yesno(tabled, floats, at, b, first, classes, skip, gain, user, answers, room)


@compiled
def _tell_yesno(
    tabled: Tabled, floats: np.ndarray, at: int, b: int, first: int, classes: float, skip: np.ndarray, gain: np.ndarray,
    user: np.ndarray, answers: np.ndarray, room: Room,
):  # fmt: skip
    """What the yes/no questions tell, the first of which is number `first`; `classes` sums p log p over the rows."""
    c_n, r_n, t_n = len(tabled.says), len(room.says_no), len(room.by_type)
    types, each = 0.0, (t_n + 1) * A
    for t in range(t_n):
        types += xlogx(room.sums[0, t] + room.sums[1, t] + room.sums[2, t])
    for c in range(c_n):
        q = first + c
        if not skip[b, q]:
            yesno_cells(floats, at, tabled.says[c], c, c_n, r_n, t_n, room)
            gain[b, q] = entropy_sum(room.cells, 0, A * r_n) - classes
            for a in range(A):
                room.flat[c * each + a] = 0.0
                for t in range(t_n):
                    room.flat[c * each + a] += room.by_type[t, a]
                    room.flat[c * each + (1 + t) * A + a] = room.by_type[t, a]
                answers[b, q, a] = room.flat[c * each + a]
    # Of all questions together: eight logarithms are as fast as one.
    for k in range(c_n * each):
        p = max(room.flat[k], TINY)
        room.flat[k] = p * log(p)
    for c in range(c_n):
        q = first + c
        if not skip[b, q]:
            alone = total(room.flat, c * each, A)
            gain[b, q] = max(gain[b, q] - alone, 0.0)
            user[b, q] = max(total(room.flat, c * each + A, t_n * A) - alone - types, 0.0)


@compiled
def tabled_answers(
    tabled: Tabled,
    manner: AnswerManner,
    f: int,
    way: int,
    floats: np.ndarray,
    at: int,
    joint: np.ndarray,
    q: int,
    out: np.ndarray,
):
    """Fill out (answers,) with p(answer) to question q of the facet in one dialogue, joint (1, N, T)."""
    t_n, r_n, opens = joint.shape[2], len(tabled.member_ptr) - 1, len(tabled.options) > 0
    room = new_room(tabled, t_n)
    fill_mass(tabled, joint, 0, room.mass)
    if opens and q == 0:
        open_cells(tabled, floats, at, manner, way, f, joint, 0, False, room)
    else:
        c = q - 1 if opens else q
        _base(floats, at, manner, way, f, r_n, t_n, room)
        yesno_cells(floats, at, tabled.says[c], c, len(tabled.says), r_n, t_n, room)
    for a in range(len(out)):
        out[a] = 0.0
        for t in range(t_n):
            out[a] += room.by_type[t, a]


@compiled
def refine_tabled(
    tabled: Tabled,
    manner: AnswerManner,
    f: int,
    way: int,
    floats: np.ndarray,
    at: int,
    joint: np.ndarray,
    who: np.ndarray,
    questions: np.ndarray,
    out: np.ndarray,
):
    """Add to out (C,) what answers to yes/no questions tell about intents of one row, nats: they differ in their types.

    That is the sum over the intents `who` of p(i) KL(p(answer | i) || p(answer | row of i)); joint is (1, N, T).
    """
    t_n, r_n, c_n = joint.shape[2], len(tabled.member_ptr) - 1, len(tabled.says)
    room, of_row, mass = new_room(tabled, t_n), np.empty((t_n, A, r_n)), np.empty((t_n, r_n))
    fill_mass(tabled, joint, 0, room.mass)
    mass[:] = room.mass.reshape(t_n, r_n)
    for j in range(len(questions)):
        c = questions[j]
        for t in range(t_n):
            # Of one type alone, with a belief of 1 in every row: p(answer | row, type).
            for k in range(t_n * r_n):
                room.mass[k] = 1.0 if k // r_n == t else 0.0
            _base(floats, at, manner, way, f, r_n, t_n, room)
            yesno_cells(floats, at, tabled.says[c], c, c_n, r_n, t_n, room)
            of_row[t] = room.cells[: A * r_n].reshape(A, r_n)
        for i in who:
            out[j] += _divergence(joint[0, i], mass[:, tabled.row_of[i]], of_row[:, :, tabled.row_of[i]])


@compiled
def _divergence(mine: np.ndarray, others: np.ndarray, answers: np.ndarray):
    """p(i) KL(p(answer | i) || p(answer | row)) from p(i, type) (T,), p(row, type) (T,), p(answer | type) (T, A)."""
    whole, everyone, gap = max(mine.sum(), TINY), max(others.sum(), TINY), 0.0
    for a in range(answers.shape[1]):
        p = q = 0.0
        for t in range(len(mine)):
            p += mine[t] * answers[t, a]
            q += others[t] * answers[t, a]
        p, q = max(p / whole, TINY), max(q / everyone, TINY)
        gap += p * (log(p) - log(q))
    return max(gap, 0.0) * whole
