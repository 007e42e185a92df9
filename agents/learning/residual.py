"""The residual critic: <r(h), e_i>, a permutation-invariant set encoder and items made from features.

It is trained on top of a channel that stays as it is, from zero, to say what no channel of that form can; and it is
kept only where it lowers the held-out NLL by more than two standard errors.  Sum pooling, not the mean: how much was
answered must show.  Items are sums of their values' vectors, so an intent that was never seen has one too.  Without a
channel it is the plain two-tower critic that logs without facets would leave one with: the baseline.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from agents.learning import objectives, proposals
from agents.learning.cheap_belief import CheapBelief
from agents.learning.checkpoint import METRICS, Checkpoint, read_checkpoint, save_checkpoint
from agents.learning.config import MOST_DIALOGUES, objective_for
from agents.learning.critic import ChannelCritic
from agents.learning.objectives import Estimate
from agents.learning.parameters import Tables
from agents.learning.residual_tokens import KINDS, Vocabulary
from agents.learning.sources import DialogueSource
from agents.learning.transcripts import FacetEvidence, Transcripts
from sim.questions import QuestionBank

SOURCE_FROM = MOST_DIALOGUES
"""Number of the first dialogue that a residual is trained on: others than its channel's."""


class Residual(nn.Module):
    """Scores (B, C) of a set encoder.

    Args:
        width: of values' vectors; hidden: of the encoder.
        start: standard deviation of the last layer; 0 for a residual, which starts at nothing.
    """

    def __init__(self, bank: QuestionBank, width: int = 32, hidden: int = 64, start: float = 0.0):
        super().__init__()
        self.vocabulary = Vocabulary(bank.catalogue)
        facets = len(bank.catalogue.facets)
        self.values = nn.Parameter(torch.randn(self.vocabulary.size + 1, width) * 0.3)
        self.scale = nn.Parameter(torch.randn(facets * KINDS, width) * 0.3)
        self.bias = nn.Parameter(torch.randn(facets * KINDS, width) * 0.1)
        self.inner = nn.Parameter(torch.randn(width, hidden) / width**0.5)
        self.inner_bias = nn.Parameter(torch.zeros(hidden))
        self.outer = nn.Parameter(torch.randn(hidden, width) * start)
        self.item = nn.Parameter(torch.randn(width, width) / width**0.5)
        x = self.vocabulary.intents().tocoo()
        places = torch.from_numpy(np.stack([x.row, x.col]).astype(np.int64))
        features = torch.sparse_coo_tensor(
            places, torch.from_numpy(x.data.astype(np.float32)), x.shape, check_invariants=False
        )
        self.register_buffer("features", features.coalesce(), persistent=False)

    def forward(self, evidence: Sequence[FacetEvidence], candidates: np.ndarray | None = None) -> Tensor:
        """(B, N), or (B, C) of the candidates."""
        row, values, kinds = [], [], []
        for b, table in enumerate(evidence):
            v, k = self.vocabulary.tokens(table)
            row += [b] * len(v)
            values += v
            kinds += k
        tokens = self.values[values] * self.scale[kinds] + self.bias[kinds]
        pooled = torch.zeros(len(evidence), tokens.shape[1]).index_add(0, torch.tensor(row, dtype=torch.int64), tokens)
        # Who volunteered nothing has evidence, but no token.
        asked = torch.bincount(torch.tensor(row, dtype=torch.int64), minlength=len(evidence)).clamp(max=1)[:, None]
        r = torch.tanh(pooled @ self.inner + self.inner_bias) @ self.outer * asked
        items = torch.sparse.mm(self.features, self.values[:-1]) @ self.item
        return r @ items.T if candidates is None else torch.einsum("bd,bcd->bc", r, items[torch.from_numpy(candidates)])

    def arrays(self) -> dict[str, np.ndarray]:
        """As `residual_tokens.ServedResidual` reads them."""
        return {f"residual.{name}": p.detach().numpy().astype(np.float32).copy() for name, p in self.named_parameters()}


