"""The rest of the EIG of yes/no questions on a sparse facet: what an answer tells about intents of one class.

By the chain rule I(answer; intent) = I(answer; class) + sum_i p(i) KL(p(answer | i) || p(answer | class of i)).
"""

# An element of an array is a number here, which the array types of a type checker cannot say.
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

import numpy as np

from sim.answers import DONT_KNOW
from sim.ask.gain_sparse import Sums, gains_of, yesno_joint
from sim.ask.gain_tabled import A
from sim.belief.law_of_groups import believe_each, stand
from sim.belief.law_sparse import FIGURES, FORGOTTEN, KEPT_STATE, MUDDLED_STATE, UNRECALLED, Known
from sim.belief.tables import SparseFacet
from sim.channel.channel import KEPT, MUDDLED
from sim.numeric.compiled import compiled
from sim.numeric.loops import TINY, log, total


@compiled
def refine_sparse(
    facet: SparseFacet,
    known: Known,
    sums: Sums,
    joint: np.ndarray,
    who: np.ndarray,
    values: np.ndarray,
    yesno: np.ndarray,
    forgotten: np.ndarray,
    out: np.ndarray,
):
    """Fill out (C,) with I(answer; intent) of the questions on `values` (C,), nats.

    It is I(answer; class), and the sum over the intents `who` of p(i) KL(p(answer | i) || p(answer | class of i)).
    """
    t_n, c_n, n = joint.shape[1], len(values), len(who)
    groups = facet.group_of[who]
    cells, crowd, flat = np.empty((t_n, 2, A)), np.empty((7, t_n)), np.empty(A * (t_n + 3) + t_n + 2)
    share, whole, rows = np.empty((t_n, n)), np.empty(n), np.empty((FIGURES, t_n, n))
    for k in range(n):
        i, r = who[k], known.row_of[groups[k]]
        whole[k] = 0.0
        for t in range(t_n):
            whole[k] += joint[i, t]
        whole[k] = max(whole[k], TINY)
        for t in range(t_n):
            share[t, k] = joint[i, t] / whole[k]
            for j in range(FIGURES):
                rows[j, t, k] = known.rows[r, t, j]
    own, came = np.empty((c_n, n), dtype=np.int32), np.zeros((c_n, t_n, n))
    stand(facet, known, sums.slot, groups, values, own, came)
    p, believe, gap = np.empty((A, n)), np.empty((2, n)), np.empty(n)
    for c in range(c_n):
        yesno_joint(facet, known, sums, values[c], yesno, forgotten, crowd, cells)
        out[c], _, _ = gains_of(cells, flat)
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
def _mix(
    share: np.ndarray,
    forgotten: np.ndarray,
    kept: np.ndarray,
    unrecalled: np.ndarray,
    muddled: np.ndarray,
    believe_kept: np.ndarray,
    believe_muddled: np.ndarray,
    f: int,
    k0: float,
    k1: float,
    m0: float,
    m1: float,
    out: np.ndarray,
):
    """Add one type's share of one answer, for every intent."""
    for k in range(len(out)):
        doubt_kept, doubt_muddled = kept[k] + unrecalled[k] - believe_kept[k], muddled[k] - believe_muddled[k]
        out[k] += share[k] * (
            forgotten[k] * f + believe_kept[k] * k1 + doubt_kept * k0 + believe_muddled[k] * m1 + doubt_muddled * m0
        )


@compiled
def _gap(p: np.ndarray, own: np.ndarray, no: float, yes: float, out: np.ndarray):
    """Add p log (p / p(answer | class)) of one answer, for every intent."""
    for k in range(len(out)):
        q = max(p[k], TINY)
        out[k] += q * (log(q) - (yes if own[k] >= 0 else no))


@compiled
def _log_share(cells: np.ndarray, y: int, a: int):
    """Log p(answer | class) of cells (T, 2, A)."""
    return log(max(cells[:, y, a].sum() / max(cells[:, y].sum(), TINY), TINY))
