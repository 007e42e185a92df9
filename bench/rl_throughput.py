"""Turns a second, of environments and of PPO, see `bench.rl`."""

from __future__ import annotations

import time

import gymnasium
import numpy as np

import envs  # noqa: F401  registers the ids
from agents.policy.config import PolicyConfig
from envs.beliefs import BeliefVectorEnv
from sim.posterior.batched import BatchedPosterior


def throughput(args) -> None:
    print(f"{'animals, typical':18}{'dialogues':>10}{'BeliefEnv':>12}{'raw':>12}   turns a second")
    for count in (1, 64, 1024):
        raw = gymnasium.make_vec("clarigym/Animals-v1", num_envs=count)
        wrapped = gymnasium.make_vec("clarigym/Animals-v1", num_envs=count)
        population = wrapped.unwrapped.world.population
        belief = BeliefVectorEnv(wrapped, BatchedPosterior(population.channel, population.bank))
        speeds = []
        for env in (belief, raw):
            env.reset(seed=0)
            rng = np.random.default_rng(0)
            total = int(env.single_action_space.n)
            # Questions mostly, as a learner's: of the shortlist the first few, of the bank any.
            high = 4 if env is belief else len(population.bank)

            def actions(env=env, rng=rng, total=total, high=high, count=count):
                return np.where(rng.random(count) < 0.1, total - 1, rng.integers(high, size=count))

            for _ in range(10):
                env.step(actions())
            steps, begun = 0, time.perf_counter()
            while time.perf_counter() - begun < args.seconds:
                env.step(actions())
                steps += 1
            speeds.append(steps * count / (time.perf_counter() - begun))
        print(f"{'':18}{count:10,}{speeds[0]:12,.0f}{speeds[1]:12,.0f}", flush=True)
    ppo(args)


def ppo(args) -> None:
    """PPO of SB3 on CartPole with its own defaults, and ours on animals."""
    from sb3_contrib import MaskablePPO
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env

    from agents.policy.environments import make_parts
    from agents.policy.network import ShortlistPolicy
    from agents.policy.vecenv import BeliefVecEnv

    config = PolicyConfig(catalogues=("animals",), num_envs=64)
    ours = MaskablePPO(
        ShortlistPolicy, BeliefVecEnv(make_parts(config), 0), n_steps=32, batch_size=512, gamma=1.0, device="cpu"
    )
    theirs = PPO("MlpPolicy", make_vec_env("CartPole-v1", n_envs=64), n_steps=32, batch_size=512, device="cpu")
    for name, model in (("CartPole, PPO", theirs), ("animals, MaskablePPO", ours)):
        model.learn(2048)
        begun = time.perf_counter()
        model.learn(8192)
        print(f"{name:22} {model.num_timesteps / (time.perf_counter() - begun):10,.0f} turns a second, 64 dialogues")
