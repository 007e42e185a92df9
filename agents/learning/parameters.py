"""The parameters of a learned channel, and the probabilities that they stand for.

Each rate is a logit: a shared part, a part a facet, a part a type and a part a facet and type.  What departs from the
shared part is held small by a prior whose width is learned, one for each logit (a multivariate Student distribution
over the facets: many small departures cost much, a group that is truly wide costs little more): rates that are the same
everywhere are learned from everything, and a facet that is really different is let go.  Weights of pair features (but
distance) are held at nothing one by one, by a Cauchy distribution each: most features tell nothing, and where one facet
has a weight of its own the others need not.  Logits that say the same of a kept and a muddled memory, of a believed
"yes" and "no", hold together by a Gaussian, for a muddled memory is seldom seen.  Everything starts at neutral values
(no preset's); the types start apart, one more reliable and one less, because from a symmetric start they stay alike.
What each of these decisions is worth is told in docs/learning.md.

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
from torch.nn import functional

from agents.learning.confusable import ENDS, FEATURE, KNOTS, WEIGHTS, P
from sim.belief.evidence import WIDTH
from sim.catalogue.catalogue import Catalogue
from sim.channel.channel import CHANGING

TYPED = {  # name: (number of logits, chance at the start, how a careless type differs)
    "forgotten": (1, 0.15, 1.0),
    "unrecalled": (1, 0.10, 1.0),  # as users are at first; no stage changes it, nor what is volunteered
    "muddled": (1, 0.15, 1.0),
    "wrong": (4, 0.06, 1.0),  # (state, believed no or yes): the opposite is said
    "unsure": (2, 0.08, 1.0),  # (state): "don't know" to a yes/no question
    "hedge": (4, 0.30, 0.0),  # (state, right or wrong): "probably"
    "silent": (2, 0.15, 1.0),  # (state): "don't know" to the open question
    "slip": (1, 0.06, 1.0),  # a random open answer
    "guess_yesno": (1, 0.50, 0.0),
    "guess_open": (1, 0.50, 0.0),
    "opening": (1, 0.50, 0.0),
}
UNTYPED = {
    "recognition": (len(KNOTS), 0.8),
    "absence": (len(KNOTS), 0.8),
}
FREE = {"guessed": 4, "salience": 1, "kernel": WEIGHTS}
"""Not chances: logits of the guessed answers, the exponent of fame in what comes to mind, weights of pair features."""
SALIENCE_START = 0.25
"""Exponent of fame in what comes to mind, at the start."""
DISTANCES = ("distance", "relative")
"""Features of how far apart numbers are: weights stay above 0, for the nearer is the likelier, whoever the users."""
DISTANCE_START = 1.0
"""Weight of the distance of numbers at the start."""
RELATIVE_START = -0.4
"""Before `SHARP` makes it .025: the weight of the distance as a share of the number at the start."""
END_SLOPE, END_DEVIATION = 2.0, 2.0
"""By how much the logit of an end grows with its distance at the start, and the standard deviation of what numbers
depart by from the shared ones."""
KERNEL_STEP, DEPARTURE_STEP = 3.0, 0.5
"""Units of the weights of pair features, and of what facets depart by in those that are not of distance: steps of the
optimiser are of one length for all parameters."""
SHARP = 5.0
"""Weights of distance are log(1 + exp(SHARP x)) / SHARP: about x but where that comes near 0."""
SPREAD = 0.9
"""Logits from the average type to the most and the least reliable one at the start."""
SCALE, FREEDOM = 0.05, 1.0
"""Scale and degrees of freedom of the Student priors on departures from the shared logits."""
KERNEL_SCALE = 0.03
"""Scale of the Cauchy priors on each weight of a pair feature and on its departures."""
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
    unrecalled: Tensor
    """(F, T)"""
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
    """(F, T)"""
    recognition: Tensor
    """(F, knots)"""
    absence: Tensor
    """(F, knots)"""
    salience: Tensor
    """(F,)"""
    kernel: Tensor
    """(F, WEIGHTS), the last columns chances of each end of distance"""
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


def _slices(sizes: Mapping[str, int]) -> dict[str, slice]:
    """Where each name's logits stand."""
    ends = np.cumsum(list(sizes.values())).tolist()
    return {name: slice(end - size, end) for (name, size), end in zip(sizes.items(), ends, strict=True)}


TYPED_AT = _slices({name: n for name, (n, *_) in TYPED.items()})
PLAIN_AT = _slices({name: n for name, (n, _) in UNTYPED.items()} | FREE)


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))


