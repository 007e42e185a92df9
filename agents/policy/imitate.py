"""Imitation: a policy that begins as a copy of greedy questions and the shared stop rule.

States come from dialogues that the greedy agent leads, a share of its actions replaced by random ones, so that the copy
has seen more than the straight path; its actions are the targets, and the returns that followed are the value's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from agents.policy.network import ShortlistPolicy
from agents.policy.vecenv import BeliefVecEnv
from agents.strategies.stopping import should_guess
from envs.beliefs import BeliefVectorEnv

LEARNING_RATE = 1e-3
"""Of Adam."""


class Shown(NamedTuple):
    """What greedy dialogues showed; n turns, k + 1 actions."""

    observation: torch.Tensor
    """(n, width)"""
    legal: torch.Tensor
    """(n, k + 1) bool"""
    action: torch.Tensor
    """(n,) what greedy would do."""
    returns: torch.Tensor
    """(n,) what the dialogue brought from there on."""


def greedy_actions(part: BeliefVectorEnv) -> np.ndarray:
    """(B,) what `exact` would do: the first question, or a guess by the shared stop rule."""
    seen = part.beliefs.view
    assert seen is not None
    rules = part.dialogues.rules
    belief = part.beliefs.posterior.belief()[: part.num_envs]
    left = rules.budget - part.dialogues.turn
    guess = should_guess(belief, seen.gain_nats[:, 0], left, rules) | ~seen.mask[:, 0]
    return np.where(guess, part.shortlist.size, 0)


def imitate(
    policy: ShortlistPolicy, env: BeliefVecEnv, turns: int, seed: int, say: Callable[[str], None],
    stray: float = 0.1, batch: int = 512,
) -> None:  # fmt: skip
    """Fit the policy to greedy actions, and the value to the returns of the dialogues they were taken in.

    Some 25 passes over the turns: 2,000 gradient steps for 40,000 of them.

    Args:
        stray: share of actions that are taken at random instead.
        batch: turns a gradient step.
    """
    shown = _greedy_dialogues(env, turns, stray, np.random.default_rng(seed))
    optimizer = torch.optim.Adam(policy.parameters(), lr=LEARNING_RATE)
    shuffle = torch.Generator().manual_seed(seed)
    updates, done = max(20, turns // 20), 0
    while done < updates:
        right = total = 0.0
        for rows in torch.randperm(len(shown.action), generator=shuffle).split(batch):
            logits = policy.mlp_extractor.forward_actor(shown.observation[rows])
            logits = logits.masked_fill(~shown.legal[rows], -1e9)
            value = policy.value_net(policy.mlp_extractor.forward_critic(shown.observation[rows]))[:, 0]
            loss = torch.nn.functional.cross_entropy(logits, shown.action[rows])
            loss = loss + 0.5 * (value - shown.returns[rows]).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            right += float((logits.argmax(dim=1) == shown.action[rows]).sum())
            total += len(rows)
            done += 1
        if done >= updates or done % 200 < len(shown.action) / batch:
            say(f"  {done:,} updates: {100 * right / total:.1f} % of greedy's actions")


def _greedy_dialogues(env: BeliefVecEnv, turns: int, stray: float, rng: np.random.Generator) -> Shown:
    observation = env.reset()
    seen, masks, targets, rewards, ends = [], [], [], [], []
    for _ in range(max(40, turns // env.num_envs)):
        mask = env.env_method("action_masks")
        target = np.concatenate([greedy_actions(part) for part in env.parts])
        action = np.where(rng.random(len(target)) < stray, (mask * rng.random(mask.shape)).argmax(axis=1), target)
        seen.append(observation)
        masks.append(mask)
        targets.append(target)
        env.step_async(action)
        observation, reward, ended, _ = env.step_wait()
        rewards.append(reward)
        ends.append(ended)
    returns, known = _returns(np.array(rewards), np.array(ends))
    keep = np.flatnonzero(known.ravel())
    columns = ((seen, np.float32), (masks, bool), (targets, np.int64), (returns, np.float32))
    return Shown(*(torch.as_tensor(np.concatenate(list(x)).astype(kind)[keep]) for x, kind in columns))


def _returns(rewards: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(turns, B) float32 what came from each turn on, and whether it is known: not of dialogues that never ended."""
    returns, ahead = np.zeros(rewards.shape, dtype=np.float32), np.zeros(rewards.shape[1])
    known, closed = np.zeros(rewards.shape, dtype=bool), np.zeros(rewards.shape[1], dtype=bool)
    for t in range(len(rewards) - 1, -1, -1):
        ahead = np.where(ends[t], 0.0, ahead) + rewards[t]
        closed |= ends[t]
        returns[t], known[t] = ahead, closed
    return returns, known
