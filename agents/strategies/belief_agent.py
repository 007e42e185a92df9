"""An agent that asks what it is told by a posterior, until the stop rule lets it guess."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from agents.setting import Setting
from agents.strategies.stopping import should_guess
from sim.ask.ranking import NOTHING
from sim.belief.virtual_evidence import VirtualEvidence
from sim.posterior.contract import Posterior


class BeliefAgent(ABC):
    """An agent that asks what `choose` says until the shared stop rule lets it guess the likeliest intent.

    A policy overrides `choose` alone, and `begin` and `note` where it keeps something a dialogue.
    """

    def __init__(self, setting: Setting, posterior: Posterior):
        self.setting = setting
        self.bank = setting.bank
        self.posterior = posterior

    def begin(self, seeds: np.ndarray) -> None:  # noqa: B027 (most keep nothing)
        """Forget the last dialogues; `seeds` as in `reset`."""

    def note(self, rows: np.ndarray, question: np.ndarray) -> None:  # noqa: B027 (most keep nothing)
        """Note what the dialogues `rows` were asked, (n,) each, before the answers are taken in."""

    @abstractmethod
    def choose(self, rows: np.ndarray, belief: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The next question of each dialogue (n,), -1 for none, and what it is expected to tell, nats (n,)."""

    def reset(self, seeds: np.ndarray, said: np.ndarray | None = None) -> None:
        seeds = np.atleast_1d(seeds)
        self.posterior.reset(len(seeds))
        if said is not None:
            self.posterior.open(said)
        self.gain_nats = np.full(len(seeds), np.nan)
        """(B,) what the last question was expected to tell; NaN before the first."""
        self._answered_in_words: list[set[int]] = [set() for _ in seeds]
        self.begin(seeds)

    def act(self, rows: np.ndarray, left: np.ndarray) -> np.ndarray:
        rows, left = np.atleast_1d(rows), np.atleast_1d(left)
        belief = self.belief(rows)
        actions = len(self.bank) + belief.argmax(axis=1)
        ask = np.flatnonzero(~should_guess(belief, np.inf, left, self.setting.rules) & (left > 0))
        if len(ask):
            question, gain = self.choose(rows[ask], belief[ask])
            on = (question >= 0) & ~should_guess(belief[ask], gain, left[ask], self.setting.rules)
            actions[ask[on]] = question[on]
            self.gain_nats[rows[ask]] = gain
        return actions

    def eig_nats(self, row: int, question: int) -> float:
        """What a question would tell in one dialogue, as this agent's posterior sees it; for those who look on."""
        return float(self.posterior.take(np.array([row])).eig_nats()[0, question])

    def observe(self, rows: np.ndarray, question: np.ndarray, answer: np.ndarray) -> None:
        self.note(rows, question)
        self.posterior.update(question, answer, rows)

    def hear(self, rows: np.ndarray, evidence: Sequence[VirtualEvidence], question: np.ndarray | None = None) -> None:
        """What was heard in the dialogues `rows` (n,), with its doubt.

        Args:
            question: (n,) the questions that it answers; None for an opening.
        """
        if question is not None:
            self.note(rows, question)
            for b, q in zip(rows.tolist(), question.tolist(), strict=True):
                self._answered_in_words[b].add(q)
        self.posterior.hear(evidence, rows)

    def best(self, rows: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k questions of highest gain (n, k) and their gains, nats, as the posterior's `choose` has them.

        A question that was answered in words may be open still, for the words may have said nothing.  Asked again it
        gets the same words, so it is left out.
        """
        posterior = self.posterior.take(rows)
        ids, gains = posterior.choose(k)
        done = [self._answered_in_words[b] for b in rows.tolist()]
        if not any(not asked.isdisjoint(found) for asked, found in zip(done, ids.tolist(), strict=True)):
            return ids, gains
        ids, gains = posterior.choose(k + max(map(len, done)))
        out = np.full((len(rows), k), NOTHING, dtype=ids.dtype), np.zeros((len(rows), k))
        for row, asked in enumerate(done):
            fresh = [j for j, q in enumerate(ids[row].tolist()) if q not in asked][:k]
            out[0][row, : len(fresh)], out[1][row, : len(fresh)] = ids[row, fresh], gains[row, fresh]
        return out

    def belief(self, rows: np.ndarray) -> np.ndarray:
        return self.posterior.take(rows).belief()
