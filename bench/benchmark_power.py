"""How small a loss a suite finds, and how often it cries wolf.

    python -m bench.benchmark_power scores/core-1/groceries_people_exact.jsonl

A planted loss: a stand-in agent has the rows of a real one, resampled with replacement to 1,000 episodes, but fails in
some of them and succeeds in others that had failed, so that it finds two in a hundred users fewer.  The table says how
often `clarigym compare` finds this (McNemar's exact test at the 5 % level, and after Holm's correction for the five
metrics), beside the power that theory gives that test: the sum over all outcomes of the two kinds of discordant pairs.

False alarms: `uniform` against itself under other draws of its own, with the same `hard` users of toy, 200 times.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy import special

from agents.evaluation.evaluate import evaluate
from agents.evaluation.intervals import LEVEL, share
from agents.evaluation.metrics import paired
from agents.evaluation.resumable_rows import read_evaluation
from agents.evaluation.significance import mcnemar

LOSS = 0.02
GAINED = (0.0, 0.01, 0.02, 0.04)
"""Shares of users that the stand-in alone serves; it loses these and `LOSS` elsewhere."""
BUDGET = 20


def power(only_a: float, only_b: float, episodes: int, level: float = 1 - LEVEL) -> float:
    """The chance that McNemar's exact test finds a difference in favour of a.

    Args:
        only_a, only_b: chances of the two kinds of discordant pairs.
    """
    discordant = np.arange(episodes + 1)
    both = only_a + only_b
    total = 0.0
    log_choose = special.gammaln(episodes + 1) - special.gammaln(discordant + 1)
    log_choose -= special.gammaln(episodes - discordant + 1)
    p_discordant = np.exp(log_choose + special.xlogy(discordant, both) + special.xlogy(episodes - discordant, 1 - both))
    for d in np.flatnonzero(p_discordant > 1e-12).tolist():
        least = next((k for k in range(d // 2 + 1, d + 1) if mcnemar(k, d - k) < level), None)
        if least is not None:  # at least so many of d go to a
            total += float(p_discordant[d]) * float(special.bdtrc(least - 1, d, only_a / both))
    return total


def tosses(success: np.ndarray, loses: float, gains: float, served: float, rng: np.random.Generator) -> np.ndarray:
    """Where a stand-in comes to another end: with a share `loses` of all users it fails instead, `gains` it serves."""
    return rng.random(len(success)) < np.where(success, loses / served, gains / (1 - served))


def stand_in(rows: list[dict], changed: np.ndarray) -> list[dict]:
    """The rows with the other end where `changed` (n,) says so."""
    out = []
    for row, other in zip(rows, changed.tolist(), strict=True):
        pay = -2.0 if row["success"] else 2.0
        out.append(row | {"success": not row["success"], "reward": row["reward"] + pay} if other else row)
    return out


def planted(pool: list[dict], episodes: int, samples: int, all_metrics: int) -> None:
    print(f"a planted loss of {100 * LOSS:g} points, {episodes:,} episodes, {samples:,} samples "
          f"({all_metrics:,} of them by all five metrics)\n")  # fmt: skip
    print("| served by the stand-in alone | power | found | 95 % | found after Holm | 95 % |")
    print("|---:|---:|---:|---:|---:|---:|")
    right = np.array([row["success"] for row in pool])
    if 1 - right.mean() < max(GAINED):
        raise SystemExit(f"the rows fail too seldom for a stand-in that serves {100 * max(GAINED):g} % alone")
    for gained in GAINED:
        rng = np.random.default_rng(0)
        found = after_holm = 0
        for sample in range(samples):
            drawn = rng.integers(len(pool), size=episodes)
            changed = tosses(right[drawn], gained + LOSS, gained, right.mean(), rng)
            only_a, only_b = int((changed & right[drawn]).sum()), int((changed & ~right[drawn]).sum())
            found += only_a > only_b and mcnemar(only_a, only_b) < 1 - LEVEL
            if sample < all_metrics:
                a = [pool[k] | {"episode": e} for e, k in enumerate(drawn.tolist())]
                success = paired(a, stand_in(a, changed), (BUDGET, BUDGET))["success"]
                after_holm += success["differs"] and success["difference"] > 0
        one, other = share(found, samples), share(after_holm, all_metrics)
        print(f"| {100 * gained:g} % | {power(gained + LOSS, gained, episodes):.3f} | {one.value:.3f} "
              f"| {one.low:.3f} to {one.high:.3f} | {other.value:.3f} | {other.low:.3f} to {other.high:.3f} |",
              flush=True)  # fmt: skip


def alarms(times: int, episodes: int) -> None:
    print(f"\nuniform against itself, other draws, {times} times, {episodes} `hard` users of toy\n")
    counts: dict[str, int] = {}
    for k in range(times):
        runs = [evaluate(["uniform"], "toy", noise="hard", episodes=episodes, agent_seed=1 + 2 * k + j) for j in (0, 1)]
        figures = paired(runs[0].rows, runs[1].rows, (BUDGET, BUDGET))
        for name, one in figures.items():
            counts[name] = counts.get(name, 0) + (one["p"] < 1 - LEVEL)
        counts["any after Holm"] = counts.get("any after Holm", 0) + any(one["differs"] for one in figures.values())
    print("| metric | alarms | 95 % |\n|---|---:|---:|")
    for name, count in counts.items():
        one = share(count, times)
        print(f"| {name} | {one.value:.3f} | {one.low:.3f} to {one.high:.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", help="a file of rows of one agent")
    parser.add_argument("--episodes", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--all-metrics", type=int, default=100)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--users", type=int, default=250)
    given = parser.parse_args()
    planted(read_evaluation(given.rows)[1], given.episodes, given.samples, given.all_metrics)
    if given.times:
        alarms(given.times, given.users)


if __name__ == "__main__":
    main()
