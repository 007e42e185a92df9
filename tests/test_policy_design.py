"""Bounds on the information of a design against plain loops and the exact value; training that raises them."""

from __future__ import annotations

import numpy as np
import pytest

from envs.rules import Rules
from sim.catalogue.load import load
from sim.posterior.batched import BatchedPosterior
from sim.questions import question_bank
from sim.users.memory import Population
from sim.users.rates import PRESETS

torch = pytest.importorskip("torch")

from agents.setting import Setting  # noqa: E402
from bench.rl_design import (  # noqa: E402
    DesignConfig,
    DesignNetwork,
    advantages,
    at_random,
    belief_of,
    bounds,
    by_network,
    contrasts_of,
    describe,
    greedily,
    roll,
    train_design,
)

SETTING = Setting(bank=question_bank(load("toy")), rates=PRESETS["typical"], rules=Rules())
PRIOR = SETTING.catalogue.prior


def posterior() -> BatchedPosterior:
    return BatchedPosterior(SETTING.channel, SETTING.bank)


def population() -> Population:
    return SETTING.population


def test_bounds_against_a_plain_loop():
    rng = np.random.default_rng(0)
    log_like = rng.normal(-700, 3, (5, 8))  # histories so long that their likelihoods underflow
    contrasts = rng.multinomial(6, np.full(8, 1 / 8), size=5)
    lower, upper = bounds(log_like, contrasts.astype(float))
    for b in range(5):
        drawn = np.repeat(np.arange(8), contrasts[b])
        for i in range(8):
            like = [float(np.exp(log_like[b, j] - log_like[b, i])) for j in drawn]
            assert lower[b, i] == pytest.approx(-np.log((1 + sum(like)) / 7))
            assert upper[b, i] == pytest.approx(-np.log(sum(like) / 6))


def test_a_history_that_tells_nothing_bounds_nothing():
    lower, upper = bounds(np.full((2, 8), -3.0), np.full((2, 8), 4.0))
    np.testing.assert_allclose((lower, upper), 0.0, atol=1e-12)
    certain, _ = bounds(np.array([[0.0, -1e9]]), np.array([[0.0, 31.0]]))
    assert certain[0, 0] == pytest.approx(np.log(32))


@pytest.mark.parametrize("contrasts", [3, 31])
def test_the_bounds_hold_the_exact_information(contrasts):
    count = 4000
    for choose in (at_random, greedily):
        rollout = roll(population(), posterior(), choose, 4, 11, np.arange(count))
        log_like, own = rollout.log_like[-1], (np.arange(count), rollout.truth)
        exact = (log_like - np.log(np.exp(log_like) @ PRIOR)[:, None])[own]
        others = contrasts_of(posterior(), contrasts, count, np.random.default_rng(5))
        lower, upper = (bound[own] for bound in bounds(log_like, others))
        for gap in (exact - lower, upper - exact):
            assert gap.mean() > -4 * gap.std() / count**0.5
        if contrasts == 3:  # so few that the gaps are larger than chance
            assert (exact - lower).mean() > 4 * (exact - lower).std() / count**0.5
        # The truth averaged over by the belief: the same means.
        averaged = (belief_of(log_like, PRIOR) * bounds(log_like, others)[0]).sum(axis=1)
        assert abs((averaged - lower).mean()) < 4 * (averaged - lower).std() / count**0.5
        assert averaged.std() < lower.std()


def test_training_raises_the_bound():
    config = DesignConfig(horizon=3, updates=60, dialogues=64, hidden=32, contrasts=63, seed=3)
    network = train_design(population(), config, lambda line: None)
    means = {}
    for who, choose in (("trained", by_network(network, 3)), ("random", at_random)):
        rollout = roll(population(), posterior(), choose, 3, 1 << 40, np.arange(1000))
        others = contrasts_of(posterior(), 63, 1000, np.random.default_rng(0))
        bound = bounds(rollout.log_like[-1], others)[0][np.arange(1000), rollout.truth]
        means[who] = bound.mean(), bound.std() / 1000**0.5
    assert means["trained"][0] - means["random"][0] > 4 * np.hypot(means["trained"][1], means["random"][1])


def test_the_network_sees_the_past_alone_and_no_order():
    torch.manual_seed(0)
    pairs, offset = describe(posterior())
    network = DesignNetwork(pairs, offset, 16)
    torch.nn.init.normal_(network.score.weight)
    questions, answers = np.array([[2, 5, 9], [9, 2, 5]]), np.array([[1, 0, 2], [2, 1, 0]])
    logits = network.logits(questions, answers, 6)
    torch.testing.assert_close(logits[0], logits[1])
    assert (logits[0][[2, 5, 9]] < -1e8).all() and (logits[0] > -1e8).sum() == len(offset) - 3
    given = torch.as_tensor(offset[questions] + answers)
    asked = torch.zeros(2, 3, len(offset), dtype=torch.bool)
    before = network(given, asked, torch.arange(3) / 6)[0]
    given[:, 2] = 0  # what the third question brings is not seen before it
    torch.testing.assert_close(network(given, asked, torch.arange(3) / 6)[0], before)
    assert not torch.allclose(network(torch.zeros_like(given), asked, torch.arange(3) / 6)[0][:, 1:], before[:, 1:])


def test_pairs_are_told_by_their_likelihood():
    pairs, offset = describe(posterior())
    question = 4
    chances = posterior().predict(np.array([question]))[0]
    at = offset[question] + np.arange(len(chances))
    # p(answer | intent) = p(answer) exp(pair), and sums to 1 over the answers.
    np.testing.assert_allclose((chances[:, None] * np.exp(pairs[at])).sum(axis=0), 1.0, atol=1e-6)


def test_advantages_against_a_plain_loop():
    rng = np.random.default_rng(0)
    rewards, value = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    found = advantages(rewards, value, 0.8)
    ahead = np.concatenate([value[:, 1:], np.zeros((3, 1))], axis=1)
    delta = rewards + ahead - value
    for b in range(3):
        for t in range(4):
            assert found[b, t] == pytest.approx(sum(0.8 ** (s - t) * delta[b, s] for s in range(t, 4)))


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="horizon = 0"):
        DesignConfig(horizon=0)
    with pytest.raises(ValueError, match="horizon = 40; the bank has 21 questions"):
        train_design(population(), DesignConfig(horizon=40))
