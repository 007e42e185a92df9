"""Beliefs of whole dialogues, one computation each, and how far one posterior is from another."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from agents.learning.transcripts import Histories, evidence_of
from sim.posterior.exact import ChannelPosterior


def belief_after(posterior: ChannelPosterior, histories: Histories) -> Iterator[np.ndarray]:
    """(N,) belief after each dialogue, without the beliefs on the way there."""
    for table in evidence_of(posterior.bank, histories, posterior.turns):
        yield posterior._histories.node(tuple(sorted(table.items()))).belief


def divergence_nats(truth: np.ndarray, other: np.ndarray) -> float:
    """KL(truth || other), nats."""
    seen = truth > 1e-14
    return float((truth[seen] * (np.log(truth[seen]) - np.log(np.maximum(other[seen], 1e-300)))).sum())
