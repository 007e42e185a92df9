"""The loss of a batch of dialogues, in two directions, as in contrastive learning of pairs.

The true intent is told from other intents given the answers so far (the objective), and the true answers from other
answers given the intent, -log p(all answers | intent) a turn, by weight `answer_weight`.  The first alone leaves open
what is the same for every intent, how often people say "don't know", and the information gain of a question depends on
that.  The second is where the rates come from soonest: at its full weight the loss is the likelihood of dialogues and
intents together, which no estimator uses better if users are of the channel's form.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from agents.learning import objectives, proposals
from agents.learning.cheap_belief import CheapBelief
from agents.learning.config import TrainConfig
from agents.learning.critic import ChannelCritic, CurrentTables
from agents.learning.objectives import Estimate
from agents.learning.transcripts import FacetEvidence, Transcripts


def batch_loss(
    critic: ChannelCritic, dual: Tensor, whole: Transcripts, config: TrainConfig, distinct: int,
    rng: np.random.Generator,
) -> tuple[Estimate, Tensor, int]:  # fmt: skip
    """The objective's estimate, the loss, and how many scores were computed with gradient.

    Args:
        dual: (2,) see `objectives.contrast`.
        whole: dialogues to their end; intents are told apart where `rng` cuts them short.
        distinct: the priors on the parameters count once against so many dialogues, however often these are gone
            through.
    """
    current = critic.current()
    evidence = critic.evidence(whole.cut(rng))
    estimate, scored = _intents_told_apart(critic, dual, evidence, whole.intent, config, rng, current)
    loss = estimate.loss + critic.parameters_.penalty() / distinct
    if config.answer_weight:
        answers = critic(critic.evidence(whole), whole.intent[:, None], current)
        loss = loss - config.answer_weight * answers.mean() / max(1.0, float(whole.turns.mean()))
    return estimate, loss, scored


def _intents_told_apart(
    critic: ChannelCritic, dual: Tensor, evidence: Sequence[FacetEvidence], truth: np.ndarray, config: TrainConfig,
    rng: np.random.Generator, current: CurrentTables,
) -> tuple[Estimate, int]:  # fmt: skip
    prior = critic.catalogue.prior
    objective, proposal = config.resolved(len(prior))
    if objective == "full":
        scores = critic(evidence, None, current)
        intent = torch.from_numpy(truth).to(scores.device)
        return objectives.full_softmax(scores, torch.from_numpy(np.log(prior)).to(scores), intent), scores.numel()

    def log_belief() -> np.ndarray:
        return CheapBelief(critic.catalogue, critic.index, current.tables.numpy()).log_belief(evidence)

    drawn = proposals.draw(proposal, truth, prior, config.negatives, rng, config.mix, log_belief)
    scores = critic(evidence, drawn.ids, current)
    weight = torch.from_numpy(drawn.log_weight).to(scores)
    # Scores are log p(h | i): a constant of h is common to all candidates of a row.
    scores = scores - torch.logsumexp(scores + weight, dim=1, keepdim=True).detach() + math.log(scores.shape[1])
    return objectives.contrast(objective, scores, weight, dual), scores.numel()
