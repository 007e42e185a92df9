"""Sums over memories of a facet of which an intent may have several values, without a (V, T) array.

With g1, g0, h, e, al, wi, wo as in `sim.belief.likelihood`,

    kept     A = 1 + sum over touched values z of i:  pi_iz (e_z g1_z / h_z - 1)
    muddled  R = 1 + sum over touched values z of i:  pi_iz (al_z - 1)
               + sum over touched w and values z of i:  (wi_w or wo_w - 1) pi_iz al_z K[z, w]

which needs only values that were touched, and those that could be taken for them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from agents.learning.batching import FacetBatch, FacetIndex
from agents.learning.confusable import hat_weights, kernel_logits, log_mass
from agents.learning.evidence_rates import TINY, EvidenceRates, constant, segment_softmax
from agents.learning.parameters import Tables
from sim.answers import DONT_KNOW
from sim.belief.evidence import WIDTH
from sim.catalogue.catalogue import Catalogue
from sim.channel.channel import KEPT, MUDDLED


class Touched(NamedTuple):
    """The J touched (evidence, value) pairs of a batch, and what their answers are worth; T types, S states."""

    e: Tensor
    """(J,) rows of evidence."""
    value: Tensor
    """(J,)"""
    recognised: Tensor
    """(J, 1, 1) p(recognised | true and not on top of the mind)."""
    g1: Tensor
    """(J, T, S) p(yes/no answer | believed); 1 where the value was only said."""
    g0: Tensor
    """(J, T, S) p(yes/no answer | not believed); 1 where it was only said."""
    h: Tensor
    """(J, T, S) p(yes/no answer | true and not on top of the mind)."""
    odds: Tensor
    """(J, T, 1) how much likelier what was said is with this value on top of the mind than at random."""


class TopOfMind:
    """What comes to mind at the present exponent of fame: once a step, however many batches are summed with it."""

    def __init__(self, facet: SetFacet, tables: Tables):
        exponent = tables.salience[facet.facet]
        self.salience = segment_softmax(exponent * facet.log_mass[facet.indices], facet.entry_rows, facet.intents)
        """(nnz,) p(top of the mind | intent, kept) of each entry."""
        weight = facet.entry_prior * self.salience
        background = torch.zeros(facet.values, dtype=weight.dtype, device=weight.device)
        background = background.index_add(0, facet.indices, weight)
        self.background = background / background.sum() if len(weight) else background + 1 / len(background)
        """(V,) the facet's values as people in general would name them."""


