"""Entropies and information of arrays of probabilities, in nats."""

from __future__ import annotations

import math

import numpy as np

FLOOR = 1e-300
"""Probabilities count as at least this where their logarithm is taken."""


def xlogx(p: np.ndarray) -> np.ndarray:
    """p log p, 0 at 0."""
    out = np.asarray(np.maximum(p, FLOOR))
    np.log(out, out=out)
    out *= p
    return out


def entropy_nats(p: np.ndarray, axis: int = -1) -> np.ndarray:
    """Entropy along an axis, nats.

    >>> float(entropy_nats(np.array([0.5, 0.5])) / np.log(2))
    1.0
    """
    return -xlogx(p).sum(axis=axis)


def entropy_bits(p: np.ndarray) -> float:
    """Entropy of one distribution (n,), bits.

    >>> entropy_bits(np.array([0.5, 0.25, 0.25, 0.0]))
    1.5
    """
    p = p[p > 0]
    return max(0.0, float(-(p * np.log2(p)).sum()))


def mutual_information(joint: np.ndarray) -> np.ndarray:
    """I(A; Y) in nats of joint distributions (..., A, Y); rounding may leave -1e-16, which is lifted to 0."""
    information = xlogx(joint).sum(axis=(-2, -1))
    information -= xlogx(joint.sum(axis=-1)).sum(axis=-1) + xlogx(joint.sum(axis=-2)).sum(axis=-1)
    return np.maximum(information, 0.0)


def binary_entropy(p: np.ndarray) -> np.ndarray:
    """Entropy of a yes/no fact, nats: the most that a question about it can tell."""
    p = np.clip(p, 0.0, 1.0)
    return -xlogx(p) - xlogx(1 - p)


def binary_entropy_for_order(p: np.ndarray) -> np.ndarray:
    """`binary_entropy` to the last bit as capped banks order their questions by it.

    Values and their complements tie in other places than those of `binary_entropy`, so that the order differs where
    tens of thousands of questions tell almost the same.  Question ids in logs and checkpoints go by this order.
    """
    p = p.clip(FLOOR, 1 - 1e-16)
    return -(p * np.log(p) + (1 - p) * np.log1p(-p))


def least_mass(nats: float) -> float:
    """The smallest p whose binary entropy reaches `nats`, to 1e-12 below: 0 if nats <= 0, 1/2 if no p reaches it."""
    if nats <= 0:
        return 0.0
    low, high = 0.0, 0.5
    for _ in range(60):
        middle = (low + high) / 2
        below = -middle * math.log(middle) - (1 - middle) * math.log1p(-middle) < nats
        low, high = (middle, high) if below else (low, middle)
    return max(0.0, low - 1e-12)


def divergence_nats(truth: np.ndarray, other: np.ndarray) -> float:
    """KL(truth || other), nats."""
    seen = truth > 1e-14
    return float((truth[seen] * (np.log(truth[seen]) - np.log(np.maximum(other[seen], 1e-300)))).sum())
