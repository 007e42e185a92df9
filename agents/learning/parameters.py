"""The parameters of a learned channel, and the probabilities that they stand for.

Each rate is a logit: a shared part, a part a facet, a part a type and a part a facet and type.  What departs from the
shared part is held small by a prior whose width is learned, one for each logit (a multivariate Student distribution
over the facets: many small departures cost much, a group that is truly wide costs little more): rates that are the same
everywhere are learned from everything, and a facet that is really different is let go.  Logits that say the same of a
kept and a muddled memory, of a believed "yes" and "no", hold together by a Gaussian, for a muddled memory is seldom
seen: apart, slips on one were off by a factor of three, and that was most of what stood between learned and exact.
Everything starts at neutral values (no preset's); the types start apart, one more reliable and one less, because from a
symmetric start they stay alike (0.16 nats from exact where a spread start came to 0.007).

More general than the simulated users in what answers are like: wrong answers, hedging and "don't know" each depend on
whether the memory is muddled, and on what is believed.  How famous a value must be to be recognised, or to get a plain
"no", is a curve through learned knots.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from agents.learning.structure import KNOTS, P
from sim.catalogue import Catalogue

TYPED = {  # name: (number of logits, chance at the start, how a careless type differs)
    "forgotten": (1, 0.15, 1.0),
    "muddled": (1, 0.15, 1.0),
    "wrong": (4, 0.06, 1.0),  # (state, believed no or yes): the opposite is said
    "unsure": (2, 0.08, 1.0),  # (state): "don't know" to a yes/no question
    "hedge": (4, 0.30, 0.0),  # (state, right or wrong): "probably"
    "silent": (2, 0.15, 1.0),  # (state): "don't know" to the open question
    "slip": (1, 0.06, 1.0),  # a random open answer
    "guess_yesno": (1, 0.50, 0.0),
    "guess_open": (1, 0.50, 0.0),
}
UNTYPED = {
    "recognition": (len(KNOTS), 0.8),
    "absence": (len(KNOTS), 0.8),
    "opening": (1, 0.5),
}
FREE = {"guessed": 4, "salience": 1, "kernel": P}
"""Not chances: logits of the guessed answers, the exponent of fame in what comes to mind, weights of pair features."""
SALIENCE_START = 0.25
KERNEL_STEP = 3.0
"""Weights of pair features in units of their logits: they travel further than rates do, and steps are of one length."""
SPREAD = 0.9
WIDTH, FREEDOM = 0.05, 1.0
"""Scale and degrees of freedom of the Student priors on departures from the shared logits."""
TOGETHER = {"wrong": 0.3, "unsure": 0.3, "silent": 0.3, "hedge": 1.0}
"""Standard deviation of each name's shared logits about their mean."""


@dataclass(frozen=True, eq=False)
class Tables:
    """Probabilities of all facets; F facets, T types, S = 2 states, A = 5 answers.  Torch in training, numpy saved."""

    shares: Tensor
    """(T,)"""
    forgotten: Tensor
    """(F, T)"""
    muddled: Tensor
    """(F, T)"""
    yesno: Tensor
    """(F, T, S, 2, A)"""
    yesno_forgotten: Tensor
    """(F, T, A)"""
    silent: Tensor
    """(F, T, S)"""
    slip: Tensor
    """(F, T)"""
    guess: Tensor
    """(F, T)"""
    opening: Tensor
    """(F,)"""
    recognition: Tensor
    """(F, knots)"""
    absence: Tensor
    """(F, knots)"""
    salience: Tensor
    """(F,)"""
    kernel: Tensor
    """(F, P)"""

    def numpy(self) -> dict[str, np.ndarray]:
        return {name: x.detach().cpu().double().numpy().copy() for name, x in self.__dict__.items()}


def _slices(table) -> dict[str, slice]:
    out, at = {}, 0
    for name, entry in table.items():
        n = entry[0] if isinstance(entry, tuple) else entry
        out[name] = slice(at, at + n)
        at += n
    return out


TYPED_AT, PLAIN_AT = _slices(TYPED), _slices({**UNTYPED, **FREE})


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))


