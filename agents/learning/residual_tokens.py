"""Histories and intents as sparse features for the residual; numpy and scipy only, for serving needs them too.

A history is a set of tokens (value asked or said, answer): `value` numbers the values of all facets through, `kind` is
facet * KINDS + the yes/no answer, or SAID, or UNSAID (no value then).  Turn numbers are not among them: a belief must
not depend on the order in which things were answered.  An intent is its values, each facet with weight 1 in all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from scipy import sparse

from sim.belief.evidence import SAID_DONT_KNOW, WIDTH, Evidence
from sim.catalogue.catalogue import Catalogue

KINDS, SAID, UNSAID = 7, 5, 6


class Vocabulary:
    """Numbers for the values of all facets; W in all."""

    def __init__(self, catalogue: Catalogue):
        self.catalogue = catalogue
        self.first = np.cumsum([0] + [len(f.values) for f in catalogue.facets])
        # An open answer about a number names a coarse bin: its middle fine bin stands for it.
        self.said = [
            np.array([int(np.median(np.flatnonzero(f.option_of == o))) for o in range(len(f.options))], dtype=np.int64)
            for f in catalogue.facets
        ]
        self.size = int(self.first[-1])

    def intents(self) -> sparse.csr_array:
        """(N, W) features of the intents."""
        blocks = []
        for f in self.catalogue.facets:
            weight = 1.0 / np.maximum(np.diff(f.indptr), 1)[f.rows]
            blocks.append(sparse.csr_array((weight, f.indices, f.indptr), shape=(f.intents, len(f.values))))
        return sparse.csr_array(sparse.hstack(blocks, format="csr"))

    def tokens(self, evidence: Mapping[int, Evidence] | Iterable[tuple[int, Evidence]]) -> tuple[list[int], list[int]]:
        """(values, kinds) of one history; value W, past the last, where there is none."""
        values, kinds = [], []
        for f, about in dict(evidence).items():
            for v, a in about.yesno:
                values.append(int(self.first[f]) + v)
                kinds.append(f * KINDS + a % WIDTH)
            if about.said >= 0:
                values.append(int(self.first[f] + self.said[f][about.said]))
                kinds.append(f * KINDS + SAID)
            elif about.said == SAID_DONT_KNOW:
                values.append(self.size)
                kinds.append(f * KINDS + UNSAID)
        return values, kinds


class ServedResidual:
    """<r(history), e_intent> in numpy, as `sim.posterior.exact.ChannelPosterior(residual=...)` takes it.

    Args:
        arrays: `residual.*` of a checkpoint, the prefix taken off.
    """

    def __init__(self, catalogue: Catalogue, arrays: Mapping[str, np.ndarray]):
        self.vocabulary, self.arrays = Vocabulary(catalogue), {k: np.asarray(v, np.float64) for k, v in arrays.items()}
        # einsum, not BLAS: a belief must not depend on what is computed beside it.
        values = self.vocabulary.intents() @ self.arrays["values"][:-1]
        self.items = np.einsum("nd,de->ne", values, self.arrays["item"])

    def __call__(self, history: Iterable[tuple[int, Evidence]]) -> np.ndarray:
        """(N,) log-weights beside the channel's."""
        values, kinds = self.vocabulary.tokens(history)
        if not values:
            return np.zeros(len(self.items))
        a = self.arrays
        pooled = (a["values"][values] * a["scale"][kinds] + a["bias"][kinds]).sum(axis=0)
        hidden = np.tanh(np.einsum("d,dh->h", pooled, a["inner"]) + a["inner_bias"])
        return np.einsum("nd,d->n", self.items, np.einsum("h,hd->d", hidden, a["outer"]))
