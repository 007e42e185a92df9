"""How often intervals hold the truth, and how often `compare` sees a difference where there is none.

    python -m bench.intervals --users 2000 --samples 2000

The truth must be known, so a large evaluation is taken for the world: samples of 20, 50 and 200 users are drawn from
its rows, with replacement, and the mean over all its rows is what an interval should hold.  Beside our intervals stand
Student's t and the percentile bootstrap, which clarigym used before.  Rows are kept in runs/intervals.

False alarms: users are those of two real agents, but which of the two is called a is tossed for each user, so that
neither is better; the rates should be .05 at most.  In the table below it only the means are equal: the differences of
two real agents less their mean, which may be skewed.  The last table has the power where there is a difference.
"""

from __future__ import annotations

import argparse
import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special, stats

from agents.cli import main as clarigym
from agents.evaluation import intervals, significance
from agents.evaluation.intervals import ConfidenceInterval
from agents.evaluation.metrics import PAIRED, column, paired, turns_all
from agents.evaluation.resumable_rows import read_rows

SIZES = (20, 50, 200)
WORLDS = (("animals", "typical"), ("groceries", "hard"))
AGENTS = ("exact", "independent", "uniform")
BUDGET = 20
RESAMPLES = 1000
SHARES = (0.5, 0.8, 0.9, 0.95, 0.99)

Rows = list[dict[str, Any]]
Method = Callable[[np.ndarray], ConfidenceInterval]
"""From the numbers of the users drawn, (n,), to an interval."""


def evaluated(catalogue: str, noise: str, users: int, runs: Path) -> dict[str, Rows]:
    """Rows by agent, episodes ascending."""
    path = runs / f"{catalogue}-{noise}-{users}.jsonl"
    with contextlib.redirect_stdout(io.StringIO()):
        code = clarigym(["evaluate", "--catalogue", catalogue, "--noise", noise, "--agents", ",".join(AGENTS),
                         "--budget", str(BUDGET), "--episodes", str(users), "--out", str(path), "--resume",
                         "--json"])  # fmt: skip
    if code:
        raise SystemExit(code)
    rows = read_rows(path)[1]
    return {agent: [row for row in rows if row["agent"] == agent] for agent in AGENTS}


# -- coverage ---------------------------------------------------------------------------------------------------------


def shares() -> None:
    """Coverage of intervals of a share: exact sums over all outcomes, nothing is drawn."""
    print("A share p: % of samples whose 95 % interval holds it (summed over all outcomes)\n")
    print("| p | n | Wilson | percentile bootstrap |\n|---:|---:|---:|---:|")
    for p in SHARES:
        for n in SIZES:
            k = np.arange(n + 1)
            chance = stats.binom.pmf(k, n, p)
            wilson = [intervals.share(x, n) for x in k.tolist()]
            # The bootstrap of a share needs no draws: its resamples are binomial.
            low, high = (stats.binom.ppf(q, n, k / n) / n for q in (0.025, 0.975))
            holds = np.array([e.low <= p <= e.high for e in wilson])
            old = (low <= p + 1e-12) & (p - 1e-12 <= high)
            print(f"| {p} | {n} | {100 * chance[holds].sum():.1f} | {100 * chance[old].sum():.1f} |")


def bootstrap(values: np.ndarray, rng: np.random.Generator) -> ConfidenceInterval:
    """The percentile bootstrap."""
    means = values[rng.integers(len(values), size=(RESAMPLES, len(values)))].mean(axis=1)
    return ConfidenceInterval(float(values.mean()), *(float(x) for x in np.quantile(means, (0.025, 0.975))))


def student(values: np.ndarray) -> ConfidenceInterval:
    n, middle = len(values), float(values.mean())
    half = float(special.stdtrit(n - 1, 0.975)) * float(values.std(ddof=1)) / np.sqrt(n)
    return ConfidenceInterval(middle, middle - half, middle + half)


def worlds_figures(by: dict[str, Rows]) -> dict[str, tuple[np.ndarray, Method]]:
    """Name to (values of all users, our interval of those drawn)."""
    out: dict[str, tuple[np.ndarray, Method]] = {}

    def plain(name: str, values: np.ndarray) -> None:
        out[name] = values, lambda drawn: intervals.mean(values[drawn])

    exact = by["exact"]
    right, reward = column(exact, "success") > 0, column(exact, "reward")
    plain("turns_success", column(exact, "questions")[right])
    plain("turns_all", turns_all(exact, BUDGET))
    plain("nll_nats", column(exact, "nll_nats"))
    plain("brier", column(exact, "brier"))
    out["reward"] = reward, lambda drawn: intervals.reward(right[drawn], reward[drawn])
    for other in AGENTS[1:]:
        success, paid = column(by[other], "success") > 0, column(by[other], "reward")
        out[f"regret of {other}"] = reward - paid, _regret(right, success, reward, paid)
    skewed = np.exp(np.random.default_rng(0).normal(size=100_000))
    plain("log-normal, made up", skewed)
    return out


def _regret(right: np.ndarray, success: np.ndarray, reward: np.ndarray, paid: np.ndarray) -> Method:
    return lambda drawn: intervals.reward_difference(right[drawn], success[drawn], reward[drawn], paid[drawn])


