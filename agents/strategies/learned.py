"""`learned`: greedy in information under a posterior learned from dialogues; it was never told how users err.

Read from the checkpoint of the setting, or from the one that ships for its catalogue; no torch is imported.
"""

from __future__ import annotations

from agents.learning.serve import learned_posterior
from agents.setting import Setting
from agents.strategies.greedy import Greedy
from sim.posterior.exact import ChannelPosterior


def posterior_of(setting: Setting) -> ChannelPosterior:
    """The learned posterior of a setting; copies share what was computed for any of them.

    Raises:
        CheckpointError: no such checkpoint, a broken one, or of another catalogue; or none ships for this catalogue.
    """
    kept = setting.__dict__
    if "_learned" not in kept:
        kept["_learned"] = learned_posterior(setting.bank, setting.checkpoint or None)
    return kept["_learned"].copy()


def learned(setting: Setting) -> Greedy:
    return Greedy(setting, posterior_of(setting))
