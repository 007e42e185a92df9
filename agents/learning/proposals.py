"""Proposals: which intents a history's true one is told from.

Each returns candidates (B, 1 + K), the truth in column 0, and log p - log q of every candidate, which makes any
proposal that is positive everywhere lead to the same posterior (`objectives.importance`).  What differs is how many
candidates it takes.  `posterior_mixture` draws where the model is still in doubt, q = (1 - mix) posterior + mix prior:
as the belief narrows, negatives from the prior tell nothing, those from the posterior do.  It needs a score of every
intent, without gradients, from the model itself or from any cheaper stand-in: q must be known, it need not be right.

Draws are with replacement, so a negative may equal the truth; that is part of the distribution and stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Candidates(NamedTuple):
    """Intents to score for each history."""

    ids: np.ndarray
    """(B, 1 + K) int64, the truth first."""
    log_weight: np.ndarray
    """(B, 1 + K) float64, log p - log q of each, up to a constant a row."""


def uniform(truth: np.ndarray, prior: np.ndarray, negatives: int, rng: np.random.Generator) -> Candidates:
    """Every intent equally often.

    >>> uniform(np.array([1]), np.array([.25, .75]), 3, np.random.default_rng(0)).ids.shape
    (1, 4)
    """
    drawn = rng.integers(len(prior), size=(len(truth), negatives))
    ids = _with_truth(truth, drawn)
    return Candidates(ids, np.log(prior[ids]) + np.log(len(prior)))


def from_prior(truth: np.ndarray, prior: np.ndarray, negatives: int, rng: np.random.Generator) -> Candidates:
    """Intents as often as users want them."""
    cum = prior.cumsum()
    drawn = np.searchsorted(cum / cum[-1], rng.random((len(truth), negatives)), side="right")
    ids = _with_truth(truth, np.minimum(drawn, len(prior) - 1))
    return Candidates(ids, np.zeros(ids.shape))


def in_batch(truth: np.ndarray) -> Candidates:
    """What the others of the batch want: B - 1 draws from the prior that cost nothing to draw."""
    b = len(truth)
    order = (np.arange(b)[:, None] + np.arange(b)) % b
    ids = truth[order].astype(np.int64)
    return Candidates(ids, np.zeros(ids.shape))


def posterior_mixture(
    truth: np.ndarray,
    prior: np.ndarray,
    log_belief: np.ndarray,
    negatives: int,
    rng: np.random.Generator,
    mix: float = 0.3,
) -> Candidates:
    """Draws from q = (1 - mix) belief + mix prior.

    Args:
        log_belief: (B, N) log of the model's belief, up to a constant a row.
        mix: share of the prior in (0, 1]; it bounds every weight p / q by 1 / mix.

    Raises:
        ValueError: `mix` outside (0, 1].
    """
    if not 0 < mix <= 1:
        raise ValueError(f"mix={mix}; it must be above 0, for what the model rules out to be drawn, and at most 1")
    q = np.exp(log_belief - log_belief.max(axis=1, keepdims=True))
    q = (1 - mix) * q / q.sum(axis=1, keepdims=True) + mix * prior
    cum = q.cumsum(axis=1)
    u = rng.random((len(truth), negatives)) * cum[:, -1:]
    drawn = np.stack([np.searchsorted(c, x, side="right") for c, x in zip(cum, u, strict=True)])
    ids = _with_truth(truth, np.minimum(drawn, q.shape[1] - 1))
    return Candidates(ids, np.log(prior[ids]) - np.log(np.take_along_axis(q, ids, axis=1)))


def draw(
    proposal: str, truth: np.ndarray, prior: np.ndarray, negatives: int, rng: np.random.Generator, mix: float,
    log_belief: Callable[[], np.ndarray],
) -> Candidates:  # fmt: skip
    """Candidates by the name of their proposal.

    Args:
        log_belief: gives what `posterior_mixture` takes; called for that one alone.
    """
    if proposal == "in-batch":
        return in_batch(truth)
    if proposal == "posterior":
        return posterior_mixture(truth, prior, log_belief(), negatives, rng, mix)
    return {"uniform": uniform, "prior": from_prior}[proposal](truth, prior, negatives, rng)


def _with_truth(truth: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    return np.concatenate([truth[:, None], drawn], axis=1).astype(np.int64)
