"""Figures of an evaluation, computed from its rows alone.

A row is one episode of one agent.  Turns are questions; a failure counts as the whole budget in `turns_all`, so that
giving up early is no virtue.  Bits per turn are log2 p(truth) at the end minus that at the start, over the questions:
overconfidence can't raise it.  Shares and means have 95 % intervals (`agents.evaluation.intervals`; `INTERVALS` says
which has which); what is compared is paired by episode first, and whether it differs is decided by exact tests
(`agents.evaluation.significance`).

Where each intent was wanted by several users, these are alike: intervals and tests then go by the mean of each intent.
pass^k is the chance that k users of one intent, each with a memory of its own, are all served.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from agents.evaluation import intervals
from agents.evaluation.intervals import LEVEL, ConfidenceInterval
from agents.evaluation.significance import holm, mcnemar, sign_flip

ECE_BINS = 15

WILSON, BONETT_PRICE, HALL = "Wilson's score interval", "Bonett and Price's interval", "Student's t after Hall"
INTERVALS = {
    "success": WILSON,
    "turns_success": HALL,
    "turns_all": HALL,
    "reward": f"square-and-add: {WILSON} of success, {HALL} of the rest",
    "regret": f"square-and-add: {BONETT_PRICE} of the difference in success, {HALL} of the rest",
    "nll_nats": HALL,
    "brier": HALL,
    "recovery": WILSON,
    "regained": WILSON,
    "overconfidence": HALL,
}
"""How the interval of each figure of `summary` is made."""

ROUNDED = 1e-5
"""Bits that rounding may have taken from a row."""
Row = Mapping[str, Any]


def column(rows: Sequence[Row], key: str) -> np.ndarray:
    """(n,) float64; null is NaN."""
    return np.array([np.nan if row[key] is None else row[key] for row in rows], dtype=np.float64)


def summary(
    rows: Sequence[Row], budget: int, reference: Sequence[Row] | None = None, users_per_intent: int = 1
) -> dict[str, Any]:
    """The figures of one agent; `x_ci` is the interval [low, high] of x, or None.

    Args:
        rows: its rows.
        budget: the most questions.
        reference: the rows of `exact` on the same episodes in the same order; None where it didn't run.
        users_per_intent: how many users in a row wanted the same; above 1 there is `pass_k` as well.
    """
    right, questions = column(rows, "success") > 0, column(rows, "questions")
    p_guess, guessed = column(rows, "p_guess"), column(rows, "guess") >= 0
    asked = questions.sum()
    found = {
        "episodes": len(rows),
        **figure("success", share_of(right)),
        **figure("turns_success", mean_of(questions[right]), 0, budget),
        **figure("turns_all", mean_of(turns_all(rows, budget)), 0, budget),
        "bits_per_turn": float(column(rows, "bits").sum() / asked) if asked else None,
        **figure("reward", intervals.reward(right, column(rows, "reward"))),
        **figure("regret", regret(rows, reference)),
        **figure("nll_nats", mean_of(column(rows, "nll_nats")), 0),
        "ece": ece(p_guess[guessed], right[guessed]) if guessed.any() else None,
        **figure("brier", mean_of(column(rows, "brier")), 0, 2),
        **figure("recovery", share_of(right[column(rows, "false_answers") > 0])),
        **figure("regained", regained(rows)),
        **figure("overconfidence", overconfidence(rows), -1, 1),
        **understood(rows),
    }
    return found if users_per_intent == 1 else found | of_intents(rows, budget, reference, users_per_intent)


def understood(rows: Sequence[Row]) -> dict[str, float | None]:
    """The share of answers that were taken for what they are, where users spoke; nothing where they didn't."""
    if not rows or "misread_turns" not in rows[0]:
        return {}
    answers = sum(row["questions"] - row["user_left"] for row in rows)
    return {"understood": 1 - sum(len(row["misread_turns"]) for row in rows) / answers if answers else None}


