"""What a batch of evidences is judged by: the rates of each one's facet, and of the stages at which it was told.

E evidences, one a dialogue and facet; T types; S = 2 states of a memory, kept and muddled.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from agents.learning.batching import FacetBatch
from agents.learning.parameters import Tables
from sim.belief.evidence import NOT_SAID, SAID_DONT_KNOW
from sim.channel.opening import SILENT

TINY = 1e-30


class EvidenceRates:
    """Rates of E evidences.  forgotten, unrecalled, muddled, slip, guess, opening are (E, T); silent (E, T, S)."""

    def __init__(self, tables: Tables, batch: FacetBatch):
        self.device, self.dtype = tables.forgotten.device, tables.forgotten.dtype
        self.types = tables.forgotten.shape[-1]
        facet, stages = self.tensor(batch.facet), tables.forgotten.shape[1]
        first, then = facet * stages + self.tensor(batch.first), facet * stages + self.tensor(batch.stage)
        self.forgotten = tables.forgotten.flatten(0, 1)[first]
        self.muddled = tables.muddled.flatten(0, 1)[first]
        self.silent, self.slip, self.guess = (x.flatten(0, 1)[then] for x in (tables.silent, tables.slip, tables.guess))
        self.unrecalled, self.opening = tables.unrecalled[facet], tables.opening[facet]
        self.yesno_forgotten = tables.yesno_forgotten
        self.facet, self.said, self.volunteered = facet, self.tensor(batch.said), self.tensor(batch.volunteered)
        # Flags are never told in words: half of the sums below would add nothing.
        self.in_words = bool((batch.said != NOT_SAID).any())

    def tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)

    def zeros(self, *shape: int) -> Tensor:
        return torch.zeros(shape, dtype=self.dtype, device=self.device)

    def log_forgotten(self, yesno: np.ndarray, chance: Tensor) -> Tensor:
        """(E, T) log p(answers | forgotten).

        Args:
            yesno: `FacetBatch.yesno`.
            chance: (E,) of what was said, as people in general would say it.
        """
        e, answer = self.tensor(yesno[:, 0]), self.tensor(yesno[:, 2])
        width = self.yesno_forgotten.shape[-1]
        told = self.yesno_forgotten.transpose(1, 2).flatten(0, 1).log()[self.facet[e] * width + answer]
        out = self.zeros(len(self.said), self.types).index_add(0, e, told)
        if not self.in_words:
            return out
        said = self.said[:, None]
        out = out + torch.where(said >= 0, (self.guess * chance.clamp(min=TINY)[:, None]).log(), 0.0)
        out = out + self.log_volunteered()
        out = out + torch.where(said == SAID_DONT_KNOW, (1 - self.guess).log(), 0.0)
        quiet = ((1 - self.opening) + self.opening * (1 - self.guess)).log()
        return out + torch.where(said == SILENT, quiet, 0.0)

    def log_volunteered(self) -> Tensor:
        """(E, T) log p(the opening stated what it did, or passed the facet over) where an option was said, else 0."""
        volunteered = self.volunteered[:, None]
        out = torch.where(volunteered == 1, self.opening.log(), torch.zeros_like(self.opening))
        return torch.where(volunteered == 0, (1 - self.opening).log(), out)

    def log_silence(self) -> Tensor:
        """(E, T, S) log p(no open answer | state) where there was occasion for one, else 0."""
        said = self.said[:, None, None]
        out = torch.where(said == SAID_DONT_KNOW, self.silent.log(), torch.zeros_like(self.silent))
        opening = self.opening[..., None]
        return torch.where(said == SILENT, ((1 - opening) + opening * self.silent).log(), out)


def segment_softmax(logits: Tensor, segment: Tensor, segments: int) -> Tensor:
    """Softmax within groups; `segment` (n,) says which group each entry is in."""
    if not len(logits):
        return logits
    top = torch.full((segments,), -torch.inf, dtype=logits.dtype, device=logits.device)
    top = top.scatter_reduce(0, segment, logits.detach(), "amax")
    weight = torch.exp(logits - top[segment])
    total = torch.zeros(segments, dtype=logits.dtype, device=logits.device).index_add(0, segment, weight)
    return weight / total[segment]


def constant(array: np.ndarray) -> Tensor:
    """A buffer: whole numbers as int64, others in torch's default precision."""
    array = np.asarray(array)
    kind = torch.get_default_dtype() if array.dtype.kind == "f" else torch.int64
    return torch.as_tensor(array.astype(np.int64) if array.dtype.kind in "biu" else array, dtype=kind)
