"""`exact` under assumed rates: who takes every user for one of a certain kind, whoever is met.

What `learned` would come to if it learned one kind of users without any error, and what an agent with hand-made rates
is.  Named `agents.strategies.assumed:typical`, and so on; `robust-1` lets each of them meet the users of the others.
"""

from __future__ import annotations

from agents.setting import Setting
from agents.strategies.greedy import Greedy
from sim.posterior.exact import ChannelPosterior
from sim.users.from_rates import make_channel
from sim.users.people import resolved
from sim.users.rates import load_rates


def people(setting: Setting) -> Greedy:
    return Greedy(setting, setting.shared(_people))


def typical(setting: Setting) -> Greedy:
    return Greedy(setting, setting.shared(_typical))


def hard(setting: Setting) -> Greedy:
    return Greedy(setting, setting.shared(_hard))


def clean(setting: Setting) -> Greedy:
    return Greedy(setting, setting.shared(_clean))


def _believing(setting: Setting, preset: str) -> ChannelPosterior:
    rates = resolved(load_rates(preset), setting.catalogue)
    return ChannelPosterior(make_channel(setting.catalogue, rates), setting.bank)


def _people(setting: Setting) -> ChannelPosterior:
    return _believing(setting, "people")


def _typical(setting: Setting) -> ChannelPosterior:
    return _believing(setting, "typical")


def _hard(setting: Setting) -> ChannelPosterior:
    return _believing(setting, "hard")


def _clean(setting: Setting) -> ChannelPosterior:
    return _believing(setting, "clean")
