"""All that the next update of a policy's training depends on: weights, optimiser and counters.

A run is cut into segments, from one saved state to the next.  At the start of each, new users begin everywhere, beliefs
are computed afresh and random generators are seeded anew.  So a segment is a function of the state alone, and a run
that was killed goes on as if nothing had happened; dialogues in progress need not be kept.  Users and draws of segment
k are of seeds that no other segment has.

Stable-Baselines3's own archives are pickles, which run whatever code somebody has put into them; this is arrays and
JSON (`agents.resume`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from sb3_contrib import MaskablePPO

from agents.policy.vecenv import BeliefVecEnv
from agents.resume import optimiser_arrays, restore_optimiser
from envs.beliefs import Beliefs
from sim.posterior.batched import BatchedPosterior

SEED_STEP = 1_000_003
"""From a run's seed to the first seed of its users."""


@dataclass
class TrainingState:
    """What is kept of a run beside the model."""

    saved_at: int = 0
    """Turns when the state was last saved."""
    segment: int = 0
    """Segments begun before this one."""

    def arrays(self, model: MaskablePPO) -> dict[str, np.ndarray]:
        """Everything that is an array."""
        weights = {f"policy.{k}": v.detach().cpu().numpy() for k, v in model.policy.state_dict().items()}
        return weights | optimiser_arrays(model.policy.optimizer)

    def numbers(self, model: MaskablePPO) -> dict[str, Any]:
        """The rest of it."""
        return asdict(self) | {"turns": model.num_timesteps, "updates": model._n_updates}

    @classmethod
    def restored(
        cls, model: MaskablePPO, arrays: Mapping[str, np.ndarray], numbers: Mapping[str, Any]
    ) -> TrainingState:
        """The inverse of `arrays` and `numbers`: the model goes on from there.

        Raises:
            KeyError, TypeError, ValueError, RuntimeError: what was read is no such state.
        """
        weights = {k.removeprefix("policy."): torch.from_numpy(v) for k, v in arrays.items() if k.startswith("policy.")}
        model.policy.load_state_dict(weights)
        restore_optimiser(model.policy.optimizer, arrays)
        model.num_timesteps, model._n_updates = int(numbers["turns"]), int(numbers["updates"])
        return cls(int(numbers["saved_at"]), int(numbers["segment"]))


def begin_segment(model: MaskablePPO, env: BeliefVecEnv, seed: int, segment: int) -> None:
    """New users everywhere, beliefs that remember nothing, and draws of the segment's own.

    Raises:
        TypeError: a posterior that is not batched.
    """
    for part in env.parts:
        posterior = part.beliefs.posterior
        if not isinstance(posterior, BatchedPosterior):
            raise TypeError(f"policies are trained with BatchedPosterior, not with {type(posterior).__name__}")
        part.beliefs = Beliefs(part.dialogues, BatchedPosterior(posterior.channel, posterior.bank), part.shortlist)
    env.users_from = seed * SEED_STEP + segment * env.num_envs
    model._last_obs = env.reset()  # type: ignore[assignment]
    model._last_episode_starts = np.ones(env.num_envs, dtype=bool)
    actions, batches = np.random.SeedSequence([seed, segment]).generate_state(2).tolist()
    torch.manual_seed(actions)
    np.random.seed(batches)  # noqa: NPY002  PPO shuffles its batches by numpy's own generator
