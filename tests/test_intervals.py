"""Intervals and tests of the evaluation, against sums over all outcomes, full enumeration and scipy."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from scipy import stats

from agents.cli import main
from agents.errors import Exit
from agents.evaluation import intervals
from agents.evaluation.intervals import LEVEL, ConfidenceInterval
from agents.evaluation.metrics import INTERVALS, PAIRED, paired, summary
from agents.evaluation.significance import holm, mcnemar, sign_flip

LEVELS = (0.5, 0.8, 0.95, 0.99)


def binomial_coverage(p: float, n: int, level: float) -> float:
    """The chance that the interval holds p, summed over all numbers of successes."""
    chance = stats.binom.pmf(np.arange(n + 1), n, p)
    found = [intervals.share(k, n, level) for k in range(n + 1)]
    return float(chance[[e.low <= p <= e.high for e in found]].sum())


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("n", [20, 50, 200])
def test_an_interval_of_a_share_holds_it_as_often_as_asked_for(n, level):
    shares = np.linspace(0.02, 0.98, 97)
    assert np.mean([binomial_coverage(p, n, level) for p in shares]) == pytest.approx(level, abs=0.02)


def test_near_certainty_the_interval_of_a_share_is_no_point():
    """The percentile bootstrap held .99 in 16 % of samples of 20."""
    for n, least in ((20, 0.98), (50, 0.91), (200, 0.94)):
        assert binomial_coverage(0.99, n, LEVEL) > least
    assert intervals.share(20, 20) == (1.0, pytest.approx(1 - 0.161125, abs=1e-6), 1.0)
    assert intervals.share(0, 20).low == 0


def test_a_share_is_wilsons():
    for k, n in ((0, 7), (3, 10), (19, 20), (150, 400)):
        for level in LEVELS:
            wanted = stats.binomtest(k, n).proportion_ci(level, method="wilson")
            got = intervals.share(k, n, level)
            np.testing.assert_allclose((got.value, got.low, got.high), (k / n, *wanted), atol=1e-12)


@pytest.mark.parametrize("chances", [(0.02, 0.03), (0.1, 0.1), (0.3, 0.05), (0.005, 0.0)])
def test_an_interval_of_a_difference_of_shares_holds_it(chances):
    n = 30
    a, b = chances
    covered = 0.0
    for only_a, only_b in itertools.product(range(n + 1), repeat=2):
        if only_a + only_b <= n:
            e = intervals.share_difference(only_a, only_b, n)
            assert e.low <= e.value <= e.high
            holds = e.low <= a - b <= e.high
            covered += holds * stats.multinomial.pmf([only_a, only_b, n - only_a - only_b], n, [a, b, 1 - a - b])
    assert covered > 0.94


@pytest.mark.parametrize("level", LEVELS)
def test_without_skewness_a_mean_has_students_interval(level):
    x = np.array([1.0, 2.0, 3.5, 5.0, 6.0])
    wanted = stats.t.interval(level, len(x) - 1, x.mean(), x.std(ddof=1) / np.sqrt(len(x)))
    got = intervals.mean(x, level)
    np.testing.assert_allclose(got, (x.mean(), *wanted), atol=1e-9)


def hall(u: float, skewness: float, n: int) -> float:
    """Hall's transformation of the standardised mean."""
    a = skewness / 3
    return u + a * u**2 + a**2 * u**3 / 3 + skewness / (6 * n)


@pytest.mark.parametrize("level", LEVELS)
def test_at_its_ends_halls_statistic_is_students_quantile(level):
    x = np.random.default_rng(1).exponential(size=25)
    e, n = intervals.mean(x, level), len(x)
    spread, skewness = x.std(ddof=1), (((x - x.mean()) / x.std(ddof=1)) ** 3).mean()
    quantile = stats.t.ppf((1 + level) / 2, n - 1) / np.sqrt(n)
    assert hall((e.value - e.low) / spread, skewness, n) == pytest.approx(quantile)
    assert hall((e.value - e.high) / spread, skewness, n) == pytest.approx(-quantile)
    assert e.high - e.value > e.value - e.low > 0, "the tail is on the right"


