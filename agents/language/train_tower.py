"""Contrasts the map of `agents.language.items` in small batches: each story's item against a handful of others.

The critic is f(story, item) = <map(story), item> + what patterns tell.  Three ways to train it:

- "importance": K items a story from a proposal, weighted by p / q (`objectives.importance`).  Its optimum is the
  posterior at any K, so that the map may be trained where encoding an item is dear.  The proposal is what patterns
  make of the story ("patterns": no item is encoded for it), or that times the plain match of frozen vectors ("match").
- "in-batch": what the other stories of the batch are about (`objectives.infonce`).  It encodes fewest items, and its
  optimum is the log-ratio to how often such stories are told of an item, not to the prior.
- "catalogue": every item at every step (`objectives.full_softmax`).

`Cost` counts the items that a run would encode if the encoder changed at every step, and the proposal's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import torch

from agents.learning.objectives import full_softmax, importance, infonce
from agents.learning.proposals import Candidates, in_batch, posterior_mixture

START = 15.0
"""The scale of similarity at which the map of texts begins, and that of the proposal's match."""


@dataclass(frozen=True, kw_only=True)
class TowerSettings:
    """How a map is trained."""

    objective: Literal["importance", "in-batch", "catalogue"] = "importance"
    proposal: Literal["patterns", "match"] = "patterns"
    negatives: int = 64
    """Items beside the true one, K; of "in-batch" too."""
    batch: int = 32
    """Stories of a step; in-batch takes K + 1."""
    epochs: int = 8
    """0 leaves the map at plain similarity."""
    prior_power: bool = False
    """Fit the power of the prior afterwards, one number; for ways that can't learn how well known items are."""
    mix: float = 0.3
    """Share of the prior in the proposal."""
    rate: float = 0.03
    """The first step of Adam for the bias; the map, whose numbers are larger, takes five times as much."""
    text_penalty: float = 7e-5
    """Of the squared distance of the text's map from where it begins."""
    facet_penalty: float = 3e-3
    """Of the squared map to the facets' columns."""
    bias_penalty: float = 3e-4
    seed: int = 0


class Stories(NamedTuple):
    """Stories and what they are about; m of them."""

    vectors: np.ndarray
    """(m, K) float32: principal numbers of their texts."""
    log_gain: np.ndarray
    """(m, N) float32: what patterns tell, log belief - log prior."""
    intent: np.ndarray
    """(m,)."""


class FittedMap(NamedTuple):
    """What was learned."""

    map: np.ndarray
    """(K, K + P)."""
    bias: np.ndarray
    """(K + P,)."""

    def scores(self, stories: Stories, items: np.ndarray, log_prior: np.ndarray) -> np.ndarray:
        """(m, N) log belief up to a constant a story."""
        weights = stories.vectors @ self.map + self.bias
        return weights @ items.T + stories.log_gain + log_prior


@dataclass
class Cost:
    """What a run encoded."""

    steps: int = 0
    items: int = 0
    """Items encoded, those of one step once."""
    distinct: int = 0
    proposal: int = 0
    """Items encoded for the proposal."""
    seen: set[int] = field(default_factory=set, repr=False)

    def add(self, ids: np.ndarray) -> None:
        self.steps += 1
        each = np.unique(ids)
        self.items += len(each)
        self.seen.update(each.tolist())
        self.distinct = len(self.seen)


def train_map(
    stories: Stories, items: np.ndarray, prior: np.ndarray, settings: TowerSettings, cost: Cost | None = None
) -> FittedMap:
    """The map, trained from the plain match on.

    Args:
        items: (N, K + P) float32.
        prior: (N,).
    """
    text = stories.vectors.shape[1]
    start = torch.zeros(text, items.shape[1])
    start[:, :text] = START * torch.eye(text)
    weight, bias = start.clone().requires_grad_(True), torch.zeros(items.shape[1], requires_grad=True)
    optimiser = torch.optim.Adam([
        {"params": [weight], "lr": 5 * settings.rate}, {"params": [bias], "lr": settings.rate},
    ])  # fmt: skip
    rng = np.random.default_rng(settings.seed)
    batches = list(_batches(len(stories.intent), settings, rng))
    slower = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: max(0.02, 1 - step / max(1, len(batches))))
    log_prior = torch.tensor(np.log(prior).astype(np.float32))
    cost = Cost() if cost is None else cost
    if settings.objective == "importance" and settings.proposal == "match":
        cost.proposal = len(items)
    for rows in batches:
        some = Stories(*(part[rows] for part in stories))
        said = torch.from_numpy(some.vectors) @ weight + bias  # (B, K + P)
        if settings.objective == "catalogue":
            cost.add(np.arange(len(items)))
            scores = said @ torch.from_numpy(items).T + torch.from_numpy(some.log_gain)
            loss = full_softmax(scores, log_prior, torch.from_numpy(some.intent)).loss
        else:
            drawn = _drawn(some, items, prior, settings, rng)
            cost.add(drawn.ids)
            told = torch.from_numpy(np.take_along_axis(some.log_gain, drawn.ids, axis=1))
            scores = torch.einsum("bk,bjk->bj", said, torch.from_numpy(items[drawn.ids])) + told
            contrast = importance if settings.objective == "importance" else infonce
            loss = contrast(scores, torch.from_numpy(drawn.log_weight.astype(np.float32))).loss
        moved = weight - start
        loss = loss + settings.text_penalty * ((moved[:, :text] ** 2).sum() + (bias[:text] ** 2).sum())
        loss = loss + settings.facet_penalty * (moved[:, text:] ** 2).sum()
        loss = loss + settings.bias_penalty * (bias[text:] ** 2).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        slower.step()
    return FittedMap(weight.detach().numpy(), bias.detach().numpy())


def _batches(n: int, settings: TowerSettings, rng: np.random.Generator) -> Iterator[np.ndarray]:
    size = settings.negatives + 1 if settings.objective == "in-batch" else settings.batch
    for _ in range(settings.epochs):
        order = rng.permutation(n)
        yield from (order[k : k + size] for k in range(0, n - size + 1 if n > size else 1, size))


def _drawn(
    some: Stories, items: np.ndarray, prior: np.ndarray, settings: TowerSettings, rng: np.random.Generator
) -> Candidates:
    if settings.objective == "in-batch":
        return in_batch(some.intent)
    log_belief = some.log_gain + np.log(prior).astype(np.float32)
    if settings.proposal == "match":
        text = some.vectors.shape[1]
        log_belief = log_belief + START * some.vectors @ items[:, :text].T
    return posterior_mixture(some.intent, prior, log_belief, settings.negatives, rng, settings.mix)
