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

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from agents.learning.structure import FEATURE, KNOTS, P, facets_with
from sim.catalogue import Catalogue
from sim.stages import CHANGING, WIDTH

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
DISTANCE_START = 1.0
"""Weight of the distance of numbers: whatever users are like, the nearer is the likelier.  From 0, two short runs of 22
ended with the farther."""
KERNEL_STEP = 3.0
"""Weights of pair features in units of their logits: they travel further than rates do, and steps are of one length."""
SPREAD = 0.9
SCALE, FREEDOM = 0.05, 1.0
"""Scale and degrees of freedom of the Student priors on departures from the shared logits."""
TOGETHER = {"wrong": 0.3, "unsure": 0.3, "silent": 0.3, "hedge": 1.0}
"""Standard deviation of each name's shared logits about their mean."""


@dataclass(frozen=True, eq=False)
class Tables:
    """Probabilities of all facets; F facets, G stages, T types, S = 2 states, A = 5 answers.

    Torch in training; `numpy` has what is saved and served, the first stage apart from `later.*`.
    """

    shares: Tensor
    """(T,)"""
    forgotten: Tensor
    """(F, G, T)"""
    muddled: Tensor
    """(F, G, T)"""
    yesno: Tensor
    """(F, T, S, 2, G A), the stages side by side"""
    yesno_forgotten: Tensor
    """(F, T, G A)"""
    silent: Tensor
    """(F, G, T, S)"""
    slip: Tensor
    """(F, G, T)"""
    guess: Tensor
    """(F, G, T)"""
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
    turns: tuple[int, ...] = ()
    """How many answers come before each later stage."""

    def numpy(self) -> dict[str, np.ndarray]:
        """By name the arrays of the first stage, and with `later.` before it those of the others, (G - 1, ...)."""
        whole = {k: x.detach().cpu().double().numpy() for k, x in self.__dict__.items() if k != "turns"}
        out, stages = whole.copy(), len(self.turns) + 1
        for name in CHANGING:
            x = whole[name]
            if name.startswith("yesno"):
                x = np.moveaxis(x.reshape(*x.shape[:-1], stages, WIDTH), -2, 0)
            else:
                x = np.moveaxis(x, 1, 0)
            out[name] = x[0]
            if self.turns:
                out[f"later.{name}"] = np.ascontiguousarray(x[1:])
        if self.turns:
            out["later.turns"] = np.array(self.turns, dtype=np.int64)
        return {name: np.ascontiguousarray(x).copy() for name, x in out.items()}

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], dtype: torch.dtype = torch.float32) -> Self:
        """The inverse of `numpy`; other arrays are passed over."""
        turns = tuple(np.asarray(arrays.get("later.turns", ())).tolist())
        out = {k: np.asarray(arrays[k]) for k in cls.__dataclass_fields__ if k != "turns"}
        for name in CHANGING:
            later = np.asarray(arrays[f"later.{name}"]) if turns else np.empty((0, *out[name].shape))
            x = np.concatenate([out[name][None], later])
            if name.startswith("yesno"):
                x = np.moveaxis(x, 0, -2)
                out[name] = x.reshape(*x.shape[:-2], -1)
            else:
                out[name] = np.moveaxis(x, 0, 1)
        return cls(**{k: torch.tensor(x, dtype=dtype) for k, x in out.items()}, turns=turns)


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
    """Logits of F facets and T types, and of the stages before each of which `turns` answers come."""

    plain_width: Tensor
    plain_facets: Tensor

    def __init__(self, catalogue: Catalogue, types: int = 3, turns: tuple[int, ...] = (), spread: float = SPREAD):
        super().__init__()
        f, self.types, self.turns = len(catalogue.facets), types, turns
        start = torch.cat([torch.full((n,), _logit(p)) for n, p, _ in TYPED.values()])
        direction = torch.cat([torch.full((n,), d) for n, _, d in TYPED.values()])
        plain = torch.cat([torch.full((n,), _logit(p)) for n, p in UNTYPED.values()] +
                          [torch.zeros(n) for n in FREE.values()])  # fmt: skip
        plain[PLAIN_AT["salience"]] = SALIENCE_START
        plain[PLAIN_AT["kernel"].start + FEATURE["distance"]] = DISTANCE_START / KERNEL_STEP
        self.typed_shared = nn.Parameter(start)
        self.typed_facet = nn.Parameter(torch.zeros(f, len(start)))
        self.typed_type = nn.Parameter(spread * torch.linspace(-1, 1, types)[:, None] * direction if types > 1 else
                                       torch.zeros(1, len(start)))  # fmt: skip
        self.typed_joint = nn.Parameter(torch.zeros(f, types, len(start)))
        self.plain_shared = nn.Parameter(plain)
        self.plain_facet = nn.Parameter(torch.zeros(f, len(plain)))
        # Departures of kernel weights count by what they do to log-odds.
        width = torch.ones(len(plain))
        width[PLAIN_AT["kernel"]] = KERNEL_STEP
        self.register_buffer("plain_width", width, persistent=False)
        # Only facets that a feature tells something of count in its prior: else the 33 others of animals would hold
        # the distances of its three numbers together, nine times as tightly as three do (that doubled the KL).
        facets = torch.full((len(plain),), float(f))
        facets[PLAIN_AT["kernel"]] = torch.as_tensor(facets_with(catalogue)).float()
        self.register_buffer("plain_facets", facets, persistent=False)
        self.share_logits = nn.Parameter(torch.zeros(types))
        self.change = nn.Parameter(torch.zeros(len(turns), len(start))) if turns else None

    def penalty(self) -> Tensor:
        """() minus the log of the priors, up to a constant."""
        plain = self.plain_facet * self.plain_width
        out = _student(self.typed_facet) + _student(self.typed_joint.flatten(0, 1)) + _student(plain, self.plain_facets)
        if self.change is not None:
            out = out + _student(self.change)
        for name, deviation in TOGETHER.items():
            logits = self.typed_shared[TYPED_AT[name]]
            out = out + 0.5 * ((logits - logits.mean()) ** 2).sum() / deviation**2
        return out

    def tables(self) -> Tables:
        typed = self.typed_shared + self.typed_facet[:, None] + self.typed_type + self.typed_joint  # (F, T, D)
        typed = typed[:, None]
        if self.change is not None:
            # What changes from stage to stage is the same for all facets and types.
            since = torch.cat([torch.zeros_like(self.change[:1]), self.change.cumsum(dim=0)])
            typed = typed + since[:, None]  # (F, G, T, D)
        plain = self.plain_shared + self.plain_facet  # (F, D')
        shape = typed.shape[:3]
        # No chance is nearer to 0 or 1 than this, for the sums divide by them.
        rate = {name: torch.sigmoid(typed[..., at]).clamp(1e-5, 1 - 1e-5) for name, at in TYPED_AT.items()}
        chance = {name: torch.sigmoid(plain[..., PLAIN_AT[name]]).clamp(1e-5, 1 - 1e-5) for name in UNTYPED}
        guess = rate["guess_yesno"][..., 0]
        guessed = torch.softmax(plain[:, PLAIN_AT["guessed"]], dim=-1)[:, None, None] * guess[..., None]  # (F, G, T, 4)
        yesno = _answers(rate["wrong"].view(*shape, 2, 2), rate["unsure"], rate["hedge"].view(*shape, 2, 2))
        lost = torch.cat([guessed[..., :2], 1 - guess[..., None], guessed[..., 2:]], dim=-1)
        return Tables(
            shares=torch.softmax(self.share_logits, dim=0),
            forgotten=rate["forgotten"][..., 0],
            muddled=rate["muddled"][..., 0],
            yesno=yesno.movedim(1, -2).flatten(-2),
            yesno_forgotten=lost.movedim(1, -2).flatten(-2),
            silent=rate["silent"],
            slip=rate["slip"][..., 0],
            guess=rate["guess_open"][..., 0],
            opening=chance["opening"][:, 0],
            recognition=chance["recognition"],
            absence=chance["absence"],
            salience=plain[:, PLAIN_AT["salience"]][:, 0],
            kernel=KERNEL_STEP * plain[:, PLAIN_AT["kernel"]],
            turns=self.turns,
        )


