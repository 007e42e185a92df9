"""Objectives against plain loops, closed forms and optimal critics of correlated Gaussians; proposals by counting."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from agents.learning import objectives, proposals
from agents.learning.objectives import OBJECTIVES

B, K = 5, 7


def batch(seed=0):
    g = torch.Generator().manual_seed(seed)
    scores = torch.randn(B, 1 + K, generator=g, dtype=torch.float64)
    return scores, torch.randn(B, 1 + K, generator=g, dtype=torch.float64) * 0.5


def loops(name, f, w, u=None):
    """The loss of one objective in plain Python; f and w are nested lists, the truth first."""
    b, k = len(f), len(f[0]) - 1
    rows = range(b)
    mean_neg = [sum(math.exp(f[i][j] + w[i][j]) for j in range(1, k + 1)) / k for i in rows]
    if name == "infonce":
        return sum(-math.log(math.exp(f[i][0]) / (sum(map(math.exp, f[i])) / (k + 1))) for i in rows) / b
    if name == "importance":
        odds = [[math.exp(x + y) for x, y in zip(f[i], w[i])] for i in rows]
        return sum(-math.log(o[0] / sum(o)) for o in odds) / b
    if name == "nwj":
        return -sum(f[i][0] - mean_neg[i] / math.e for i in rows) / b
    if name == "dv":
        return -(sum(f[i][0] for i in rows) / b - math.log(sum(mean_neg) / b))
    if name == "flo":
        return -sum(1 - u[i] - math.exp(-u[i]) * mean_neg[i] / math.exp(f[i][0]) for i in rows) / b
    if name == "binary":
        total = 0.0
        for i in rows:
            total -= math.log(1 / (1 + math.exp(-f[i][0])))
            total -= sum(math.exp(w[i][j]) * math.log(1 - 1 / (1 + math.exp(-f[i][j]))) for j in range(1, k + 1)) / k
        return total / b
    raise KeyError(name)


@pytest.mark.parametrize("name", ["infonce", "importance", "nwj", "dv", "binary"])
def test_equals_a_plain_loop(name):
    scores, weight = batch()
    assert float(OBJECTIVES[name](scores, weight).loss) == pytest.approx(loops(name, scores.tolist(), weight.tolist()))


def test_flo_equals_a_plain_loop():
    scores, weight = batch()
    u = torch.linspace(-1, 1, B, dtype=torch.float64)
    found = objectives.flo(scores, weight, u)
    assert float(found.loss) == pytest.approx(loops("flo", scores.tolist(), weight.tolist(), u.tolist()))


def test_full_softmax_equals_a_plain_loop():
    scores = batch()[0]
    prior = torch.softmax(torch.arange(1.0 + K, dtype=torch.float64) / 3, dim=0)
    intent = torch.tensor([0, 3, 3, 7, 1])
    loss = 0.0
    for row, y in zip(scores.tolist(), intent.tolist()):
        odds = [float(p) * math.exp(f) for p, f in zip(prior, row)]
        loss -= math.log(odds[y] / sum(odds)) / B
    found = objectives.full_softmax(scores, prior.log(), intent)
    assert float(found.loss) == pytest.approx(loss)
    assert float(found.bound_nats) == pytest.approx(-loss - float(prior.log()[intent].mean()))


def test_a_constant_critic_has_closed_forms():
    constant, none = torch.full((B, 1 + K), 1.0, dtype=torch.float64), torch.zeros(B, 1 + K, dtype=torch.float64)
    assert float(objectives.importance(constant, none).loss) == pytest.approx(math.log(K + 1))
    for name in ("infonce", "importance", "nwj", "dv"):
        found = OBJECTIVES[name](constant, none)
        assert float(found.bound_nats) == pytest.approx(0.0, abs=1e-12)
        assert float(found.effective) == pytest.approx(K)
    assert float(objectives.binary(none, none).loss) == pytest.approx(2 * math.log(2))
    assert float(objectives.flatnce(constant, none).loss) == 0.0
    assert float(objectives.flo(constant, none, none[:, 0]).bound_nats) == pytest.approx(0.0)
    uniform = torch.full((1 + K,), -math.log(1 + K), dtype=torch.float64)
    found = objectives.full_softmax(constant, uniform, torch.zeros(B, dtype=torch.int64))
    assert float(found.loss) == pytest.approx(math.log(K + 1))


def test_infonce_never_exceeds_the_logarithm_of_its_candidates():
    scores = torch.zeros(B, 1 + K, dtype=torch.float64)
    scores[:, 0] = 100.0
    assert float(objectives.infonce(scores, torch.zeros_like(scores)).bound_nats) <= math.log(K + 1) + 1e-6


def test_one_candidate_does_the_work():
    scores = torch.zeros(B, 1 + K)
    scores[:, 2] = 50.0
    assert float(objectives.infonce(scores, torch.zeros_like(scores)).effective) == pytest.approx(1.0)


def test_flatnce_has_the_gradient_of_contrast_and_of_flo_with_the_best_dual():
    def gradient(loss, scores):
        return torch.autograd.grad(loss, scores)[0]

    scores, none = batch()[0].requires_grad_(), torch.zeros(B, 1 + K, dtype=torch.float64)
    flat = gradient(objectives.flatnce(scores, none).loss, scores)
    direct = gradient((torch.logsumexp(scores[:, 1:], 1) - scores[:, 0]).mean(), scores)
    torch.testing.assert_close(flat, direct)
    best = (torch.logsumexp(scores[:, 1:], 1) - math.log(K) - scores[:, 0]).detach()
    torch.testing.assert_close(flat, gradient(objectives.flo(scores, none, best).loss, scores))
    # InfoNCE is the same, held back by how sure it is of the truth already.
    nce = gradient(objectives.infonce(scores, none).loss, scores)
    torch.testing.assert_close(nce, flat * (1 - torch.softmax(scores, 1)[:, :1]).detach())


OPTIMAL = {  # MI: InfoNCE, NWJ, DV with the optimal critic, batch 64 (measured; the spread of a batch grows with MI)
    2: (1.82, 2.01, 2.02), 4: (3.08, 4.04, 4.08), 6: (3.74, 6.06, 6.27), 8: (4.02, 7.9, 8.5), 10: (4.12, 10.3, 11.4),
}  # fmt: skip


def in_batch(scores: torch.Tensor) -> torch.Tensor:
    """(B, B) scores of every history against every truth, as (B, 1 + K): the own truth first, K = B - 1.

    Equal intents in a batch stay: collisions belong to draws from the prior, and masking them biases the optimum.
    """
    b = len(scores)
    others = ~torch.eye(b, dtype=torch.bool, device=scores.device)
    return torch.cat([scores.diagonal()[:, None], scores[others].view(b, b - 1)], dim=1)


@pytest.mark.parametrize("mi", OPTIMAL)
def test_optimal_critic_on_correlated_gaussians(mi):
    """20 dimensions, batch 64, the true log-ratio as critic: what each bound can show."""
    d, b, repeats = 20, 64, 80
    rho = math.sqrt(1 - math.exp(-2 * mi / d))
    g = torch.Generator().manual_seed(mi)
    found = []
    for _ in range(repeats):
        x = torch.randn(b, d, generator=g, dtype=torch.float64)
        y = rho * x + math.sqrt(1 - rho**2) * torch.randn(b, d, generator=g, dtype=torch.float64)
        ratio = 0.5 * (y**2).sum(1)[None, :] - 0.5 * ((y[None] - rho * x[:, None]) ** 2).sum(2) / (1 - rho**2) + mi
        scores = in_batch(ratio)
        none = torch.zeros_like(scores)
        found.append([
            float(objectives.infonce(scores, none).bound_nats),
            float(objectives.nwj(scores + 1, none).bound_nats),
            float(objectives.dv(scores, none).bound_nats),
            float(objectives.flo(scores, none, -scores[:, 0]).bound_nats),
        ])  # fmt: skip
    nce, nwj, dv, flo = np.mean(found, axis=0)
    assert np.max(found, axis=0)[0] <= math.log(b)
    assert flo == pytest.approx(nwj)  # the same number at the optimum
    assert nce == pytest.approx(OPTIMAL[mi][0], abs=0.1)
    if mi <= 4:
        assert nwj == pytest.approx(OPTIMAL[mi][1], abs=0.25)
        assert dv == pytest.approx(OPTIMAL[mi][2], abs=0.25)


def test_importance_finds_the_posterior_with_one_negative_of_any_proposal():
    """The expected gradient at the true log-ratio is zero, summed over all sets of one negative."""
    rng = np.random.default_rng(0)
    n, h = 4, 3
    joint = rng.random((h, n))
    joint /= joint.sum()
    prior = joint.sum(axis=0)
    ratio = torch.tensor(np.log(joint / joint.sum(axis=1, keepdims=True) / prior), requires_grad=True)
    q = rng.dirichlet(np.ones(n), size=h)
    total = torch.zeros((), dtype=torch.float64)
    for x in range(h):
        for y in range(n):
            for other in range(n):
                ids = torch.tensor([[y, other]])
                weight = torch.tensor(np.log(prior[[y, other]]) - np.log(q[x, [y, other]]))[None]
                loss = objectives.importance(ratio[x][ids], weight).loss
                total = total + float(joint[x, y] * q[x, other]) * loss
    assert float(torch.autograd.grad(total, ratio)[0].abs().max()) < 1e-12


PRIOR = np.array([0.5, 0.3, 0.15, 0.05])


@pytest.mark.parametrize("name", ["uniform", "prior", "in-batch", "posterior"])
def test_proposals_draw_what_they_say(name):
    rng = np.random.default_rng(1)
    b, k = 400, 100
    truth = rng.choice(4, size=b, p=PRIOR)
    belief = np.log(np.tile([0.1, 0.1, 0.1, 0.7], (b, 1))) + 5.0
    made = proposals.draw(name, truth, PRIOR, k, rng, 0.3, lambda: belief)
    assert (made.ids[:, 0] == truth).all() and made.ids.shape == made.log_weight.shape
    # Weighted, every proposal is the prior.
    weight = np.exp(made.log_weight[:, 1:]).ravel()
    counted = np.bincount(made.ids[:, 1:].ravel(), weights=weight, minlength=4) / len(weight)
    np.testing.assert_allclose(counted, PRIOR, atol=0.03)
    # A candidate's weight depends on what it is, not on being the truth.
    for i in range(4):
        assert np.ptp(made.log_weight[made.ids == i]) < 1e-12


def test_a_proposal_without_the_prior_is_refused():
    with pytest.raises(ValueError, match="mix=0"):
        proposals.posterior_mixture(np.array([0]), PRIOR, np.zeros((1, 4)), 2, np.random.default_rng(0), mix=0)
