"""From rates to probabilities: what each facet's memory and answers look like, as arrays.

A `Channel` is all that the simulator and the posterior share, one `FacetChannel` a facet.  The simulator draws from
it, the posterior sums over it, and a learned posterior is the same arrays filled from elsewhere.

The story of one facet, given intent and type (specified in the docstring of `sim.users.simulated`): the memory is
forgotten, kept or muddled; a scalar facet then holds one believed value; a `many` facet holds a top of the mind and, of
the other true values, those that are recognised.

Letters: T types, V values, O options of the open question, S two states (kept, muddled), A = 5 yes/no answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import sparse

from sim.catalogue.catalogue import Catalogue, Facet
from sim.channel.confusion import confusion_kernel, incidence
from sim.questions import ANSWERS, DONT_KNOW
from sim.users.rates import EDGE, Rates

KEPT, MUDDLED = 0, 1
OBSCURE, FAMOUS = 1e-4, 0.1


class Columns(NamedTuple):
    """A facet's relation by value (CSC)."""

    indptr: np.ndarray
    """(V + 1,) value v's entries are indptr[v]:indptr[v + 1]."""
    indices: np.ndarray
    """(nnz,) their intents, ascending within a value."""
    data: np.ndarray
    """(nnz,) int64: their positions in facet.indices."""


@dataclass(frozen=True, eq=False, kw_only=True)
class FacetChannel:
    """One facet's probabilities."""

    facet: Facet
    forgotten: np.ndarray
    """(T,) p(forgotten | type)."""
    muddled: np.ndarray
    """(T,) p(muddled | not forgotten, type)."""
    yesno: np.ndarray
    """(T, S, 2, A) p(answer | type, state, believed no or yes)."""
    yesno_forgotten: np.ndarray
    """(T, A) p(answer | type, forgotten)."""
    silent: np.ndarray
    """(T, S) p("don't know" to the open question | type, state)."""
    slip: np.ndarray
    """(T,) p(the open answer is a random option | an answer is given)."""
    guess: np.ndarray
    """(T,) p(the open question is answered at random | forgotten)."""
    opening: float
    """p(the facet is tried in the opening)."""
    background: np.ndarray
    """(V,) the facet's values as people in general would name them; sums to 1."""
    kernel: sparse.csr_array
    """(V, V) p(believed | true, muddled), zero diagonal."""
    recognition: np.ndarray
    """(V,) p(recognised | true and not on top of the mind); `many` only."""
    absence: np.ndarray
    """(V,) p("no" is said at all | not believed); the rest is "don't know"; `many` only."""
    salience: np.ndarray
    """(nnz,) p(top of the mind = value | intent, kept), aligned with facet.indices; `many` only."""
    mass: np.ndarray
    """(V,) prior mass of the intents with each value."""

    @property
    def types(self) -> int:
        return len(self.forgotten)

    @cached_property
    def options(self) -> np.ndarray:
        """(O,) the background of open answers."""
        return np.bincount(self.facet.option_of, weights=self.background, minlength=len(self.facet.options))

    @cached_property
    def kernel_t(self) -> sparse.csr_array:
        """The kernel transposed, CSR: row w lists the values that are taken for w."""
        return self.kernel.T.tocsr()

    @cached_property
    def members(self) -> Columns:
        """The relation by value."""
        table = sparse.csc_array(incidence(self.facet, np.arange(len(self.facet.indices), dtype=np.int64)))
        return Columns(np.asarray(table.indptr), np.asarray(table.indices), np.asarray(table.data))

    @cached_property
    def relation(self) -> sparse.csr_array:
        """(V, N) ones: row v lists the intents that have v."""
        return self.by_value(np.arange(len(self.facet.values)), None)

    @cached_property
    def unknown(self) -> np.ndarray:
        """Intents about which the catalogue says nothing on this facet, ascending."""
        return np.flatnonzero(np.diff(self.facet.indptr) == 0)

    def by_value(self, values: np.ndarray, data: np.ndarray | None) -> sparse.csr_array:
        """(C, N) rows of the relation for these values, with ones or `data` (nnz,) as entries."""
        table = self.members
        counts = table.indptr[values + 1] - table.indptr[values]
        indptr = np.zeros(len(values) + 1, dtype=table.indptr.dtype)
        np.cumsum(counts, out=indptr[1:])
        take = np.arange(indptr[-1]) + np.repeat(table.indptr[values] - indptr[:-1], counts)
        intents, at = table.indices[take], table.data[take]
        entries = np.ones(len(intents)) if data is None else data[at]
        return sparse.csr_array((entries, intents, indptr), shape=(len(values), self.facet.intents))

    @cached_property
    def top_of_mind(self) -> sparse.csr_array:
        """(N, V) p(top of the mind | intent, kept)."""
        return incidence(self.facet, self.salience)

    @cached_property
    def top_of_mind_t(self) -> sparse.csr_array:
        """(V, N) the same by value."""
        return self.by_value(np.arange(len(self.facet.values)), self.salience)

    @cached_property
    def intruder(self) -> sparse.csr_array:
        """(N, V) p(replacement | intent, muddled)."""
        out = sparse.csr_array(self.top_of_mind @ self.kernel)
        out.sort_indices()
        return out

    @cached_property
    def intruder_within(self) -> np.ndarray:
        """(nnz,) p(replacement = value | intent, muddled) for the intent's own values, aligned with facet.indices.

        Co-stars are confusable, so a false memory can be of something that is true as well.
        """
        return _within(self.facet, self.salience, self.kernel)

    @cached_property
    def stranger_recognition(self) -> np.ndarray:
        """(V,) p(believed | the catalogue has nothing, not on top of the mind)."""
        return self.mass * self.recognition


