"""`learned`: greedy in information under a posterior learned from dialogues; it was never told how users err.

Read from the checkpoint of the setting, or from the one that ships for its catalogue; no torch is imported.
"""

from __future__ import annotations

from agents.learning.serve import learned_posterior
from agents.setting import Setting
from agents.strategies.greedy import Greedy
from sim.posterior.exact import ChannelPosterior


def from_checkpoint(setting: Setting) -> ChannelPosterior:
    """The learned posterior of a setting.

    Raises:
        CheckpointError: no such checkpoint, a broken one, or of another catalogue; or none ships for this catalogue.
    """
    return learned_posterior(setting.bank, setting.checkpoint or None)


def learned(setting: Setting) -> Greedy:
    return Greedy(setting, setting.shared(from_checkpoint))
