"""Users whose answers change as a dialogue goes on: which arrays hold for which answer.

A channel may say that from some number of answers on users answer in another way (`Channel.later`): they tire, say.
What a user remembers of a facet is settled when the facet first comes up, so what is forgotten or muddled goes by the
stage of the first answer on the facet, and each answer is given as its own stage says.

A history keeps no turn numbers.  The stage is part of the answer instead: answer a at stage s is symbol a + 5 s, and
the tables of all stages stand side by side for the likelihoods.  So histories stay canonical, and dialogues whose
answers came in another order, but at the same stages, still share one belief.  With one stage nothing changes.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from sim.belief.likelihood import NOT_SAID, SAID_DONT_KNOW, Evidence
from sim.channel.channel import Channel, FacetChannel
from sim.questions import ANSWERS

WIDTH = len(ANSWERS)
CHANGING = ("forgotten", "muddled", "yesno", "yesno_forgotten", "silent", "slip", "guess")
"""The arrays of `FacetChannel` that may differ between stages."""
History = tuple[tuple[int, Evidence], ...]
"""(facet, what was answered about it), facets ascending, empty evidence left out."""


def answers_given(history) -> int:
    """How many answers a history holds, what was stated in the opening among them; (facet, Evidence) pairs."""
    return sum(len(about.yesno) + (about.said >= SAID_DONT_KNOW) for _, about in history)


def stage_at(turns: tuple[int, ...], answers: int) -> int:
    """The stage of the next answer after so many; turns[s - 1] answers come before stage s."""
    return sum(answers >= turn for turn in turns)


def first_stage(about: Evidence) -> int:
    """The stage at which a facet first came up."""
    stages = [answer // WIDTH for _, answer in about.yesno]
    if about.said != NOT_SAID:
        stages.append(about.stage)
    return min(stages, default=0)


def answering(channel: FacetChannel, **arrays: np.ndarray) -> FacetChannel:
    """The same facet with other arrays for answers and memory; what is worked out from the rest is shared."""
    many = not channel.facet.scalar
    for name, made in vars(FacetChannel).items():
        if isinstance(made, cached_property) and (many or name in ("options", "members", "relation", "unknown")):
            getattr(channel, name)
    out = replace(channel, **arrays)
    for name, made in channel.__dict__.items():
        if isinstance(getattr(FacetChannel, name, None), cached_property):
            out.__dict__[name] = made
    return out


class Stages:
    """The facets of a channel by stage."""

    def __init__(self, channel: Channel):
        self.turns = tuple(later.turn for later in channel.later)
        self.asking = (channel.facets, *(later.facets for later in channel.later))
        """By stage, the facets as questions put at that stage will be answered."""
        self._heard: dict[tuple[int, int, int], FacetChannel] = {}

    def of(self, history: History) -> int:
        """The stage of the next answer."""
        return stage_at(self.turns, answers_given(history)) if self.turns else 0

    def heard(self, f: int, about: Evidence) -> FacetChannel:
        """The facet as `likelihood.terms` needs it for these answers: memory and open answer of their stages."""
        if not self.turns:
            return self.asking[0][f]
        key = f, first_stage(about), about.stage
        if key not in self._heard:
            by_stage = [facets[f] for facets in self.asking]
            memory, said = by_stage[key[1]], by_stage[key[2]]
            self._heard[key] = answering(
                by_stage[0], forgotten=memory.forgotten, muddled=memory.muddled,
                yesno=np.concatenate([c.yesno for c in by_stage], axis=-1),
                yesno_forgotten=np.concatenate([c.yesno_forgotten for c in by_stage], axis=-1),
                silent=said.silent, slip=said.slip, guess=said.guess,
            )  # fmt: skip
        return self._heard[key]
