"""The exact posterior for many dialogues over a small catalogue: what reinforcement learning trains on.

The same sums as `ChannelPosterior`, bit for bit, over the whole bank at once, and unrefined: a learner reads the gains
of a shortlist at every turn, and what refining adds to them is small beside its cost (`sim.ask.sweep`).
"""

from __future__ import annotations

import numpy as np

from sim.ask.facet_gains import tell
from sim.ask.question_information import QuestionInformation, shortlisted
from sim.ask.ranking import TIE, top
from sim.belief.by_history import CHUNK
from sim.posterior.exact import ChannelPosterior

SMALL_CATALOGUE = 1000
"""Intents up to which this is the faster posterior for a batch."""


class BatchedPosterior(ChannelPosterior):
    """`ChannelPosterior` whose gains are unrefined and worked out for the whole bank, a batch at a time."""

    def question_information(self) -> QuestionInformation:
        """What every question tells in every dialogue: (B, Q) and (B, Q, 5); questions asked before tell 0."""
        nodes = self._nodes
        missing = [node for node in {id(node): node for node in nodes}.values() if "tell" not in node.told]
        for start in range(0, len(missing), CHUNK):
            part = missing[start : start + CHUNK]
            told = tell(self._beliefs, part)
            gain = np.where(told.gain_nats > TIE, told.gain_nats, 0.0)
            for j, node in enumerate(part):
                node.told["tell"] = QuestionInformation(gain[j], told.user_nats[j], told.answers[j])
                node.scratch.clear()
                self._beliefs.keep(node)
        return QuestionInformation.stacked([node.told["tell"] for node in nodes])

    def eig_nats(self) -> np.ndarray:
        return self.question_information().gain_nats

    def choose(self, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
        return top(self.question_information().gain_nats, k)

    def shortlist(self, by_gain: int, by_user: int) -> tuple[np.ndarray, QuestionInformation]:
        told = self.question_information()
        ids = shortlisted(told.gain_nats, told.user_nats, by_gain, by_user)
        return ids, told.at(ids)