class ChannelParameters(nn.Module):
    """Logits of F facets and T types, and of the stages before each of which `turns` answers come."""

    distances: Tensor
    numbers: Tensor

    def __init__(self, catalogue: Catalogue, types: int = 3, turns: tuple[int, ...] = (), spread: float = SPREAD):
        super().__init__()
        f, self.types, self.turns = len(catalogue.facets), types, turns
        start = torch.cat([torch.full((n,), _logit(p)) for n, p, _ in TYPED.values()])
        direction = torch.cat([torch.full((n,), d) for n, _, d in TYPED.values()])
        plain = torch.cat([torch.full((n,), _logit(p)) for n, p in UNTYPED.values()] +
                          [torch.zeros(n) for n in FREE.values()])  # fmt: skip
        plain[PLAIN_AT["salience"]] = SALIENCE_START
        kernel = plain[PLAIN_AT["kernel"]]
        kernel[FEATURE["distance"]] = np.log(np.expm1(SHARP * DISTANCE_START)) / SHARP / KERNEL_STEP
        kernel[FEATURE["relative"]] = RELATIVE_START / KERNEL_STEP
        kernel[P:] = torch.tensor(END_SLOPE * np.minimum(ENDS, ENDS[-2])) / KERNEL_STEP  # none at all: as the farthest
        self.typed_shared = nn.Parameter(start)
        self.typed_facet = nn.Parameter(torch.zeros(f, len(start)))
        self.typed_type = nn.Parameter(spread * torch.linspace(-1, 1, types)[:, None] * direction if types > 1 else
                                       torch.zeros(1, len(start)))  # fmt: skip
        self.typed_joint = nn.Parameter(torch.zeros(f, types, len(start)))
        self.plain_shared = nn.Parameter(plain)
        self.plain_facet = nn.Parameter(torch.zeros(f, len(plain)))
        distances = torch.arange(WEIGHTS) >= P
        distances[[FEATURE[name] for name in DISTANCES]] = True
        self.register_buffer("distances", distances, persistent=False)
        numbers = torch.tensor([facet.kind == "number" for facet in catalogue.facets])
        self.register_buffer("numbers", numbers, persistent=False)
        self.share_logits = nn.Parameter(torch.zeros(types))
        self.change = nn.Parameter(torch.zeros(len(turns), len(start))) if turns else None

    def hold_facets(self) -> None:
        """Drops gradients of what facets have of their own, but for distance, where facets differ the most."""
        self.typed_facet.grad = self.typed_joint.grad = None
        if self.plain_facet.grad is not None:
            self.plain_facet.grad[:, : PLAIN_AT["kernel"].start] = 0
            self.plain_facet.grad[:, PLAIN_AT["kernel"]] *= self.distances

    def penalty(self) -> Tensor:
        """() minus the log of the priors, up to a constant."""
        out = _student(self.typed_facet) + _student(self.typed_joint.flatten(0, 1))
        out = out + _student(self.plain_facet[:, : PLAIN_AT["kernel"].start])
        # How far people are off is each number's own, and only numbers count there: with all other facets counted, they
        # would be held together far too tightly.
        weights, departures = self._kernel()
        of_numbers = departures[self.numbers]
        out = out + _student(of_numbers[:, [FEATURE[name] for name in DISTANCES]])
        out = out + 0.5 * (of_numbers[:, P:] ** 2).sum() / END_DEVIATION**2
        out = out + _cauchy(weights[~self.distances]) + _cauchy(departures[:, ~self.distances])
        if self.change is not None:
            out = out + _student(self.change)
        for name, deviation in TOGETHER.items():
            logits = self.typed_shared[TYPED_AT[name]]
            out = out + 0.5 * ((logits - logits.mean()) ** 2).sum() / deviation**2
        return out

    def _kernel(self) -> tuple[Tensor, Tensor]:
        """(WEIGHTS,) shared weights of confusions, logits of ends, and (F, WEIGHTS) departures from them."""
        at = PLAIN_AT["kernel"]
        step = torch.where(self.distances, KERNEL_STEP, DEPARTURE_STEP)
        return KERNEL_STEP * self.plain_shared[at], step * self.plain_facet[:, at]

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
        weights, departures = self._kernel()
        kernel = weights + departures
        features = torch.where(self.distances[:P], functional.softplus(kernel[:, :P], SHARP), kernel[:, :P])
        kernel = torch.cat([features, torch.softmax(kernel[:, P:], dim=-1).clamp(min=1e-9)], dim=1)
        yesno = _answers(rate["wrong"].view(*shape, 2, 2), rate["unsure"], rate["hedge"].view(*shape, 2, 2))
        lost = torch.cat([guessed[..., :2], 1 - guess[..., None], guessed[..., 2:]], dim=-1)
        return Tables(
            shares=torch.softmax(self.share_logits, dim=0),
            forgotten=rate["forgotten"][..., 0],
            unrecalled=rate["unrecalled"][:, 0, :, 0],
            muddled=rate["muddled"][..., 0],
            yesno=yesno.movedim(1, -2).flatten(-2),
            yesno_forgotten=lost.movedim(1, -2).flatten(-2),
            silent=rate["silent"],
            slip=rate["slip"][..., 0],
            guess=rate["guess_open"][..., 0],
            opening=rate["opening"][:, 0, :, 0],
            recognition=chance["recognition"],
            absence=chance["absence"],
            salience=plain[:, PLAIN_AT["salience"]][:, 0],
            kernel=kernel,
            turns=self.turns,
        )


def _student(departures: Tensor) -> Tensor:
    """() minus the log density of each column of (n, D) under a multivariate Student distribution."""
    square = (departures**2).sum(dim=0) / (FREEDOM * SCALE**2)
    return (0.5 * (FREEDOM + len(departures)) * torch.log1p(square)).sum()


def _cauchy(weights: Tensor) -> Tensor:
    """() minus the log density of each weight under a Cauchy distribution of scale `KERNEL_SCALE`."""
    return torch.log1p((weights / KERNEL_SCALE) ** 2).sum()


def _answers(wrong: Tensor, unsure: Tensor, hedge: Tensor) -> Tensor:
    """(..., S, 2, A) from p(opposite) by (S, believed), p(don't know) by (S,), p(hedged) by (S, right or wrong)."""
    says = 1 - unsure[..., None]  # (..., S, 1)
    right, opposite = says * (1 - wrong), says * wrong  # (..., S, 2)
    sure_right, sure_wrong = right * (1 - hedge[..., :1]), opposite * (1 - hedge[..., 1:])
    half_right, half_wrong = right * hedge[..., :1], opposite * hedge[..., 1:]
    none = unsure[..., None].expand_as(right)
    believed = torch.stack([sure_wrong, half_wrong, none, half_right, sure_right], dim=-1)  # as if yes is believed
    return torch.stack([believed[..., 0, :].flip(-1), believed[..., 1, :]], dim=-2)