def test_means_that_have_no_spread():
    assert intervals.mean(np.full(5, 3.0)) == (3.0, 3.0, 3.0)
    assert intervals.mean(np.array([3.0])) == (3.0, -np.inf, np.inf)


def test_the_interval_of_a_sum():
    """Of one whole with itself, with its opposite, and of two that are independent."""
    a, b = ConfidenceInterval(2.0, 1.0, 4.0), ConfidenceInterval(5.0, 2.0, 9.0)
    assert intervals.total(a, a, 1.0) == (4.0, 2.0, 8.0)
    opposite = ConfidenceInterval(-a.value, -a.high, -a.low)
    assert intervals.total(a, opposite, 0.0) == pytest.approx((0.0, -(5**0.5), 5**0.5))
    assert intervals.total(a, b, 0.0) == pytest.approx((7.0, 7 - 10**0.5, 7 + 20**0.5))
    assert intervals.total(a, ConfidenceInterval(0.0, -np.inf, np.inf), 0.5) == (2.0, -np.inf, np.inf)


@pytest.mark.parametrize("n", [20, 50])
def test_a_reward_that_failures_seldom_lower_is_held(n):
    """One user in twenty is lost; in a third of samples of 20 nobody is, and Student's t covers 67 %."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(2000):
        success = rng.random(n) < 0.95
        questions = np.where(success, rng.integers(3, 12, size=n), 20)
        e = intervals.reward(success, np.where(success, 1.0, -1.0) - 0.02 * questions)
        held += e.low <= 0.9 - 0.02 * (0.95 * 7 + 0.05 * 20) <= e.high
    assert 0.94 < held / 2000 < 0.99


def test_mcnemar_is_the_binomial_test():
    for b, c in ((0, 0), (1, 0), (5, 5), (7, 1), (30, 14)):
        wanted = stats.binomtest(b, b + c).pvalue if b + c else 1.0
        assert mcnemar(b, c) == pytest.approx(wanted) == mcnemar(c, b)


def test_sign_flips_against_all_of_them():
    rng = np.random.default_rng(3)
    d = np.stack([rng.normal(0.6, 1, size=10), rng.integers(-1, 3, size=10).astype(float), np.zeros(10)])
    signs = np.array(list(itertools.product((-1, 1), repeat=10)))
    exact = [np.mean(np.abs(signs @ x) >= abs(x.sum()) - 1e-9) for x in d]
    np.testing.assert_allclose(sign_flip(d, flips=40_000), exact, atol=0.01)
    assert sign_flip(d)[2] == 1.0
    assert (sign_flip(d) == sign_flip(-d)).all(), "which of the two is called a changes nothing"


def test_sums_that_differ_by_rounding_alone_are_ties():
    """Questions cost .02 each: differences in reward have the ties of whole numbers."""
    turns = np.random.default_rng(5).integers(-4, 7, size=(6, 25)).astype(float)
    assert sign_flip(0.02 * turns).tolist() == sign_flip(turns).tolist()


def test_sign_flips_of_many_episodes_come_in_blocks_and_repeat(monkeypatch):
    d = np.random.default_rng(0).normal(0.1, 1, size=(2, 300))
    whole = sign_flip(d)
    assert (whole == sign_flip(d)).all()
    monkeypatch.setattr("agents.evaluation.significance.BLOCK", 7_000)
    np.testing.assert_allclose(sign_flip(d), whole, atol=0.01)


def test_holm():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.5]) == [1.0, 1.0]
    rng = np.random.default_rng(0)
    wrong = sum(min(holm(rng.random(5).tolist())) < 0.05 for _ in range(4000))
    assert wrong / 4000 == pytest.approx(0.05, abs=0.01)


def rows(agent: str, success: list[bool], questions: list[int], nll: list[float]) -> list[dict]:
    return [
        {"agent": agent, "episode": e, "intent": 0, "guess": 0 if s else 1, "success": s, "questions": q,
         "reward": (1 if s else -1) - 0.02 * q, "bits": 3.0 - x, "nll_nats": x, "p_guess": 0.9, "brier": 0.1,
         "false_answers": e % 2, "false_turns": [1] * (e % 2), "truth_bits": [-3.0, -4.0, -x],
         "entropy_bits": [3.0, 2.0]}
        for e, (s, q, x) in enumerate(zip(success, questions, nll))
    ]  # fmt: skip


def test_every_share_and_mean_of_a_summary_has_its_interval():
    right = [True] * 9 + [False]
    own = rows("a", right, [*range(3, 12), 20], [0.1] * 9 + [4.0])
    other = rows("exact", [True] * 10, list(range(2, 12)), [0.1] * 10)
    got = summary(own, 20, other)
    assert {key for key in got if key.endswith("_ci")} == {f"{key}_ci" for key in INTERVALS}
    for key in INTERVALS:
        low, high = got[f"{key}_ci"]
        assert low <= got[key] <= high, key
    assert got["success_ci"] == list(intervals.share(9, 10))[1:]
    assert got["recovery_ci"] == list(intervals.share(4, 5))[1:], "of the five who were misled"
    assert summary(other, 20, other)["regret_ci"] == [0, 0], "exact loses nothing against itself"
    none = summary(rows("a", [False], [20], [4.0]), 20)
    assert none["turns_success"] is none["turns_success_ci"] is none["regret"] is none["reward_ci"] is None


def test_intervals_stay_within_what_a_figure_can_be():
    got = summary(rows("a", [True] * 4, [1, 1, 1, 19], [0.0, 0.0, 0.0, 3.0]), 20)
    assert got["turns_all_ci"][1] <= 20 and got["nll_nats_ci"][0] >= 0 and got["brier_ci"] == [0.1, 0.1]


def test_what_differs_is_decided_for_all_metrics_together():
    """Nine of ten differences in turns point one way: p = .02 alone, and nothing for five looked at together."""
    same = [True] * 10
    a = rows("a", same, [5] * 10, [0.1] * 10)
    b = rows("b", same, [6] * 9 + [4], [0.1] * 10)
    got = paired(a, b, (20, 20))
    assert got["turns_all"]["p"] == pytest.approx(22 / 1024, abs=0.005)
    assert got["turns_all"]["p_holm"] == pytest.approx(5 * got["turns_all"]["p"])
    assert not any(figures["differs"] for figures in got.values())
    clear = paired(a, rows("b", same, list(range(6, 16)), [0.1] * 10), (20, 20))
    assert [key for key, figures in clear.items() if figures["differs"]] == ["turns_all", "reward"]
    assert list(clear) == list(PAIRED)
    assert clear["success"]["p"] == 1 and clear["success"]["ci"][0] < 0 < clear["success"]["ci"][1]


def test_commands_say_how_sure_they_are_and_by_which_method(tmp_path, capsys):
    path = str(tmp_path / "r.jsonl")
    base = ["evaluate", "--catalogue", "toy", "--agents", "exact,uniform", "--episodes", "30", "--budget", "4"]
    assert main([*base, "--json", "--out", path]) == Exit.OK
    got = json.loads(capsys.readouterr().out)
    assert got["intervals"] == {"level": 0.95} | INTERVALS
    assert main(["compare", path, path, "--agent-a", "exact", "--agent-b", "uniform", "--json"]) == Exit.OK
    for key, figures in json.loads(capsys.readouterr().out)["comparisons"][0]["metrics"].items():
        assert (figures["interval"], figures["test"]) == PAIRED[key]
    assert main(base) == Exit.OK
    assert "Wilson" in capsys.readouterr().out
    assert main(["compare", path, path, "--agent-a", "exact", "--agent-b", "uniform"]) == Exit.OK
    out = capsys.readouterr().out
    assert "McNemar" in out and "Holm" in out and "Bonett-Price" in out
    assert main([*base[:-4], "--episodes", "1", "--budget", "4", "--out", str(tmp_path / "one.jsonl")]) == Exit.OK
    one = str(tmp_path / "one.jsonl")
    assert main(["compare", one, one, "--agent-a", "exact", "--agent-b", "uniform"]) == Exit.OK
