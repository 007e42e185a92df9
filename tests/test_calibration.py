"""Calibration of beliefs: its figures against plain loops, uniform ranks of right beliefs, and the temperature."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from agents.evaluation.calibration import measure

PRIOR = np.array([0.4, 0.3, 0.2, 0.1])


def right_beliefs(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, 4) beliefs after a noisy signal about an intent drawn from the prior, and the truth (n,)."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(4, size=n, p=PRIOR)
    signal = np.where(rng.random(n) < 0.6, truth, rng.integers(4, size=n))
    like = 0.6 * np.eye(4)[signal] + 0.1
    belief = like * PRIOR
    return belief / belief.sum(axis=1, keepdims=True), truth


def sharpened(beliefs: np.ndarray, beta: float) -> np.ndarray:
    """Beliefs too sure (beta > 1) or too unsure, about the prior."""
    out = PRIOR * (beliefs / PRIOR) ** beta
    return out / out.sum(axis=1, keepdims=True)


def test_figures_against_plain_loops():
    beliefs, truth = right_beliefs(60, 0)
    got = measure(beliefs, truth, PRIOR, np.random.default_rng(0), temper=False)
    nll = brier = right = confidence = 0.0
    for belief, y in zip(beliefs.tolist(), truth.tolist()):
        nll -= math.log(belief[y])
        brier += sum((p - (i == y)) ** 2 for i, p in enumerate(belief))
        best = max(range(4), key=belief.__getitem__)
        right += best == y
        confidence += belief[best]
    assert got["dialogues"] == 60 and "temperature" not in got
    figures = (got["nll_nats"], got["brier"], got["accuracy"], got["confidence"])
    assert figures == pytest.approx((nll / 60, brier / 60, right / 60, confidence / 60))
    assert sum(got["ranks"]) == 60


def test_ranks_are_uniform_where_beliefs_are_right_and_ties_are_broken_at_random():
    beliefs, truth = right_beliefs(4000, 1)
    got = measure(beliefs, truth, PRIOR, np.random.default_rng(0), temper=False)
    assert stats.chisquare(got["ranks"]).pvalue > 1e-3
    assert got["coverage_ks"] < 1.63 / math.sqrt(4000), "the 1 % point of Kolmogorov and Smirnov"
    # Of a belief that tells nothing all is one tie: the rank is all chance.
    flat = measure(np.full((4000, 4), 0.25), truth, PRIOR, np.random.default_rng(0), temper=False)
    assert stats.chisquare(flat["ranks"]).pvalue > 1e-3
    sure = measure(sharpened(beliefs, 2.0), truth, PRIOR, np.random.default_rng(0), temper=False)
    assert stats.chisquare(sure["ranks"]).pvalue < 1e-6 and sure["coverage_ks"] > 2 * got["coverage_ks"]


@pytest.mark.parametrize("beta", [0.8, 1.3])
def test_a_temperature_undoes_what_was_sharpened(beta):
    beliefs, truth = right_beliefs(6000, 2)
    got = measure(sharpened(beliefs, beta), truth, PRIOR, np.random.default_rng(0))["temperature"]
    assert got["beta"] == pytest.approx(1 / beta, abs=0.08)
    assert got["helps"] and got["gain_nats"] > 2 * got["standard_error"] > 0
    right = measure(beliefs, truth, PRIOR, np.random.default_rng(0))["temperature"]
    assert right["beta"] == pytest.approx(1, abs=0.08) and not right["helps"]


def test_a_temperature_is_judged_on_dialogues_that_it_was_not_fitted_to():
    """Even dialogues are of an unsure belief, odd ones of a sure one: what helps the first harms the others."""
    beliefs, truth = right_beliefs(2000, 3)
    mixed = np.where(np.arange(2000)[:, None] % 2 == 0, sharpened(beliefs, 0.7), sharpened(beliefs, 1.4))
    got = measure(mixed, truth, PRIOR, np.random.default_rng(0))["temperature"]
    assert got["beta"] == pytest.approx(1 / 0.7, abs=0.1)
    judged = mixed[1::2], truth[1::2]
    before, after = (-np.log(sharpened(judged[0], b)[np.arange(1000), judged[1]]) for b in (1.0, got["beta"]))
    gain = before - after
    assert got["gain_nats"] == pytest.approx(gain.mean()) and gain.mean() < 0 and not got["helps"]
    assert got["standard_error"] == pytest.approx(gain.std(ddof=1) / math.sqrt(1000))


def test_too_few_dialogues_have_no_temperature():
    beliefs, truth = right_beliefs(19, 0)
    assert "temperature" not in measure(beliefs, truth, PRIOR, np.random.default_rng(0))
