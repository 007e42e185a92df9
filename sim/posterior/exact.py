"""Beliefs: the contract that agents, environments and the app see, and the exact posterior behind it.

`ChannelPosterior` marginalises the user's type and memory exactly (see `sim.belief.likelihood`) under whatever channel
it is given: the simulator's true one is the yardstick, a learned one is read from a checkpoint, and with `memory=False`
every answer counts as independent evidence, the model that practice would use.

Decisions that live here:

- Dialogues with the same answers share one computation, kept by answer history (the early turns are everybody's)
  within `cache_bytes`; each is computed by itself, so a batch equals single dialogues bit for bit
  (`sim.belief.by_history`).
- A choice is certified, not approximate: it is that of the full sweep, found with bounds (`sim.ask.certified_choice`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Self

import numpy as np

from sim.ask import certified_choice, shortlist, sweep
from sim.ask.question_information import QuestionInformation
from sim.belief.by_history import BeliefsByHistory, History, Node
from sim.belief.evidence import Evidence, canonical, opened
from sim.belief.likelihood import memory_states
from sim.channel.channel import Channel
from sim.posterior.contract import check_catalogue, dialogues_meant
from sim.questions import QuestionBank


class ChannelPosterior:
    """The exact posterior under a channel, see the module.

    Args:
        channel: the users' behaviour that is believed in.
        bank: the questions; must be of the channel's catalogue.
        memory: False takes every answer for independent evidence.
        cache_bytes: memory for results by answer history, and as much again for likelihoods; 0 keeps none.
        residual: (N,) log-weights of a history beside the channel's; what a learned critic adds.

    Raises:
        ValueError: bank and channel are of two catalogues.
    """

    def __init__(
        self,
        channel: Channel,
        bank: QuestionBank,
        *,
        memory: bool = True,
        cache_bytes: int = 1 << 28,
        residual: Callable[[History], np.ndarray] | None = None,
    ) -> None:
        check_catalogue(channel, bank)
        self.channel = channel
        self.bank = bank
        self.memory = memory
        self.residual = residual
        self._beliefs = BeliefsByHistory(channel, bank, memory, cache_bytes, residual)
        self._nodes: list[Node] = []
        self.reset(1)

    @property
    def type_names(self) -> tuple[str, ...]:
        return self.channel.types

    @property
    def turns(self) -> tuple[int, ...]:
        """How many answers come before each later stage of the channel; empty where users don't change."""
        return self._beliefs.stages.turns

    def reset(self, dialogues: int) -> None:
        self._nodes = [self._beliefs.node(())] * dialogues

    def restart(self, rows: np.ndarray) -> None:
        for b in np.asarray(rows).tolist():
            self._nodes[b] = self._beliefs.node(())

    def open(self, said: np.ndarray, rows: np.ndarray | None = None) -> None:
        for b, options in zip(dialogues_meant(rows, len(said), len(self._nodes)), np.asarray(said), strict=True):
            about = opened(self.bank, dict(self._nodes[b].history), options)
            self._nodes[b] = self._beliefs.node(canonical(about))

    def update(self, question: np.ndarray, answer: np.ndarray, rows: np.ndarray | None = None) -> None:
        question, answer = np.atleast_1d(question), np.atleast_1d(answer)
        meant = dialogues_meant(rows, len(question), len(self._nodes))
        for b, q, a in zip(meant, question.tolist(), answer.tolist(), strict=True):
            if q >= 0:
                self._nodes[b] = self._beliefs.node(self._beliefs.extended(self._nodes[b].history, q, a))

    def belief(self) -> np.ndarray:
        return np.stack([node.belief for node in self._nodes])

    def types(self) -> np.ndarray:
        return np.stack([node.types for node in self._nodes])

    def predict(self, question: np.ndarray) -> np.ndarray:
        asked = zip(self._nodes, np.atleast_1d(question).tolist(), strict=True)
        rows = [sweep.predict(self._beliefs, node, q) for node, q in asked]
        out = np.zeros((len(rows), max(map(len, rows))))
        for b, p in enumerate(rows):
            out[b, : len(p)] = p
        return out

    def eig_nats(self) -> np.ndarray:
        return np.stack([sweep.sweep(self._beliefs, node) for node in self._nodes])

    def choose(self, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
        found = [certified_choice.choose(self._beliefs, node, k) for node in self._nodes]
        return np.stack([ids for ids, _ in found]), np.stack([gain for _, gain in found])

    def shortlist(self, by_gain: int, by_user: int) -> tuple[np.ndarray, QuestionInformation]:
        found = [shortlist.shortlist(self._beliefs, node, by_gain, by_user) for node in self._nodes]
        return np.stack([ids for ids, _ in found]), QuestionInformation.stacked([about for _, about in found])

    def copy(self) -> Self:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._nodes = list(self._nodes)
        return other

    def with_prior_of(self, bank: QuestionBank) -> Self:
        """The same users under another prior, at the start of one dialogue; results are not shared.

        Args:
            bank: the same questions of the same catalogue, but for its prior.
        """
        channel = replace(self.channel, catalogue=bank.catalogue)
        return type(self)(channel, bank, memory=self.memory, residual=self.residual)

    def take(self, rows: np.ndarray) -> Self:
        other = self.copy()
        other._nodes = [self._nodes[b] for b in np.asarray(rows).tolist()]
        return other

    def belief_of(self, history: History) -> np.ndarray:
        """(N,) belief after any answer history, whatever the dialogues have heard; not to be written to."""
        return self._beliefs.node(history).belief

    def history(self, dialogue: int = 0) -> Mapping[int, Evidence]:
        """What is known of each facet in one dialogue."""
        return dict(self._nodes[dialogue].history)

    def states(self, dialogue: int = 0) -> Mapping[str, np.ndarray]:
        node = self._nodes[dialogue]
        facets = self.channel.catalogue.facets
        return {
            facets[f].name: memory_states(self._beliefs.terms(f, evidence), facets[f], node.joint)
            for f, evidence in node.history
        }
