"""Sums over memories of a facet of which an intent may have several values, without a (V, T) array.

With g1, g0, h, e, al, wi, wo as in `sim.belief.likelihood`,

    kept     A = 1 + sum over touched values z of i:  pi_iz (e_z g1_z / h_z - 1)
    muddled  R = 1 + sum over touched values z of i:  pi_iz (al_z - 1)
               + sum over touched w and values z of i:  (wi_w or wo_w - 1) pi_iz al_z K[z, w]

which needs only values that were touched, and those that could be taken for them.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from agents.learning.batching import FacetBatch, FacetIndex
from agents.learning.confusable import P, hat_weights, log_mass
from agents.learning.evidence_rates import TINY, EvidenceRates, constant, segment_softmax
from agents.learning.parameters import Tables
from sim.answers import DONT_KNOW
from sim.belief.evidence import WIDTH
from sim.catalogue.catalogue import Catalogue
from sim.channel.channel import KEPT, MUDDLED


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
        told = EvidenceRates(tables, batch)
        e_count, t = len(batch.said), told.types
        e, value, answer, named = (told.tensor(batch.touched[:, j]) for j in range(4))
        # Options and values are the same here.
        chance = minds.background[told.said.clamp(min=0)]
        fame = self.hats[value]
        recognised = (fame @ tables.recognition[self.facet])[:, None, None]
        g1, g0 = self._answers(tables, fame, answer)
        at_random = (told.slip * chance.clamp(min=TINY)[:, None]).clamp(min=TINY)  # (E, T)
        odds = ((1 - told.slip) / at_random + 1)[e][..., None]  # (J, T, 1)
        odds = torch.where((named > 0)[:, None, None], odds, torch.ones_like(odds))
        common = at_random.log()[..., None] + (1 - told.silent).log()
        common = torch.where((told.said >= 0)[:, None, None], common, 0.0) + told.log_silence()  # (E, T, S)
        h = recognised * g1 + (1 - recognised) * g0
        place, j, entry = (told.tensor(batch.holds[:, x]) for x in range(3))
        shape = (e_count * columns, t)
        pi = minds.salience[entry][:, None]
        inside = (h / g0).log()[j]  # (h, T, S)
        base = told.zeros(*shape, 2).index_add(0, place, inside).view(e_count, columns, t, 2)
        base = base + (told.zeros(e_count, t, 2).index_add(0, e, g0.log()) + common)[:, None]
        ratio = odds * g1 / h  # (J, T, S)
        top = told.zeros(*shape).index_add(0, place, pi * (ratio[..., KEPT] - 1)[j])
        lost = (g0 / h)[..., MUDDLED]  # (J, T)
        replaced = told.zeros(*shape).index_add(0, place, pi * (lost - 1)[j])
        flow = self._flow(tables, minds, told, batch, lost, ratio[..., MUDDLED], (odds * g1 / g0)[..., MUDDLED])
        replaced = replaced.index_add(0, told.tensor(batch.flows[:, 0]), flow)
        kept = base[..., KEPT] + (1 + top).clamp(min=TINY).log().view(e_count, columns, t)
        muddled = base[..., MUDDLED] + (1 + replaced).clamp(min=TINY).log().view(e_count, columns, t)
        remembered = (1 - told.forgotten).log()
        # Where nothing could be taken for anything else, nobody is muddled.
        share = told.muddled if len(self.features) else torch.zeros_like(told.muddled)
        parts = torch.stack([
            (told.forgotten.log() + told.log_forgotten(batch.yesno, chance))[:, None].expand(-1, columns, -1),
            (remembered + (1 - share).log())[:, None] + kept,
            (remembered + share.clamp(min=TINY).log())[:, None] + muddled,
        ])  # fmt: skip
        out = torch.logsumexp(parts, dim=0)
        empty = self.empty.bool() if ids is None else self.empty[ids].bool()
        if not bool(empty.any()):
            return out
        # An intent about which the catalogue says nothing.
        rho = (self.mass[value] * recognised[:, 0, 0])[:, None]
        hb = rho * g1[..., KEPT] + (1 - rho) * g0[..., KEPT]
        gain = minds.background[value][:, None] * (odds[..., 0] * g1[..., KEPT] / hb - 1)
        stranger = told.zeros(e_count, t).index_add(0, e, hb.log()) + common[..., KEPT]
        stranger = stranger + (1 + told.zeros(e_count, t).index_add(0, e, gain)).clamp(min=TINY).log()
        stranger = torch.logaddexp(parts[0, :, 0], remembered + stranger)
        return torch.where(empty.expand(e_count, columns)[..., None], stranger[:, None], out)

    def _answers(self, tables: Tables, fame: Tensor, answer: Tensor) -> tuple[Tensor, Tensor]:
        """(J, T, S) p(yes/no answer | believed) and p(... | not); 1 where the value was only said."""
        absence = (fame @ tables.absence[self.facet])[:, None, None]
        asked = (answer >= 0)[:, None, None]
        chances = tables.yesno[self.facet].permute(3, 2, 0, 1)[answer.clamp(min=0)]  # (J, 2, T, S)
        passed = (answer % WIDTH == DONT_KNOW)[:, None, None]
        g0 = absence * chances[:, 0] + torch.where(passed, 1 - absence, torch.zeros_like(absence))
        one = torch.ones_like(g0)
        return torch.where(asked, chances[:, 1], one), torch.where(asked, g0, one)

    def _flow(
        self,
        tables,
        minds: TopOfMind,
        told: EvidenceRates,
        batch: FacetBatch,
        lost: Tensor,
        within: Tensor,
        outside: Tensor,
    ):
        """(m, T) what each value of a candidate adds to R by being taken for a touched one."""
        j, entry, near, z, holds = (told.tensor(batch.flows[:, x]) for x in range(1, 6))
        pair, row = told.tensor(batch.near[:, 0]), told.tensor(batch.near[:, 1])
        kernel = segment_softmax(self.features[pair] @ tables.kernel[self.facet, :P], row, batch.rows)
        chance = (minds.salience[entry] * kernel[near])[:, None]
        gone = torch.where((z >= 0)[:, None], lost[z.clamp(min=0)], torch.ones_like(lost[:1]))
        factor = torch.where((holds > 0)[:, None], within[j], outside[j])
        return chance * gone * (factor - 1)