class Later(NamedTuple):
    """What users are like from some point of a dialogue on."""

    turn: int
    """How many answers come before."""
    facets: tuple[FacetChannel, ...]
    """Differ from those before in what is answered and in how much is forgotten or muddled, in nothing else."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Channel:
    """A population of users of one catalogue."""

    catalogue: Catalogue
    name: str
    types: tuple[str, ...]
    """(T,) names."""
    shares: np.ndarray
    """(T,) p(type)."""
    facets: tuple[FacetChannel, ...]
    later: tuple[Later, ...] = ()
    """How users answer later on in a dialogue, if not as at first; see `sim.belief.stages`."""


def make_channel(catalogue: Catalogue, rates: Rates) -> Channel:
    """The channel of users with these rates.

    Raises:
        ValueError: the rates name a facet that the catalogue doesn't have.
    """
    names = [facet.name for facet in catalogue.facets]
    for name in rates.facets:
        if name not in names:
            raise ValueError(f"rates '{rates.name}' are for a facet '{name}'; {catalogue.name} has {', '.join(names)}")
    facets = tuple(facet_channel(catalogue, f, rates) for f in range(len(names)))
    shares = np.clip(np.array(rates.shares), EDGE, None)
    return Channel(catalogue=catalogue, name=rates.name, types=rates.types, shares=shares / shares.sum(), facets=facets)


def facet_channel(catalogue: Catalogue, f: int, rates: Rates) -> FacetChannel:
    facet = catalogue.facets[f]

    def rate(key: str) -> np.ndarray:
        return np.array(rates.by_type(facet.name, key))

    mass = facet.mass(catalogue.prior)
    fame = fame_score(mass)
    slip, dont_know, dont_know_open, guess = map(rate, ("slip", "dont_know", "dont_know_open", "guess"))
    hedges = np.stack([rate("hedge"), rate("hedge_muddled")], axis=1)  # (T, S)
    many = facet.kind == "many"
    salience = salience_of(facet, mass) if many else np.ones(len(facet.indices))
    background = np.bincount(facet.indices, weights=catalogue.prior[facet.rows] * salience, minlength=len(facet.values))
    background = (
        background / background.sum() if background.sum() > 0 else np.full_like(background, 1 / max(1, len(background)))
    )
    kernel = kernel_of(catalogue, f)
    return FacetChannel(
        facet=facet,
        forgotten=rate("forgotten"),
        # Where there is nothing to be taken for, nobody muddles.
        muddled=rate("misremembered") if kernel.nnz else np.zeros(len(slip)),
        yesno=answer_table(slip, dont_know, hedges),
        yesno_forgotten=forgotten_table(guess),
        silent=np.repeat(dont_know_open[:, None], 2, axis=1),
        slip=slip,
        guess=guess,
        opening=min(max(rates.opening, EDGE), 1 - EDGE),
        background=background,
        kernel=kernel,
        recognition=_between(rates.recognition, fame),
        absence=_between(rates.absence, fame),
        salience=salience,
        mass=mass,
    )


def kernel_of(catalogue: Catalogue, f: int) -> sparse.csr_array:
    """The facet's confusion kernel, kept with the catalogue: it depends on nothing else."""
    kept = catalogue.__dict__.setdefault("_kernels", {})
    if f not in kept:
        kept[f] = confusion_kernel(catalogue, f)
    return kept[f]


