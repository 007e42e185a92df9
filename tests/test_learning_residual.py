"""The residual: nothing at the start, the same served as trained, blind to order, kept only where it helps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.learning.checkpoint import read_checkpoint
from agents.learning.config import TrainConfig
from agents.learning.residual import Residual, ResidualConfig, Scorer, losses, train_residual
from agents.learning.residual_tokens import ServedResidual
from agents.learning.serve import learned_posterior
from agents.learning.train import train
from agents.learning.transcripts import Transcripts, belief_after, evidence_of
from agents.practice import Practice
from sim.catalogue.load import load
from sim.questions import question_bank
from sim.users.memory import Population

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def toy():
    bank = question_bank(load("toy"))
    return bank, Practice(Population(bank, "typical"), 0, turns=8)


def test_starts_at_nothing_and_is_served_as_trained(toy):
    bank, practice = toy
    histories = practice(0, 6)
    torch.manual_seed(0)
    evidence = evidence_of(bank, histories)
    assert not Residual(bank)(evidence).detach().any()
    residual = Residual(bank, start=0.5)
    scores = residual(evidence).detach().numpy()
    served = ServedResidual(bank.catalogue, {k[9:]: v for k, v in residual.arrays().items()})
    np.testing.assert_allclose(np.stack([served(tuple(t.items())) for t in evidence]), scores, atol=1e-4)
    ids = np.array([[3, 3, 0]] * 6)
    np.testing.assert_allclose(residual(evidence, ids).detach().numpy(), scores[:, [3, 3, 0]], atol=1e-5)
    assert not residual(evidence_of(bank, histories.prefix(0))).detach().any()
    silent = Transcripts(intent=np.zeros(1, int), question=np.array([[-1]]), answer=np.array([[-1]]),
                       said=np.full((1, len(bank.catalogue.facets)), -1))  # fmt: skip
    with torch.no_grad():
        residual.inner_bias += 1
    evidence = evidence_of(bank, silent)
    assert evidence[0] and not residual(evidence).detach().any()


def test_blind_to_order(toy):
    bank, _ = toy
    residual = Residual(bank, start=0.5)
    a = Transcripts(intent=np.zeros(1, int), question=np.array([[1, 5, 9]]), answer=np.array([[1, 0, 4]]))
    b = Transcripts(intent=np.zeros(1, int), question=np.array([[9, 1, 5]]), answer=np.array([[4, 1, 0]]))
    np.testing.assert_allclose(*(residual(evidence_of(bank, h)).detach().numpy() for h in (a, b)), atol=1e-5)


@pytest.mark.parametrize("objective", ["full", "infonce", "nwj", "flo"])
def test_a_tower_alone_learns(toy, objective):
    bank, practice = toy
    config = ResidualConfig(count=3200, held_out=64, learning_rate=0.01, objective=objective, proposal="in-batch")
    found = train_residual(bank, practice, config, None, practice(1 << 40, 64))
    assert found["gain_nats"] > 0.3  # over the prior


@pytest.mark.parametrize("helps", [False, True])
def test_kept_only_where_it_helps(toy, tmp_path, helps):
    bank, practice = toy
    train(bank, practice, TrainConfig(count=640, evaluate_every=320, held_out=32), tmp_path)

    def odd(first, count):
        """Where it should help: everybody wants the first intent after any answer."""
        h = practice(first, count)
        return Transcripts(intent=np.zeros(count, int), question=h.question, answer=h.answer) if helps else h

    config = ResidualConfig(count=640, held_out=64, learning_rate=0.01)
    found = train_residual(bank, odd, config, tmp_path, odd(1 << 40, 64))
    checkpoint = read_checkpoint(tmp_path, bank.catalogue)
    assert (
        found["kept"]
        == helps
        == checkpoint.config["residual"]
        == any(k.startswith("residual.") for k in checkpoint.tables)
    )
    # Served beliefs are those of the scorer.
    histories = practice(7, 4)
    residual = Residual(bank)
    if helps:
        with torch.no_grad():
            for name, p in residual.named_parameters():
                p.copy_(torch.from_numpy(checkpoint.tables[f"residual.{name}"]))
    nll = losses(Scorer(bank, checkpoint.tables, residual), histories)[0]
    beliefs = belief_after(learned_posterior(bank, checkpoint), histories)
    served = [-np.log(p[i]) for p, i in zip(beliefs, histories.intent)]
    np.testing.assert_allclose(served, nll, atol=0.05)  # the kernel is cut when served