@dataclass(frozen=True, kw_only=True)
class ResidualConfig:
    """How to train a residual."""

    count: int = 20_000
    """Dialogues to learn from."""
    batch_size: int = 64
    """Histories a step."""
    learning_rate: float = 0.003
    """Of AdamW, falling along half a cosine."""
    negatives: int = 63
    """Candidates beside the truth."""
    mix: float = 0.3
    """Share of the prior in the posterior proposal."""
    objective: str = "auto"
    """As in `config.TrainConfig`."""
    proposal: str = "posterior"
    """Where the candidates are drawn from."""
    decay: float = 1e-4
    """Of weights, a step."""
    seed: int = 0
    """Of everything drawn."""
    looks: int = 8
    """How often held-out dialogues are judged."""
    held_out: int = 512
    """How many they are."""


class Scorer:
    """Channel (frozen; None for the two-tower baseline) plus residual."""

    def __init__(self, bank: QuestionBank, tables: dict[str, np.ndarray] | None, residual: Residual):
        words = {k: v for k, v in (tables or {}).items() if k.startswith("words.")}
        self.bank, self.residual = bank, residual
        self.tables = None if tables is None else Tables.of(tables)
        self.critic = ChannelCritic(bank, words=words or None, turns=() if self.tables is None else self.tables.turns)
        self.current = None if self.tables is None else self.critic.current(self.tables)

    def __call__(self, evidence: Sequence[FacetEvidence], candidates: np.ndarray | None) -> tuple[Tensor, Tensor]:
        """Scores with the residual and without, (B, C)."""
        extra = self.residual(evidence, candidates)
        if self.current is None:
            return extra, torch.zeros_like(extra)
        with torch.no_grad():
            base = self.critic(evidence, candidates, self.current)
        return base + extra, base

    def log_belief(self, evidence: Sequence[FacetEvidence]) -> tuple[np.ndarray, int]:
        """(B, N) what to draw candidates from, and how many scores it took: its own belief, or a cheaper one."""
        if self.tables is not None:
            return CheapBelief(self.bank.catalogue, self.critic.index, self.tables.numpy()).log_belief(evidence), 0
        with torch.no_grad():
            belief = self(evidence, None)[0].double().numpy() + np.log(self.bank.catalogue.prior)
        return belief, belief.size