def means(by: dict[str, Rows], samples: int, rng: np.random.Generator) -> None:
    """Coverage of the intervals of `summary`'s means and, in brackets, their median width."""
    print("| figure | skewness | n | ours | Student's t | percentile bootstrap |\n|---|---:|---:|---:|---:|---:|")
    for name, (values, ours) in worlds_figures(by).items():
        for n in SIZES:
            cells = []
            methods: tuple[Method, ...] = (
                ours,
                lambda drawn: student(values[drawn]),  # noqa: B023 - used within this round of the loop only
                lambda drawn: bootstrap(values[drawn], rng),  # noqa: B023
            )
            drawn = rng.integers(len(values), size=(samples, n))
            for method in methods:
                found = np.array([method(row) for row in drawn])
                holds = (found[:, 1] <= values.mean()) & (values.mean() <= found[:, 2])
                cells.append(f"{100 * holds.mean():.1f} ({np.median(found[:, 2] - found[:, 1]):.2f})")
            print(f"| {name} | {stats.skew(values):.1f} | {n} | " + " | ".join(cells) + " |", flush=True)


# -- false alarms and power -------------------------------------------------------------------------------------------


def alarms(a: Rows, b: Rows, samples: int, toss: bool, rng: np.random.Generator) -> None:
    """How often a and b are found to differ in samples of their users; with `toss` neither is better."""
    print("| n | by | " + " | ".join(PAIRED) + " | any of the five | any after Holm |")
    print("|---:|---|" + "---:|" * (len(PAIRED) + 2))
    for n in SIZES:
        p, old, corrected = [], [], []
        for _ in range(samples):
            drawn = rng.integers(len(a), size=n)
            turned = rng.integers(2, size=n) > 0 if toss else np.zeros(n, dtype=bool)
            one = [(b if other else a)[e] for e, other in zip(drawn, turned, strict=True)]
            two = [(a if other else b)[e] for e, other in zip(drawn, turned, strict=True)]
            got = paired(one, two, (BUDGET, BUDGET))
            p.append([figures["p"] < 0.05 for figures in got.values()])
            corrected.append(any(figures["differs"] for figures in got.values()))
            old.append([bootstrap_differs(one, two, key, rng) for key in PAIRED])
        for name, found, holm in (("tests", p, f"{np.mean(corrected):.3f}"), ("bootstrap", old, "")):
            rates = [*np.mean(found, axis=0), np.any(found, axis=1).mean()]
            print(f"| {n} | {name} | " + " | ".join(f"{rate:.3f}" for rate in rates) + f" | {holm} |", flush=True)


def bootstrap_differs(a: Rows, b: Rows, key: str, rng: np.random.Generator) -> bool:
    """Whether 0 lies outside the percentile bootstrap's interval, as clarigym decided before."""
    x, y = (turns_all(rows, BUDGET) if key == "turns_all" else column(rows, key) for rows in (a, b))
    found = bootstrap(x - y, rng)
    return found.low > 0 or found.high < 0


def equal_means(by: dict[str, Rows], samples: int, rng: np.random.Generator) -> None:
    """False alarms of the sign-flip test where only the means are equal."""
    print("| differences from exact | metric | skewness | " + " | ".join(f"n = {n}" for n in SIZES) + " |")
    print("|---|---|---:|" + "---:|" * len(SIZES))
    for other in AGENTS[1:]:
        for key in ("turns_all", "reward", "nll_nats"):
            a, b = (turns_all(by[x], BUDGET) if key == "turns_all" else column(by[x], key) for x in ("exact", other))
            d = (a - b) - (a - b).mean()
            rates = []
            for n in SIZES:
                drawn = rng.integers(len(d), size=(samples, n))
                rates.append(np.mean([significance.sign_flip(d[row][None], flips=999)[0] < 0.05 for row in drawn]))
            shown = " | ".join(f"{rate:.3f}" for rate in rates)
            print(f"| {other} | {key} | {stats.skew(d):.1f} | {shown} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=2000, help="of each world")
    parser.add_argument("--samples", type=int, default=2000, help="drawn of each size for coverage; half for alarms")
    parser.add_argument("--runs", type=Path, default=Path("runs/intervals"))
    given = parser.parse_args()
    given.runs.mkdir(parents=True, exist_ok=True)
    shares()
    for catalogue, noise in WORLDS:
        by, rng = evaluated(catalogue, noise, given.users, given.runs), np.random.default_rng(0)
        where = f"{catalogue}, {noise} noise, {given.users:,} users"
        print(f"\n{where}: % of samples whose 95 % interval of a mean holds it (median width)\n")
        means(by, given.samples, rng)
        print(f"\n{where}: neither better, share of false alarms\n")
        alarms(by["exact"], by["independent"], given.samples // 2, True, rng)
        print(f"\n{where}: only the means are equal, share of false alarms\n")
        equal_means(by, given.samples // 2, rng)
        print(f"\n{where}: exact is better than independent, share of samples that show it\n")
        alarms(by["exact"], by["independent"], given.samples // 2, False, rng)


if __name__ == "__main__":
    main()
