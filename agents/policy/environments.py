"""The environments that a policy is trained in: one for each catalogue and preset, side by side."""

from __future__ import annotations

from typing import Any

import gymnasium

import envs  # noqa: F401  registers the ids
from agents.errors import InputError
from agents.policy.config import PolicyConfig
from agents.policy.synthetic import named
from envs.beliefs import BeliefVectorEnv
from sim.catalogue.catalogue import Catalogue
from sim.posterior.batched import SMALL_CATALOGUE, BatchedPosterior
from sim.users.rates import Rates


def make_parts(config: PolicyConfig) -> list[BeliefVectorEnv]:
    """An environment for each catalogue and preset, num_envs dialogues in all.

    Raises:
        ValueError: as `make_part`, or a catalogue, preset or file that can't be used.
    """
    pairs = [(c, n) for c in config.catalogues for n in config.noise]
    counts = [config.num_envs // len(pairs) + (k < config.num_envs % len(pairs)) for k in range(len(pairs))]
    return [make_part(config, named(c), n, count) for (c, n), count in zip(pairs, counts, strict=True)]


def make_part(config: PolicyConfig, catalogue: str | Catalogue, noise: str | Rates, count: int) -> BeliefVectorEnv:
    """One environment of `count` dialogues.

    Raises:
        InputError: a catalogue of more than `SMALL_CATALOGUE` intents.
    """
    env = gymnasium.make_vec(
        "clarigym/Clarify-v1", num_envs=count, catalogue=catalogue, noise=noise, questions=config.questions,
        max_questions=config.max_questions, budget=config.budget, question_cost=config.question_cost, copy=False,
        autoreset_mode="SameStep",
    )  # fmt: skip
    world: Any = env.unwrapped
    population = world.world.population
    if len(population.catalogue) > SMALL_CATALOGUE:
        raise InputError(
            f"catalogue '{population.catalogue.name}' has {len(population.catalogue):,} intents; policies are trained "
            f"on up to {SMALL_CATALOGUE:,} and then serve any (movies-1k has the best known films)"
        )
    posterior = BatchedPosterior(population.channel, population.bank)
    return BeliefVectorEnv(env, posterior, shortlist=config.shortlist, shaping=config.rewards)
