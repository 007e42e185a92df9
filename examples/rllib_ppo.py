"""RLlib's PPO on a belief environment.

RLlib pins its own gymnasium, an older one, so give it a Python environment of its own:

    python -m venv rllib && rllib/bin/pip install 'ray[rllib]==2.60.0' torch scipy polars tyro safetensors
    rllib/bin/python examples/rllib_ppo.py --iterations 5        (from the repository's folder)

Only `sim` and `envs` are imported, which work with the gymnasium that RLlib brings.  RLlib's action masks want
an observation dict of its own and a module for it; here illegal actions are taken for a guess instead, which the policy
learns as any other fact.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import gymnasium

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def make(config: dict[str, str]) -> gymnasium.Env:
    """One environment; RLlib calls this in its workers."""
    from envs import BeliefEnv, ClarifyEnv
    from sim import BatchedPosterior

    env = ClarifyEnv(config["catalogue"], noise=config["noise"])
    population = env.world.population
    return BeliefEnv(env, BatchedPosterior(population.channel, population.bank))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--catalogue", default="toy")
    parser.add_argument("--noise", default="people")
    parser.add_argument("--iterations", type=int, default=5)
    args = parser.parse_args()
    from ray.rllib.algorithms.ppo import PPOConfig
    from ray.tune.registry import register_env

    register_env("clarigym", make)
    config = (
        PPOConfig()
        .environment("clarigym", env_config={"catalogue": args.catalogue, "noise": args.noise})
        .env_runners(num_env_runners=0, num_envs_per_env_runner=8)
        .training(gamma=1.0, lr=1e-3, train_batch_size_per_learner=2000, minibatch_size=256, num_epochs=6)
    )
    algorithm = config.build_algo()
    for k in range(args.iterations):
        result = algorithm.train()["env_runners"]
        turns = result.get("num_env_steps_sampled_lifetime")
        print(f"iteration {k + 1}: reward {result['episode_return_mean']:.3f}, turns {turns}", flush=True)


if __name__ == "__main__":
    main()
