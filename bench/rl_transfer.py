"""The reference policy on films that it never saw, see `bench.rl`."""

from __future__ import annotations

import time

import numpy as np

from agents.policy.serve import exact_posterior, policy
from agents.setting import Setting
from agents.strategies.stopping import should_guess
from bench.rl_common import TUNE_SEED, GreedyUntil, interval, make, rewards
from envs.rules import Dialogues


def stops(setting: Setting, seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Greedy questions to the end of the budget: (turns + 1, B) largest belief, and where the shared rule guesses."""
    posterior = exact_posterior(setting)
    posterior.reset(count)
    dialogues = Dialogues(setting.population, setting.rules, count)
    dialogues.reset(np.arange(count), np.full(count, seed, dtype=np.uint64), np.arange(count))
    certain, rule = [], []
    for turn in range(setting.rules.budget + 1):
        belief = posterior.belief()
        ids, gain = posterior.choose(1)
        left = np.full(count, setting.rules.budget - turn)
        certain.append(belief.max(axis=1))
        rule.append(should_guess(belief, gain[:, 0], left, setting.rules) | (ids[:, 0] < 0) | (left == 0))
        if turn < setting.rules.budget:
            question = np.maximum(ids[:, 0], 0)
            dialogues.step(question)
            answer = dialogues.answers[:, turn].astype(np.int64)
            posterior.update(np.where(answer >= 0, ids[:, 0], -1), np.maximum(answer, 0))
    return np.array(certain), np.array(rule)


def tuned_threshold(setting: Setting, count: int) -> float | None:
    """The guessing threshold (None: the shared rule) that pays best on other users; guesses at their expectation."""
    certain, rule = stops(setting, TUNE_SEED, count)
    rules, every = setting.rules, np.arange(count)
    best: tuple[float, float | None] = (-np.inf, None)
    for threshold in (None, *np.round(np.arange(0.1, 0.96, 0.05), 2).tolist()):
        stop = rule if threshold is None else certain >= threshold
        stop[-1] = True
        at = stop.argmax(axis=0)
        value = rules.reward_wrong + (rules.reward_right - rules.reward_wrong) * certain[at, every]
        mean = float((value - rules.question_cost * at).mean())
        print(f"  {'shared rule' if threshold is None else f'belief {threshold:.2f}':12} {mean:.4f}")
        best = max(best, (mean, threshold), key=lambda pair: pair[0])
    return best[1]


def transfer(args) -> None:
    """Same users, same posterior, same bank; the policy has never seen a film."""
    setting = make(args.catalogue, "hard", args.cap, args.checkpoint)
    print(f"{args.catalogue}, hard, the {len(setting.bank)} most informative questions of {setting.bank.full_size}")
    print(f"threshold for greedy, {args.tune} other users:")
    threshold = tuned_threshold(setting, args.tune)
    found = {}
    agents = {"greedy": lambda: GreedyUntil(setting, threshold), "policy": lambda: policy(setting)}
    if args.rule and threshold is not None:
        agents["shared rule"] = lambda: GreedyUntil(setting)
    for who, make_one in agents.items():
        agent = make_one()
        begun = time.perf_counter()
        found[who] = rewards(agent, setting, args.seed, args.users)
        paid, known, questions = found[who]
        print(f"{who:11} reward {interval(paid)}  (guesses at their expectation {interval(known)})  "
              f"questions {questions.mean():.2f}  {time.perf_counter() - begun:.0f} s", flush=True)  # fmt: skip
    for who in found:
        if who != "policy":
            print(f"policy - {who}, paired, {args.users} users: reward {interval(found['policy'][0] - found[who][0])}, "
                  f"expected {interval(found['policy'][1] - found[who][1])}")  # fmt: skip
