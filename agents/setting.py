"""What agents are made for: questions, rates and rules, with the posteriors that agents share.

Everything expensive is made when it is first asked for and once only: the channel, the users' tables and each
posterior.  Settings that differ in their rules alone share all of it.  A setting under another prior takes the users'
behaviour as it is and gives each posterior the new prior; only what follows from the prior is computed anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from agents.chat_models.config import ChatModelConfig
from envs.rules import Rules
from sim.catalogue.catalogue import Catalogue
from sim.catalogue.load import load
from sim.channel.channel import Channel
from sim.posterior.batched import BatchedPosterior
from sim.posterior.exact import ChannelPosterior
from sim.questions import QuestionBank, Questions, question_bank
from sim.users.from_rates import make_channel
from sim.users.memory import Population
from sim.users.people import resolved
from sim.users.rates import Rates, load_rates

P = TypeVar("P", ChannelPosterior, BatchedPosterior)


@dataclass(eq=False)
class PosteriorStore:
    """What was made for a setting so far."""

    channel: Channel | None = None
    population: Population | None = None
    posteriors: dict[Callable[[Setting], Any], Any] = field(default_factory=dict)
    """The function that makes a posterior to the posterior that it made."""
    origin: Setting | None = None
    """The setting of which this is another prior: its posteriors are taken over."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Setting:
    """What agents are made for.  Made once and shared, for what was computed is kept in it."""

    bank: QuestionBank
    rates: Rates
    """The users' true rates, for agents that may know them; those that go by the catalogue are filled in."""
    rules: Rules
    checkpoint: str = ""
    """Where a trained agent is read from; empty for the one that ships with the catalogue."""
    language_model: ChatModelConfig = field(default_factory=ChatModelConfig)
    """Whom agents ask that ask a language model."""
    store: PosteriorStore = field(default_factory=PosteriorStore, init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rates", resolved(self.rates, self.bank.catalogue))

    @property
    def catalogue(self) -> Catalogue:
        return self.bank.catalogue

    @property
    def channel(self) -> Channel:
        if self.store.channel is None:
            self.store.channel = make_channel(self.catalogue, self.rates)
        return self.store.channel

    @property
    def population(self) -> Population:
        if self.store.population is None:
            self.store.population = Population(self.bank, self.rates, self.channel)
        return self.store.population

    def posterior(self, memory: bool = True) -> ChannelPosterior:
        """The posterior under the true rates; copies share what was computed for any of them."""
        return self.shared(_exact if memory else _independent)

    def shared(self, make: Callable[[Setting], P]) -> P:
        """A copy of the posterior that `make` makes of this setting; copies share what was computed for any of them.

        Args:
            make: a function of a module, by which the posterior is found again.  It must not look at the rules.
        """
        kept, origin = self.store.posteriors, self.store.origin
        if make not in kept:
            kept[make] = make(self) if origin is None else origin.shared(make).with_prior_of(self.bank)
        return kept[make].copy()

    def with_rules(self, rules: Rules) -> Setting:
        """The same world under other rules; what is computed is shared."""
        return self._kept_in(self.store, replace(self, rules=rules))

    def with_prior(self, prior: np.ndarray) -> Setting:
        """The same questions and users where intents are wanted in other shares.

        What people remember is as before: the channel is kept, not made from the new prior.

        Args:
            prior: (N,) shares of the intents, summing to 1; an intent of share 0 is ruled out.
        """
        catalogue = replace(self.catalogue, prior=prior)
        store = PosteriorStore(channel=replace(self.channel, catalogue=catalogue), origin=self.store.origin or self)
        return self._kept_in(store, replace(self, bank=replace(self.bank, catalogue=catalogue)))

    def without(self, intents: Collection[int]) -> Setting:
        """The same questions and users where these intents are ruled out.

        Raises:
            ValueError: no intent of positive prior is left.
        """
        prior = self.catalogue.prior.copy()
        prior[list(intents)] = 0.0
        if not prior.sum() > 0:
            raise ValueError(f"no intent of catalogue '{self.catalogue.name}' is left")
        return self.with_prior(prior / prior.sum())

    @staticmethod
    def _kept_in(store: PosteriorStore, setting: Setting) -> Setting:
        object.__setattr__(setting, "store", store)  # frozen for everybody else
        return setting


def _exact(setting: Setting) -> ChannelPosterior:
    return ChannelPosterior(setting.channel, setting.bank, memory=True)


def _independent(setting: Setting) -> ChannelPosterior:
    return ChannelPosterior(setting.channel, setting.bank, memory=False)


def make_setting(
    catalogue: str | Catalogue, questions: Questions, noise: str | Rates, rules: Rules, *,
    max_questions: int | None = None, checkpoint: str = "",
    language_model: ChatModelConfig | None = None,
) -> Setting:  # fmt: skip
    """The setting that names describe.

    Raises:
        ValueError: a name or file that can't be used, each with its own sentence.
    """
    rates = load_rates(noise)
    bank = question_bank(load(catalogue), questions, max_questions)
    return Setting(bank=bank, rates=rates, rules=rules, checkpoint=checkpoint,
                   language_model=language_model or ChatModelConfig())  # fmt: skip
