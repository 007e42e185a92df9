"""Fits the heads: a softmax over meanings for the answer, a logistic one for what is off topic.

The answer head is a critic f(utterance, meaning) that is contrasted over all five meanings, by `full_softmax` of
`agents.learning.objectives`.  How strongly weights are held back is chosen on wordings that are held out, and so is the
temperature: a head is judged on how people talk, not on how the grammar does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from agents.language.answer_head import LinearHead
from agents.learning.objectives import full_softmax

FOLDS = 5
PENALTIES = (3e-5, 1e-4, 3e-4)
"""Weights of the squared norm that are tried."""
FINE = 3
"""Rows of least weight are put in so often, that weights between are met."""
STEPS = 60


@dataclass(frozen=True)
class FittedHead:
    """A head, and how it did on wordings that it had not seen."""

    head: LinearHead
    penalty: float
    accuracy: float
    nll_nats: float


def fit_head(
    features: np.ndarray, meaning: np.ndarray, group: np.ndarray, meanings: int, even: bool = False
) -> FittedHead:
    """A head on features, its penalty and temperature chosen on held-out groups.

    Args:
        features: (n, D).
        meaning: (n,) in 0..meanings - 1.
        group: (n,) the wording of each.
        even: let each meaning count alike, however many wordings it has, so that what comes out is a likelihood.
    """
    prior = np.log(np.full(meanings, 1 / meanings))
    fold = np.array([(g * 2654435761 >> 7) % FOLDS for g in group])
    weight = 1.0 / np.bincount(group)[group]  # each wording counts alike
    if even:
        weight /= np.bincount(meaning, weight, meanings)[meaning]
    tried = {}
    for penalty in PENALTIES:
        logits = np.zeros((len(features), meanings))
        for k in range(FOLDS):
            inside = fold != k
            head = _fit(features[inside], meaning[inside], weight[inside], prior, penalty)
            logits[~inside] = head.logits(features[~inside])
        scale = _temperature(logits, meaning, weight)
        tried[_nll(scale * logits, meaning, weight)] = (penalty, scale, logits)
    nll = min(tried)
    penalty, scale, logits = tried[nll]
    head = _fit(features, meaning, weight, prior, penalty)
    right = logits.argmax(axis=1) == meaning
    return FittedHead(
        LinearHead((scale * head.weight).astype(np.float32), (scale * head.bias).astype(np.float32)),
        penalty, float((right * weight).sum() / weight.sum()), nll,
    )  # fmt: skip


def _fit(
    features: np.ndarray, meaning: np.ndarray, weight: np.ndarray, prior: np.ndarray, penalty: float
) -> LinearHead:
    x, y = torch.tensor(features, dtype=torch.float32), torch.tensor(meaning)
    log_prior = torch.tensor(prior, dtype=torch.float32)
    w = torch.tensor(weight / weight.sum())
    theta = torch.zeros(len(prior), features.shape[1] + 1, requires_grad=True)
    optimiser = torch.optim.LBFGS([theta], max_iter=STEPS, line_search_fn="strong_wolfe")
    repeats = torch.round(FINE * w / w.min()).long() if float(w.min()) > 0 else torch.ones_like(y)
    # `full_softmax` is a plain mean, so a row that weighs more is put in more often.
    index = torch.repeat_interleave(torch.arange(len(y)), repeats.clamp(max=12 * FINE))

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        scores = x @ theta[:, :-1].T + theta[:, -1]
        out = full_softmax(scores[index], log_prior, y[index]).loss + penalty * (theta[:, :-1] ** 2).sum()
        out.backward()
        return out

    optimiser.step(loss)  # pyright: ignore[reportArgumentType]
    fitted = theta.detach().numpy()
    return LinearHead(fitted[:, :-1], fitted[:, -1] + prior)


def _nll(logits: np.ndarray, meaning: np.ndarray, weight: np.ndarray) -> float:
    top = logits.max(axis=1, keepdims=True)
    log_p = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
    return float(-(log_p[np.arange(len(meaning)), meaning] * weight).sum() / weight.sum())


def _temperature(logits: np.ndarray, meaning: np.ndarray, weight: np.ndarray) -> float:
    """What logits are multiplied by so that held-out wordings are likeliest, by golden section."""
    low, high = math.log(0.2), math.log(3.0)
    ratio = (math.sqrt(5) - 1) / 2
    for _ in range(25):
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        if _nll(math.exp(a) * logits, meaning, weight) < _nll(math.exp(b) * logits, meaning, weight):
            high = b
        else:
            low = a
    return math.exp((low + high) / 2)
