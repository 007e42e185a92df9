"""How much is to be won above greedy: exact values by dynamic programming over all histories, see `bench.rl`.

Histories are sets of answers, for their order doesn't matter, and one table of p(history | intent) serves every cost of
a question.  Values are kept times p(history), so that what follows from a question is a plain sum over its answers.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from agents.strategies.stopping import should_guess
from envs.rules import Rules
from sim.ask.ranking import TIE
from sim.catalogue.catalogue import Catalogue, make_facet
from sim.catalogue.load import load
from sim.numeric.entropy import xlogx
from sim.posterior.batched import BatchedPosterior
from sim.questions import QuestionBank, question_bank
from sim.users.from_rates import make_channel
from sim.users.rates import PRESETS

RADIX = 1 << 10
"""More answers than any question of a small catalogue has."""


@dataclass(frozen=True, eq=False)
class Level:
    """All H histories of some number of answers."""

    joint: np.ndarray
    """(H, N) p(history, intent)."""
    after: np.ndarray
    """(H, Q, A) where the history with one more answer stands in the next level; -1 where there is none."""


def levels(posterior: BatchedPosterior, budget: int) -> list[Level]:
    """Every history of up to `budget` answers; the posterior is left at the prior."""
    bank, prior = posterior.bank, posterior.channel.catalogue.prior
    posterior.reset(1)
    here, keys, out = posterior.copy(), [()], []
    for depth in range(budget + 1):
        joint = np.exp(here.log_likelihood()) * prior
        after = np.full((len(keys), len(bank), int(bank.answers.max())), -1, dtype=np.int64)
        if depth < budget:
            places: dict[tuple[int, ...], int] = {}
            parent, question, answer = [], [], []
            for h, key in enumerate(keys):
                asked = {pair // RADIX for pair in key}
                for q in set(range(len(bank))) - asked:
                    for a in range(int(bank.answers[q])):
                        longer = tuple(sorted((*key, q * RADIX + a)))
                        if longer not in places:
                            places[longer] = len(places)
                            parent.append(h)
                            question.append(q)
                            answer.append(a)
                        after[h, q, a] = places[longer]
            here, keys = here.take(np.array(parent)), list(places)
            here.update(np.array(question), np.array(answer))
        out.append(Level(joint, after))
    return out


def values(table: list[Level], rules: Rules) -> dict[str, float]:
    """What dialogues are worth: by the optimal policy, by greedy, and by greedy's questions with the best stops."""
    names = ("optimal", "greedy", "greedy, best stops")
    worth: dict[str, np.ndarray] = {}
    ahead = np.empty(0)
    for left, level in enumerate(reversed(table[: rules.budget + 1])):
        mass = level.joint.sum(axis=1)
        guess = rules.reward_wrong * mass + (rules.reward_right - rules.reward_wrong) * level.joint.max(axis=1)
        # Minus what is open, times p(history): a question's EIG is how far it grows on average.
        settled = xlogx(level.joint).sum(axis=1) - xlogx(mass)
        if not left:
            worth = dict.fromkeys(names, guess)
        else:
            there = level.after >= 0
            gain = np.where(there, ahead[level.after], 0.0).sum(axis=2) - settled[:, None]
            gain = np.where(there.any(axis=2), gain / mass[:, None], 0.0)
            best = np.round(gain / TIE).argmax(axis=1)  # the first of equals
            every = np.arange(len(mass))
            asks = {}
            for name in names:
                on = np.where(there, worth[name][level.after], 0.0).sum(axis=2) - rules.question_cost * mass[:, None]
                asks[name] = np.where(there.any(axis=2), on, -np.inf)
            belief = level.joint / mass[:, None]
            stop = should_guess(belief, gain[every, best], np.full(len(mass), left), rules) | (gain[every, best] <= TIE)
            worth = {
                "optimal": np.maximum(guess, asks["optimal"].max(axis=1)),
                "greedy": np.where(stop, guess, asks["greedy"][every, best]),
                "greedy, best stops": np.maximum(guess, asks["greedy, best stops"][every, best]),
            }
        ahead = settled
    return {name: float(value[0]) for name, value in worth.items()}


def small(seed: int) -> Catalogue:
    """A made-up catalogue of 8 to 16 intents and 4 to 6 facets of few values, a function of the seed."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 17))
    facets = []
    for f in range(int(rng.integers(4, 7))):
        kind = ("one", "many", "number", "flag")[int(rng.integers(4))]
        if kind == "flag":
            column = (rng.random(n) < rng.uniform(0.2, 0.6)).astype(float)
            column[:2] = 0, 1
        elif kind == "number":
            column = rng.integers(1, 5, n).astype(float)
        else:
            count, most = int(rng.integers(3, 6)), 3 if kind == "many" else 1
            drawn = [rng.choice(count, size=int(rng.integers(1, most + 1)), replace=False) for _ in range(n)]
            column = [[f"v{v}" for v in one.tolist()] if kind == "many" else f"v{one[0]}" for one in drawn]
        facets.append(make_facet(f"{kind}{f}", kind, column))
    weight = rng.gamma(1.0, size=n) + 0.05
    names = tuple(f"intent {i}" for i in range(n))
    return Catalogue(name=f"small-{seed}", intents=names, prior=weight / weight.sum(), facets=tuple(facets))


def table_of(bank: QuestionBank, noise: str, budget: int) -> list[Level]:
    channel = make_channel(bank.catalogue, PRESETS[noise])
    return levels(BatchedPosterior(channel, bank), budget)


def room(args) -> None:
    """Exact values, no sampling."""
    begun = time.perf_counter()
    for noise, cost in (("typical", 0.02), ("hard", 0.02), ("hard", 0.1)):
        bank = question_bank(load("toy"), "mixed", args.cap)
        found = values(table_of(bank, noise, args.budget), Rules(budget=args.budget, question_cost=cost))
        print(f"toy, {noise}, {len(bank)} questions, budget {args.budget}, {cost} a question: "
              + ", ".join(f"{name} {value:.4f}" for name, value in found.items()), flush=True)  # fmt: skip
    settings = [(noise, budget, cost) for noise in ("typical", "hard") for budget in (3, 4) for cost in (0.02, 0.1)]
    found: dict[tuple, list[dict[str, float]]] = {setting: [] for setting in settings}
    sizes = []
    for seed in range(args.catalogues):
        bank = question_bank(small(seed), "mixed", 4 + seed % 3)
        for noise in ("typical", "hard"):
            table = table_of(bank, noise, 4)
            for setting in settings:
                if setting[0] == noise:
                    rules = Rules(budget=setting[1], question_cost=setting[2])
                    found[setting].append(values(table, rules))
        sizes.append((len(bank.catalogue), len(bank), sum(len(level.joint) for level in table)))
    spans = ", ".join(f"{min(x):,} to {max(x):,} {what}"
                      for x, what in zip(zip(*sizes), ("intents", "questions", "histories")))  # fmt: skip
    print(f"{args.catalogues} made-up catalogues, {spans}")
    print("users, budget, cost: optimal on average; to be won over greedy: mean, largest, and the part due to stops")
    for (noise, budget, cost), rows in found.items():
        best, greedy, stops = (np.array([row[name] for row in rows]) for name in rows[0])
        print(f"{noise:8} {budget} {cost:5}: {best.mean():7.4f}; {(best - greedy).mean():.4f}, "
              f"{(best - greedy).max():.4f}, {(stops - greedy).mean():.4f}")  # fmt: skip
    print(f"{time.perf_counter() - begun:.0f} s")
