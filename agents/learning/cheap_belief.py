"""A cheap stand-in for the belief of a large catalogue, to draw negatives from.

Every answer counts as independent evidence at the critic's present rates (those of the first stage), types averaged,
false memories spread over everything: one addition per intent that an answer touches.  It is wrong in the ways in
which `independent` is wrong, and tempered for that; `proposals.posterior_mixture` corrects for whatever it is.  A batch
of 32 on 15,362 films takes a twentieth of a second where the true sums take over one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.learning.batching import FacetIndex
from agents.learning.confusable import hat_weights
from sim.answers import DONT_KNOW
from sim.belief.evidence import WIDTH, Evidence
from sim.catalogue.catalogue import Catalogue

TEMPER = 0.8
"""Evidence counts this much: answers on a facet are less independent than they are taken for."""


class CheapBelief:
    """Log-scores of all intents from a critic's tables.

    Args:
        tables: `parameters.Tables.numpy()`.
    """

    def __init__(self, catalogue: Catalogue, index: Sequence[FacetIndex], tables: dict[str, np.ndarray]):
        self.catalogue, self.index = catalogue, index
        self.log_prior = np.log(catalogue.prior)
        w = tables["shares"]
        self.believed, self.denied, self.said = [], [], []
        for f, facet in enumerate(catalogue.facets):
            phi = tables["forgotten"][f][:, None]
            kept = tables["yesno"][f][:, 0]  # (T, 2, A)
            lost = phi * tables["yesno_forgotten"][f]
            mu = tables["muddled"][f][:, None]
            true = lost + (1 - phi) * ((1 - mu) * kept[:, 1] + mu * kept[:, 0])
            false = lost + (1 - phi) * kept[:, 0]
            r = a = np.ones(len(facet.values))
            if not facet.scalar:
                hats = hat_weights(facet, catalogue.prior)
                r, a = hats @ tables["recognition"][f], hats @ tables["absence"][f]
            # (V, A): where nothing is believed, a plain answer comes with chance `absence`, else "don't know".
            denied = a[:, None] * (w @ false)
            denied[:, DONT_KNOW] += 1 - a
            self.denied.append(np.log(denied))
            self.believed.append(np.log(r[:, None] * (w @ true) + (1 - r[:, None]) * denied))
            mass = np.maximum(facet.mass(catalogue.prior), 1e-6)
            options = np.bincount(facet.option_of, weights=mass, minlength=len(facet.options))
            options = options / max(options.sum(), 1e-300)
            wrong = float(w @ (tables["slip"][f] + tables["muddled"][f]))
            size = np.maximum(np.diff(facet.indptr), 1).mean()
            self.said.append(np.log(1 + (1 - min(wrong, 0.9)) / (np.maximum(wrong, 0.02) * options + 1e-6) / size))

    def log_belief(self, evidence: Sequence[dict[int, Evidence]]) -> np.ndarray:
        """(B, N) float64 log belief, up to a constant a row."""
        out = np.tile(self.log_prior, (len(evidence), 1))
        for b, table in enumerate(evidence):
            for f, about in table.items():
                self._add(out[b], f, about)
        return out

    def _add(self, row: np.ndarray, f: int, about: Evidence) -> None:
        facet = self.catalogue.facets[f]
        if facet.scalar:
            table = np.zeros(len(facet.values) + 1)
            for v, a in about.yesno:
                gain = self.believed[f][v, a % WIDTH] - self.denied[f][v, a % WIDTH]
                if facet.kind == "number":
                    table[v:-1] += gain
                else:
                    table[v] += gain
            if about.said >= 0:
                table[:-1][facet.option_of == about.said] += self.said[f][about.said]
            row += TEMPER * table[facet.value_of]  # -1, unknown, is the last
            return
        relation = self.index[f].by_value
        for v, a in about.yesno:
            row[relation.of(v)[0]] += TEMPER * (self.believed[f][v, a % WIDTH] - self.denied[f][v, a % WIDTH])
        if about.said >= 0:
            row[relation.of(about.said)[0]] += TEMPER * self.said[f][about.said]
