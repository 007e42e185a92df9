"""From rates to probabilities: what each facet's memory and answers look like, as arrays.

A `Channel` is all that the simulator and the posterior share, one `FacetChannel` a facet.  The simulator draws from
it, the posterior sums over it, and a learned posterior is the same arrays filled from elsewhere.

The story of one facet, given intent and type (specified in the docstring of `sim.users.simulated`): the memory is
forgotten, unrecalled, kept or muddled; a scalar facet then holds one believed value; a `many` facet holds a top of the
mind and, of the other true values, those that are recognised.  Of an unrecalled facet nothing can be named, but true
values are recognised when asked for.

Letters: T types, V values, O options of the open question, S two states (kept, muddled), A = 5 yes/no answers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import sparse

from sim.catalogue.catalogue import Catalogue, Facet
from sim.channel.relation import ByValue, by_value

KEPT, MUDDLED, FORGOTTEN = range(3)
"""States of a memory.  Arrays of answers have an axis S of the first two: of a forgotten facet nothing is believed, and
a fourth state, unrecalled, is answered about as a kept one, only that nothing comes to mind.  Arrays of chances hold
all four, as forgotten, kept, muddled, unrecalled."""


def background_of(facet: Facet, prior: np.ndarray, salience: np.ndarray) -> np.ndarray:
    """(V,) how often people in general would name each value, sums to 1; all alike where no intent has any.

    Args:
        prior: (N,) of the intents.
        salience: (nnz,) p(top of the mind = value | intent), aligned with facet.indices.
    """
    named = np.bincount(facet.indices, weights=prior[facet.rows] * salience, minlength=len(facet.values))
    total = named.sum()
    return named / total if total > 0 else np.full_like(named, 1 / max(1, len(named)))


@dataclass(frozen=True, eq=False, kw_only=True)
class FacetChannel:
    """One facet's probabilities."""

    facet: Facet
    forgotten: np.ndarray
    """(T,) p(forgotten | type)."""
    unrecalled: np.ndarray
    """(T,) p(unrecalled | not forgotten, type); 0 where there is no such state."""
    muddled: np.ndarray
    """(T,) p(muddled | not forgotten, not unrecalled, type)."""
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
    opening: np.ndarray
    """(T,) p(the facet is tried in the opening | type)."""
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

    def answering(self, **arrays: np.ndarray) -> FacetChannel:
        """The same facet with other arrays of those in `CHANGING`; what is worked out of the rest is shared."""
        cached = [name for name, made in vars(FacetChannel).items() if isinstance(made, cached_property)]
        # What a `many` facet needs is dear, so that it is made now and once.
        for name in cached if not self.facet.scalar else ("options", "by_value", "relation", "unknown"):
            getattr(self, name)
        out = replace(self, **arrays)
        shared = set(cached) - {"state_shares", "stranger_shares"}
        vars(out).update({name: made for name, made in vars(self).items() if name in shared})
        return out

    def passed_over(self) -> FacetChannel:
        """The facet as its open question is answered by users whose opening says nothing of it.

        A facet that is tried gives the very answer that its open question gets later.  Silence therefore makes "don't
        know" more likely than it is for users who were not asked for an opening; yes/no answers are as ever.
        """

        def nothing_again(chance: np.ndarray, tried: np.ndarray) -> np.ndarray:
            return chance / (1 - tried + tried * chance)

        return self.answering(
            silent=nothing_again(self.silent, self.opening[:, None]),
            guess=1 - nothing_again(1 - self.guess, self.opening),
        )

    @property
    def types(self) -> int:
        return len(self.forgotten)

    @cached_property
    def state_shares(self) -> np.ndarray:
        """(4, T) p(forgotten, kept, muddled, unrecalled | type) of what the catalogue knows."""
        return _shares(self.forgotten, self.unrecalled, self.muddled)

    @cached_property
    def stranger_shares(self) -> np.ndarray:
        """(4, T) the same where the catalogue knows nothing, so that nothing is muddled."""
        return _shares(self.forgotten, self.unrecalled, np.zeros_like(self.muddled))

    def chance_of_volunteering(self, volunteered: bool | None) -> np.ndarray:
        """(T,) how likely each type is to have volunteered an option or to have passed the facet over, beside the type
        that is likeliest to; see `Evidence.volunteered`."""
        if volunteered is None:
            return np.ones(self.types)
        chance = self.opening if volunteered else 1 - self.opening
        return chance / chance.max()

    @cached_property
    def options(self) -> np.ndarray:
        """(O,) the background of open answers."""
        return np.bincount(self.facet.option_of, weights=self.background, minlength=len(self.facet.options))

    @cached_property
    def kernel_t(self) -> sparse.csr_array:
        """The kernel transposed, CSR: row w lists the values that are taken for w."""
        return self.kernel.T.tocsr()

    @cached_property
    def by_value(self) -> ByValue:
        """The relation by value."""
        return by_value(self.facet)

    @cached_property
    def relation(self) -> sparse.csr_array:
        """(V, N) ones: row v lists the intents that have v."""
        return self.rows_of(np.arange(len(self.facet.values)), None)

    @cached_property
    def unknown(self) -> np.ndarray:
        """Intents about which the catalogue says nothing on this facet, ascending."""
        return np.flatnonzero(np.diff(self.facet.indptr) == 0)

    def rows_of(self, values: np.ndarray, data: np.ndarray | None) -> sparse.csr_array:
        """(C, N) rows of the relation for these values, with ones or `data` (nnz,) as entries."""
        counts, intents, places = self.by_value.take(values)
        indptr = np.zeros(len(values) + 1, dtype=counts.dtype)
        np.cumsum(counts, out=indptr[1:])
        entries = np.ones(len(intents)) if data is None else data[places]
        return sparse.csr_array((entries, intents, indptr), shape=(len(values), self.facet.intents))

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


def _shares(forgotten: np.ndarray, unrecalled: np.ndarray, muddled: np.ndarray) -> np.ndarray:
    remembered = 1 - forgotten
    recalled = remembered * (1 - unrecalled)
    return np.stack([forgotten, recalled * (1 - muddled), recalled * muddled, remembered * unrecalled])


CHANGING = ("forgotten", "muddled", "yesno", "yesno_forgotten", "silent", "slip", "guess")
"""The arrays of `FacetChannel` that may differ between stages."""
