"""What a run of training is at a step: weights, their average, the optimiser, and what held-out dialogues have said.

`arrays` and `numbers` are all that the next step depends on: a run that is restored from them goes on as if it had
never stopped.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from agents.learning.config import TrainConfig
from agents.learning.critic import ChannelCritic
from agents.learning.held_out import Words
from agents.resume import optimiser_arrays, restore_optimiser
from sim.questions import QuestionBank

AVERAGING = 4
"""Step k enters the average of parameters with weight AVERAGING / (k + AVERAGING): late ones count most."""
RATE_END = 0.2
"""The learning rate falls to this share of itself."""
FACETS_FROM = 1 / 3
"""Share of the steps after which facets depart from what they share."""
MARGIN_NATS = 0.02
"""What a look may lose to the best one whatever its standard error."""
NUMBERS = ("step", "kept", "kept_at", "stale", "scores", "rows")
"""What of a run is no array."""


@dataclass
class TrainingRun:
    """The mutable state of a run."""

    critic: ChannelCritic
    average: ChannelCritic
    """The same with the steps' weighted average as parameters: what is judged and kept."""
    dual: torch.nn.Parameter
    """(2,) see `objectives.contrast`."""
    optimiser: torch.optim.Adam
    step: int = 0
    best: torch.Tensor | None = None
    """(B,) held-out losses of the look with the lowest mean so far."""
    scores: int = 0
    """Computed with gradient."""
    stale: int = 0
    """Looks in a row that were surely worse."""
    kept: float = math.inf
    """NLL of the look whose weights are kept, nats."""
    kept_at: int = 0
    """Dialogues gone through until then."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    """What each look found."""

    @classmethod
    def begin(cls, bank: QuestionBank, config: TrainConfig, words: Words = None) -> TrainingRun:
        """A run before its first step."""
        torch.manual_seed(config.seed)
        critic = ChannelCritic(bank, config.types, words, config.turns).to(config.device)
        dual = torch.nn.Parameter(torch.zeros(2, device=config.device))
        average = copy.copy(critic)  # the same constants, parameters of its own
        average._modules = dict(critic._modules)
        average.parameters_ = copy.deepcopy(critic.parameters_).requires_grad_(False)
        optimiser = torch.optim.Adam([*critic.parameters(), dual], lr=config.learning_rate, betas=(0.9, 0.98))
        return cls(critic, average, dual, optimiser)

    def descend(self, loss: torch.Tensor, learning_rate: float, steps: int) -> None:
        """One step down the loss, of `steps` in all; the rate rises over ten of them and falls along a cosine."""
        for group in self.optimiser.param_groups:
            warm = min(1.0, (self.step + 1) / 10)
            fall = RATE_END + (1 - RATE_END) * 0.5 * (1 + math.cos(math.pi * self.step / steps))
            group["lr"] = learning_rate * warm * fall
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if self.step < FACETS_FROM * steps:
            self.critic.parameters_.hold_facets()
        torch.nn.utils.clip_grad_norm_([*self.critic.parameters(), self.dual], 5.0)
        self.optimiser.step()
        share = AVERAGING / (self.step + AVERAGING)
        now = self.critic.parameters_.parameters()
        with torch.no_grad():
            for mean, parameter in zip(self.average.parameters_.parameters(), now, strict=True):
                mean.lerp_(parameter, share)
        self.step += 1

    def note(self, losses: torch.Tensor) -> bool:
        """Takes note of held-out losses (B,); True if these weights are to be kept.

        Later weights have learned from more: they are kept unless they are worse than the best by more than
        `MARGIN_NATS` and two standard errors of the difference, dialogue by dialogue (docs/learning.md).
        """
        if self.best is None:
            self.best = losses
            return True
        worse = losses - self.best
        surely = float(worse.mean()) > max(MARGIN_NATS, 2 * float(worse.std()) / math.sqrt(len(losses)))
        self.stale = self.stale + 1 if surely else 0
        if float(worse.mean()) < 0:
            self.best = losses
        return not surely

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that the next step depends on and that is an array."""
        out = {"dual": self.dual} if self.best is None else {"dual": self.dual, "best": self.best}
        for name, critic in (("critic", self.critic), ("average", self.average)):
            out |= {f"{name}.{key}": value for key, value in critic.parameters_.state_dict().items()}
        return {name: x.detach().cpu().numpy() for name, x in out.items()} | optimiser_arrays(self.optimiser)

    def numbers(self) -> dict[str, Any]:
        """The rest of it."""
        return {name: getattr(self, name) for name in NUMBERS}

    def restore(self, arrays: Mapping[str, np.ndarray], numbers: Mapping[str, Any]) -> None:
        """The inverse of `arrays` and `numbers`."""
        tensors = {name: torch.from_numpy(x) for name, x in arrays.items()}
        for name, critic in (("critic", self.critic), ("average", self.average)):
            own = {k.removeprefix(f"{name}."): v for k, v in tensors.items() if k.startswith(f"{name}.")}
            critic.parameters_.load_state_dict(own)
        with torch.no_grad():
            self.dual.copy_(tensors["dual"])
        restore_optimiser(self.optimiser, arrays)
        for name in NUMBERS:
            setattr(self, name, numbers[name])
        self.best = tensors["best"]
