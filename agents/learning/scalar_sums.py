"""Sums over memories of facets of which an intent has one value: as many values each, they are summed together.

Thirty flags are one tensor instead of thirty: on animals, with 36 facets, a step takes a fraction of the time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from agents.learning.batching import FacetBatch
from agents.learning.confusable import Pairs, kernel_logits
from agents.learning.evidence_rates import TINY, EvidenceRates, constant, segment_softmax
from agents.learning.parameters import Tables
from sim.catalogue.catalogue import Catalogue
from sim.channel.channel import KEPT, MUDDLED, background_of


class ScalarFacets(nn.Module):
    """G facets of one kind and of V values each, number or not.

    Args:
        facets: (G,) which of the catalogue's.
        pairs: of all facets of the catalogue.
    """

    features: Tensor
    pair_facet: Tensor
    pair_row: Tensor
    pair_cell: Tensor
    taken: Tensor
    background: Tensor
    options: Tensor
    option_of: Tensor
    row: Tensor

    def __init__(self, catalogue: Catalogue, facets: Sequence[int], pairs: Sequence[Pairs]):
        super().__init__()
        mine = [catalogue.facets[f] for f in facets]
        self.facets, self.values, self.number = tuple(facets), len(mine[0].values), mine[0].kind == "number"
        self.place = np.full(len(catalogue.facets), -1)
        self.place[list(facets)] = np.arange(len(facets))
        v = self.values
        background = np.stack([background_of(x, catalogue.prior, np.ones(len(x.indices))) for x in mine])
        options = np.zeros((len(mine), max(len(x.options) for x in mine)))
        for g, x in enumerate(mine):
            options[g, : len(x.options)] = np.bincount(x.option_of, weights=background[g], minlength=len(x.options))
        own = [pairs[f] for f in facets]
        rows = [g * v + p.rows for g, p in enumerate(own)]
        for name, array in {
            "features": np.concatenate([p.features for p in own]),
            "pair_facet": np.repeat(np.asarray(facets), [p.nnz for p in own]),
            "pair_row": np.concatenate(rows),
            "pair_cell": np.concatenate([r * v + p.indices for r, p in zip(rows, own, strict=True)]),
            # A facet on which nothing could be taken for anything else leaves nobody muddled.
            "taken": np.array([float(p.nnz > 0) for p in own]),
            "background": background,
            "options": options,
            "option_of": np.stack([x.option_of for x in mine]),
            "row": np.stack([np.where(x.value_of < 0, v, x.value_of) for x in mine]),  # V: unknown
        }.items():
            self.register_buffer(name, constant(array))

    def kernel(self, weights: Tensor) -> Tensor:
        """(G, V, V) p(believed | true, muddled), from `Tables.kernel`."""
        logits = kernel_logits(self.features, weights[self.pair_facet], torch.log)
        shares = segment_softmax(logits, self.pair_row, len(self.facets) * self.values)
        flat = torch.zeros(len(self.facets) * self.values**2, dtype=shares.dtype, device=shares.device)
        return flat.index_add(0, self.pair_cell, shares).view(len(self.facets), self.values, self.values)

    def forward(self, tables: Tables, batch: FacetBatch, ids: Tensor | None) -> Tensor:
        """(E, C, T) log p(answers | candidate, type); ids (E, C), None for the whole catalogue."""
        rates = EvidenceRates(tables, batch)
        which = rates.tensor(self.place[batch.facet])  # (E,) of the G facets
        named = self.options[which, rates.said.clamp(min=0)]  # (E,) how often people in general say what was said
        log = by_recognition = self._by_memory(tables, rates, batch)
        if rates.in_words:
            log = log + self._in_words(rates, which, named)
        shift = torch.maximum(log.amax(dim=(1, 3)), by_recognition[..., KEPT].amax(dim=1)).detach()  # (E, T)
        recalled = self._by_truth(tables, rates, which, torch.exp(log - shift[:, None, :, None]))
        unrecalled = self._unrecalled(rates, which, torch.exp(by_recognition[..., KEPT] - shift[:, None]))
        share = rates.unrecalled[:, None]
        remembered = (1 - share) * recalled + share * unrecalled
        lost = rates.forgotten * torch.exp(rates.log_forgotten(batch.yesno, named) - shift)
        total = lost[:, None] + (1 - rates.forgotten)[:, None] * remembered
        total = total.clamp(min=TINY).log() + shift[:, None]
        row = self.row[which] if ids is None else self.row[which[:, None], ids]
        return total.gather(1, row[..., None].expand(-1, -1, rates.types))

    def _by_memory(self, tables: Tables, rates: EvidenceRates, batch: FacetBatch) -> Tensor:
        """(E, V, T, S) log p(yes/no answers | memory), the memory being of one value."""
        e, value, answer = (rates.tensor(batch.yesno[:, j]) for j in range(3))
        memory = torch.arange(self.values, device=e.device)
        true = memory >= value[:, None] if self.number else memory == value[:, None]  # (n, V)
        width = tables.yesno.shape[-1]
        chances = tables.yesno.permute(0, 4, 3, 1, 2).flatten(0, 1).log()  # (F A, 2, T, S)
        chances = chances[rates.facet[e] * width + answer]
        given = torch.where(true[:, :, None, None], chances[:, 1, None], chances[:, 0, None])
        return rates.zeros(len(batch.dialogue), self.values, rates.types, 2).index_add(0, e, given)

    def _in_words(self, rates: EvidenceRates, which: Tensor, named: Tensor) -> Tensor:
        """(E, V, T, S) log p(open answer | memory)."""
        hit = (self.option_of[which] == rates.said[:, None])[:, :, None]  # (E, V, 1)
        at_random = rates.slip * named.clamp(min=TINY)[:, None]  # (E, T)
        right = (1 - rates.slip)[:, None] * hit + at_random[:, None]
        words = right.log()[..., None] + (1 - rates.silent).log()[:, None]
        out = torch.where((rates.said >= 0)[:, None, None, None], words, 0.0) + rates.log_silence()[:, None]
        return out + rates.log_volunteered()[:, None, :, None]

    def _unrecalled(self, rates: EvidenceRates, which: Tensor, like: Tensor) -> Tensor:
        """(E, V + 1, T) p(answers | true value, unrecalled), from p(yes/no answers | value), (E, V, T)."""
        unknown = torch.einsum("ev,evt->et", self.background[which], like)
        unnamed = (rates.said < 0)[:, None, None]
        return torch.cat([like, unknown[:, None]], dim=1) * unnamed

    def _by_truth(self, tables: Tables, rates: EvidenceRates, which: Tensor, like: Tensor) -> Tensor:
        """(E, V + 1, T) p(answers | true value, recalled) from those by memory; unknown is the last."""
        kernel = self.kernel(tables.kernel)
        if len(self.facets) == 1:
            confused = torch.einsum("xy,eyt->ext", kernel[0], like[..., MUDDLED])
        else:
            confused = torch.einsum("exy,eyt->ext", kernel[which], like[..., MUDDLED])
        muddled = (rates.muddled * self.taken[which][:, None])[:, None]
        known = (1 - muddled) * like[..., KEPT] + muddled * confused
        unknown = torch.einsum("ev,evt->et", self.background[which], like[..., KEPT])
        return torch.cat([known, unknown[:, None]], dim=1)
