"""Contrastive objectives: what a critic f(history, intent) is trained by to tell the true intent from others.

Every objective takes the scores of B histories against 1 + K candidates, the truth in column 0, and log p(y) - log q(y)
of each candidate under the prior p and the proposal q that it was drawn from (zero where they agree).  It returns the
loss to descend, its value as a bound on the mutual information of history and intent, and how many candidates did the
work.

Which to use, decided by measurement (docs/learning.md): `full_softmax` where the catalogue is small enough to score
whole; else `importance`, whose optimum is the posterior at any K.  The others are here to be compared with.

- f* is the log-ratio log p(y | h) / p(y) up to c(h) for full_softmax, infonce, importance, dv and flo; exactly that for
  binary, and one more than it for nwj.
- A bound's value above the truth is an estimate that failed, not a tight bound: dv does so at few negatives.  infonce
  can't show more than log(K + 1) whatever the critic has learned.

Sources: InfoNCE van den Oord et al. (2018), arXiv:1807.03748; ranking NCE Ma and Collins (2018), arXiv:1809.01812; NWJ
Nguyen, Wainwright and Jordan (2010), arXiv:0809.0853; DV Donsker and Varadhan (1983); FlatNCE Chen et al. (2021),
arXiv:2107.01152; FLO Guo et al. (2022), arXiv:2107.01131; binary NCE Gutmann and Hyvarinen (2012).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import softplus


class Estimate(NamedTuple):
    """What an objective says of one batch."""

    loss: Tensor
    """() to descend; its gradient is what matters (FlatNCE's value is always 0)."""
    bound_nats: Tensor
    """() detached: the objective's estimate of I(history; intent)."""
    effective: Tensor
    """() detached: effective number of negatives, 1 / sum of squared normalised weights, mean over histories."""


def full_softmax(scores: Tensor, log_prior: Tensor, intent: Tensor) -> Estimate:
    """Cross-entropy of the whole catalogue: p(y | h) = p(y) e^f / sum.

    Args:
        scores: (B, N) f(h, y) of every intent.
        log_prior: (N,) log p(y).
        intent: (B,) the truth.
    """
    logits = scores + log_prior
    nll = torch.logsumexp(logits, dim=1) - logits.gather(1, intent[:, None])[:, 0]
    bound = -nll - log_prior[intent]
    return _estimate(nll.mean(), bound.mean(), logits.scatter(1, intent[:, None], -math.inf))


def infonce(scores: Tensor, log_weight: Tensor) -> Estimate:
    """Ranking NCE: mean of pos - log mean exp over the truth and the negatives; at most log(K + 1).

    It takes the candidates as drawn from the prior and ignores `log_weight`: with another proposal its optimum is not
    the posterior.
    """
    log_mean = torch.logsumexp(scores, dim=1) - math.log(scores.shape[1])
    value = (scores[:, 0] - log_mean).mean()
    return _estimate(-value, value, scores[:, 1:])


def importance(scores: Tensor, log_weight: Tensor) -> Estimate:
    """Importance-weighted ranking NCE: cross-entropy over the candidates of f + log p - log q, the truth included.

    Given the set of candidates, each is the truth with odds p(h | y) p(y) / q(y), so the optimum is the posterior at
    any K and any q that is positive where the posterior is.  `bound_nats` is the self-normalised estimate of
    E log p(y | h) / p(y); it is a bound for q = p only.
    """
    logits = scores + log_weight
    loss = (torch.logsumexp(logits, dim=1) - logits[:, 0]).mean()
    log_mean = torch.logsumexp(logits, dim=1) - math.log(logits.shape[1])
    return _estimate(loss, (scores[:, 0] - log_mean).mean(), logits[:, 1:])


def flatnce(scores: Tensor, log_weight: Tensor) -> Estimate:
    """FlatNCE: the gradient of log mean exp(negatives) - truth, at value 0.

    The truth doesn't hold the softmax back, so where the best of K negatives is no match for it the scores grow without
    end: bound the critic, or stop early.  `bound_nats` is infonce's at the same scores.
    """
    contrast = torch.logsumexp(scores[:, 1:] + log_weight[:, 1:] - scores[:, :1], dim=1)
    loss = torch.exp(contrast - contrast.detach()).mean() - 1
    return _estimate(loss, infonce(scores, log_weight).bound_nats, scores[:, 1:] + log_weight[:, 1:])


def flo(scores: Tensor, log_weight: Tensor, dual: Tensor) -> Estimate:
    """Fenchel-Legendre optimisation: E[1 - u - exp(-u) E_neg exp(f' - f)] is a lower bound for every u.

    Args:
        dual: (B,) u(h, y) of the truth; its optimum is minus the pointwise mutual information.
    """
    log_mean = _log_mean_negatives(scores, log_weight)
    value = (1 - dual - torch.exp(log_mean - scores[:, 0] - dual)).mean()
    return _estimate(-value, value, scores[:, 1:] + log_weight[:, 1:])


def nwj(scores: Tensor, log_weight: Tensor) -> Estimate:
    """Nguyen-Wainwright-Jordan: E f - E_neg e^(f - 1).  The optimal f is 1 + log ratio."""
    value = (scores[:, 0] - torch.exp(_log_mean_negatives(scores, log_weight) - 1)).mean()
    return _estimate(-value, value, scores[:, 1:] + log_weight[:, 1:])


def dv(scores: Tensor, log_weight: Tensor) -> Estimate:
    """Donsker-Varadhan: E f - log E_neg e^f, the expectation over the batch inside the logarithm."""
    log_mean = torch.logsumexp(_log_mean_negatives(scores, log_weight), dim=0) - math.log(len(scores))
    value = scores[:, 0].mean() - log_mean
    return _estimate(-value, value, scores[:, 1:] + log_weight[:, 1:])


def binary(scores: Tensor, log_weight: Tensor) -> Estimate:
    """Binary NCE with as much weight on negatives as on truths; f must normalise itself.

    `bound_nats` is NWJ's at f + 1: both have the log-ratio as their optimum then.
    """
    weight = torch.exp(log_weight[:, 1:])
    loss = (softplus(-scores[:, 0]) + (weight * softplus(scores[:, 1:])).mean(dim=1)).mean()
    return _estimate(loss, nwj(scores + 1, log_weight).bound_nats, scores[:, 1:] + log_weight[:, 1:])


OBJECTIVES: Mapping[str, Callable[[Tensor, Tensor], Estimate]] = {
    "importance": importance,
    "infonce": infonce,
    "flatnce": flatnce,
    "nwj": nwj,
    "dv": dv,
    "binary": binary,
}
"""Those of scores and log-weights alone; `full_softmax` needs the catalogue and `flo` its dual."""


def contrast(objective: str, scores: Tensor, log_weight: Tensor, dual: Tensor) -> Estimate:
    """The estimate of an objective that tells the truth from candidates.

    Args:
        dual: (2,) FLO's second critic: u is linear in the score of the truth, -f at (0, 0).
    """
    if objective == "flo":
        return flo(scores, log_weight, dual[0] + (dual[1] - 1) * scores[:, 0])
    return OBJECTIVES[objective](scores, log_weight)


def _log_mean_negatives(scores: Tensor, log_weight: Tensor) -> Tensor:
    """(B,) log of the weighted mean of e^f over the negatives."""
    return torch.logsumexp(scores[:, 1:] + log_weight[:, 1:], dim=1) - math.log(scores.shape[1] - 1)


def _estimate(loss: Tensor, bound: Tensor, log_weights: Tensor) -> Estimate:
    with torch.no_grad():
        share = torch.softmax(log_weights, dim=1)
        effective = (1 / (share * share).sum(dim=1)).mean()
    return Estimate(loss, bound.detach(), effective)
