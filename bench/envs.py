"""Steps a second of our environments beside Gymnasium's own, in one run.

    python bench/envs.py [--counts 1 64 1024 16384] [--seconds 1.0]

Columns: `CartPole` is CartPole-v1's native numpy vector environment; `ours` is `make_vec` of the id, with copied
observations as a learner gets them; `live` the same with `copy=False`; `scalar` is our scalar environment under
SyncVectorEnv, up to 1,024; the last ratio is to the last of these.

Actions are drawn before the clock starts, for every environment alike: of ours 95 in 100 are questions, uniform over
the bank, the rest guesses, so a dialogue has 13 turns on average and nearly a twelfth of the rows begins anew at each
step.  (Uniform actions would guess at once and measure little but resets.)  All counts are of environment steps; the
step that an autoreset takes counts for both sides.  Short rounds of the columns alternate and the best of them counts,
so that a machine shared with others disturbs the ratios little.  One thread.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

# This file has the name of the package that it measures: look for that one in the folder above.
sys.path[0] = str(Path(__file__).resolve().parents[1])

import gymnasium  # noqa: E402
import numpy as np  # noqa: E402

import envs  # noqa: E402, F401  registers the ids

IDS = ("clarigym/Animals-v1", "clarigym/Movies-v1")
SYNC_LIMIT = 1024
ROUNDS = 100
ACTIONS = 32


def actions_for(env, bank_size: int | None, count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    total = int(env.single_action_space.n)
    if bank_size is None:
        return [rng.integers(total, size=count) for _ in range(ACTIONS)]
    question = rng.integers(bank_size, size=(ACTIONS, count))
    guess = rng.integers(bank_size, total, size=(ACTIONS, count))
    return list(np.where(rng.random((ACTIONS, count)) < 0.95, question, guess))


class Runner:
    """One environment and its actions; `round` gives seconds a step."""

    def __init__(self, env, bank_size: int | None, count: int):
        self.env, self.count = env, count
        self.actions = actions_for(env, bank_size, count)
        self.at = 0
        env.reset(seed=0)
        # Warm: rows have come out of step with one another, and buffers exist.
        for _ in range(40 if count * 40 < 100_000 or bank_size is None else 30):
            self.step()

    def step(self) -> None:
        # Kept until the next, as a learner does: what is still held can't be written over.
        self.last = self.env.step(self.actions[self.at % ACTIONS])
        self.at += 1

    def round(self, seconds: float) -> float:
        steps, start = 0, time.perf_counter()
        while (spent := time.perf_counter() - start) < seconds:
            self.step()
            steps += 1
        return spent / steps


def compare(id_: str, count: int, seconds: float) -> dict[str, float]:
    """Environment steps a second of each column."""
    ours = gymnasium.make_vec(id_, num_envs=count)
    bank_size = len(ours.unwrapped.world.bank)
    runners = {
        "CartPole": Runner(
            gymnasium.make_vec("CartPole-v1", num_envs=count, vectorization_mode="vector_entry_point"), None, count
        ),
        "ours": Runner(ours, bank_size, count),
        "live": Runner(gymnasium.make_vec(id_, num_envs=count, copy=False), bank_size, count),
    }
    if count <= SYNC_LIMIT:
        sync = gymnasium.make_vec(id_, num_envs=count, vectorization_mode="sync")
        runners["scalar"] = Runner(sync, bank_size, count)
    best = dict.fromkeys(runners, float("inf"))
    for _ in range(ROUNDS):
        for name, runner in runners.items():
            best[name] = min(best[name], runner.round(seconds / ROUNDS))
    return {name: count / spent for name, spent in best.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", type=int, nargs="+", default=[1, 64, 1024, 16384])
    parser.add_argument("--seconds", type=float, default=1.0)
    args = parser.parse_args()
    columns = f"{'CartPole':>13}{'ours':>13}{'live':>13}{'scalar':>10}  ours/CartPole  ours/scalar"
    print(f"{'environment':22}{'n':>7}{columns}")
    for id_ in IDS:
        scalar = 0.0
        for count in args.counts:
            speed = compare(id_, count, args.seconds)
            scalar = speed.get("scalar", scalar)
            shown = f"{speed['scalar']:10,.0f}" if "scalar" in speed else f"{'':10}"
            print(
                f"{id_:22}{count:7,}{speed['CartPole']:13,.0f}{speed['ours']:13,.0f}{speed['live']:13,.0f}{shown}"
                f"{speed['ours'] / speed['CartPole']:15.2f}{speed['ours'] / scalar if scalar else float('nan'):13.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