class SetFacet(nn.Module):
    """Facet `facet` of the catalogue."""

    log_mass: Tensor
    mass: Tensor
    hats: Tensor
    features: Tensor
    entry_prior: Tensor
    entry_rows: Tensor
    indices: Tensor
    empty: Tensor

    def __init__(self, catalogue: Catalogue, number: int, index: FacetIndex):
        super().__init__()
        facet = catalogue.facets[number]
        self.facet, self.values, self.intents = number, len(facet.values), facet.intents
        for name, array in {
            "log_mass": log_mass(facet, catalogue.prior),
            "mass": facet.mass(catalogue.prior),
            "hats": hat_weights(facet, catalogue.prior),
            "features": index.pairs.features,
            "entry_prior": catalogue.prior[facet.rows],
            "entry_rows": facet.rows,
            "indices": facet.indices,
            "empty": np.diff(facet.indptr) == 0,
        }.items():
            self.register_buffer(name, constant(array))

    def forward(self, tables: Tables, minds: TopOfMind, batch: FacetBatch, ids: Tensor | None, columns: int) -> Tensor:
        """(E, C, T) log p(answers | candidate, type); ids (E, C), None for the whole catalogue."""
        rates = EvidenceRates(tables, batch)
        named = minds.background[rates.said.clamp(min=0)]  # (E,); options and values are the same here
        at_random = (rates.slip * named.clamp(min=TINY)[:, None]).clamp(min=TINY)  # (E, T) of what was said
        touched = self._touched(tables, rates, batch, at_random)
        common = self._in_words(rates, at_random)
        remembered = (1 - rates.forgotten).log()
        recalled = remembered + (1 - rates.unrecalled).log()
        # Nothing was said by those to whom nothing comes to mind.
        unrecalled = remembered + torch.where((rates.said < 0)[:, None], rates.unrecalled.log(), -torch.inf)
        forgotten = rates.forgotten.log() + rates.log_forgotten(batch.yesno, named)  # (E, T)
        # Where nothing could be taken for anything else, nobody is muddled.
        share = rates.muddled if len(self.features) else torch.zeros_like(rates.muddled)
        base = self._shared(rates, batch, touched, common, columns)
        kept, muddled = self._by_top_of_mind(tables, minds, rates, batch, touched, base)
        parts = torch.stack([
            forgotten[:, None].expand(-1, columns, -1),
            (recalled + (1 - share).log())[:, None] + kept,
            (recalled + share.clamp(min=TINY).log())[:, None] + muddled,
            (unrecalled - common[..., KEPT])[:, None] + base[..., KEPT],
        ])  # fmt: skip
        out = torch.logsumexp(parts, dim=0)
        empty = self.empty.bool() if ids is None else self.empty[ids].bool()
        if not bool(empty.any()):
            return out
        named, recognised = self._stranger(minds, rates, touched, common)
        stranger = torch.logsumexp(torch.stack([parts[0, :, 0], recalled + named, unrecalled + recognised]), dim=0)
        return torch.where(empty.expand(len(batch.said), columns)[..., None], stranger[:, None], out)

    def _touched(self, tables: Tables, rates: EvidenceRates, batch: FacetBatch, at_random: Tensor) -> Touched:
        e, value, answer, said = (rates.tensor(batch.touched[:, j]) for j in range(4))
        fame = self.hats[value]
        recognised = (fame @ tables.recognition[self.facet])[:, None, None]
        g1, g0 = self._answers(tables, fame, answer)
        odds = ((1 - rates.slip) / at_random + 1)[e][..., None]
        odds = torch.where((said > 0)[:, None, None], odds, torch.ones_like(odds))
        return Touched(e, value, recognised, g1, g0, recognised * g1 + (1 - recognised) * g0, odds)

    def _answers(self, tables: Tables, fame: Tensor, answer: Tensor) -> tuple[Tensor, Tensor]:
        """(J, T, S) p(yes/no answer | believed) and p(... | not); 1 where the value was only said."""
        absence = (fame @ tables.absence[self.facet])[:, None, None]
        asked = (answer >= 0)[:, None, None]
        chances = tables.yesno[self.facet].permute(3, 2, 0, 1)[answer.clamp(min=0)]  # (J, 2, T, S)
        passed = (answer % WIDTH == DONT_KNOW)[:, None, None]
        g0 = absence * chances[:, 0] + torch.where(passed, 1 - absence, torch.zeros_like(absence))
        one = torch.ones_like(g0)
        return torch.where(asked, chances[:, 1], one), torch.where(asked, g0, one)

    def _in_words(self, rates: EvidenceRates, at_random: Tensor) -> Tensor:
        """(E, T, S) log p(open answer | nothing that was said is on top of the mind)."""
        common = at_random.log()[..., None] + (1 - rates.silent).log()
        common = torch.where((rates.said >= 0)[:, None, None], common, 0.0) + rates.log_silence()
        return common + rates.log_volunteered()[..., None]

    def _shared(
        self, rates: EvidenceRates, batch: FacetBatch, touched: Touched, common: Tensor, columns: int
    ) -> Tensor:
        """(E, C, T, S) log p(answers | candidate, none of its touched values on top of the mind)."""
        e_count, t = len(batch.said), rates.types
        inside = (touched.h / touched.g0).log()[rates.tensor(batch.holds[:, 1])]  # (h, T, S)
        base = rates.zeros(e_count * columns, t, 2).index_add(0, rates.tensor(batch.holds[:, 0]), inside)
        untrue = rates.zeros(e_count, t, 2).index_add(0, touched.e, touched.g0.log())
        return base.view(e_count, columns, t, 2) + (untrue + common)[:, None]

    def _by_top_of_mind(
        self, tables: Tables, minds: TopOfMind, rates: EvidenceRates, batch: FacetBatch, touched: Touched, base: Tensor
    ) -> tuple[Tensor, Tensor]:
        """(E, C, T) log p(answers | candidate), its top of the mind kept, and taken for another value."""
        place, j, entry = (rates.tensor(batch.holds[:, x]) for x in range(3))
        pi = minds.salience[entry][:, None]
        shape = (base.shape[0] * base.shape[1], rates.types)
        ratio = touched.odds * touched.g1 / touched.h  # (J, T, S)
        top = rates.zeros(*shape).index_add(0, place, pi * (ratio[..., KEPT] - 1)[j])
        lost = (touched.g0 / touched.h)[..., MUDDLED]  # (J, T)
        replaced = rates.zeros(*shape).index_add(0, place, pi * (lost - 1)[j])
        flow = self._flow(tables, minds, rates, batch, touched, lost, ratio[..., MUDDLED])
        replaced = replaced.index_add(0, rates.tensor(batch.flows[:, 0]), flow)
        kept = base[..., KEPT] + (1 + top).clamp(min=TINY).log().view(base.shape[:-1])
        return kept, base[..., MUDDLED] + (1 + replaced).clamp(min=TINY).log().view(base.shape[:-1])

    def _flow(
        self, tables: Tables, minds: TopOfMind, rates: EvidenceRates, batch: FacetBatch, touched: Touched,
        lost: Tensor, within: Tensor,
    ) -> Tensor:  # fmt: skip
        """(m, T) what each value of a candidate adds to R by being taken for a touched one."""
        j, entry, near, z, holds = (rates.tensor(batch.flows[:, x]) for x in range(1, 6))
        pair, row = rates.tensor(batch.near[:, 0]), rates.tensor(batch.near[:, 1])
        logits = kernel_logits(self.features[pair], tables.kernel[self.facet], torch.log)
        chance = (minds.salience[entry] * segment_softmax(logits, row, batch.rows)[near])[:, None]
        gone = torch.where((z >= 0)[:, None], lost[z.clamp(min=0)], torch.ones_like(lost[:1]))
        outside = (touched.odds * touched.g1 / touched.g0)[..., MUDDLED]
        factor = torch.where((holds > 0)[:, None], within[j], outside[j])
        return chance * gone * (factor - 1)

    def _stranger(
        self, minds: TopOfMind, rates: EvidenceRates, touched: Touched, common: Tensor
    ) -> tuple[Tensor, Tensor]:
        """(E, T) log p(answers | an intent about which the catalogue says nothing), recalled and unrecalled."""
        g1, g0, value, e = touched.g1, touched.g0, touched.value, touched.e
        rho = (self.mass[value] * touched.recognised[:, 0, 0])[:, None]
        mixed = rho * g1[..., KEPT] + (1 - rho) * g0[..., KEPT]
        gain = minds.background[value][:, None] * (touched.odds[..., 0] * g1[..., KEPT] / mixed - 1)
        none = rates.zeros(len(rates.said), rates.types)
        log = none.index_add(0, e, mixed.log())
        return log + common[..., KEPT] + (1 + none.index_add(0, e, gain)).clamp(min=TINY).log(), log