def of_intents(rows: Sequence[Row], budget: int, reference: Sequence[Row] | None, each: int) -> dict[str, Any]:
    """What `summary` says otherwise where `each` users in a row wanted the same thing.

    Intervals go by the mean of each intent; there are none of figures that leave some users out.
    """
    right, rewards = by_intent(rows, column(rows, "success"), each), column(rows, "reward")
    out: dict[str, Any] = {f"{name}_ci": None for name in INTERVALS}
    if len(right):
        ends = {
            **figure("success", intervals.mean_share(right.mean(axis=1), right.size)),
            **figure("turns_all", mean_of(_means(rows, turns_all(rows, budget), each)), 0, budget),
            **figure("reward", mean_of(_means(rows, rewards, each))),
            **figure("nll_nats", mean_of(_means(rows, column(rows, "nll_nats"), each)), 0),
            **figure("brier", mean_of(_means(rows, column(rows, "brier"), each)), 0, 2),
        }
        if reference is not None:
            ends |= figure("regret", mean_of(_means(rows, column(reference, "reward") - rewards, each)))
        out |= {name: value for name, value in ends.items() if name.endswith("_ci")}
    return out | {"pass_k": pass_k(right)}


def by_intent(rows: Sequence[Row], values: np.ndarray, each: int) -> np.ndarray:
    """(G, each): the values (n,) of users of the same intent, a row each; an intent that isn't complete is left out."""
    groups: dict[int, list[float]] = {}
    for row, value in zip(rows, values.tolist(), strict=True):
        groups.setdefault(row["episode"] // each, []).append(value)
    return np.array([group for group in groups.values() if len(group) == each]).reshape(-1, each)


def _means(rows: Sequence[Row], values: np.ndarray, each: int) -> np.ndarray:
    return by_intent(rows, values, each).mean(axis=1)


def pass_k(right: np.ndarray) -> list[dict[str, Any]]:
    """pass^k for k = 1 to n: the chance that k users of one intent are all served, with its interval.

    Of an intent with c successes among n users C(c, k) / C(n, k) is an unbiased estimate (Yao et al., 2024,
    arXiv:2406.12045); their mean over intents has `intervals.mean_share`.

    Args:
        right: (G, n) 1 where a user was served and 0 elsewhere.

    >>> [round(one["pass"], 3) for one in pass_k(np.array([[1, 1, 1], [1, 1, 0]]))]
    [0.833, 0.667, 0.5]
    """
    n, served = right.shape[1], right.sum(axis=1)
    out = []
    for k in range(1, n + 1) if len(right) else ():
        shares = np.array([math.comb(int(c), k) / math.comb(n, k) for c in served])
        found = intervals.mean_share(shares, len(shares) * (n // k))
        out.append({"k": k, "pass": found.value, "pass_ci": [found.low, found.high]})
    return out


def regained(rows: Sequence[Row]) -> ConfidenceInterval | None:
    """Of the dialogues with a false answer, the share whose truth was at the end as likely as before the first one.

    An opening is false before the first question, so what was lost to it has no before: such dialogues are left out.
    None where no dialogue is left.
    """
    back = []
    for row in rows:
        first = min(row["false_turns"], default=0)
        if first:
            bits = row["truth_bits"]
            back.append(bits[-1] >= bits[first - 1] - ROUNDED)
    return share_of(np.array(back, dtype=bool))


def overconfidence(rows: Sequence[Row]) -> ConfidenceInterval | None:
    """The mean of the probability given to the guess less whether it was right, over the dialogues with a guess.

    Above 0 the agent claims to know more than it does.  None where nobody guessed.
    """
    guessed = [row for row in rows if row["guess"] >= 0]
    return mean_of(column(guessed, "p_guess") - column(guessed, "success"))


def figure(name: str, found: ConfidenceInterval | None, least: float = -np.inf, most: float = np.inf) -> dict[str, Any]:
    """A figure and its interval, cut to what the figure can be; None where there is nothing to say."""
    if found is None:
        return {name: None, f"{name}_ci": None}
    low, high = max(found.low, least), min(found.high, most)
    return {name: found.value, f"{name}_ci": [low, high] if np.isfinite(high - low) else None}


def share_of(right: np.ndarray) -> ConfidenceInterval | None:
    """Of (n,) bool; None of nothing."""
    return intervals.share(int(right.sum()), len(right)) if len(right) else None


def mean_of(values: np.ndarray) -> ConfidenceInterval | None:
    """Of (n,); None of nothing."""
    return intervals.mean(values) if len(values) else None


def regret(rows: Sequence[Row], reference: Sequence[Row] | None) -> ConfidenceInterval | None:
    """Of paired rows; the reference has none, by definition and not by chance."""
    if reference is None:
        return None
    return ConfidenceInterval(0.0, 0.0, 0.0) if list(rows) == list(reference) else reward_difference(reference, rows)


def reward_difference(a: Sequence[Row], b: Sequence[Row]) -> ConfidenceInterval:
    """The mean of a - b in reward over paired rows."""
    success = column(a, "success"), column(b, "success")
    return intervals.reward_difference(*success, column(a, "reward"), column(b, "reward"))


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


MCNEMAR, SIGN_FLIP = "McNemar's exact test", "sign-flip test"
PAIRED = {
    "success": (BONETT_PRICE, MCNEMAR),
    "turns_all": (HALL, SIGN_FLIP),
    "reward": (INTERVALS["regret"], SIGN_FLIP),
    "bits": (HALL, SIGN_FLIP),
    "nll_nats": (HALL, SIGN_FLIP),
}
"""What `paired` compares, with the interval and the test of each."""


def paired(
    a: Sequence[Row], b: Sequence[Row], budgets: tuple[int, int], users_per_intent: int = 1
) -> dict[str, dict[str, Any]]:
    """Mean of a - b over paired episodes, for each of `PAIRED`.

    `ci` is the interval of each metric by itself; `p_holm` and `differs` are corrected for all metrics looked at.

    Args:
        a, b: rows of the same episodes in the same order.
        budgets: of a and of b.
        users_per_intent: above 1 what is compared are the means of each intent.

    Raises:
        ValueError: not one intent is complete.
    """
    values = [
        np.stack([turns_all(rows, budget) if key == "turns_all" else column(rows, key) for key in PAIRED])
        for rows, budget in zip((a, b), budgets, strict=True)
    ]
    alone = users_per_intent == 1
    if not alone:
        values = [np.stack([_means(a, x, users_per_intent) for x in of_one]) for of_one in values]
        if not values[0].shape[1]:
            raise ValueError(f"no intent has all of its {users_per_intent} users, so there is nothing to compare")
    d = dict(zip(PAIRED, values[0] - values[1], strict=True))
    only_a, only_b = int((d["success"] > 0).sum()), int((d["success"] < 0).sum())
    found = {key: intervals.mean(x) for key, x in d.items()}
    p = dict(zip(PAIRED, sign_flip(np.stack(list(d.values()))).tolist(), strict=True))
    if alone:
        found |= {
            "success": intervals.share_difference(only_a, only_b, len(a)),
            "reward": reward_difference(a, b),
        }
        p["success"] = mcnemar(only_a, only_b)
    p_holm = dict(zip(PAIRED, holm(list(p.values())), strict=True))
    out = {}
    for key, x, y in zip(PAIRED, *(v.mean(axis=1).tolist() for v in values), strict=True):
        interval, test = PAIRED[key] if alone else (HALL, SIGN_FLIP)
        ends = figure("difference", found[key])
        out[key] = {"a": x, "b": y, "difference": ends["difference"], "ci": ends["difference_ci"], "p": p[key],
                    "p_holm": p_holm[key], "differs": p_holm[key] < 1 - LEVEL, "interval": interval,
                    "test": test}  # fmt: skip
    return out
