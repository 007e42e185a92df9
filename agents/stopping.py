"""When to stop asking: one rule, shared by every agent.

A guess is worth V(p) = wrong + (right - wrong) p, with p the largest belief.  It is made when that is at least the
expected reward of asking on, and asking on can't be computed exactly: the value of one more question is often nothing
although ten together find the thing.  So the rule looks n questions ahead along the present rate of progress:

- entropy.  The best question is expected to take g of the H nats away, EIG / entropy = g / H of what is open.  The next
  ones are taken to do the same to what remains, for as the belief sharpens questions tell less: H_n = H (1 - g/H)^n.
- belief.  Log p shrinks as the entropy does: p_n = p^(H_n / H).  For M equally likely intents p = exp(-H) before and
  after, so this is exact there, and it is right at both ends everywhere.
- so asking on is worth max over n = 1 .. questions left of V(p_n) - n cost.

Closed forms, held by tests: with p = 1 it guesses; with g = 0 (nothing tells: twins) it guesses; with no questions left
it guesses; two equally likely intents and a question that tells them apart are worth asking iff (right - wrong) / 2 >
cost; questions that are free are asked as long as they tell anything.  With `gain_nats` infinite, the next question
settles everything: whoever guesses then, guesses whatever the question is, and needn't choose one.
"""

from __future__ import annotations

import numpy as np

from envs.rules import Rules


def should_guess(belief: np.ndarray, gain_nats: np.ndarray | float, left: np.ndarray, rules: Rules) -> np.ndarray:
    """Whether guessing now is worth at least as much as asking on.

    Args:
        belief: p(intent | history), (n, N), rows sum to 1.
        gain_nats: EIG of the question that would be asked next, (n,) or one number.
        left: (n,) questions left.
        rules: the rewards.

    Returns:
        (n,) bool.
    """
    top = belief.max(axis=1)
    entropy = entropy_nats(belief)
    gain = np.broadcast_to(np.asarray(gain_nats, dtype=np.float64), top.shape)
    open_ = np.clip(1 - gain / np.maximum(entropy, 1e-12), 0.0, 1.0)
    ahead = np.arange(1, max(int(left.max(initial=0)), 1) + 1)
    reached = np.maximum(top, 1e-300)[:, None] ** (open_[:, None] ** ahead)  # (n, ahead)
    spread = rules.reward_right - rules.reward_wrong
    on = rules.reward_wrong + spread * reached - rules.question_cost * ahead
    on = np.where(ahead <= left[:, None], on, -np.inf).max(axis=1)
    now = rules.reward_wrong + spread * top
    return (now >= on) | (gain <= 0) | (entropy <= 1e-12)


def entropy_nats(belief: np.ndarray) -> np.ndarray:
    """(n,) entropy of each row of (n, N)."""
    logs = np.log(np.maximum(belief, 1e-300))
    logs *= belief
    return -logs.sum(axis=1)