def losses(scorer: Scorer, transcripts: Transcripts, chunk: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """-log p(truth | history) with the residual and without, (B,) each, over the whole catalogue."""
    log_prior = torch.from_numpy(np.log(scorer.bank.catalogue.prior)).float()
    out: list[list[np.ndarray]] = [[], []]
    for at in range(0, len(transcripts), chunk):
        part = transcripts[np.arange(at, min(at + chunk, len(transcripts)))]
        with torch.no_grad():
            for k, scores in enumerate(scorer(scorer.critic.evidence(part), None)):
                logits = torch.log_softmax(scores + log_prior, dim=1)
                out[k].append(-logits[torch.arange(len(part)), torch.from_numpy(part.intent)].numpy())
    return np.concatenate(out[0]), np.concatenate(out[1])


def train_residual(
    bank: QuestionBank, source: DialogueSource, config: ResidualConfig, folder: str | Path | None,
    held_out: Transcripts, report: Callable[[int, int, float], None] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Train a residual on the checkpoint in `folder`, and write it there if it helps; None: a two-tower critic alone.

    Returns:
        nll_nats and nll_without, the gain with its standard error, whether it was kept, and (for None) the critic.
    """
    torch.manual_seed(config.seed)
    checkpoint = None if folder is None else read_checkpoint(folder, bank.catalogue)
    residual = Residual(bank, start=0.0 if checkpoint else 0.1)
    scorer = Scorer(bank, checkpoint.tables if checkpoint else None, residual)
    begun = time.perf_counter()
    best, kept, scored = _fit(scorer, source, config, held_out, report)
    gain = losses(scorer, held_out)[1] - best  # nats a dialogue
    error = float(gain.std(ddof=1) / np.sqrt(len(gain)))
    helps = bool(gain.mean() > 2 * error)
    out = {
        "nll_nats": float(best.mean()),
        "nll_without": float((best + gain).mean()),
        "gain_nats": float(gain.mean()),
        "standard_error": error,
        "kept": helps,
        "seconds": time.perf_counter() - begun,
        "scores": scored,
    }
    if checkpoint is None:
        return out | {"arrays": kept}
    _save_beside_channel(checkpoint, kept if helps else {}, out)
    return out


def _fit(
    scorer: Scorer, source: DialogueSource, config: ResidualConfig, held_out: Transcripts,
    report: Callable[[int, int, float], None] | None,
) -> tuple[np.ndarray, dict[str, np.ndarray], int]:  # fmt: skip
    """Held-out losses (B,) of the best weights, these weights, and how many scores were computed."""
    residual, dual = scorer.residual, nn.Parameter(torch.zeros(2))
    optimiser = torch.optim.AdamW([*residual.parameters(), dual], lr=config.learning_rate, weight_decay=config.decay)
    steps = max(1, config.count // config.batch_size)
    best, kept, scored = losses(scorer, held_out)[0], residual.arrays(), 0
    for step in range(steps):
        rng = np.random.default_rng((config.seed, 11, step))
        batch = source(SOURCE_FROM + step * config.batch_size, config.batch_size).cut(rng)
        estimate, count = _estimate(scorer, batch, config, rng, dual)
        scored += count
        for group in optimiser.param_groups:
            group["lr"] = config.learning_rate * 0.5 * (1 + np.cos(np.pi * step / steps))
        optimiser.zero_grad(set_to_none=True)
        estimate.loss.backward()
        torch.nn.utils.clip_grad_norm_(residual.parameters(), 5.0)
        optimiser.step()
        if (step + 1) % max(1, steps // config.looks) == 0:
            now = losses(scorer, held_out)[0]
            if now.mean() < best.mean():
                best, kept = now, residual.arrays()
        if report is not None:
            report(step + 1, steps, float(estimate.loss.detach()))
    return best, kept, scored


def _save_beside_channel(checkpoint: Checkpoint, arrays: dict[str, np.ndarray], found: dict[str, Any]) -> None:
    """The checkpoint again with this residual; no arrays where it is not kept."""
    tables = {k: v for k, v in checkpoint.tables.items() if not k.startswith("residual.")}
    about = {k: v for k, v in checkpoint.config.items() if k != "format"} | {"residual": found["kept"]}
    metrics = json.loads((checkpoint.path / METRICS).read_text()) | {"residual": found}
    save_checkpoint(checkpoint.path, tables | arrays, about, metrics)


def _estimate(
    scorer: Scorer, batch: Transcripts, config: ResidualConfig, rng: np.random.Generator, dual: Tensor
) -> tuple[Estimate, int]:
    """The objective's estimate, and how many scores were computed; `dual` is that of `objectives.contrast`."""
    prior, evidence = scorer.bank.catalogue.prior, scorer.critic.evidence(batch)
    objective = objective_for(config.objective, len(prior))
    if objective == "full":
        scores = scorer(evidence, None)[0]
        log_prior = torch.from_numpy(np.log(prior)).float()
        return objectives.full_softmax(scores, log_prior, torch.from_numpy(batch.intent)), scores.numel()
    count = 0

    def log_belief() -> np.ndarray:
        nonlocal count
        belief, count = scorer.log_belief(evidence)
        return belief

    drawn = proposals.draw(config.proposal, batch.intent, prior, config.negatives, rng, config.mix, log_belief)
    scores = scorer(evidence, drawn.ids)[0]
    estimate = objectives.contrast(objective, scores, torch.from_numpy(drawn.log_weight).float(), dual)
    return estimate, scores.numel() + count
