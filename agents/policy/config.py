"""How a policy is trained: the settings, without torch, and the three stages of the reference policy.

The command's options are these fields and where results go (`agents.commands.train_policy`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import tyro

from agents.errors import LARGEST_BUDGET, InputError
from envs.features import Shortlist
from envs.rewards import Shaping
from sim.questions import Questions

MOST_TURNS = 1 << 21
"""Turns of a rollout, which stays in memory: some 800 bytes each."""
MOST_SHOWN = 1000
"""Questions of a shortlist."""
LARGEST_RATE = 100.0
"""Longer steps than these overflow."""
LARGEST_WEIGHT = 1e6
"""Rewards and weights beyond make losses overflow."""
MOST: dict[str, int] = {"budget": LARGEST_BUDGET, "steps": 10**10, "imitate": 10**9, "epochs": 1000}
"""What takes no longer than a lifetime."""
COUNTS = ("max_questions", "budget", "steps", "num_envs", "n_steps", "epochs", "checkpoint_every", "by_gain")


@dataclass(frozen=True, kw_only=True)
class PolicyConfig:
    """How to train a policy."""

    catalogues: tuple[str, ...] = ("animals",)
    """Built-in catalogues, files, or synthetic-SEED, of up to 1,000 intents each; trained on side by side."""
    noise: tuple[str, ...] = ("people",)
    """Presets or TOML files; each catalogue with each."""
    questions: Questions = "mixed"
    """Kinds of question."""
    max_questions: int = 400
    """Larger banks are cut to the most informative."""
    budget: int = 20
    """The most questions."""
    question_cost: float = 0.02
    """Taken off for every question."""
    steps: int = 200_000
    """Turns to learn from."""
    num_envs: int = 64
    """Dialogues at a time, all catalogues together."""
    n_steps: int = 64
    """Turns of each between two updates."""
    batch_size: int = 1024
    """Turns a gradient step; at most those between two updates."""
    epochs: int = 4
    """Passes over each rollout."""
    learning_rate: float = 1e-3
    """Of Adam; falls to nothing along a line."""
    gae: float = 0.95
    """Lambda of generalised advantages; gamma is 1, dialogues end."""
    entropy: float = 0.01
    """Weight of the policy's entropy."""
    shaping: float = 0.0
    """Reward for each nat of entropy taken away, as a potential; see envs/rewards.py."""
    expected: tyro.conf.FlagCreatePairsOff[bool] = False
    """Pay guesses by what they bring on average, as the exact belief knows; less noise, the same optimum."""
    by_gain: int = 8
    """Questions of highest EIG on the shortlist."""
    by_user: int = 2
    """Questions that tell most about the user on it."""
    imitate: int = 0
    """Turns of greedy dialogues to copy first; 0 begins from nothing."""
    seed: int = 0
    """Of users, weights and actions."""
    checkpoint_every: int = 50_000
    """Turns between two saved states, at each of which new users begin; a run can be resumed from each."""

    def __post_init__(self) -> None:
        for name in COUNTS:
            if getattr(self, name) < 1:
                raise InputError(f"{name} = {getattr(self, name)}; it must be at least 1")
        for name in ("imitate", "by_user", "seed"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} = {getattr(self, name)}; it must be at least 0")
        for name, most in MOST.items():
            if getattr(self, name) > most:
                raise InputError(f"{name} = {getattr(self, name)}; it must be at most {most:,}")
        for name in ("entropy", "shaping"):
            if not 0 <= getattr(self, name) <= LARGEST_WEIGHT:
                raise InputError(f"{name} = {getattr(self, name)}; it must be from 0 to {LARGEST_WEIGHT:,.0f}")
        if not 0 < self.learning_rate <= LARGEST_RATE:
            raise InputError(f"learning_rate = {self.learning_rate}; it must be above 0 and at most {LARGEST_RATE:g}")
        if not 0 <= self.gae <= 1:
            raise InputError(f"gae = {self.gae}; it must lie between 0 and 1")
        if not abs(self.question_cost) <= LARGEST_WEIGHT:
            most = f"{LARGEST_WEIGHT:,.0f}"
            raise InputError(f"question_cost = {self.question_cost}; it must be from -{most} to {most}")
        if self.seed >= 1 << 63:
            raise InputError(f"seed = {self.seed}; it must be at most {(1 << 63) - 1}")
        if self.shortlist.size > MOST_SHOWN:
            raise InputError(f"by_gain + by_user = {self.shortlist.size}; at most {MOST_SHOWN:,} questions are shown")
        self._check_environments()
        self._check_batches()

    def _check_environments(self) -> None:
        if not self.catalogues or not self.noise:
            raise InputError("catalogues and noise need at least one name each")
        if self.num_envs < len(self.catalogues) * len(self.noise):
            raise InputError(
                f"num_envs = {self.num_envs}; {len(self.catalogues)} catalogues with {len(self.noise)} presets need "
                f"at least {len(self.catalogues) * len(self.noise)}"
            )

    def _check_batches(self) -> None:
        """Advantages are scaled by their standard deviation within a batch, which one turn has none of."""
        if self.rollout > MOST_TURNS:
            raise InputError(f"num_envs x n_steps = {self.rollout:,} turns between updates; at most {MOST_TURNS:,} fit")
        if self.batch_size < 2:
            raise InputError(f"batch_size = {self.batch_size}; it must be at least 2")
        if self.rollout < 2 or self.rollout % self.batch_size == 1:
            raise InputError(
                f"num_envs x n_steps = {self.rollout} turns make a batch of one with batch_size = {self.batch_size}; "
                "take another batch size"
            )

    @property
    def rollout(self) -> int:
        """Turns between two updates."""
        return self.num_envs * self.n_steps

    @property
    def shortlist(self) -> Shortlist:
        """What the policy is shown."""
        return Shortlist(by_gain=self.by_gain, by_user=self.by_user)

    @property
    def rewards(self) -> Shaping:
        """What is paid beside the rules' own rewards."""
        return Shaping(weight=self.shaping, expected=self.expected)

    def recorded(self) -> dict[str, Any]:
        """As config.json and the policy's file tell it."""
        return asdict(self)


def reference_stages() -> list[PolicyConfig]:
    """The three stages in which the reference policy is trained; `steps` counts on from one to the next."""
    first = PolicyConfig(
        catalogues=("animals", "groceries", *(f"synthetic-{seed}" for seed in range(4))), noise=("hard",),
        max_questions=200, steps=80_000, num_envs=96, n_steps=48, batch_size=1536, epochs=5, learning_rate=5e-4,
        entropy=0.001, imitate=40_000,
    )  # fmt: skip
    more = replace(first, expected=True, gae=0.97)
    second = replace(more, steps=first.steps + 172_000, learning_rate=8e-4, seed=1)
    third = replace(more, steps=second.steps + 46_000, learning_rate=6e-4, entropy=0.0, seed=2)
    return [first, second, third]
