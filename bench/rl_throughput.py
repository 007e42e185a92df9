"""Turns a second, of environments and of PPO, see `bench.rl`."""

from __future__ import annotations

import time

import gymnasium
import numpy as np

import envs  # noqa: F401  registers the ids
from agents.policy.config import PolicyConfig
from envs.beliefs import BeliefVectorEnv


def throughput(args) -> None:
    print(f"{'users typical':34}{'dialogues':>10}{'BeliefEnv':>12}{'raw':>12}   turns a second")
    for name, most in (("animals", None), ("movies-1k", 200)):
        for count in (1, 64, 1024):
            speeds = [turns_a_second(name, most, count, belief, args.seconds) for belief in (True, False)]
            of = name if most is None else f"{name}, {most} questions"
            print(f"{of:34}{count:10,}{speeds[0]:12,.0f}{speeds[1]:12,.0f}", flush=True)
    ppo(args)


def turns_a_second(name: str, most: int | None, count: int, belief: bool, seconds: float) -> float:
    env = gymnasium.make_vec("clarigym/Clarify-v1", catalogue=name, max_questions=most, noise="typical", num_envs=count)
    questions = len(env.unwrapped.world.bank)
    env = BeliefVectorEnv(env) if belief else env
    env.reset(seed=0)
    rng = np.random.default_rng(0)
    total = int(env.single_action_space.n)
    # Questions mostly, as a learner's: of the shortlist the first few, of the bank any.
    high = 4 if belief else questions

    def step() -> None:
        env.step(np.where(rng.random(count) < 0.1, total - 1, rng.integers(high, size=count)))

    for _ in range(10):
        step()
    steps, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        step()
        steps += 1
    return steps * count / (time.perf_counter() - begun)


def ppo(args) -> None:
    """PPO of SB3 on CartPole with its own defaults, and ours on animals."""
    from sb3_contrib import MaskablePPO
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env

    from agents.policy.environments import make_parts
    from agents.policy.network import ShortlistPolicy
    from agents.policy.vecenv import BeliefVecEnv

    for count in (64, 256):
        config, size = PolicyConfig(catalogues=("animals",), num_envs=count), 8 * count
        ours = MaskablePPO(
            ShortlistPolicy, BeliefVecEnv(make_parts(config), 0), n_steps=32, batch_size=size, gamma=1.0, device="cpu"
        )
        theirs = PPO("MlpPolicy", make_vec_env("CartPole-v1", n_envs=count), n_steps=32, batch_size=size, device="cpu")
        speeds = {}
        for name, model in (("CartPole, PPO", theirs), ("animals, MaskablePPO", ours)):
            model.learn(32 * count)
            begun = time.perf_counter()
            model.learn(128 * count)
            speeds[name] = model.num_timesteps / (time.perf_counter() - begun)
            print(f"{name:22} {speeds[name]:10,.0f} turns a second, {count} dialogues")
        cartpole, animals = speeds.values()
        print(f"ratio {animals / cartpole:.2f}", flush=True)
