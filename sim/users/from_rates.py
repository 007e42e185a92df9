"""From rates to probabilities: the channel of users with given rates."""

from __future__ import annotations

import numpy as np

from sim.catalogue.catalogue import Catalogue, Facet
from sim.channel.channel import Channel, FacetChannel, background_of
from sim.channel.confusion import Confusability, confusion_kernel
from sim.channel.slips_and_hedges import answer_table, forgotten_table
from sim.users.people import resolved
from sim.users.rates import CONFUSION_RATES, EDGE, Rates

OBSCURE, FAMOUS = 1e-4, 0.1
"""Prior mass of a value that scores 0 and 1 in fame."""


def make_channel(catalogue: Catalogue, rates: Rates) -> Channel:
    """The channel of users with these rates.

    Raises:
        ValueError: the rates name a facet that the catalogue doesn't have, or what the catalogue says of its users
            can't be.
    """
    rates = resolved(rates, catalogue)
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
    kernel = confusion_kernel(catalogue, f, Confusability(*(rates.of(facet.name, key) for key in CONFUSION_RATES)))
    return FacetChannel(
        facet=facet,
        forgotten=rate("forgotten"),
        unrecalled=rate("unrecalled"),
        # Where there is nothing to be taken for, nobody muddles.
        muddled=rate("misremembered") if kernel.nnz else np.zeros(len(slip)),
        yesno=answer_table(slip, dont_know, hedges),
        yesno_forgotten=forgotten_table(guess),
        silent=np.repeat(dont_know_open[:, None], 2, axis=1),
        slip=slip,
        guess=guess,
        opening=rate("opening"),
        background=background_of(facet, catalogue.prior, salience),
        kernel=kernel,
        recognition=_between(rates.ends(facet.name, "recognition"), fame),
        absence=_between(rates.ends(facet.name, "absence"), fame),
        salience=salience,
        mass=mass,
    )


def fame_score(mass: np.ndarray) -> np.ndarray:
    """(V,) from 0 (a value that one intent in ten thousand has) to 1 (one in ten), linear in the logarithm."""
    return np.clip(np.log(np.maximum(mass, 1e-300) / OBSCURE) / np.log(FAMOUS / OBSCURE), 0.0, 1.0)


def salience_of(facet: Facet, mass: np.ndarray) -> np.ndarray:
    """(nnz,) p(top of the mind | intent): square root of fame, normalised over the intent's values."""
    weight = np.sqrt(mass)[facet.indices]
    total = np.bincount(facet.rows, weights=weight, minlength=facet.intents)
    return weight / total[facet.rows]


def _between(ends: tuple[float, float], fame: np.ndarray) -> np.ndarray:
    return np.clip(ends[0] + (ends[1] - ends[0]) * fame, EDGE, 1 - EDGE)