def fame_score(mass: np.ndarray) -> np.ndarray:
    """(V,) from 0 (a value that one intent in ten thousand has) to 1 (one in ten), linear in the logarithm."""
    return np.clip(np.log(np.maximum(mass, 1e-300) / OBSCURE) / np.log(FAMOUS / OBSCURE), 0.0, 1.0)


def salience_of(facet: Facet, mass: np.ndarray) -> np.ndarray:
    """(nnz,) p(top of the mind | intent): square root of fame, normalised over the intent's values."""
    weight = np.sqrt(mass)[facet.indices]
    total = np.bincount(facet.rows, weights=weight, minlength=facet.intents)
    return weight / total[facet.rows]


def answer_table(slip: np.ndarray, dont_know: np.ndarray, hedges: np.ndarray) -> np.ndarray:
    """(T, S, 2, A) yes/no answers from what is believed; slip and dont_know are (T,), hedges (T, S)."""
    out = np.empty((*hedges.shape, 2, 5))
    says, eps = 1 - dont_know[:, None], slip[:, None]
    out[:, :, 1, 0] = says * eps * (1 - hedges)
    out[:, :, 1, 1] = says * eps * hedges
    out[:, :, 1, 2] = 1 - says
    out[:, :, 1, 3] = says * (1 - eps) * hedges
    out[:, :, 1, 4] = says * (1 - eps) * (1 - hedges)
    out[:, :, 0] = out[:, :, 1, ::-1]
    return out


def forgotten_table(guess: np.ndarray) -> np.ndarray:
    """(T, A) yes/no answers about a forgotten facet; guess is (T,).  Who guesses mostly hedges."""
    return np.stack([0.05 * guess, 0.45 * guess, 1 - guess, 0.45 * guess, 0.05 * guess], axis=1)


def not_believed(channel: FacetChannel, values: np.ndarray) -> np.ndarray:
    """(C, T, S, A) yes/no answers about values of a `many` facet that are not believed; A a stage, side by side."""
    says = channel.absence[values][:, None, None, None]
    out = says * channel.yesno[None, :, :, 0]
    out[..., DONT_KNOW :: len(ANSWERS)] += 1 - says  # at every stage that the table has
    return out


def _between(ends: tuple[float, float], fame: np.ndarray) -> np.ndarray:
    return np.clip(ends[0] + (ends[1] - ends[0]) * fame, EDGE, 1 - EDGE)


def _within(facet: Facet, salience: np.ndarray, kernel: sparse.csr_array) -> np.ndarray:
    """(nnz,) the entries of (top of mind @ kernel) on the relation's own pattern."""
    product = sparse.csr_array(incidence(facet, salience) @ kernel)
    product.sort_indices()
    v = len(facet.values)
    have = np.repeat(np.arange(facet.intents, dtype=np.int64), np.diff(product.indptr)) * v + product.indices
    want = facet.rows.astype(np.int64) * v + facet.indices
    at = np.searchsorted(have, want)
    found = at < len(have)
    found[found] = have[at[found]] == want[found]
    out = np.zeros(len(want))
    out[found] = product.data[at[found]]
    return out
