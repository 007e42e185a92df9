"""What an agent is: it meets B dialogues at once, and one dialogue is a batch of one.

An agent knows the catalogue, the questions, the rules and (some agents) the rates; never the intent, the user's type
or memory.  Actions are the environments': q < Q asks question q, Q + i guesses intent i.  Dialogues end at different
times, so every call after `reset` names the rows it is about.

Whatever an agent draws comes from the seeds given at reset, one a dialogue, so that an episode is the same in any
batch; `agents.evaluation.check_agent.check_agent` holds an agent to that and to the rest of the contract.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np

from agents.strategies.stopping import should_guess
from envs.rules import Rules
from sim.catalogue.catalogue import Catalogue
from sim.channel.channel import Channel, make_channel
from sim.posterior.exact import ChannelPosterior, Posterior
from sim.questions import QuestionBank
from sim.users.memory import Population
from sim.users.rates import Rates


@dataclass(frozen=True, eq=False, kw_only=True)
class Setting:
    """What agents are made for.  Made once, shared: channel, users' tables and computed beliefs are kept here."""

    bank: QuestionBank
    rates: Rates
    """The users' true rates, for agents that may know them."""
    rules: Rules
    checkpoint: str = ""
    """Where a trained agent is read from; empty for the one that ships with the catalogue."""

    @property
    def catalogue(self) -> Catalogue:
        return self.bank.catalogue

    @cached_property
    def channel(self) -> Channel:
        return make_channel(self.catalogue, self.rates)

    @cached_property
    def population(self) -> Population:
        return Population(self.bank, self.rates, self.channel)

    @cached_property
    def _exact(self) -> ChannelPosterior:
        return ChannelPosterior(self.channel, self.bank, memory=True)

    @cached_property
    def _independent(self) -> ChannelPosterior:
        return ChannelPosterior(self.channel, self.bank, memory=False)

    def with_rules(self, rules: Rules) -> Setting:
        """The same world under other rules; what was computed is shared."""
        out = Setting(bank=self.bank, rates=self.rates, rules=rules, checkpoint=self.checkpoint)
        for name in ("channel", "population", "_exact", "_independent"):
            out.__dict__[name] = getattr(self, name)
        return out

    def posterior(self, memory: bool = True) -> ChannelPosterior:
        """The posterior under the true rates; copies share what was computed for any of them."""
        return (self._exact if memory else self._independent).copy()


@runtime_checkable
class Agent(Protocol):
    """Asks and guesses in B dialogues."""

    def reset(self, seeds: np.ndarray, said: np.ndarray | None = None) -> None:
        """Begin B dialogues.

        Args:
            seeds: (B,) uint64, one a dialogue, for the agent's own draws.
            said: (B, F) the option that each opening request states of each facet, -1 for none; None: no openings.
        """
        ...

    def act(self, rows: np.ndarray, left: np.ndarray) -> np.ndarray:
        """Actions (n,) for the dialogues `rows` (n,), which have `left` (n,) questions left."""
        ...

    def observe(self, rows: np.ndarray, question: np.ndarray, answer: np.ndarray) -> None:
        """What the dialogues `rows` were asked and what was answered, (n,) each."""
        ...

    def belief(self, rows: np.ndarray) -> np.ndarray:
        """(n, N) p(intent | history), rows sum to 1; an agent that has none may return what it can justify."""
        ...


AgentFactory = Callable[[Setting], Agent]


class BeliefAgent(ABC):
    """An agent that asks what `choose` says until the shared stop rule lets it guess the likeliest intent.

    A policy overrides `choose` alone, and `begin` where it keeps something a dialogue.
    """

    def __init__(self, setting: Setting, posterior: Posterior):
        self.setting = setting
        self.bank = setting.bank
        self.posterior = posterior

    def begin(self, seeds: np.ndarray) -> None:  # noqa: B027 (most keep nothing)
        """Forget the last dialogues; `seeds` as in `reset`."""

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
        self.posterior.update(question, answer, rows)

    def belief(self, rows: np.ndarray) -> np.ndarray:
        return self.posterior.take(rows).belief()
