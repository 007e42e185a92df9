"""The joint over intent and user type: a belief is a mixture over the types of user there are.

Weights are kept as logarithms, log p(intent) + log p(type) + log p(answers | intent, type), until a belief is wanted.
All arrays are (..., N, T), one dialogue or a batch; each dialogue's figures are the same bits either way.
"""

from __future__ import annotations

import numpy as np

from sim.channel.channel import Channel
from sim.numeric.entropy import FLOOR
from sim.numeric.reductions import over_intents, over_types


def log_prior(channel: Channel) -> np.ndarray:
    """(N, T) log p(intent) + log p(type); an intent of prior 0 counts as 1e-300."""
    return _log_intents(channel)[:, None] + np.log(channel.shares)


def joint_of(log_weights: np.ndarray) -> np.ndarray:
    """(..., N, T) p(intent, type | history), from its logarithm up to a constant a dialogue."""
    joint = log_weights - log_weights.max(axis=(-2, -1), keepdims=True)
    np.exp(joint, out=joint)
    joint /= joint.sum(axis=(-2, -1), keepdims=True)
    return joint


def intents_of(joint: np.ndarray) -> np.ndarray:
    """(..., N) p(intent | history)."""
    return over_types(joint)


def types_of(joint: np.ndarray) -> np.ndarray:
    """(..., T) p(type | history)."""
    return over_intents(joint) if joint.ndim == 2 else joint.sum(axis=-2)


def log_likelihood(log_weights: np.ndarray, channel: Channel) -> np.ndarray:
    """(..., N) log p(history | intent), types summed out, from log p(intent, type, history)."""
    top = log_weights.max(axis=-1)
    log = np.log(np.exp(log_weights - top[..., None]).sum(axis=-1)) + top
    return log - _log_intents(channel)


def _log_intents(channel: Channel) -> np.ndarray:
    return np.log(np.maximum(channel.catalogue.prior, FLOOR))
