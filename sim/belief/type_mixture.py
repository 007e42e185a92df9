"""The joint over intent and user type: a belief is a mixture over the types of user there are.

Weights are kept as logarithms, log p(intent) + log p(type) + log p(answers | intent, type), until a belief is wanted.
"""

# An element of an array is a number here, which the array types of a type checker cannot say.
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

import numpy as np

from sim.channel.channel import Channel
from sim.numeric.compiled import compiled
from sim.numeric.loops import exp, log, total


def log_prior(channel: Channel) -> np.ndarray:
    """(N, T) log p(intent) + log p(type); an intent of prior 0 counts as 1e-300."""
    return np.log(np.maximum(channel.catalogue.prior, 1e-300))[:, None] + np.log(channel.shares)


@compiled
def weigh(
    log_prior: np.ndarray,
    floats: np.ndarray,
    ints: np.ndarray,
    like_at: np.ndarray,
    map_at: np.ndarray,
    residual: np.ndarray,
    out: np.ndarray,
):
    """Fill out (N, T) with log p(intent, type, history).

    Args:
        like_at: (n,) where log p(evidence | row, type) of each facet begins in `floats`.
        map_at: (n,) where the rows of the intents begin in `ints`.
        residual: (N,) or (0,), added to all types.
    """
    n, t_n = log_prior.shape
    for i in range(n):
        for t in range(t_n):
            out[i, t] = log_prior[i, t]
    for k in range(len(like_at)):
        like, rows = floats[like_at[k] :], ints[map_at[k] :]
        for i in range(n):
            at = rows[i] * t_n
            for t in range(t_n):
                out[i, t] += like[at + t]
    for i in range(len(residual)):
        for t in range(t_n):
            out[i, t] += residual[i]


@compiled
def beliefs_of(
    log_prior: np.ndarray,
    floats: np.ndarray,
    ints: np.ndarray,
    like_at: np.ndarray,
    map_at: np.ndarray,
    ends: np.ndarray,
    residual: np.ndarray,
    joint: np.ndarray,
    belief: np.ndarray,
    types: np.ndarray,
    log_evidence: np.ndarray,
):
    """The beliefs of n histories.

    Args:
        like_at, map_at: as in `weigh`, one history after the other; history b's are those before ends[b].
        residual: (n, N) or (0, 0).
        joint, belief, types: (n, N, T) p(intent, type | history), (n, N) and (n, T), are filled.
        log_evidence: (n,) log p(history) is filled.
    """
    _, n, t_n = joint.shape
    nothing = np.empty(0)
    start = 0
    for b in range(len(joint)):
        more = residual[b] if len(residual) else nothing
        weigh(log_prior, floats, ints, like_at[start : ends[b]], map_at[start : ends[b]], more, joint[b])
        start = ends[b]
        flat = joint[b].reshape(n * t_n)
        top = -np.inf
        for k in range(n * t_n):
            top = max(top, flat[k])
        for k in range(n * t_n):
            flat[k] = exp(flat[k] - top)
        whole = total(flat, 0, n * t_n)
        log_evidence[b] = top + log(whole)
        for k in range(n * t_n):
            flat[k] /= whole
        types[b] = 0.0
        for i in range(n):
            s = 0.0
            for t in range(t_n):
                s += joint[b, i, t]
                types[b, t] += joint[b, i, t]
            belief[b, i] = s
