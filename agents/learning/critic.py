"""The channel critic: log p(answers | intent, type) in torch, the user's memory summed out, differentiable.

The sums are those of `sim.belief.likelihood`, written for a batch of dialogues and for candidates instead of the
catalogue, with the confusion kernel and what comes to mind made from learned weights: `scalar_sums` has those of facets
of one value an intent, `set_sums` the others.  f(h, i) is the logarithm of the mixture over types; a constant of the
history is left in, for it cancels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from agents.learning.batching import FacetBatch, FacetIndex, single_batch
from agents.learning.confusable import confusable_pairs, with_words
from agents.learning.parameters import ChannelParameters, Tables
from agents.learning.scalar_sums import ScalarFacets
from agents.learning.set_sums import SetFacet, TopOfMind
from agents.learning.transcripts import FacetEvidence, Transcripts, evidence_of
from sim.belief.evidence import Evidence
from sim.questions import QuestionBank

TOGETHER = 8
"""Facets of up to so many values are summed as one tensor."""


class CurrentTables(NamedTuple):
    """What the parameters stand for at this step; every batch that is scored with it shares it."""

    tables: Tables
    minds: list[TopOfMind | None]
    """One for each group of facets; None for those of one value an intent."""


class ChannelCritic(nn.Module):
    """Scores of candidates from what users are believed to do.

    Args:
        types: how many latent kinds of user.
        words: `confusable.word_similarities`, where there are any.
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
        pairs = [with_words(p, (words or {}).get(f"words.{f}")) for f, p in enumerate(confusable_pairs(bank.catalogue))]
        self.index = [FacetIndex(f, p) for f, p in zip(facets, pairs, strict=True)]
        alike: dict[tuple[bool, int, int], list[int]] = defaultdict(list)
        asked = [f for f, facet in enumerate(facets) if facet.values]  # nobody is asked about the others
        for f in asked:
            if facets[f].scalar:
                size = len(facets[f].values)
                # Large tables are not copied an evidence: each of these stands alone.
                alike[facets[f].kind == "number", size, f if size > TOGETHER else -1].append(f)
        self.groups = nn.ModuleList(ScalarFacets(bank.catalogue, group, pairs) for group in alike.values())
        for f in asked:
            if not facets[f].scalar:
                self.groups.append(SetFacet(bank.catalogue, f, self.index[f]))

    def evidence(self, transcripts: Transcripts) -> list[FacetEvidence]:
        """What each of B dialogues knows of each facet; all that scores, proposals and residuals depend on."""
        return evidence_of(self.bank, transcripts, self.turns)

    def indexed(self, evidence: Sequence[FacetEvidence], candidates: np.ndarray | None) -> list[tuple[int, FacetBatch]]:
        """The index lists of a batch, by group of facets.  candidates: (B, C), or None for the whole catalogue."""
        out = []
        for g, group in enumerate(self.groups):
            if isinstance(group, ScalarFacets):
                told = _told(evidence, group.facets)
                if told:
                    out.append((g, single_batch(told)))
            elif isinstance(group, SetFacet):
                told = _told(evidence, (group.facet,))
                if told:
                    mine = None if candidates is None else candidates[[b for b, _, _ in told]]
                    out.append((g, self.index[group.facet].batch(told, mine)))
        return out

    def current(self, tables: Tables | None = None) -> CurrentTables:
        """These tables, by default those of the parameters as they are, as `log_likes` takes them."""
        tables = self.parameters_.tables() if tables is None else tables
        return CurrentTables(tables, [TopOfMind(g, tables) if isinstance(g, SetFacet) else None for g in self.groups])

    def log_likes(
        self, evidence: Sequence[FacetEvidence], candidates: np.ndarray | None = None,
        current: CurrentTables | None = None,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """(B, C, T) log p(answers | candidate, type) and (T,) log p(type)."""
        tables, minds = self.current() if current is None else current
        like = tables.forgotten
        columns = len(self.catalogue) if candidates is None else candidates.shape[1]
        out = torch.zeros(len(evidence), columns, like.shape[-1], dtype=like.dtype, device=like.device)
        for g, batch in self.indexed(evidence, candidates):
            group, mind = self.groups[g], minds[g]
            ids = None if candidates is None else torch.from_numpy(candidates[batch.dialogue]).to(like.device)
            found = group(tables, batch, ids) if mind is None else group(tables, mind, batch, ids, columns)
            out = out.index_add(0, torch.from_numpy(batch.dialogue).to(like.device), found)
        return out, tables.shares.log()

    def forward(
        self, evidence: Sequence[FacetEvidence], candidates: np.ndarray | None = None,
        current: CurrentTables | None = None,
    ) -> Tensor:  # fmt: skip
        """Scores f(h, i), (B, C); candidates (B, C), or None for the whole catalogue."""
        found, shares = self.log_likes(evidence, candidates, current)
        return torch.logsumexp(found + shares, dim=2)


def _told(evidence: Sequence[FacetEvidence], facets: tuple[int, ...]) -> list[tuple[int, int, Evidence]]:
    return [(b, f, table[f]) for f in facets for b, table in enumerate(evidence) if f in table]
