"""What agents are made for: questions, rates and rules, with the posteriors that agents share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from envs.rules import Rules
from sim.catalogue.catalogue import Catalogue
from sim.catalogue.load import load
from sim.channel.channel import Channel
from sim.posterior.exact import ChannelPosterior
from sim.questions import QuestionBank, Questions, question_bank
from sim.users.from_rates import make_channel
from sim.users.memory import Population
from sim.users.rates import Rates, load_rates


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


def make_setting(
    catalogue: str | Catalogue, questions: Questions, noise: str | Rates, rules: Rules, *,
    max_questions: int | None = None, checkpoint: str = "",
) -> Setting:  # fmt: skip
    """The setting that names describe.

    Raises:
        ValueError: a name or file that can't be used, each with its own sentence.
    """
    rates = load_rates(noise)
    bank = question_bank(load(catalogue), questions, max_questions)
    return Setting(bank=bank, rates=rates, rules=rules, checkpoint=checkpoint)
