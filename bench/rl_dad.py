"""A policy of the history alone, trained on a bound of the information, beside greedy and random questions.

See `bench.rl` and `bench.rl_design`.  All three meet the same users, and what they found out is measured by the
same exact posterior.
"""

from __future__ import annotations

import time

import numpy as np

from bench.rl_common import TEST_SEED, interval, make
from bench.rl_design import (
    CHUNK,
    Chooser,
    DesignConfig,
    at_random,
    belief_of,
    bounds,
    by_network,
    contrasts_of,
    greedily,
    roll,
    train_design,
)
from sim.posterior.batched import BatchedPosterior

CONTRASTS = 1000


def measured(setting, choose: Chooser, horizon: int, users: int) -> tuple[dict[str, np.ndarray], int]:
    """Nats of each dialogue, (users,): sPCE, log p(h | truth) / p(h), KL from belief to prior, sNMC; and how many
    different sequences of questions there were."""
    posterior = BatchedPosterior(setting.channel, setting.bank)
    prior = setting.catalogue.prior
    found: dict[str, list[np.ndarray]] = {name: [] for name in ("sPCE", "exact", "exact, KL", "sNMC")}
    sequences = set()
    for first in range(0, users, CHUNK):
        episodes = np.arange(first, min(first + CHUNK, users))
        rollout = roll(setting.population, posterior, choose, horizon, TEST_SEED, episodes)
        log_like, own = rollout.log_like[-1], (np.arange(len(episodes)), rollout.truth)
        others = contrasts_of(posterior, CONTRASTS, len(episodes), np.random.default_rng([TEST_SEED, first]))
        ratio = log_like - np.log(np.exp(log_like) @ prior)[:, None]
        lower, upper = bounds(log_like, others)
        kl = (belief_of(log_like, prior) * ratio).sum(axis=1)
        for name, x in zip(found, (lower[own], ratio[own], kl, upper[own])):
            found[name].append(x)
        sequences |= {tuple(row) for row in rollout.questions.tolist()}
    return {name: np.concatenate(parts) for name, parts in found.items()}, len(sequences)


def dad(args) -> None:
    print(f"typical, {args.users} users, {CONTRASTS} contrasts; nats, mean and half a 95 % interval")
    for name in args.only or ("toy", "animals"):
        setting = make(name, "typical", None)
        for horizon in (5, 10):
            config = DesignConfig(horizon=horizon, updates=args.updates)
            begun = time.perf_counter()
            network = train_design(setting.population, config, lambda line: print(f"  {line}", flush=True))
            dialogues = config.updates * config.dialogues
            print(f"{name}, {len(setting.bank)} questions, horizon {horizon}: {dialogues:,} dialogues of training, "
                  f"{time.perf_counter() - begun:.0f} s")  # fmt: skip
            choosers = {"DAD": by_network(network, horizon), "greedy": greedily, "random": at_random}
            kl = {}
            for who, choose in choosers.items():
                begun = time.perf_counter()
                found, sequences = measured(setting, choose, horizon, args.users)
                spent = 1e3 * (time.perf_counter() - begun) / args.users / horizon
                kl[who] = found["exact, KL"]
                figures = "  ".join(f"{key} {interval(x)}" for key, x in found.items())
                print(f"  {who:7} {figures}  {sequences:,} sequences, {spent:.2f} ms a question", flush=True)
            for who in ("greedy", "random"):
                print(f"  DAD - {who}, paired, KL: {interval(kl['DAD'] - kl[who])}", flush=True)
