"""Dynamic programming over all histories, against a recursion that asks the posterior at every step."""

from __future__ import annotations

import numpy as np
import pytest

from agents.strategies.stopping import should_guess
from bench.rl_room import levels, small, values
from envs.rules import Rules
from sim.ask.ranking import TIE
from sim.catalogue.load import load
from sim.posterior.batched import BatchedPosterior
from sim.posterior.exact import ChannelPosterior
from sim.questions import question_bank
from sim.users.from_rates import make_channel
from sim.users.rates import PRESETS


def gain_by_enumeration(posterior, question):
    """EIG from the beliefs after each answer."""

    def entropy(belief):
        return -(belief * np.log(np.maximum(belief, 1e-300))).sum()

    chances = posterior.predict(np.array([question]))[0]
    total = entropy(posterior.belief()[0])
    for a, chance in enumerate(chances):
        then = posterior.copy()
        then.update(np.array([question]), np.array([a]))
        total -= chance * entropy(then.belief()[0])
    return total


def recursion(posterior, rules, left, greedy, asked=()):
    belief = posterior.belief()
    guess = rules.reward_wrong + (rules.reward_right - rules.reward_wrong) * belief.max()
    questions = [q for q in range(len(posterior.bank)) if q not in asked] if left else []
    if greedy and questions:
        gains = np.array([gain_by_enumeration(posterior, q) for q in questions])
        best = int(np.round(gains / TIE).argmax())
        stop = should_guess(belief, gains[best : best + 1], np.array([left]), rules)[0] or gains[best] <= TIE
        questions = [] if stop else [questions[best]]
    worth = []
    for q in questions:
        value = -rules.question_cost
        for a, chance in enumerate(posterior.predict(np.array([q]))[0]):
            then = posterior.copy()
            then.update(np.array([q]), np.array([a]))
            value += chance * recursion(then, rules, left - 1, greedy, (*asked, q))
        worth.append(value)
    return worth[0] if greedy and worth else max([guess, *worth])


@pytest.mark.parametrize(("catalogue", "noise"), [(load("toy"), "hard"), (small(3), "typical")])
def test_values_are_those_of_the_recursion(catalogue, noise):
    bank = question_bank(catalogue, "mixed", 4)
    channel = make_channel(catalogue, PRESETS[noise])
    rules = Rules(budget=2, question_cost=0.05)
    found = values(levels(BatchedPosterior(channel, bank), 2), rules)
    posterior = ChannelPosterior(channel, bank)
    assert found["optimal"] == pytest.approx(recursion(posterior, rules, 2, greedy=False), abs=1e-8)
    assert found["greedy"] == pytest.approx(recursion(posterior, rules, 2, greedy=True), abs=1e-8)
    assert found["greedy"] <= found["greedy, best stops"] <= found["optimal"] + 1e-12


def test_histories_are_complete():
    bank = question_bank(small(1), "mixed", 4)
    table = levels(BatchedPosterior(make_channel(bank.catalogue, PRESETS["hard"]), bank), 2)
    for level in table[:-1]:
        # The answers to each question are all there is after a history.
        following = table[table.index(level) + 1].joint
        there = level.after >= 0
        ahead = np.where(there[..., None], following[level.after], 0.0).sum(axis=2)  # (H, Q, N)
        asked = ~there.any(axis=2)
        expected = np.where(asked[..., None], 0.0, level.joint[:, None])
        np.testing.assert_allclose(ahead, expected, atol=1e-12)


def test_log_likelihood_is_belief_over_prior():
    catalogue = load("toy")
    bank = question_bank(catalogue)
    posterior = BatchedPosterior(make_channel(catalogue, PRESETS["hard"]), bank)
    posterior.reset(2)
    np.testing.assert_allclose(posterior.log_likelihood(), 0.0, atol=1e-12)
    posterior.update(np.array([0, 3]), np.array([1, 1]))
    posterior.update(np.array([5, 1]), np.array([0, 1]))
    ratio = posterior.belief() / catalogue.prior
    log = posterior.log_likelihood()
    np.testing.assert_allclose(log - log[:, :1], np.log(ratio) - np.log(ratio[:, :1]), atol=1e-9)
    assert (log < 0).all()
