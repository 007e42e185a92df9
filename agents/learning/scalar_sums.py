"""Sums over memories of facets of which an intent has one value: as many values each, they are summed together.

Thirty flags are one tensor instead of thirty: on animals, with 36 facets, a step takes a fraction of the time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from agents.learning.batching import FacetBatch
from agents.learning.confusable import P, Pairs
from agents.learning.evidence_rates import TINY, EvidenceRates, constant, segment_softmax
from agents.learning.parameters import Tables
from sim.catalogue.catalogue import Catalogue
from sim.channel.channel import KEPT, MUDDLED


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
        mass = [np.bincount(x.indices, weights=catalogue.prior[x.rows], minlength=v) for x in mine]
        # Of a facet of which nothing is known, any value.
        background = np.stack([m / m.sum() if m.sum() > 0 else np.full(v, 1 / v) for m in mass])
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
        weights = weights[self.pair_facet]
        logits = (self.features[:, :P] * weights[:, :P]).sum(dim=1)
        if self.features.shape[1] > P:
            logits = logits + (self.features[:, P:] * weights[:, P:]).sum(dim=1).log()
        shares = segment_softmax(logits, self.pair_row, len(self.facets) * self.values)
        flat = torch.zeros(len(self.facets) * self.values**2, dtype=shares.dtype, device=shares.device)
        return flat.index_add(0, self.pair_cell, shares).view(len(self.facets), self.values, self.values)

    def forward(self, tables: Tables, batch: FacetBatch, ids: Tensor | None) -> Tensor:
        """(E, C, T) log p(answers | candidate, type); ids (E, C), None for the whole catalogue."""
        told = EvidenceRates(tables, batch)
        which = told.tensor(self.place[batch.facet])
        e, value, answer = (told.tensor(batch.yesno[:, j]) for j in range(3))
        memory = torch.arange(self.values, device=e.device)
        true = memory >= value[:, None] if self.number else memory == value[:, None]  # (n, V)
        width = tables.yesno.shape[-1]
        chances = tables.yesno.permute(0, 4, 3, 1, 2).flatten(0, 1).log()  # (F A, 2, T, S)
        chances = chances[told.facet[e] * width + answer]
        given = torch.where(true[:, :, None, None], chances[:, 1, None], chances[:, 0, None])
        log = told.zeros(len(which), self.values, told.types, 2).index_add(0, e, given)
        named = self.options[which, told.said.clamp(min=0)]  # (E,)
        if told.in_words:
            hit = (self.option_of[which] == told.said[:, None])[:, :, None]  # (E, V, 1)
            at_random = told.slip * named.clamp(min=TINY)[:, None]  # (E, T)
            right = (1 - told.slip)[:, None] * hit + at_random[:, None]
            words = right.log()[..., None] + (1 - told.silent).log()[:, None]
            log = log + torch.where((told.said >= 0)[:, None, None, None], words, 0.0) + told.log_silence()[:, None]
        shift = log.amax(dim=(1, 3)).detach()  # (E, T)
        like = torch.exp(log - shift[:, None, :, None])
        kernel = self.kernel(tables.kernel)
        if len(self.facets) == 1:
            confused = torch.einsum("xy,eyt->ext", kernel[0], like[..., MUDDLED])
        else:
            confused = torch.einsum("exy,eyt->ext", kernel[which], like[..., MUDDLED])
        muddled = (told.muddled * self.taken[which][:, None])[:, None]
        known = (1 - muddled) * like[..., KEPT] + muddled * confused
        unknown = torch.einsum("ev,evt->et", self.background[which], like[..., KEPT])
        rest = torch.cat([known, unknown[:, None]], dim=1)  # (E, V + 1, T)
        lost = told.forgotten * torch.exp(told.log_forgotten(batch.yesno, named) - shift)
        total = (lost[:, None] + (1 - told.forgotten)[:, None] * rest).clamp(min=TINY).log() + shift[:, None]
        row = self.row[which] if ids is None else self.row[which[:, None], ids]
        return total.gather(1, row[..., None].expand(-1, -1, told.types))
