"""Figures of an evaluation, computed from its rows alone.

A row is one episode of one agent.  Turns are questions; a failure counts as the whole budget in `turns_all`, so that
giving up early is no virtue.  Bits per turn are log2 p(truth) at the end minus that at the start, over the questions:
overconfidence can't raise it.  Intervals are percentile bootstrap intervals of the mean, 95 %, seeded; what is
compared is paired by episode first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

RESAMPLES = 2000
LEVEL = 0.95
ECE_BINS = 15
TINY = 1e-300

Row = Mapping[str, Any]


def column(rows: Sequence[Row], key: str) -> np.ndarray:
    """(n,) float64; null is NaN."""
    return np.array([np.nan if row[key] is None else row[key] for row in rows], dtype=np.float64)


def summary(rows: Sequence[Row], budget: int, reference: Sequence[Row] | None = None) -> dict[str, Any]:
    """The figures of one agent.

    Args:
        rows: its rows.
        budget: the most questions.
        reference: the rows of `exact` on the same episodes in the same order; None where it didn't run.
    """
    success, questions = column(rows, "success"), column(rows, "questions")
    reward, p_guess = column(rows, "reward"), column(rows, "p_guess")
    guessed = column(rows, "guess") >= 0
    right = success > 0
    misled = column(rows, "false_answers") > 0
    asked = questions.sum()
    return {
        "episodes": len(rows),
        "success": float(success.mean()),
        "success_ci": interval(success),
        "turns_success": float(questions[right].mean()) if right.any() else None,
        "turns_all": float(turns_all(rows, budget).mean()),
        "bits_per_turn": float(column(rows, "bits").sum() / asked) if asked else None,
        "reward": float(reward.mean()),
        "reward_ci": interval(reward),
        "regret": None if reference is None else float((column(reference, "reward") - reward).mean()),
        "nll_nats": float(column(rows, "nll_nats").mean()),
        "ece": ece(p_guess[guessed], right[guessed]) if guessed.any() else None,
        "brier": float(column(rows, "brier").mean()),
        "recovery": float(success[misled].mean()) if misled.any() else None,
    }


def turns_all(rows: Sequence[Row], budget: int) -> np.ndarray:
    """(n,) questions asked, the budget for a failure."""
    return np.where(column(rows, "success") > 0, column(rows, "questions"), budget)


def ece(confidence: np.ndarray, right: np.ndarray, bins: int = ECE_BINS) -> float:
    """Expected calibration error: mean |share right - mean confidence| over bins of equal mass.

    Args:
        confidence: (n,) probability given to the guess.
        right: (n,) whether it was.
        bins: how many; fewer where there are fewer episodes.
    """
    order = np.argsort(confidence, kind="stable")
    confidence, right = confidence[order], right[order].astype(np.float64)
    parts = np.array_split(np.arange(len(order)), min(bins, len(order)))
    gaps = [abs(right[part].mean() - confidence[part].mean()) * len(part) for part in parts]
    return float(sum(gaps) / len(order))


def interval(values: np.ndarray, seed: int = 0, resamples: int = RESAMPLES, level: float = LEVEL) -> list[float]:
    """[low, high]: percentile bootstrap interval of the mean of (n,)."""
    rng = np.random.default_rng(seed)
    n = len(values)
    block = max(1, 1_000_000 // n)  # draws of a few megabytes at a time
    sizes = [min(block, resamples - done) for done in range(0, resamples, block)]
    means = np.concatenate([values[rng.integers(n, size=(size, n))].mean(axis=1) for size in sizes])
    return [float(x) for x in np.quantile(means, [(1 - level) / 2, (1 + level) / 2])]


PAIRED = ("success", "turns_all", "reward", "bits", "nll_nats")


def paired(a: Sequence[Row], b: Sequence[Row], budgets: tuple[int, int]) -> dict[str, dict[str, Any]]:
    """Mean of a - b over paired episodes, with intervals, for each of `PAIRED`.

    Args:
        a, b: rows of the same episodes in the same order.
        budgets: of a and of b.
    """
    out = {}
    for key in PAIRED:
        x, y = (
            turns_all(rows, budget) if key == "turns_all" else column(rows, key)
            for rows, budget in zip((a, b), budgets, strict=True)
        )
        low, high = interval(x - y)
        out[key] = {"a": float(x.mean()), "b": float(y.mean()), "difference": float((x - y).mean()), "ci": [low, high],
                    "differs": bool(low > 0 or high < 0)}  # fmt: skip
    return out
