"""The policy's network in torch, in the form that SB3's maskable PPO takes, and its way into a file."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy
from stable_baselines3.common.type_aliases import Schedule
from torch import nn

from agents.policy.serve import LAYERS
from envs.features import GLOBAL, PER_QUESTION, Shortlist

HIDDEN = 64


class ShortlistNetwork(nn.Module):
    """Logits of the shortlist's questions and of guessing; see `agents.policy.serve`, which computes the same."""

    def __init__(self) -> None:
        super().__init__()
        self.encode = nn.Linear(PER_QUESTION + GLOBAL, HIDDEN)
        self.encode_more = nn.Linear(HIDDEN, HIDDEN)
        self.summary = nn.Linear(GLOBAL + HIDDEN + PER_QUESTION, HIDDEN)
        self.judge = nn.Linear(2 * HIDDEN, HIDDEN)
        self.score = nn.Linear(HIDDEN, 1)
        self.guess = nn.Linear(HIDDEN, 1)

    def forward(self, observation: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, k + 1) logits and (B, HIDDEN) summary from (B, width)."""
        each, summary = self.read(observation)
        judged = torch.tanh(_side_by_side(self.judge, each, summary))
        return torch.cat([self.score(judged)[..., 0], self.guess(summary)], dim=1), summary

    def read(self, observation: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, k, HIDDEN) of each question, and the summary (B, HIDDEN), which is all that a value needs."""
        state = observation[:, :GLOBAL]
        questions = observation[:, GLOBAL:].unflatten(1, (-1, PER_QUESTION))  # (B, k, P)
        each = torch.tanh(self.encode_more(torch.tanh(_side_by_side(self.encode, questions, state))))
        mean = (each * questions[..., :1]).sum(dim=1) / questions.shape[1]
        return each, torch.tanh(self.summary(torch.cat([state, mean, questions[:, 0]], dim=1)))


def _side_by_side(layer: nn.Linear, each: torch.Tensor, shared: torch.Tensor) -> torch.Tensor:
    """The layer over each of (B, k, X) beside what they share, (B, Y), of which the product is worked out once."""
    mine, common = layer.weight.split([each.shape[2], shared.shape[1]], dim=1)
    return nn.functional.linear(each, mine) + nn.functional.linear(shared, common, layer.bias)[:, None]


class _Both(nn.Module):
    """What SB3 calls an mlp_extractor: the policy's logits, and a summary of its own for the value."""

    def __init__(self, actions: int) -> None:
        super().__init__()
        self.latent_dim_pi, self.latent_dim_vf = actions, HIDDEN
        self.policy, self.value = ShortlistNetwork(), ShortlistNetwork()

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.forward_actor(features), self.forward_critic(features)

    def forward_actor(self, features: torch.Tensor) -> torch.Tensor:
        return self.policy(features)[0]

    def forward_critic(self, features: torch.Tensor) -> torch.Tensor:
        return self.value.read(features)[1]


class ShortlistPolicy(MaskableActorCriticPolicy):
    """Maskable PPO's policy with `ShortlistNetwork`."""

    def _build_mlp_extractor(self) -> None:
        self.mlp_extractor = _Both(int(self.action_space.n))  # type: ignore[assignment, attr-defined]

    def _build(self, lr_schedule: Schedule) -> None:
        super()._build(lr_schedule)
        # The logits come ready from the network; a last layer over them would mix up the questions.
        self.action_net = nn.Identity()  # type: ignore[assignment]
        for network in (self.mlp_extractor.policy,):  # type: ignore[attr-defined]
            for layer in (network.score, network.guess):
                nn.init.orthogonal_(layer.weight, gain=0.01)
        self.optimizer = self.optimizer_class(self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)  # type: ignore[call-arg]

    @property
    def network(self) -> ShortlistNetwork:
        return self.mlp_extractor.policy  # type: ignore[attr-defined, return-value]


def exported(network: ShortlistNetwork, shortlist: Shortlist, **about: Any) -> bytes:
    """The weights as a safetensors file; `about`, which is JSON, goes into its metadata."""
    from safetensors.numpy import save

    weights = {name: np.ascontiguousarray(w.detach().cpu().numpy()) for name, w in network.state_dict().items()}
    assert {name.split(".")[0] for name in weights} == set(LAYERS)
    card = {"shortlist": asdict(shortlist), "features": [GLOBAL, PER_QUESTION], **about}
    return save(weights, metadata={"policy": json.dumps(card, sort_keys=True)})
