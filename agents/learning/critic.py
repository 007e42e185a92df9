"""The channel critic: log p(answers | intent, type) in torch, the user's memory summed out, differentiable.

The sums are those of `sim.belief.likelihood`, written for a batch of dialogues and for candidates instead of the
catalogue, with the confusion kernel and what comes to mind made from learned weights: `single` has those of facets of
one value an intent, `several` the others.  f(h, i) is the logarithm of the mixture over types; a constant of the
history is left in, for it cancels.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from agents.learning.batching import FacetBatch, FacetIndex, single_batch
from agents.learning.confusable import structure_of, with_words
from agents.learning.parameters import ChannelParameters, Tables
from agents.learning.scalar_sums import SingleFacets
from agents.learning.set_sums import Minds, SeveralFacet
from agents.learning.transcripts import Histories, evidence_of
from sim.belief.evidence import Evidence
from sim.questions import QuestionBank

TOGETHER = 8
"""Facets of up to so many values are summed as one tensor."""


class Present(NamedTuple):
    """What the parameters stand for at this step; every batch that is scored with it shares it."""

    tables: Tables
    minds: list[Minds | None]
    """One for each group of facets; None for those of one value an intent."""


class ChannelCritic(nn.Module):
    """Scores of candidates from what users are believed to do.

    Args:
        types: how many latent kinds of user.
        words: `structure.word_similarities`, where there are any.
        turns: how many answers come before each later stage, see `sim.belief.stages`.
    """

    def __init__(
        self, bank: QuestionBank, types: int = 3, words: dict[str, np.ndarray] | None = None,
        turns: tuple[int, ...] = (),
    ):  # fmt: skip
        super().__init__()
        self.bank, self.catalogue, self.turns = bank, bank.catalogue, turns
        self.parameters_ = ChannelParameters(bank.catalogue, types, turns)
        facets = bank.catalogue.facets
        pairs = [with_words(p, (words or {}).get(f"words.{f}")) for f, p in enumerate(structure_of(bank.catalogue))]
        self.index = [FacetIndex(f, p) for f, p in zip(facets, pairs, strict=True)]
        alike: dict[tuple[bool, int, int], list[int]] = defaultdict(list)
        asked = [f for f, facet in enumerate(facets) if facet.values]  # nobody is asked about the others
        for f in asked:
            if facets[f].scalar:
                size = len(facets[f].values)
                # Large tables are not copied an evidence: each of these stands alone.
                alike[facets[f].kind == "number", size, f if size > TOGETHER else -1].append(f)
        self.groups = nn.ModuleList(SingleFacets(bank.catalogue, group, pairs) for group in alike.values())
        for f in asked:
            if not facets[f].scalar:
                self.groups.append(SeveralFacet(bank.catalogue, f, self.index[f]))

    def compile(self, histories: Histories, candidates: np.ndarray | None) -> list[tuple[int, FacetBatch]]:  # type: ignore[override]
        """The index lists of a batch, by group of facets.  candidates: (B, C), or None for the whole catalogue."""
        evidence = evidence_of(self.bank, histories, self.turns)
        out = []
        for g, group in enumerate(self.groups):
            if isinstance(group, SingleFacets):
                told = _told(evidence, group.facets)
                if told:
                    out.append((g, single_batch(told)))
            elif isinstance(group, SeveralFacet):
                told = _told(evidence, (group.facet,))
                if told:
                    mine = None if candidates is None else candidates[[b for b, _, _ in told]]
                    out.append((g, self.index[group.facet].batch(told, mine)))
        return out

    def present(self, tables: Tables | None = None) -> Present:
        """These tables, by default those of the present parameters, as `log_likes` takes them."""
        tables = self.parameters_.tables() if tables is None else tables
        return Present(tables, [Minds(g, tables) if isinstance(g, SeveralFacet) else None for g in self.groups])

    def log_likes(
        self,
        compiled: list[tuple[int, FacetBatch]],
        candidates: np.ndarray | None,
        dialogues: int,
        present: Present | None = None,
    ) -> tuple[Tensor, Tensor]:
        """(B, C, T) log p(answers | candidate, type) and (T,) log p(type)."""
        tables, minds = self.present() if present is None else present
        like = tables.forgotten
        columns = len(self.catalogue) if candidates is None else candidates.shape[1]
        out = torch.zeros(dialogues, columns, like.shape[-1], dtype=like.dtype, device=like.device)
        for g, batch in compiled:
            group, mind = self.groups[g], minds[g]
            ids = None if candidates is None else torch.from_numpy(candidates[batch.dialogue]).to(like.device)
            found = group(tables, batch, ids) if mind is None else group(tables, mind, batch, ids, columns)
            out = out.index_add(0, torch.from_numpy(batch.dialogue).to(like.device), found)
        return out, tables.shares.log()

    def forward(
        self, histories: Histories, candidates: np.ndarray | None = None, present: Present | None = None
    ) -> tuple[Tensor, Tensor]:
        """Scores f(h, i), (B, C), and log p(type, answers | candidate), (B, C, T)."""
        found, shares = self.log_likes(self.compile(histories, candidates), candidates, len(histories), present)
        joint = found + shares
        return torch.logsumexp(joint, dim=2), joint


def _told(evidence: list[dict[int, Evidence]], facets: tuple[int, ...]) -> list[tuple[int, int, Evidence]]:
    return [(b, f, table[f]) for f in facets for b, table in enumerate(evidence) if f in table]
