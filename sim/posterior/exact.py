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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Self

import numpy as np

from sim.ask import certified_choice, shortlist, sweep, weighted_choice
from sim.ask.facet_gains import predict
from sim.ask.question_information import QuestionInformation
from sim.ask.weighted_choice import Mixture
from sim.belief.by_history import BeliefsByHistory, Node
from sim.belief.evidence import Evidence, History
from sim.belief.virtual_evidence import Part, VirtualEvidence
from sim.belief.weighted_histories import (
    WeightedHistories,
    after_answer,
    after_hearing,
    likelihoods_of,
    one_history,
)
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
        self._beliefs.readers.add(self)
        self.reset(1)

    @property
    def type_names(self) -> tuple[str, ...]:
        return self.channel.types

    @property
    def turns(self) -> tuple[int, ...]:
        """How many answers come before each later stage of the channel; empty where users don't change."""
        return self._beliefs.store.stages.turns

    def reset(self, dialogues: int) -> None:
        self._several: dict[int, WeightedHistories] = {}
        self._mixtures: dict[int, Mixture] = {}
        self._pruned = np.zeros(dialogues)
        self.numbers = np.tile(self._beliefs.nothing, (dialogues, 1))
        """(B, F + 1) what each dialogue knows of each facet and of the items, see `sim.belief.store`."""
        self._found: list[Node | None] = [None] * dialogues

    def restart(self, rows: np.ndarray) -> None:
        self.numbers[rows] = self._beliefs.nothing
        self._pruned[rows] = 0.0
        for b in np.asarray(rows).tolist():
            self._several.pop(b, None)
        self._heard(np.asarray(rows).tolist())

    def open(self, said: np.ndarray, rows: np.ndarray | None = None) -> None:
        meant = dialogues_meant(rows, len(said), len(self._found))
        for b, options in zip(meant, np.asarray(said), strict=True):
            if b in self._several:
                raise ValueError(f"dialogue {b} has heard more than one history; an opening comes first")
            self.numbers[b] = self._beliefs.store.after_opening(self.numbers[b], options)
        self._heard(meant)

    def update(self, question: np.ndarray, answer: np.ndarray, rows: np.ndarray | None = None) -> None:
        question, answer = np.atleast_1d(question), np.atleast_1d(answer)
        meant = dialogues_meant(rows, len(question), len(self._found))
        numbers, after, heard = self.numbers, self._beliefs.store.after, []
        for b, q, a in zip(meant, question.tolist(), answer.tolist(), strict=True):
            if q >= 0 and self._several and b in self._several:
                self._keep(b, after_answer(self._beliefs, self._several[b], q, a))
            elif q >= 0:
                f, known = after(numbers[b], q, a)
                if known != numbers[b, f]:
                    numbers[b, f] = known
                    heard.append(b)
        self._heard(heard)
        self._beliefs.tidy()

    def hear(self, evidence: Sequence[VirtualEvidence], rows: np.ndarray | None = None) -> None:
        meant = dialogues_meant(rows, len(evidence), len(self._found))
        for b, heard in zip(meant, evidence, strict=True):
            before = self._several.get(b) or one_history(self.numbers[b])
            self._keep(b, after_hearing(self._beliefs, before, heard))
        self._beliefs.tidy()

    def likelihoods(self, parts: Sequence[Part], opening: bool = False) -> tuple[Part, ...]:
        return likelihoods_of(self._beliefs, parts, opening)

    @property
    def histories(self) -> np.ndarray:
        """(B,) how many histories each dialogue may have had."""
        return np.array([len(self._several[b].numbers) if b in self._several else 1 for b in range(len(self._found))])

    @property
    def pruned(self) -> np.ndarray:
        """(B,) the share of the weight of histories that were left out."""
        return self._pruned.copy()

    def _keep(self, b: int, histories: WeightedHistories) -> None:
        self._pruned[b] = histories.pruned
        self._several.pop(b, None)
        if len(histories.numbers) > 1:
            self._several[b] = histories
        self.numbers[b] = histories.numbers[histories.log_weight.argmax()]
        self._heard([b])

    def _mixture(self, b: int) -> Mixture:
        """What follows from what a dialogue of several histories has heard."""
        if b not in self._mixtures:
            histories = self._several[b]
            nodes = self._beliefs.nodes(histories.numbers)
            self._mixtures[b] = Mixture(nodes, histories.weights(nodes))
        return self._mixtures[b]

    def all_numbers(self) -> list[np.ndarray]:
        """Arrays of the numbers that this posterior holds, to be given anew in place."""
        return [self.numbers, *(histories.numbers for histories in self._several.values())]

    def renumber(self) -> None:
        """`numbers` were given anew."""
        self._found = [None] * len(self._found)
        self._mixtures = {}

    def _heard(self, rows: list[int]) -> None:
        """What these dialogues know has changed."""
        for b in rows:
            self._found[b] = None
            self._mixtures.pop(b, None)

    @property
    def _nodes(self) -> list[Node]:
        """What follows from what each dialogue has heard."""
        missing = [b for b, node in enumerate(self._found) if node is None]
        if missing:
            for b, node in zip(missing, self._beliefs.nodes(self.numbers[missing]), strict=True):
                self._found[b] = node
        return self._found  # type: ignore[return-value]  none is missing now

    def belief(self) -> np.ndarray:
        out = np.stack([node.belief for node in self._nodes])
        for b in self._several:
            out[b] = self._mixture(b).belief
        return out

    def types(self) -> np.ndarray:
        out = np.stack([node.types for node in self._nodes])
        for b in self._several:
            out[b] = self._mixture(b).node.types
        return out

    def predict(self, question: np.ndarray) -> np.ndarray:
        rows = []
        for b, (node, q) in enumerate(zip(self._nodes, np.atleast_1d(question).tolist(), strict=True)):
            if b in self._several:
                rows.append(weighted_choice.answers_expected(self._beliefs, self._mixture(b), q))
            else:
                rows.append(predict(self._beliefs, node, q))
        out = np.zeros((len(rows), max(map(len, rows))))
        for b, p in enumerate(rows):
            out[b, : len(p)] = p
        return out

    def eig_nats(self) -> np.ndarray:
        out = sweep.sweep(self._beliefs, self._nodes)
        for b in self._several:
            out[b] = weighted_choice.sweep_all(self._beliefs, self._mixture(b))
        return out

    def choose(self, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
        found = [
            weighted_choice.choose(self._beliefs, self._mixture(b), k) if b in self._several
            else certified_choice.choose(self._beliefs, node, k)
            for b, node in enumerate(self._nodes)
        ]  # fmt: skip
        return np.stack([ids for ids, _ in found]), np.stack([gain for _, gain in found])

    def shortlist(self, by_gain: int, by_user: int) -> tuple[np.ndarray, QuestionInformation]:
        found = [
            weighted_choice.shortlist_of(self._beliefs, self._mixture(b), by_gain, by_user) if b in self._several
            else shortlist.shortlist(self._beliefs, node, by_gain, by_user)
            for b, node in enumerate(self._nodes)
        ]  # fmt: skip
        return np.stack([ids for ids, _ in found]), QuestionInformation.stacked([about for _, about in found])

    def copy(self) -> Self:
        return self.take(np.arange(len(self._found)))

    def with_prior_of(self, bank: QuestionBank) -> Self:
        """The same users under another prior, at the start of one dialogue; results are not shared.

        Args:
            bank: the same questions of the same catalogue, but for its prior.
        """
        channel = replace(self.channel, catalogue=bank.catalogue)
        return type(self)(channel, bank, memory=self.memory, residual=self.residual)

    def take(self, rows: np.ndarray) -> Self:
        other, rows = object.__new__(type(self)), np.asarray(rows)
        other.__dict__.update(self.__dict__)
        other.numbers, other._found = self.numbers[rows], [self._found[b] for b in rows.tolist()]
        other._pruned = self._pruned[rows]
        other._several, other._mixtures = {}, {}
        for k, b in enumerate(rows.tolist() if self._several else ()):
            if b in self._several:  # numbers may be given anew in place
                histories = self._several[b]
                other._several[k] = replace(histories, numbers=histories.numbers.copy())
                other._mixtures.update({k: self._mixtures[b]} if b in self._mixtures else {})
        self._beliefs.readers.add(other)
        return other

    def belief_of(self, history: History) -> np.ndarray:
        """(N,) belief after any answer history, whatever the dialogues have heard; not to be written to."""
        (node,) = self._beliefs.nodes(self._beliefs.store.numbers(history)[None])
        return node.belief

    def log_likelihood(self) -> np.ndarray:
        """(B, N) log p(history | intent), the type and the memory summed out; a prior of 0 counts as 1e-300."""
        return np.stack([self._beliefs.log_likelihood(node) for node in self._nodes])

    def history(self, dialogue: int = 0) -> Mapping[int, Evidence]:
        """What is known of each facet in one dialogue."""
        return dict(self._beliefs.store.history(self.numbers[dialogue]))

    def states(self, dialogue: int = 0) -> Mapping[str, np.ndarray]:
        node, store = self._nodes[dialogue], self._beliefs.store
        return {
            self.channel.catalogue.facets[f].name: store.states(int(k), node.joint)
            for f, k in enumerate(node.numbers[:-1])
            if k != f
        }
