"""Users whose answers change as a dialogue goes on: which arrays hold for which answer.

A channel may say that from some number of answers on users answer in another way (`Channel.later`): they tire, say.
What a user remembers of a facet is settled when the facet first comes up, so what is forgotten or muddled goes by the
stage of the first answer on the facet, and each answer is given as its own stage says.

A history keeps no turn numbers.  The stage is part of the answer instead: answer a at stage s is symbol a + 5 s, and
the tables of all stages stand side by side for the likelihoods.  So histories stay canonical, and dialogues whose
answers came in another order, but at the same stages, still share one belief.  With one stage nothing changes.
"""

from __future__ import annotations

import numpy as np

from sim.belief.evidence import Evidence, History, first_stage, next_stage
from sim.channel.channel import Channel, FacetChannel


class Stages:
    """The facets of a channel by stage."""

    def __init__(self, channel: Channel):
        self.turns = tuple(later.turn for later in channel.later)
        self.asking = (channel.facets, *(later.facets for later in channel.later))
        """By stage, the facets as questions put at that stage will be answered."""
        self._heard: dict[tuple[int, int, int], FacetChannel] = {}
        self._after: dict[tuple[int, tuple[int, ...]], tuple[FacetChannel, ...]] = {}
        self._passed_over: dict[tuple[int, int], FacetChannel] = {}

    def of(self, history: History) -> int:
        """The stage of the next answer."""
        return next_stage(self.turns, history)

    def after_opening(self, stage: int, silent: tuple[int, ...]) -> tuple[FacetChannel, ...]:
        """`asking` at a stage, where the opening said nothing of the facets `silent`."""
        if not silent:
            return self.asking[stage]
        if (stage, silent) not in self._after:
            for f in silent:
                if (stage, f) not in self._passed_over:
                    self._passed_over[stage, f] = self.asking[stage][f].passed_over()
            facets = list(self.asking[stage])
            for f in silent:
                facets[f] = self._passed_over[stage, f]
            self._after[stage, silent] = tuple(facets)
        return self._after[stage, silent]

    def heard(self, f: int, about: Evidence) -> FacetChannel:
        """The facet as `likelihood.terms` needs it for these answers: memory and open answer of their stages."""
        if not self.turns:
            return self.asking[0][f]
        key = f, first_stage(about), about.stage
        if key not in self._heard:
            by_stage = [facets[f] for facets in self.asking]
            memory, said = by_stage[key[1]], by_stage[key[2]]
            self._heard[key] = by_stage[0].answering(
                forgotten=memory.forgotten, muddled=memory.muddled,
                yesno=np.concatenate([c.yesno for c in by_stage], axis=-1),
                yesno_forgotten=np.concatenate([c.yesno_forgotten for c in by_stage], axis=-1),
                silent=said.silent, slip=said.slip, guess=said.guess,
            )  # fmt: skip
        return self._heard[key]
