"""Rewards for learners: the rules' own, and one shaped by how much the belief has narrowed.

Potential-based shaping adds gamma Phi(s') - Phi(s) with Phi(end) = 0, which changes no policy's rank whatever Phi is
(Ng, Harada and Russell, 1999): every return shifts by -Phi(s_0), and that is the same for all policies.  Phi here is
minus the entropy of the belief: progress is paid for when it is made, and a learner needn't find out by a lucky guess
twenty questions later.  What it isn't is a reward for information: that would change what is optimal.

Where the posterior is exact, what a guess brings on average is known when it is made: wrong + (right - wrong) p.
Paying that instead of the outcome changes no expectation, and takes most of the noise out of the returns.  With any
other posterior it would reward overconfidence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.names.arguments import finite, switch


@dataclass(frozen=True, kw_only=True)
class Shaping:
    """Shaping by entropy; weight 0 is the sparse reward."""

    weight: float = 0.0
    """Reward for each nat that the belief narrows; 1 / log N pays 1 for finding the intent."""
    gamma: float = 1.0
    """The learner's discount: the proof needs it to be the same."""
    expected: bool = False
    """Pay a last guess by what it brings on average; for exact posteriors."""

    def __post_init__(self) -> None:
        if finite("weight", self.weight) < 0:
            raise ValueError(f"weight={self.weight!r}; it must be a finite number of at least 0")
        if not 0 < finite("gamma", self.gamma) <= 1:
            raise ValueError(f"gamma={self.gamma!r}; it must lie in (0, 1]")
        switch("expected", self.expected)

    def potential(self, entropy_nats: np.ndarray) -> np.ndarray:
        """Phi of states with this entropy."""
        return -self.weight * entropy_nats

    def extra(self, before_nats: np.ndarray, after_nats: np.ndarray, ended: np.ndarray) -> np.ndarray:
        """(B,) what is added to the reward of a step from one entropy to another; `ended` (B,) bool."""
        after = np.where(ended, 0.0, self.potential(after_nats))
        return self.gamma * after - self.potential(before_nats)
