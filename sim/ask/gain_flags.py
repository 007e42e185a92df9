"""What flags' questions tell, all flags side by side: catalogues have dozens, each with one question and three rows.

The same sums as `sim.ask.gain_tabled`, laid out so that the innermost loop runs over the flags.  A flag that was asked
about has no question left, so only flags of which nothing is known come here, and their law is one table for all
dialogues.
"""

# An element of an array is a number here, which the array types of a type checker cannot say.
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.ask.gain_tabled import A
from sim.numeric.compiled import compiled
from sim.numeric.loops import TINY, log

ROWS = 3
"""No, yes, unknown."""


class Flags(NamedTuple):
    """L flags."""

    facets: np.ndarray
    """(L,) their numbers."""
    questions: np.ndarray
    """(L,) ids of their questions."""
    held: np.ndarray
    """(N, 2, L) 1 where an intent has it, and where it is unknown."""
    answers: np.ndarray
    """(T, ROWS, A, L) p(answer | row, type)."""


@compiled
def _surprise(p: np.ndarray, out: np.ndarray):
    for l in range(len(out)):
        q = max(p[l], TINY)
        out[l] += q * log(q)


@compiled
def tell_flags(
    flags: Flags, joint: np.ndarray, known: np.ndarray, gain: np.ndarray, user: np.ndarray, answers: np.ndarray
):
    """What the questions on flags tell in n dialogues.

    Args:
        joint: (n, N, T).
        known: (n, F) bool: the facets of which something is known.
        gain, user, answers: (n, Q) twice and (n, Q, A); the flags' places are filled, 0 where something is known.
    """
    _, n_i, t_n = joint.shape
    l_n = len(flags.facets)
    mass, whole = np.empty((t_n, ROWS, l_n)), np.empty(t_n)
    by_type, told, p = np.empty((t_n, A, l_n)), np.empty((A, l_n)), np.empty(l_n)
    both, alone, rows, types, of_user = np.empty(l_n), np.empty(l_n), np.empty(l_n), 0.0, np.empty(l_n)
    for b in range(len(joint)):
        mass[:], whole[:] = 0.0, 0.0
        for i in range(n_i):
            for t in range(t_n):
                x = joint[b, i, t]
                whole[t] += x
                for l in range(l_n):
                    mass[t, 1, l] += x * flags.held[i, 0, l]
                    mass[t, 2, l] += x * flags.held[i, 1, l]
        types = 0.0
        for t in range(t_n):
            types += max(whole[t], TINY) * log(max(whole[t], TINY))
            for l in range(l_n):
                mass[t, 0, l] = max(whole[t] - mass[t, 1, l] - mass[t, 2, l], 0.0)
        both[:], alone[:], rows[:], of_user[:], by_type[:], told[:] = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for r in range(ROWS):
            p[:] = 0.0
            for t in range(t_n):
                for l in range(l_n):
                    p[l] += mass[t, r, l]
            _surprise(p, rows)
            for a in range(A):
                p[:] = 0.0
                for t in range(t_n):
                    for l in range(l_n):
                        x = mass[t, r, l] * flags.answers[t, r, a, l]
                        p[l] += x
                        by_type[t, a, l] += x
                _surprise(p, both)
        for a in range(A):
            for t in range(t_n):
                _surprise(by_type[t, a], of_user)
                for l in range(l_n):
                    told[a, l] += by_type[t, a, l]
            _surprise(told[a], alone)
        for l in range(l_n):
            q = flags.questions[l]
            if known[b, flags.facets[l]]:
                gain[b, q] = user[b, q] = 0.0
                answers[b, q] = 0.0
                continue
            gain[b, q] = max(both[l] - alone[l] - rows[l], 0.0)
            user[b, q] = max(of_user[l] - alone[l] - types, 0.0)
            for a in range(A):
                answers[b, q, a] = told[a, l]