class ChannelParameters(nn.Module):
    """Logits of F facets and T types."""

    def __init__(self, catalogue: Catalogue, types: int = 3, spread: float = SPREAD):
        super().__init__()
        f, self.types = len(catalogue.facets), types
        start = torch.cat([torch.full((n,), _logit(p)) for n, p, _ in TYPED.values()])
        direction = torch.cat([torch.full((n,), d) for n, _, d in TYPED.values()])
        plain = torch.cat([torch.full((n,), _logit(p)) for n, p in UNTYPED.values()] +
                          [torch.zeros(n) for n in FREE.values()])  # fmt: skip
        plain[PLAIN_AT["salience"]] = SALIENCE_START
        self.typed_shared = nn.Parameter(start)
        self.typed_facet = nn.Parameter(torch.zeros(f, len(start)))
        self.typed_type = nn.Parameter(spread * torch.linspace(-1, 1, types)[:, None] * direction if types > 1 else
                                       torch.zeros(1, len(start)))  # fmt: skip
        self.typed_joint = nn.Parameter(torch.zeros(f, types, len(start)))
        self.plain_shared = nn.Parameter(plain)
        self.plain_facet = nn.Parameter(torch.zeros(f, len(plain)))
        self.share_logits = nn.Parameter(torch.zeros(types))

    def penalty(self) -> Tensor:
        """() minus the log of the priors, up to a constant."""
        out = _student(self.typed_facet) + _student(self.typed_joint.flatten(0, 1)) + _student(self.plain_facet)
        for name, deviation in TOGETHER.items():
            logits = self.typed_shared[TYPED_AT[name]]
            out = out + 0.5 * ((logits - logits.mean()) ** 2).sum() / deviation**2
        return out

    def tables(self) -> Tables:
        typed = self.typed_shared + self.typed_facet[:, None] + self.typed_type + self.typed_joint  # (F, T, D)
        plain = self.plain_shared + self.plain_facet  # (F, D')
        f, t = typed.shape[:2]
        # No chance is nearer to 0 or 1 than this, for the sums divide by them.
        rate = {name: torch.sigmoid(typed[..., at]).clamp(1e-5, 1 - 1e-5) for name, at in TYPED_AT.items()}
        chance = {name: torch.sigmoid(plain[..., PLAIN_AT[name]]).clamp(1e-5, 1 - 1e-5) for name in UNTYPED}
        guess = rate["guess_yesno"][..., 0]
        shape = torch.softmax(plain[:, PLAIN_AT["guessed"]], dim=-1)[:, None] * guess[..., None]  # (F, T, 4)
        return Tables(
            shares=torch.softmax(self.share_logits, dim=0),
            forgotten=rate["forgotten"][..., 0],
            muddled=rate["muddled"][..., 0],
            yesno=_answers(rate["wrong"].view(f, t, 2, 2), rate["unsure"], rate["hedge"].view(f, t, 2, 2)),
            yesno_forgotten=torch.cat([shape[..., :2], 1 - guess[..., None], shape[..., 2:]], dim=-1),
            silent=rate["silent"],
            slip=rate["slip"][..., 0],
            guess=rate["guess_open"][..., 0],
            opening=chance["opening"][:, 0],
            recognition=chance["recognition"],
            absence=chance["absence"],
            salience=plain[:, PLAIN_AT["salience"]][:, 0],
            kernel=KERNEL_STEP * plain[:, PLAIN_AT["kernel"]],
        )


def _student(departures: Tensor) -> Tensor:
    """() minus the log density of each column of (n, D) under a multivariate Student distribution."""
    square = (departures**2).sum(dim=0) / (FREEDOM * WIDTH**2)
    return 0.5 * (FREEDOM + len(departures)) * torch.log1p(square).sum()


def _answers(wrong: Tensor, unsure: Tensor, hedge: Tensor) -> Tensor:
    """(F, T, S, 2, A) from p(opposite) by (S, believed), p(don't know) by (S,), p(hedged) by (S, right or wrong)."""
    says = 1 - unsure[..., None]  # (F, T, S, 1)
    right, opposite = says * (1 - wrong), says * wrong  # (F, T, S, 2)
    sure_right, sure_wrong = right * (1 - hedge[..., :1]), opposite * (1 - hedge[..., 1:])
    half_right, half_wrong = right * hedge[..., :1], opposite * hedge[..., 1:]
    none = unsure[..., None].expand_as(right)
    believed = torch.stack([sure_wrong, half_wrong, none, half_right, sure_right], dim=-1)  # as if yes is believed
    return torch.stack([believed[..., 0, :].flip(-1), believed[..., 1, :]], dim=-2)