def _student(departures: Tensor, count: Tensor | None = None) -> Tensor:
    """() minus the log density of each column of (n, D) under a multivariate Student distribution.

    Args:
        count: (D,) how many of the n are free, where others stay at zero for want of anything that moves them.
    """
    square = (departures**2).sum(dim=0) / (FREEDOM * SCALE**2)
    dimensions = float(len(departures)) if count is None else count
    return (0.5 * (FREEDOM + dimensions) * torch.log1p(square)).sum()


def _answers(wrong: Tensor, unsure: Tensor, hedge: Tensor) -> Tensor:
    """(..., S, 2, A) from p(opposite) by (S, believed), p(don't know) by (S,), p(hedged) by (S, right or wrong)."""
    says = 1 - unsure[..., None]  # (..., S, 1)
    right, opposite = says * (1 - wrong), says * wrong  # (..., S, 2)
    sure_right, sure_wrong = right * (1 - hedge[..., :1]), opposite * (1 - hedge[..., 1:])
    half_right, half_wrong = right * hedge[..., :1], opposite * hedge[..., 1:]
    none = unsure[..., None].expand_as(right)
    believed = torch.stack([sure_wrong, half_wrong, none, half_right, sure_right], dim=-1)  # as if yes is believed
    return torch.stack([believed[..., 0, :].flip(-1), believed[..., 1, :]], dim=-2)
