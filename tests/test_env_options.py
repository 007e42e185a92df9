"""Options of environments, good and bad, in hundreds of seeded combinations: it runs, or says what is wrong.

`python -m tests.test_env_options 5000` tries as many and prints what broke; the test tries `COMBINATIONS`.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

import envs
from envs import BeliefEnv, BeliefVectorEnv, Shaping, Shortlist
from sim import BatchedPosterior, load
from sim.users.rates import PRESETS

COMBINATIONS = 300
NAN, INF = float("nan"), float("inf")
HUGE = 10**30

GOOD: dict[str, list[Any]] = {
    "catalogue": ["toy", "animals", Path("toy"), load("toy")],
    "questions": ["mixed", "yesno", "open"],
    "max_questions": [None, 1, 7, 10**9, np.int64(3), HUGE],
    "noise": ["clean", "hard", "slip-10", PRESETS["typical"]],
    "budget": [1, 3, 20, np.int32(4)],
    "guesses": [1, 2, 9, np.int64(2)],
    "reward_right": [1, 0.0, -2, np.float32(0.5), 1e6],
    "reward_wrong": [-1, 0, 3.5, np.float64(-0.1)],
    "question_cost": [0.02, 0, -0.1, 1, np.float32(0.5)],
    "opening": [True, False, np.True_],
    "mask": [True, False],
    "observation": ["dict", "flat"],
    "render_mode": [None, "ansi", "rgb_array"],
}
BAD: dict[str, list[Any]] = {
    "catalogue": [None, "", "tooy", 3, True, ["toy"], b"toy", "/nowhere.csv", ".", object(), {"toy": 1}, NAN],
    "questions": ["all", "", None, 3, ["yesno"], b"open"],
    "max_questions": [0, -1, 1.5, "7", True, NAN, INF, [3], 3.0],
    "noise": ["typcal", "", None, 3, {"slip": 0.1}, ["hard"], "/nowhere.toml", b"hard"],
    "budget": [0, -3, 1.5, "5", None, True, NAN, 10**9, HUGE, [3], np.float64(2)],
    "guesses": [0, -1, 1.0, "2", None, True, 10**9, HUGE, {}],
    "reward_right": ["x", None, NAN, INF, 1j, [1], True, "1", HUGE**20],
    "reward_wrong": ["x", None, NAN, -INF, {}, False, np.array([1.0, 2.0])],
    "question_cost": ["x", None, NAN, INF, (0.02,), True, HUGE**20],
    "opening": ["yes", 1, None, 0.0, "False", []],
    "mask": ["yes", 1, None, [True]],
    "observation": ["tuple", None, 3, ["flat"], b"dict"],
    "render_mode": ["video", ""],  # what is no text is Gymnasium's to refuse: it looks at the mode first
}
GOOD_VECTOR: dict[str, list[Any]] = {
    "num_envs": [1, 3, np.int64(2)],
    "autoreset_mode": ["NextStep", "SameStep", "Disabled"],
    "copy": [True, False],
    "corruptions": [True, False],
}
BAD_VECTOR: dict[str, list[Any]] = {
    "num_envs": [0, -1, 1.5, "2", True, None, 10**12, HUGE],
    "autoreset_mode": ["nextstep", 3, None, True, ["NextStep"]],
    "copy": ["yes", 1, None],
    "corruptions": ["no", 0, None],
}
GOOD_RESET: dict[str, list[Any]] = {
    "seed": [None, 0, 7, 2**70, np.int64(3)],
    "intent": [None, 0, np.int64(1)],
    "user": [
        None, {}, {"type": 0}, {"seed": 3}, {"seed": HUGE, "episode": 2}, {"episode": 0},
        {"memory": {}}, [0] * 50, lambda question, bank: 0,
    ],
}  # fmt: skip
BAD_RESET: dict[str, list[Any]] = {
    "seed": [-1, 1.5, "1", NAN, [1.5], {}],
    "intent": [-1, 10**9, 1.5, "nothing like it", True, b"x", {}, NAN, object()],
    "user": [
        3, "careful", 1.5, b"x", object(), {"kind": 1}, {"type": "x"}, {"type": 9}, {"type": None}, {"type": 1.5},
        {"type": True}, {"seed": "x"}, {"seed": 1.5}, {"seed": None}, {"seed": NAN}, {"seed": True},
        {"episode": -1}, {"episode": "x"}, {"episode": 1.5}, {"episode": HUGE}, {"memory": 3}, {"memory": None},
        {"memory": {"nosuch": "x"}}, {"memory": {3: "x"}}, {"memory": [("a", 1)]}, {"memory": "x"}, {3: 4},
        ["yes"], [99] * 50, [None], [1.5], [True], lambda question, bank: "yes", lambda question, bank: None,
    ],
    "options": [3, "intent", [("intent", 1)], {"intents": 1}, {3: 4}, object()],
}  # fmt: skip
GOOD_BELIEF: dict[str, list[Any]] = {"by_gain": [1, 8], "by_user": [0, 2], "weight": [0, 0.1], "gamma": [1.0, 0.9]}
BAD_BELIEF: dict[str, list[Any]] = {
    "by_gain": [0, -1, 1.5, "8", None, True, 10**9],
    "by_user": [-1, 0.5, "2", None, True, 10**9],
    "weight": [-1, "x", None, NAN, INF, True],
    "gamma": [0, 2, "x", None, NAN, True],
}
BAD_ACTIONS: list[Any] = [-1, 10**9, HUGE, 1.5, "0", None, NAN, True, [0], {}]


class Combination:
    """One draw of options for one kind of environment, and which of them are bad."""

    def __init__(self, number: int):
        self.random = rng = random.Random(number)
        self.kind = rng.choice(["scalar", "vector", "belief", "belief vector"])
        self.vector = "vector" in self.kind
        self.make: dict[str, Any] = {"catalogue": "toy"}
        self.reset: dict[str, Any] = {}
        self.belief: dict[str, Any] = {}
        self.action: list[Any] = []
        groups = [(self.make, GOOD, BAD), (self.reset, GOOD_RESET, BAD_RESET)]
        groups += [(self.make, GOOD_VECTOR, BAD_VECTOR)] if self.vector else []
        groups += [(self.belief, GOOD_BELIEF, BAD_BELIEF)] if "belief" in self.kind else []
        for given, good, _ in groups:
            for name, values in good.items():
                if rng.random() < 0.3:
                    given[name] = rng.choice(values)
        self.bad: dict[str, Any] = {}
        for _ in range(rng.choice([0, 1, 1, 1, 2])):
            given, _, bad = rng.choice(groups)
            name = rng.choice(list(bad))
            given[name] = self.bad[name] = rng.choice(bad[name])
        if not self.bad and rng.random() < 0.3:
            self.action = [rng.choice(BAD_ACTIONS)]

    def __str__(self) -> str:
        return f"{self.kind} {self.make} {self.belief} {self.reset} {self.action}, bad: {self.bad}"

    def run(self) -> None:
        """Make, reset, and a few steps in which a random policy plays by the mask."""
        env = self._made()
        options = self.reset.get(
            "options", {name: self.reset[name] for name in ("intent", "user") if name in self.reset}
        )
        env.reset(seed=self.reset.get("seed"), options=options)
        if self.action:
            env.step(self._batch(self.action[0]))
        rng, space = np.random.default_rng(0), env.single_action_space if self.vector else env.action_space
        for _ in range(4):
            action = int(rng.integers(space.n)) if rng.random() < 0.3 else 0
            observation, _, terminated, _, _ = env.step(self._batch(action))
            assert observation in env.observation_space
            env.render()
            if np.any(terminated):
                break
        env.close()

    def _batch(self, action: Any) -> Any:
        return [action] * int(self.make.get("num_envs", 1)) if self.vector else action

    def _made(self) -> Any:
        id_ = envs.ANY
        if not self.vector:
            env: Any = gymnasium.make(id_, disable_env_checker=True, **self.make)
        else:
            env = gymnasium.make_vec(id_, **({"num_envs": 1} | self.make))
        if "belief" not in self.kind:
            return env
        shortlist = Shortlist(**{k: v for k, v in self.belief.items() if k.startswith("by")})
        shaping = Shaping(**{k: v for k, v in self.belief.items() if not k.startswith("by")})
        population = env.unwrapped.world.population
        posterior = BatchedPosterior(population.channel, population.bank)
        return (BeliefVectorEnv if self.vector else BeliefEnv)(env, posterior, shortlist=shortlist, shaping=shaping)


def verdict(number: int) -> str:
    """What is wrong with how a combination ended; empty where nothing is."""
    tried = Combination(number)
    try:
        tried.run()
    except (ValueError, gymnasium.error.Error) as error:
        said = str(error)
        names = ["script", *tried.bad] if "user" in tried.bad else [*tried.bad]
        names += [str(given) for given in tried.bad.values()]
        if not tried.bad and not tried.action:
            return f"refused what is good: {type(error).__name__}: {said}"
        if "\n" in said or not said:
            return f"not one line: {said!r}"
        named = any(str(name) in said for name in names) or bool(tried.action)
        return "" if named else f"names no option: {said}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return f"accepted: {tried.bad or tried.action}" if tried.bad or tried.action else ""


@pytest.mark.parametrize("start", range(0, COMBINATIONS, 50))
@pytest.mark.filterwarnings("ignore")
def test_it_runs_or_says_what_is_wrong(start):
    for number in range(start, start + 50):
        assert not verdict(number), f"combination {number}: {Combination(number)}"


def main() -> None:
    broken: Counter[str] = Counter()
    count = int(sys.argv[1])
    for number in range(count):
        if said := verdict(number):
            broken[said[:60]] += 1
            print(f"{number}: {said[:300]}\n    {str(Combination(number))[:300]}", flush=True)
    print(f"{sum(broken.values())} of {count} broke")


if __name__ == "__main__":
    main()
